package budgeting_test

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// fixture is the service on an in-process channel beside fakes of its peers, with a caller's token in each context it makes.
type fixture struct {
	client budgetingv1.BudgetingServiceClient
	keys   *authn.LocalKeys
	db     sqldb.DB
	bus    bus.Bus
	goals  *fakeGoals
	perf   *fakePerformance
	keyID  atomic.Int64
	begin  func() // starts the background work, if it has not begun
	stop   func() // ends it
}

var epoch = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)

const plan = "organizations/o/plans/p"

// fakeGoals knows the organizations "o" (USD), "other" (USD) and "jp" (JPY), and the plan.
type fakeGoals struct {
	goalsv1.UnimplementedGoalsServiceServer
	mu       sync.Mutex
	revision *goalsv1.PriorityRevision
}

func (f *fakeGoals) GetOrganization(_ context.Context, r *goalsv1.GetOrganizationRequest) (*goalsv1.Organization, error) {
	currency := "USD"
	if r.GetName() == "organizations/jp" {
		currency = "JPY"
	}
	return &goalsv1.Organization{Name: r.GetName(), CurrencyCode: currency}, nil
}

func (f *fakeGoals) GetPlan(_ context.Context, r *goalsv1.GetPlanRequest) (*goalsv1.Plan, error) {
	if !strings.HasSuffix(r.GetName(), "/plans/p") {
		return nil, rpc.ToStatus(fault.Missing(r.GetName())).Err()
	}
	return &goalsv1.Plan{Name: r.GetName()}, nil
}

func (f *fakeGoals) GetPriorityRevision(_ context.Context, r *goalsv1.GetPriorityRevisionRequest) (*goalsv1.PriorityRevision, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.revision == nil || (r.GetName() != plan+"/priorityRevisions/current" && r.GetName() != f.revision.GetName()) {
		return nil, rpc.ToStatus(fault.New(fault.NotFound, "NO_PRIORITY_REVISION", "no certified priorities")).Err()
	}
	return f.revision, nil
}

// certify makes a revision current: weights of safety and life in parts per million.
func (f *fakeGoals) certify(id string, at time.Time, safety, life int32) *goalsv1.PriorityRevision {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revision = &goalsv1.PriorityRevision{
		Name: plan + "/priorityRevisions/" + id, ContentHash: "hash of " + id, EffectiveTime: timestamppb.New(at),
		Weights: []*goalsv1.GoalWeight{
			{Goal: goal("life"), DisplayName: "Quality of life", WeightPpm: life},
			{Goal: goal("safety"), DisplayName: "Safety", WeightPpm: safety},
		},
	}
	return f.revision
}

type fakePerformance struct {
	performancev1.UnimplementedPerformanceServiceServer
	mu       sync.Mutex
	revision *performancev1.ResultsRevision
}

func (f *fakePerformance) GetResultsRevision(context.Context, *performancev1.GetResultsRevisionRequest) (*performancev1.ResultsRevision, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.revision == nil {
		return nil, rpc.ToStatus(fault.New(fault.NotFound, "NO_RESULTS_REVISION", "nothing is published")).Err()
	}
	return f.revision, nil
}

// GetMeasure knows one measure by its title.
func (f *fakePerformance) GetMeasure(_ context.Context, r *performancev1.GetMeasureRequest) (*performancev1.Measure, error) {
	if strings.HasSuffix(r.GetName(), "/response") {
		return &performancev1.Measure{Name: r.GetName(), DisplayName: "Response time"}, nil
	}
	return &performancev1.Measure{Name: r.GetName()}, nil
}

func (f *fakePerformance) publish(r *performancev1.ResultsRevision) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revision = r
}

func start(t testing.TB) *fixture {
	t.Helper()
	return startOn(t, options{})
}

// options of a fixture.
type options struct {
	watched  func(sqldb.DB) sqldb.DB // what the service uses in place of the database
	patience time.Duration
	idle     bool // no background work before begin
	log      slog.Handler
	meters   metric.MeterProvider // nil: nothing is measured
}

func startOn(t testing.TB, o options) *fixture {
	t.Helper()
	now := func() time.Time { return epoch }
	keys, err := authn.OpenLocalKeys(filepath.Join(t.TempDir(), "key"), now)
	must(t, err)
	db := sqldbtest.Open(t, budgeting.Migrations())
	if o.watched != nil {
		db = o.watched(db)
	}
	f := &fixture{keys: keys, db: db, bus: bus.NewInProcess(bus.Config{}), goals: &fakeGoals{}, perf: &fakePerformance{}}
	peers := rpc.NewInProcess(rpc.InProcessConfig{})
	goalsv1.RegisterGoalsServiceServer(peers, f.goals)
	performancev1.RegisterPerformanceServiceServer(peers, f.perf)
	var id atomic.Int64
	s, err := budgeting.New(budgeting.Deps{
		Deps: service.Deps{
			DB: db, Bus: f.bus, Verifier: keys, Logger: slog.New(cmp.Or[slog.Handler](o.log, slog.DiscardHandler)), Now: now,
			NewID: func() string { return fmt.Sprintf("id-%d", id.Add(1)) }, Meter: o.meters,
		},
		Goals: peers, Performance: peers, Patience: o.patience,
	})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	begun := make(chan struct{})
	f.begin = sync.OnceFunc(func() { close(begun) })
	go func() {
		select {
		case <-ctx.Done():
			stopped <- nil
		case <-begun:
			stopped <- s.Run(ctx)
		}
	}()
	if !o.idle {
		f.begin()
	}
	f.stop = sync.OnceFunc(func() {
		cancel()
		must(t, <-stopped)
	})
	t.Cleanup(func() {
		f.stop()
		must(t, s.Close())
	})
	channel := rpc.NewInProcess(rpc.InProcessConfig{})
	s.Register(channel)
	f.client = budgetingv1.NewBudgetingServiceClient(channel)
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// as is a context that carries a token of the organization "o".
func (f *fixture) as(t testing.TB, subject string, roles ...string) context.Context {
	t.Helper()
	return f.with(t, authn.Identity{Subject: subject, Organization: "o", Roles: roles})
}

func (f *fixture) with(t testing.TB, id authn.Identity) context.Context {
	t.Helper()
	token, err := f.keys.Mint(id, time.Hour)
	must(t, err)
	return metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+token)
}

// key is a fresh idempotency key.
func (f *fixture) key() string { return fmt.Sprintf("key-%d", f.keyID.Add(1)) }

func (f *fixture) tell(t testing.TB, source, kind, subject string, sequence int64, m proto.Message) {
	t.Helper()
	data, err := proto.Marshal(m)
	must(t, err)
	_, err = f.bus.Publish(context.Background(), []outbox.Event{{
		ID: fmt.Sprintf("%s@%d", subject, sequence), Source: source, Type: source + "." + kind, Organization: "o", Subject: subject,
		Sequence: sequence, Time: epoch, Data: data,
	}})
	must(t, err)
}

func wantReason(t testing.TB, err error, reason string) *fault.Error {
	t.Helper()
	e := rpc.FromStatus(err)
	if got := fault.Reason(e); got != reason {
		t.Fatalf("reason %q (%v), want %q", got, err, reason)
	}
	f, _ := fault.As(e)
	return f
}

func usd(units int64, cents ...int32) *money.Money {
	m := &money.Money{CurrencyCode: "USD", Units: units}
	if len(cents) > 0 {
		m.Nanos = cents[0] * 10_000_000
	}
	return m
}

func goal(id string) string    { return plan + "/goals/" + id }
func fund(id string) string    { return "organizations/o/funds/" + id }
func program(id string) string { return "organizations/o/programs/" + id }
func request(id string) string { return budget + "/fundingRequests/" + id }

const budget = "organizations/o/budgets/fy27"

func cost(fundID string, units int64) *budgetingv1.CostLine {
	return &budgetingv1.CostLine{Fund: fund(fundID), Amount: usd(units), CostClass: "personnel"}
}

func aligned(safety, life int32) []*budgetingv1.Alignment {
	return []*budgetingv1.Alignment{
		{Goal: goal("safety"), ReviewedScore: new(safety)}, {Goal: goal("life"), ReviewedScore: new(life)},
	}
}

// city is small enough to follow by hand: police (600,000) and parks (400,000) compete in the general fund, which has
// 900,000; the library has a fund of its own, and bonds are paid from debt service.
func (f *fixture) city(t testing.TB) {
	t.Helper()
	finance := f.as(t, "fin", "finance")
	for _, fund := range []*budgetingv1.Fund{
		{Name: fund("general"), DisplayName: "General Fund", Code: "010", Kind: budgetingv1.FundKind_FUND_KIND_GENERAL},
		{
			Name: fund("library"), DisplayName: "Library Fund", Code: "022", Kind: budgetingv1.FundKind_FUND_KIND_SPECIAL_REVENUE,
			Restriction:      []*budgetingv1.RestrictionCondition{{Functions: []string{"library"}}},
			RestrictionBasis: "Library Levy of 1998",
		},
		{Name: fund("debt"), DisplayName: "Debt Service Fund", Code: "030", Kind: budgetingv1.FundKind_FUND_KIND_DEBT_SERVICE},
	} {
		_, err := f.client.UpdateFund(finance, &budgetingv1.UpdateFundRequest{Fund: fund, AllowMissing: true})
		must(t, err)
	}
	_, err := f.client.CreateBudget(finance, &budgetingv1.CreateBudgetRequest{
		Parent: "organizations/o", BudgetId: "fy27", Budget: &budgetingv1.Budget{
			DisplayName: "FY 2027", FiscalYear: 2027, Plan: plan, Envelopes: []*budgetingv1.Envelope{
				{Fund: fund("general"), Available: usd(900_000)},
				{Fund: fund("library"), Available: usd(100_000)},
				{Fund: fund("debt"), Available: usd(200_000)},
			},
		},
	})
	must(t, err)
	_, err = f.client.BatchUpsertPrograms(finance, &budgetingv1.BatchUpsertProgramsRequest{Parent: "organizations/o", Programs: f.programs()})
	must(t, err)
	_, err = f.client.BatchUpsertFundingRequests(finance, &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: budget, FundingRequests: f.requests()})
	must(t, err)
	f.attest(t, budgetingv1.RequestAspect_REQUEST_ASPECT_ALIGNMENT, "police", "parks", "library")
	f.goals.certify("r1", epoch.Add(-time.Hour), 600_000, 400_000)
}

func (f *fixture) programs() []*budgetingv1.Program {
	return []*budgetingv1.Program{
		{Name: program("police"), DisplayName: "Police Patrol", Code: "P1", Department: "Police", Function: "public safety"},
		{Name: program("parks"), DisplayName: "Neighborhood Parks", Code: "P2", Department: "Parks", Function: "recreation"},
		{Name: program("library"), DisplayName: "Branch Libraries", Code: "P3", Department: "Library", Function: "library"},
		{Name: program("bonds"), DisplayName: "Bond Payments", Code: "P4", Department: "Finance", Function: "debt"},
	}
}

func (f *fixture) requests() []*budgetingv1.FundingRequest {
	bonds := cost("debt", 200_000)
	bonds.Treatment = budgetingv1.Treatment_TREATMENT_MUST_PAY
	return []*budgetingv1.FundingRequest{
		{Name: request("police"), CostLines: []*budgetingv1.CostLine{cost("general", 600_000)}, Alignments: aligned(4, 0)},
		{Name: request("parks"), CostLines: []*budgetingv1.CostLine{cost("general", 300_000), cost("general", 100_000)}, Alignments: aligned(0, 4)},
		{Name: request("library"), CostLines: []*budgetingv1.CostLine{cost("library", 100_000)}, Alignments: aligned(0, 2)},
		{Name: request("bonds"), CostLines: []*budgetingv1.CostLine{bonds}},
	}
}

func (f *fixture) attest(t testing.TB, aspect budgetingv1.RequestAspect, programs ...string) {
	t.Helper()
	r := &budgetingv1.AttestFundingRequestsRequest{Parent: budget, Aspects: []budgetingv1.RequestAspect{aspect}, Evidence: "minutes of the review"}
	for _, p := range programs {
		r.Names = append(r.Names, request(p))
	}
	done, err := f.client.AttestFundingRequests(f.as(t, "rev", "finance"), r)
	must(t, err)
	if int(done.GetAttested()) != len(programs) {
		t.Fatalf("attested %d of %d", done.GetAttested(), len(programs))
	}
}

// allocate creates an allocation with a fresh key.
func (f *fixture) allocate(t testing.TB, a *budgetingv1.Allocation) *budgetingv1.Allocation {
	t.Helper()
	out, err := f.client.CreateAllocation(f.as(t, "fin", "finance"), &budgetingv1.CreateAllocationRequest{Parent: budget, RequestId: f.key(), Allocation: a})
	must(t, err)
	return out
}

// allocated is what each program got, in cents.
func (f *fixture) allocated(t testing.TB, a *budgetingv1.Allocation) map[string]int64 {
	t.Helper()
	page, err := f.client.ListAllocationLines(f.as(t, "fin", "finance"), &budgetingv1.ListAllocationLinesRequest{Parent: a.GetName()})
	must(t, err)
	out := map[string]int64{}
	for _, l := range page.GetLines() {
		out[l.GetDisplayName()] = cents(l.GetAllocated())
	}
	return out
}

func cents(m *money.Money) int64 { return m.GetUnits()*100 + int64(m.GetNanos())/10_000_000 }
