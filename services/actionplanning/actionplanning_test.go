package actionplanning_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// fixture is the service on an in-process channel, with a caller's token in each context it makes.
type fixture struct {
	client actionplanningv1.ActionPlanningServiceClient
	keys   *authn.LocalKeys
	db     sqldb.DB
	events chan outbox.Event // nobody has to take them
	world  *world
	clock  atomic.Pointer[time.Time]
	settle chan time.Time // ticks of the background work on staff
}

var epoch = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

func start(t testing.TB) *fixture {
	t.Helper()
	f := &fixture{events: make(chan outbox.Event, 1000), world: newWorld(), settle: make(chan time.Time)}
	f.moveTo(epoch)
	now := func() time.Time { return *f.clock.Load() }
	keys, err := authn.OpenLocalKeys(filepath.Join(t.TempDir(), "key"), now)
	must(t, err)
	db := sqldbtest.Open(t, actionplanning.Migrations())
	events := bus.NewInProcess(bus.Config{})
	f.keys, f.db = keys, db
	must(t, events.Subscribe(bus.Subscription{Consumer: "test", Source: actionplanning.Source, Handle: func(_ context.Context, e outbox.Event) error {
		select {
		case f.events <- e:
		default:
		}
		return nil
	}}))
	var id atomic.Int64
	peers := f.world.serve()
	s, err := actionplanning.New(actionplanning.Deps{
		Deps: service.Deps{
			DB: db, Bus: events, Verifier: keys, Logger: slog.New(slog.DiscardHandler), Now: now,
			NewID: func() string { return fmt.Sprintf("id-%d", id.Add(1)) },
		},
		Goals: peers, Performance: peers, Budgeting: peers, Settle: f.settle,
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-stopped)
		must(t, s.Close())
	})
	channel := rpc.NewInProcess(rpc.InProcessConfig{})
	s.Register(channel)
	f.client = actionplanningv1.NewActionPlanningServiceClient(channel)
	return f
}

// moveTo sets the clock.
func (f *fixture) moveTo(now time.Time) { f.clock.Store(&now) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// as is a context that carries a token of the organization "o".
func (f *fixture) as(t testing.TB, subject string, roles ...string) context.Context {
	t.Helper()
	return f.of(t, "o", subject, roles...)
}

func (f *fixture) of(t testing.TB, organization, subject string, roles ...string) context.Context {
	t.Helper()
	token, err := f.keys.Mint(authn.Identity{Subject: subject, Organization: organization, Roles: roles}, time.Hour)
	must(t, err)
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if got := fault.Reason(rpc.FromStatus(err)); got != reason {
		t.Fatalf("reason %q (%v), want %q", got, err, reason)
	}
}

func wantFields(t *testing.T, err error, fields ...string) {
	t.Helper()
	f, _ := fault.As(rpc.FromStatus(err))
	if f == nil {
		t.Fatalf("error %v, want violations of %v", err, fields)
	}
	var got []string
	for _, v := range f.Violations {
		got = append(got, v.Field)
	}
	if !slices.Equal(got, fields) {
		t.Fatalf("violations %v, want of %v", f.Violations, fields)
	}
}

func day(y, m, d int32) *date.Date { return &date.Date{Year: y, Month: m, Day: d} }

const goal = "organizations/o/plans/p/goals/safety"

// strategy creates the strategy "dispatch" with the objective "calls" and returns their names.
func (f *fixture) strategy(t testing.TB) (strategy, objective string) {
	t.Helper()
	ctx := f.as(t, "mia", "manager")
	s, err := f.client.CreateStrategy(ctx, &actionplanningv1.CreateStrategyRequest{
		Parent: "organizations/o", StrategyId: "dispatch", Strategy: &actionplanningv1.Strategy{DisplayName: "Faster dispatch", Goal: goal},
	})
	must(t, err)
	o, err := f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{
		Parent: s.GetName(), ObjectiveId: "calls", Objective: &actionplanningv1.Objective{
			DisplayName: "Answer within 15 s", Measure: "organizations/o/measures/answer-time", Baseline: new(31.5), Target: new(0.0),
			DueDate: day(2028, 6, 30), Required: &actionplanningv1.RequiredResources{
				FteMilli: 2500, Cost: &money.Money{CurrencyCode: "USD", Units: 120_000}, Program: "organizations/o/programs/e911",
			},
		},
	})
	must(t, err)
	return s.GetName(), o.GetName()
}

func TestStrategiesAndObjectives(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	_, err := f.client.CreateStrategy(ctx, &actionplanningv1.CreateStrategyRequest{
		Parent: "organizations/o", Strategy: &actionplanningv1.Strategy{DisplayName: "Faster", Goal: "organizations/o/goals/safety"},
	})
	wantFields(t, err, "strategy.goal")
	_, err = f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{
		Parent: "organizations/o/strategies/dispatch", Objective: &actionplanningv1.Objective{DisplayName: "Answer", DueDate: day(2028, 6, 30)},
	})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	strategy, objective := f.strategy(t)
	_, err = f.client.CreateStrategy(ctx, &actionplanningv1.CreateStrategyRequest{
		Parent: "organizations/o", StrategyId: "dispatch", Strategy: &actionplanningv1.Strategy{DisplayName: "Again", Goal: goal},
	})
	wantReason(t, err, "RESOURCE_ALREADY_EXISTS")

	got, err := f.client.GetObjective(ctx, &actionplanningv1.GetObjectiveRequest{Name: objective})
	must(t, err)
	if got.Target == nil || got.GetTarget() != 0 || got.GetBaseline() != 31.5 || got.GetRequired().GetCost().GetUnits() != 120_000 || got.GetEtag() != "1" {
		t.Errorf("objective %v", got)
	}
	update := func(o *actionplanningv1.Objective, paths ...string) (*actionplanningv1.Objective, error) {
		o.Name = objective
		return f.client.UpdateObjective(ctx, &actionplanningv1.UpdateObjectiveRequest{Objective: o, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	}
	_, err = update(&actionplanningv1.Objective{Required: &actionplanningv1.RequiredResources{Cost: &money.Money{CurrencyCode: "usd", Units: 1, Nanos: -1}}}, "required.cost")
	wantFields(t, err, "objective.required.cost.currency_code", "objective.required.cost.nanos")
	_, err = update(&actionplanningv1.Objective{DueDate: day(2028, 6, 31)}, "due_date")
	wantFields(t, err, "objective.due_date")
	_, err = update(&actionplanningv1.Objective{Etag: "7", DisplayName: "Late"}, "display_name")
	wantReason(t, err, "ETAG_MISMATCH")
	got, err = update(&actionplanningv1.Objective{Etag: "1", DisplayName: "Answer within 10 s"}, "display_name", "target", "required.cost")
	must(t, err)
	if got.GetDisplayName() != "Answer within 10 s" || got.Target != nil || got.GetBaseline() != 31.5 || got.GetRequired().GetCost() != nil ||
		got.GetRequired().GetFteMilli() != 2500 || got.GetEtag() != "2" {
		t.Errorf("updated objective %v", got)
	}

	remove := &actionplanningv1.DeleteStrategyRequest{Name: strategy}
	_, err = f.client.DeleteStrategy(ctx, remove)
	wantReason(t, err, "STRATEGY_HAS_OBJECTIVES")
	_, err = f.client.DeleteObjective(ctx, &actionplanningv1.DeleteObjectiveRequest{Name: objective, ValidateOnly: true})
	must(t, err)
	_, err = f.client.DeleteObjective(ctx, &actionplanningv1.DeleteObjectiveRequest{Name: objective, Etag: "2"})
	must(t, err)
	_, err = f.client.DeleteStrategy(ctx, remove)
	must(t, err)
	_, err = f.client.GetStrategy(ctx, &actionplanningv1.GetStrategyRequest{Name: strategy})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.client.GetStrategy(f.of(t, "other", "eve", "manager"), &actionplanningv1.GetStrategyRequest{Name: strategy})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
}

func TestListsFilterSortAndPage(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	strategy, _ := f.strategy(t)
	for id, due := range map[string]*date.Date{"early": day(2027, 1, 1), "late": day(2029, 1, 1)} {
		_, err := f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{
			Parent: strategy, ObjectiveId: id, Objective: &actionplanningv1.Objective{DisplayName: id, DueDate: due},
		})
		must(t, err)
	}
	list := func(filter, order, token string) *actionplanningv1.ListObjectivesResponse {
		r, err := f.client.ListObjectives(ctx, &actionplanningv1.ListObjectivesRequest{
			Parent: strategy, Filter: filter, OrderBy: order, PageSize: 2, PageToken: token,
		})
		must(t, err)
		return r
	}
	page := list("", "due_date desc", "")
	rest := list("", "due_date desc", page.GetNextPageToken())
	var names []string
	for _, o := range append(page.GetObjectives(), rest.GetObjectives()...) {
		names = append(names, o.GetDisplayName())
	}
	if want := []string{"late", "Answer within 15 s", "early"}; !slices.Equal(names, want) || rest.GetNextPageToken() != "" {
		t.Errorf("pages show %q, want %q", names, want)
	}
	if got := list(`program = "organizations/o/programs/e911" AND due_date >= 2028-01-01`, "", "").GetObjectives(); len(got) != 1 {
		t.Errorf("filtered by program and day: %v", got)
	}
	strategies, err := f.client.ListStrategies(ctx, &actionplanningv1.ListStrategiesRequest{Parent: "organizations/o", Filter: `goal = "` + goal + `" AND state = "PROPOSED"`})
	must(t, err)
	if len(strategies.GetStrategies()) != 1 {
		t.Errorf("filtered by goal: %v", strategies)
	}
}

func TestAssignments(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	_, objective := f.strategy(t)
	f.sync(t, "monday", actionplanningv1.SyncMode_SYNC_MODE_DELTA, staffRow("1"), staffRow("2"))
	lead := func(id, employee string, from, to *date.Date) (*actionplanningv1.Assignment, error) {
		return f.client.CreateAssignment(ctx, &actionplanningv1.CreateAssignmentRequest{
			Parent: "organizations/o", AssignmentId: id, Assignment: &actionplanningv1.Assignment{
				Objective: objective, Employee: employee, Role: actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_LEAD, StartDate: from, EndDate: to,
			},
		})
	}
	_, err := lead("x", "organizations/o/staff/e-9", day(2027, 1, 1), nil)
	wantFields(t, err, "assignment.employee")
	_, err = lead("x", "organizations/o/staff/e-1", day(2027, 2, 1), day(2027, 1, 1))
	wantFields(t, err, "assignment.end_date")
	first, err := lead("first", "organizations/o/staff/e-1", day(2026, 7, 1), nil)
	must(t, err)
	if first.GetEffortPpm() != 0 || first.GetEndDate() != nil {
		t.Errorf("assignment %v", first)
	}
	_, err = lead("second", "organizations/o/staff/e-2", day(2027, 7, 1), nil)
	wantReason(t, err, "LEAD_TAKEN")
	_, err = f.client.DeleteObjective(ctx, &actionplanningv1.DeleteObjectiveRequest{Name: objective})
	wantReason(t, err, "OBJECTIVE_HAS_ASSIGNMENTS")

	// Somebody who has left gets no new work, and theirs has ended with their last day; it can end sooner, not later.
	f.sync(t, "tuesday", actionplanningv1.SyncMode_SYNC_MODE_DELTA, &actionplanningv1.StaffRow{
		ExternalId: "1", Status: actionplanningv1.EmployeeStatus_EMPLOYEE_STATUS_TERMINATED,
	})
	_, err = lead("third", "organizations/o/staff/e-1", day(2020, 1, 1), day(2020, 1, 1))
	wantReason(t, err, "EMPLOYEE_TERMINATED")
	update := func(a *actionplanningv1.Assignment, paths ...string) error {
		_, err := f.client.UpdateAssignment(ctx, &actionplanningv1.UpdateAssignmentRequest{Assignment: a, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
		return err
	}
	wantReason(t, update(&actionplanningv1.Assignment{Name: first.GetName(), EndDate: day(2027, 6, 30)}, "end_date"), "EMPLOYEE_TERMINATED")
	must(t, update(&actionplanningv1.Assignment{Name: first.GetName(), EndDate: day(2026, 11, 30)}, "end_date"))
	second, err := lead("second", "organizations/o/staff/e-2", day(2027, 7, 1), nil)
	must(t, err)
	wantReason(t, update(&actionplanningv1.Assignment{Name: second.GetName(), StartDate: day(2026, 11, 30)}, "start_date"), "LEAD_TAKEN")
	wantReason(t, update(&actionplanningv1.Assignment{Name: second.GetName(), Employee: "organizations/o/staff/e-1"}, "employee"), "EMPLOYEE_TERMINATED")
	listed, err := f.client.ListAssignments(ctx, &actionplanningv1.ListAssignmentsRequest{
		Parent: "organizations/o", Filter: `employee = "organizations/o/staff/e-2" AND objective = "` + objective + `" AND role = LEAD`, OrderBy: "start_date",
	})
	must(t, err)
	if got := listed.GetAssignments(); len(got) != 1 || !proto.Equal(got[0], second) {
		t.Errorf("listed %v, want %v", got, second)
	}
	for _, name := range []string{first.GetName(), second.GetName()} {
		_, err = f.client.DeleteAssignment(ctx, &actionplanningv1.DeleteAssignmentRequest{Name: name})
		must(t, err)
	}
	_, err = f.client.DeleteObjective(ctx, &actionplanningv1.DeleteObjectiveRequest{Name: objective})
	must(t, err)
}

func TestRepeatedRequestsAndDryRuns(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	create := &actionplanningv1.CreateStrategyRequest{
		Parent: "organizations/o", Strategy: &actionplanningv1.Strategy{DisplayName: "Faster", Goal: goal}, RequestId: "r1", ValidateOnly: true,
	}
	dry, err := f.client.CreateStrategy(ctx, create)
	must(t, err)
	_, err = f.client.GetStrategy(ctx, &actionplanningv1.GetStrategyRequest{Name: dry.GetName()})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	create.ValidateOnly = false
	first, err := f.client.CreateStrategy(ctx, create)
	must(t, err)
	again, err := f.client.CreateStrategy(ctx, create)
	must(t, err)
	if !proto.Equal(first, again) {
		t.Errorf("the repeat answers %v, want %v", again, first)
	}
	e := <-f.events
	var told actionplanningv1.Strategy
	must(t, proto.Unmarshal(e.Data, &told))
	if e.Type != actionplanning.Source+".strategy.created" || !proto.Equal(&told, first) || e.Actor != "mia" || e.Organization != "o" {
		t.Errorf("event %+v tells of %v", e, &told)
	}
}
