package actionplanning_test

import (
	"context"
	"maps"
	"slices"
	"sync"

	"google.golang.org/genproto/googleapis/type/money"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

// world is what the peers of the service know; what is not in it does not exist.
type world struct {
	mu       sync.Mutex
	down     string // name of a peer that answers nothing
	during   func() // happens once, when a peer is asked next
	asked    map[string]int
	plans    map[string]*goalsv1.Plan
	goals    map[string]*goalsv1.Goal
	measures map[string]*performancev1.Measure
	latest   map[string]float64 // by measure
	programs map[string]*budgetingv1.Program
	requests map[string]*budgetingv1.FundingRequest
	budgets  map[string]*budgetingv1.Budget
	lines    map[string][]*budgetingv1.AllocationLine // by allocation
}

const (
	planName    = "organizations/o/plans/p"
	answerTime  = "organizations/o/measures/answer-time"
	e911        = "organizations/o/programs/e911"
	budget2028  = "organizations/o/budgets/fy2028"
	askE911     = budget2028 + "/fundingRequests/e911"
	adopted2028 = budget2028 + "/allocations/adopted"
)

// newWorld has an adopted plan for 2027 and 2028 (the fiscal year starts in July), a goal, a measure, and a program that asks a budget.
func newWorld() *world {
	return &world{
		asked:    map[string]int{},
		plans:    map[string]*goalsv1.Plan{planName: {Name: planName, State: goalsv1.PlanState_PLAN_STATE_ADOPTED, StartDate: day(2027, 1, 1), EndDate: day(2028, 12, 31)}},
		goals:    map[string]*goalsv1.Goal{goal: {Name: goal, DisplayName: "Safety"}},
		measures: map[string]*performancev1.Measure{answerTime: {Name: answerTime, Direction: performancev1.Direction_DIRECTION_DECREASE, Baseline: new(31.5)}},
		programs: map[string]*budgetingv1.Program{e911: {Name: e911}},
		requests: map[string]*budgetingv1.FundingRequest{askE911: {Name: askE911, Program: e911, Requested: usd(150_000), FteMilli: 4000}},
		budgets:  map[string]*budgetingv1.Budget{budget2028: {Name: budget2028, FiscalYear: 2028}},
		lines:    map[string][]*budgetingv1.AllocationLine{},
	}
}

func usd(units int64) *money.Money { return &money.Money{CurrencyCode: "USD", Units: units} }

// change changes what is known.
func (w *world) change(to func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	to()
}

// calls counts the calls of a method since it was asked last.
func (w *world) calls(method string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer delete(w.asked, method)
	return w.asked[method]
}

// find is what a peer answers when asked by a method for a name.
func find[T any](w *world, peer, method string, in map[string]*T, name string) (*T, error) {
	w.mu.Lock()
	if during := w.during; during != nil {
		w.during = nil
		w.mu.Unlock()
		during()
		w.mu.Lock()
	}
	defer w.mu.Unlock()
	w.asked[method]++
	if w.down == peer {
		return nil, rpc.ToStatus(fault.New(fault.Unavailable, "UNAVAILABLE", "out to lunch")).Err()
	}
	if v, ok := in[name]; ok {
		return v, nil
	}
	return nil, rpc.ToStatus(fault.Missing(name)).Err()
}

type (
	fakeGoals struct {
		goalsv1.UnimplementedGoalsServiceServer
		*world
	}
	fakePerformance struct {
		performancev1.UnimplementedPerformanceServiceServer
		*world
	}
	fakeBudgeting struct {
		budgetingv1.UnimplementedBudgetingServiceServer
		*world
	}
)

// serve registers the peers on a channel.
func (w *world) serve() *rpc.InProcess {
	channel := rpc.NewInProcess(rpc.InProcessConfig{})
	goalsv1.RegisterGoalsServiceServer(channel, fakeGoals{world: w})
	performancev1.RegisterPerformanceServiceServer(channel, fakePerformance{world: w})
	budgetingv1.RegisterBudgetingServiceServer(channel, fakeBudgeting{world: w})
	return channel
}

func (f fakeGoals) GetGoal(_ context.Context, r *goalsv1.GetGoalRequest) (*goalsv1.Goal, error) {
	return find(f.world, "goals", "GetGoal", f.goals, r.GetName())
}

func (f fakeGoals) GetPlan(_ context.Context, r *goalsv1.GetPlanRequest) (*goalsv1.Plan, error) {
	return find(f.world, "goals", "GetPlan", f.plans, r.GetName())
}

func (f fakeGoals) GetOrganization(_ context.Context, r *goalsv1.GetOrganizationRequest) (*goalsv1.Organization, error) {
	return &goalsv1.Organization{Name: r.GetName(), CurrencyCode: "USD", FiscalYearStartMonth: 7}, nil
}

func (f fakePerformance) GetMeasure(_ context.Context, r *performancev1.GetMeasureRequest) (*performancev1.Measure, error) {
	return find(f.world, "performance", "GetMeasure", f.measures, r.GetName())
}

func (f fakeBudgeting) GetProgram(_ context.Context, r *budgetingv1.GetProgramRequest) (*budgetingv1.Program, error) {
	return find(f.world, "budgeting", "GetProgram", f.programs, r.GetName())
}

func (f fakeBudgeting) GetFundingRequest(_ context.Context, r *budgetingv1.GetFundingRequestRequest) (*budgetingv1.FundingRequest, error) {
	return find(f.world, "budgeting", "GetFundingRequest", f.requests, r.GetName())
}

// ListBudgets answers all, whatever the filter says.
func (f fakeBudgeting) ListBudgets(context.Context, *budgetingv1.ListBudgetsRequest) (*budgetingv1.ListBudgetsResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return &budgetingv1.ListBudgetsResponse{Budgets: slices.Collect(maps.Values(f.budgets))}, nil
}

// ListAllocationLines answers a line a page.
func (f fakeBudgeting) ListAllocationLines(_ context.Context, r *budgetingv1.ListAllocationLinesRequest) (*budgetingv1.ListAllocationLinesResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	lines := f.lines[r.GetParent()]
	i := len(r.GetPageToken())
	if i >= len(lines) {
		return &budgetingv1.ListAllocationLinesResponse{}, nil
	}
	return &budgetingv1.ListAllocationLinesResponse{Lines: lines[i : i+1], NextPageToken: r.GetPageToken() + "x"}, nil
}

// adopt adopts an allocation of the budget of 2028 that gives the program so many dollars.
func (w *world) adopt(units int64) {
	w.change(func() {
		w.budgets[budget2028] = &budgetingv1.Budget{Name: budget2028, FiscalYear: 2028, AdoptedAllocation: adopted2028}
		w.lines[adopted2028] = []*budgetingv1.AllocationLine{
			{Program: "organizations/o/programs/aaa", Adjusted: usd(1)}, {Program: e911, Allocated: usd(1), Adjusted: usd(units)},
		}
	})
}
