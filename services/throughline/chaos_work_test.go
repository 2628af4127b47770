package throughline_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"

	datepb "google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/rpc"
)

// ledger is what one client was told is done, and so must be there.
type ledger struct {
	goals       map[string]*goalsv1.Goal              // as last acknowledged
	strategies  map[string]*actionplanningv1.Strategy // same
	titles      map[string]string                     // of employees, by external id
	synced      map[string]int                        // syncs that changed the employee
	observed    map[int]float64                       // by month
	allocations map[string]*budgetingv1.Allocation    // as created
	adopted     map[string]bool
	requests    map[string]string // what request ids were for
}

// clerk is one client with its own resources, which no other changes.
type clerk struct {
	*workload
	ledger

	n       int
	seed    uint64
	random  *rand.Rand
	token   string
	plan    string   // whose goals it makes
	goalsOf []string // that strategies may serve
	measure string
	lastID  int
}

// next is a new request id.
func (c *clerk) next(purpose string) string {
	c.lastID++
	id := fmt.Sprintf("chaos-%d-%d-%d", c.seed, c.n, c.lastID)
	c.requests[id] = purpose
	return id
}

// work does one thing after the other until stop, or until one fails.
func (c *clerk) work(ctx context.Context, stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		if err := c.one(ctx); err != nil {
			c.fail("client %d: %w", c.n, err)
			return
		}
	}
}

func (c *clerk) one(ctx context.Context) error {
	switch n := c.random.IntN(100); {
	case n < 22:
		return c.createGoal(ctx)
	case n < 42:
		return c.updateGoal(ctx)
	case n < 60:
		return c.createStrategy(ctx)
	case n < 76:
		return c.updateStrategy(ctx)
	case n < 86:
		return c.syncStaff(ctx)
	case n < 97:
		return c.observe(ctx)
	default:
		return c.allocate(ctx)
	}
}

func (c *clerk) createGoal(ctx context.Context) error {
	id := c.next("created")
	goal, got := &goalsv1.Goal{DisplayName: "Goal of " + id}, &goalsv1.Goal{}
	err := c.send(ctx, c.random, c.token, request{
		id: id, method: goalsv1.GoalsService_CreateGoal_FullMethodName, call: &goalsv1.CreateGoalRequest{Parent: c.plan, Goal: goal, RequestId: id},
		verb: http.MethodPost, path: "/v1/" + c.plan + "/goals", body: goal,
	}, got)
	if err == nil && (got.GetDisplayName() != goal.GetDisplayName() || c.goals[got.GetName()] != nil) {
		return fmt.Errorf("%s was answered with %v", id, got)
	}
	c.goals[got.GetName()] = got
	return err
}

// anyOf is a key of the map, or "" when it has none; the draw depends on nothing but the ledger.
func anyOf[V any](c *clerk, of map[string]V) string {
	if len(of) == 0 {
		return ""
	}
	return sortedKeys(of)[c.random.IntN(len(of))]
}

func (c *clerk) updateGoal(ctx context.Context) error {
	name := anyOf(c, c.goals)
	if name == "" {
		return c.createGoal(ctx)
	}
	id := c.next("updated")
	goal, got := &goalsv1.Goal{Name: name, DisplayName: "Changed by " + id, Etag: c.goals[name].GetEtag()}, &goalsv1.Goal{}
	err := c.send(ctx, c.random, c.token, request{
		id: id, method: goalsv1.GoalsService_UpdateGoal_FullMethodName,
		call: &goalsv1.UpdateGoalRequest{Goal: goal, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}}, RequestId: id},
		verb: http.MethodPatch, path: "/v1/" + name + "?updateMask=displayName", body: goal,
	}, got)
	if err == nil && (got.GetDisplayName() != goal.GetDisplayName() || got.GetEtag() == goal.GetEtag()) {
		return fmt.Errorf("%s was answered with %v", id, got)
	}
	c.goals[name] = got
	return err
}

func (c *clerk) createStrategy(ctx context.Context) error {
	id := c.next("created")
	strategy, got := &actionplanningv1.Strategy{DisplayName: "Strategy of " + id, Goal: c.goalsOf[c.random.IntN(len(c.goalsOf))]}, &actionplanningv1.Strategy{}
	err := c.send(ctx, c.random, c.token, request{
		id: id, method: actionplanningv1.ActionPlanningService_CreateStrategy_FullMethodName,
		call: &actionplanningv1.CreateStrategyRequest{Parent: riverbend, Strategy: strategy, RequestId: id},
		verb: http.MethodPost, path: "/v1/" + riverbend + "/strategies", body: strategy,
	}, got)
	if err == nil && (got.GetDisplayName() != strategy.GetDisplayName() || c.strategies[got.GetName()] != nil) {
		return fmt.Errorf("%s was answered with %v", id, got)
	}
	c.strategies[got.GetName()] = got
	return err
}

// updateStrategy has a strategy serve another goal, which performance hears of.
func (c *clerk) updateStrategy(ctx context.Context) error {
	name := anyOf(c, c.strategies)
	if name == "" {
		return c.createStrategy(ctx)
	}
	id := c.next("updated")
	strategy := &actionplanningv1.Strategy{Name: name, Goal: c.goalsOf[c.random.IntN(len(c.goalsOf))], Description: "Changed by " + id, Etag: c.strategies[name].GetEtag()}
	got := &actionplanningv1.Strategy{}
	err := c.send(ctx, c.random, c.token, request{
		id: id, method: actionplanningv1.ActionPlanningService_UpdateStrategy_FullMethodName,
		call: &actionplanningv1.UpdateStrategyRequest{Strategy: strategy, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"goal", "description"}}, RequestId: id},
		verb: http.MethodPatch, path: "/v1/" + name + "?updateMask=goal,description", body: strategy,
	}, got)
	if err == nil && (got.GetGoal() != strategy.GetGoal() || got.GetDescription() != strategy.GetDescription()) {
		return fmt.Errorf("%s was answered with %v", id, got)
	}
	c.strategies[name] = got
	return err
}

// syncStaff gives an employee a new title. A sync that is sent again answers what the first answered.
func (c *clerk) syncStaff(ctx context.Context) error {
	id := c.next("sync")
	employee := fmt.Sprintf("e-%d-%d-%d", c.seed, c.n, c.random.IntN(4))
	sync := &actionplanningv1.SyncStaffRequest{
		Parent: riverbend, SyncId: id, Mode: actionplanningv1.SyncMode_SYNC_MODE_DELTA, Rows: []*actionplanningv1.StaffRow{{
			ExternalId: employee, DisplayName: employee, Title: "Title of " + id, Department: "Police", FtePpm: 1_000_000,
		}},
	}
	got := &actionplanningv1.SyncStaffResponse{}
	err := c.send(ctx, c.random, c.token, request{
		method: actionplanningv1.ActionPlanningService_SyncStaff_FullMethodName, call: sync, verb: http.MethodPost, path: "/v1/" + riverbend + "/staff:sync", body: sync,
	}, got)
	if err == nil && (got.GetCreated()+got.GetUpdated() != 1 || got.GetUnchanged()+got.GetRejected() != 0) {
		return fmt.Errorf("%s was answered with %v", id, got)
	}
	c.titles[employee] = sync.GetRows()[0].GetTitle()
	c.synced[employee]++
	return err
}

// observe records the value of a month once; sent again, it is a duplicate and no revision.
func (c *clerk) observe(ctx context.Context) error {
	month := len(c.observed)
	value := float64(c.random.IntN(1000))
	row := &performancev1.RecordObservationsRequest{Parent: riverbend, Rows: []*performancev1.ObservationRow{{
		Measure: c.measure, PeriodStart: &datepb.Date{Year: int32(1800 + month/12), Month: int32(month%12 + 1), Day: 1}, Value: new(value),
	}}}
	got := &performancev1.RecordObservationsResponse{}
	err := c.stream(ctx, row, got)
	if err == nil && got.GetAccepted()+got.GetDuplicate() != 1 {
		return fmt.Errorf("month %d of %s was answered with %v", month, c.measure, got)
	}
	c.observed[month] = value
	return err
}

// stream sends one message on the stream of observations until it is acknowledged.
func (c *clerk) stream(ctx context.Context, row *performancev1.RecordObservationsRequest, got *performancev1.RecordObservationsResponse) error {
	open := &streaming{workload: c.workload, row: row, token: c.token}
	return c.sendBy(ctx, c.random, open.once, got, "RecordObservations "+c.measure)
}

// streaming is the call that is a stream.
type streaming struct {
	*workload

	row   *performancev1.RecordObservationsRequest
	token string
}

func (s *streaming) once(ctx context.Context, reply proto.Message) error {
	stream, err := performancev1.NewPerformanceServiceClient(s.conn).RecordObservations(rpc.WithToken(ctx, s.token))
	if err != nil {
		return grpcFailure(err)
	}
	_ = stream.Send(s.row) // what failed is told at the end
	got, err := stream.CloseAndRecv()
	if err == nil {
		proto.Merge(reply, got)
	}
	return grpcFailure(err)
}

// allocate solves a budget and adopts what came out, if nobody changed it since.
func (c *clerk) allocate(ctx context.Context) error {
	id := c.next("created")
	proposal := &budgetingv1.Allocation{DisplayName: "Allocation of " + id, Purpose: budgetingv1.AllocationPurpose_ALLOCATION_PURPOSE_RECOMMENDATION}
	got := &budgetingv1.Allocation{}
	if err := c.send(ctx, c.random, c.token, request{
		id: id, method: budgetingv1.BudgetingService_CreateAllocation_FullMethodName,
		call: &budgetingv1.CreateAllocationRequest{Parent: budget, Allocation: proposal, RequestId: id},
		verb: http.MethodPost, path: "/v1/" + budget + "/allocations", body: proposal,
	}, got); err != nil {
		return err
	}
	if got.GetDisplayName() != proposal.GetDisplayName() || c.allocations[got.GetName()] != nil {
		return fmt.Errorf("%s was answered with %v", id, got)
	}
	c.allocations[got.GetName()] = got
	id = c.next("adopted")
	adopt := &budgetingv1.AdoptAllocationRequest{Name: got.GetName(), Etag: got.GetEtag(), Adoption: &budgetingv1.AllocationAdoption{
		Body: "City Council", ResolutionNumber: id, AdoptDate: &datepb.Date{Year: 2026, Month: 6, Day: 18},
	}}
	call := proto.CloneOf(adopt)
	call.RequestId = id
	after := &budgetingv1.Allocation{}
	err := c.send(ctx, c.random, c.token, request{
		id: id, method: budgetingv1.BudgetingService_AdoptAllocation_FullMethodName, call: call, verb: http.MethodPost, path: "/v1/" + got.GetName() + ":adopt", body: adopt,
	}, after)
	if err == nil && (after.GetState() != budgetingv1.AllocationState_ALLOCATION_STATE_ADOPTED || after.GetAdoption().GetResolutionNumber() != id) {
		return fmt.Errorf("%s was answered with %v", id, after)
	}
	c.adopted[got.GetName()] = true
	return err
}

// employ has every clerk work until stop, and returns when all have ended.
func employ(ctx context.Context, clerks []*clerk, stop <-chan struct{}) {
	var all sync.WaitGroup
	for _, c := range clerks {
		all.Go(func() { c.work(ctx, stop) })
	}
	all.Wait()
}
