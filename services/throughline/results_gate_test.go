package throughline_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	datepb "google.golang.org/genproto/googleapis/type/date"
	moneypb "google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/throughline/internal/client"
)

const (
	townPlan     = riverbend + "/plans/p"
	townBudget   = riverbend + "/budgets/fy"
	responseTime = riverbend + "/measures/response"
	months       = 20 // of values
)

// town is police (600,000) and parks (400,000), who share the 900,000 of one fund by two goals of 60 and 40 %: police serves the first, parks the
// second. Response time is two thirds of what police is measured by; nothing is known of the other third.
type town struct {
	*city
	suite *client.Suite
}

func found(t *testing.T) *town {
	t.Helper()
	c := start(t, t.TempDir())
	w := &town{c, c.client(t)}
	operator, manager, council, finance := w.role(t, "operator"), w.role(t, "manager"), w.role(t, "council"), w.role(t, "finance")
	done := func(_ any, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	done(w.suite.Goals.CreateOrganization(operator, &goalsv1.CreateOrganizationRequest{
		OrganizationId: "riverbend", Organization: &goalsv1.Organization{DisplayName: "Riverbend", CurrencyCode: "USD", FiscalYearStartMonth: 7},
	}))
	done(w.suite.Goals.CreatePlan(manager, &goalsv1.CreatePlanRequest{Parent: riverbend, PlanId: "p", Plan: &goalsv1.Plan{
		DisplayName: "Plan", Kind: goalsv1.PlanKind_PLAN_KIND_STRATEGIC, StartDate: &datepb.Date{Year: 2026, Month: 7, Day: 1}, EndDate: &datepb.Date{Year: 2031, Month: 6, Day: 30},
	}}))
	for _, id := range []string{"safety", "life"} {
		done(w.suite.Goals.CreateGoal(manager, &goalsv1.CreateGoalRequest{Parent: townPlan, GoalId: id, Goal: &goalsv1.Goal{DisplayName: id}}))
	}
	done(w.suite.Goals.CreatePrioritization(manager, &goalsv1.CreatePrioritizationRequest{
		Parent: townPlan, PrioritizationId: "r", Prioritization: &goalsv1.Prioritization{
			DisplayName: "Round", Method: goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_POINTS, Goals: []string{townPlan + "/goals/safety", townPlan + "/goals/life"},
			Electorate: &goalsv1.Electorate{Members: []*goalsv1.Member{{Member: "council"}}},
		},
	}))
	const round = townPlan + "/prioritizations/r"
	done(w.suite.Goals.OpenPrioritization(council, &goalsv1.OpenPrioritizationRequest{Name: round}))
	done(w.suite.Goals.CastBallot(council, &goalsv1.CastBallotRequest{Name: round, Ballot: &goalsv1.Ballot{Points: []*goalsv1.GoalPoints{
		{Goal: townPlan + "/goals/safety", Points: 60}, {Goal: townPlan + "/goals/life", Points: 40},
	}}}))
	done(w.suite.Goals.ClosePrioritization(council, &goalsv1.ClosePrioritizationRequest{Name: round}))
	done(w.suite.Goals.CertifyPrioritization(council, &goalsv1.CertifyPrioritizationRequest{Name: round}))

	const general = riverbend + "/funds/general"
	usd := func(units int64) *moneypb.Money { return &moneypb.Money{CurrencyCode: "USD", Units: units} }
	done(w.suite.Budgeting.CreateFund(finance, &budgetingv1.CreateFundRequest{
		Parent: riverbend, FundId: "general", Fund: &budgetingv1.Fund{DisplayName: "General", Code: "1", Kind: budgetingv1.FundKind_FUND_KIND_GENERAL},
	}))
	done(w.suite.Budgeting.CreateBudget(finance, &budgetingv1.CreateBudgetRequest{Parent: riverbend, BudgetId: "fy", Budget: &budgetingv1.Budget{
		DisplayName: "FY", FiscalYear: 2027, Plan: townPlan, Envelopes: []*budgetingv1.Envelope{{Fund: general, Available: usd(900_000)}},
	}}))
	attest := &budgetingv1.AttestFundingRequestsRequest{
		Parent: townBudget, Aspects: []budgetingv1.RequestAspect{budgetingv1.RequestAspect_REQUEST_ASPECT_ALIGNMENT}, Evidence: "minutes",
	}
	for _, p := range []struct {
		id           string
		cost         int64
		safety, life int32
	}{{"police", 600_000, 4, 0}, {"parks", 400_000, 0, 4}} {
		done(w.suite.Budgeting.CreateProgram(finance, &budgetingv1.CreateProgramRequest{
			Parent: riverbend, ProgramId: p.id, Program: &budgetingv1.Program{DisplayName: p.id, Code: p.id, Department: p.id},
		}))
		name := townBudget + "/fundingRequests/" + p.id
		done(w.suite.Budgeting.UpdateFundingRequest(finance, &budgetingv1.UpdateFundingRequestRequest{AllowMissing: true, FundingRequest: &budgetingv1.FundingRequest{
			Name: name, CostLines: []*budgetingv1.CostLine{{Fund: general, Amount: usd(p.cost), CostClass: "personnel"}},
			Alignments: []*budgetingv1.Alignment{
				{Goal: townPlan + "/goals/safety", ReviewedScore: new(p.safety)}, {Goal: townPlan + "/goals/life", ReviewedScore: new(p.life)},
			},
		}}))
		attest.Names = append(attest.Names, name)
	}
	done(w.suite.Budgeting.AttestFundingRequests(finance, attest))

	link := func(weight int32) []*performancev1.MeasureLink {
		return []*performancev1.MeasureLink{{
			Subject: riverbend + "/programs/police", Weight: weight, Contribution: performancev1.Contribution_CONTRIBUTION_CONTRIBUTES,
		}}
	}
	for _, m := range []*performancev1.Measure{
		{
			Name: responseTime, DisplayName: "Response time", Direction: performancev1.Direction_DIRECTION_DECREASE, Links: link(2),
			Targets: []*performancev1.Target{{StartDate: &datepb.Date{Year: 2020, Month: 1, Day: 1}, EndDate: &datepb.Date{Year: 2040, Month: 12, Day: 31}, Value: 7.6}},
		},
		{Name: riverbend + "/measures/trust", DisplayName: "Trust", Direction: performancev1.Direction_DIRECTION_INCREASE, Links: link(1)},
	} {
		m.Kind, m.Unit, m.Frequency, m.Owner = performancev1.MeasureKind_MEASURE_KIND_OUTCOME, "minutes", performancev1.Frequency_FREQUENCY_MONTHLY, "Chief"
		done(w.suite.Performance.UpdateMeasure(manager, &performancev1.UpdateMeasureRequest{Measure: m, AllowMissing: true}))
	}
	return w
}

func (w *town) role(t *testing.T, role string) context.Context {
	t.Helper()
	return client.As(t.Context(), w.as(t, role))
}

// record writes a value for each of the latest months.
func (w *town) record(t *testing.T, value func(month int) float64) {
	t.Helper()
	stream, err := w.suite.Performance.RecordObservations(w.role(t, "staff"))
	if err != nil {
		t.Fatal(err)
	}
	r := &performancev1.RecordObservationsRequest{Parent: riverbend}
	now := time.Now().UTC()
	for i := range months {
		day := time.Date(now.Year(), now.Month()-months+time.Month(i), 1, 0, 0, 0, 0, time.UTC)
		r.Rows = append(r.Rows, &performancev1.ObservationRow{
			Measure: responseTime, PeriodStart: &datepb.Date{Year: int32(day.Year()), Month: int32(day.Month()), Day: 1}, Value: new(value(i)), Source: "dispatch",
		})
	}
	if err := stream.Send(r); err != nil {
		t.Fatal(err)
	}
	done, err := stream.CloseAndRecv()
	if err != nil || done.GetRejected() > 0 {
		t.Fatalf("recorded %v, %v", done, err)
	}
}

func (w *town) publish(t *testing.T) *performancev1.ResultsRevision {
	t.Helper()
	r, err := w.suite.Performance.PublishResults(w.role(t, "manager"), &performancev1.PublishResultsRequest{Parent: riverbend})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (w *town) policy(caller context.Context, p budgetingv1.ResultsPolicy) error {
	_, err := w.suite.Budgeting.UpdateFundingRequest(caller, &budgetingv1.UpdateFundingRequestRequest{
		FundingRequest: &budgetingv1.FundingRequest{Name: townBudget + "/fundingRequests/police", ResultsPolicy: p},
		UpdateMask:     &fieldmaskpb.FieldMask{Paths: []string{"results_policy"}},
	})
	return rpc.FromStatus(err)
}

func (w *town) freeze(t *testing.T) {
	t.Helper()
	b := w.ok(t, http.MethodPost, "/v1/"+townBudget+":freezeResultsPolicies", w.as(t, "council"), `{"resolution": "2026-17"}`)
	if b.at("resultsPolicyFreeze", "resolution") != "2026-17" || b.at("resultsPolicyFreeze", "frozenBy") != "council" {
		t.Fatalf("frozen %s", b.body)
	}
}

// police allocates and explains what police gets.
func (w *town) police(t *testing.T, id string) (*budgetingv1.Allocation, *budgetingv1.ExplainAllocationResponse) {
	t.Helper()
	finance := w.role(t, "finance")
	a, err := w.suite.Budgeting.CreateAllocation(finance, &budgetingv1.CreateAllocationRequest{
		Parent: townBudget, AllocationId: id, Allocation: &budgetingv1.Allocation{}, RequestId: id,
	})
	if err != nil {
		t.Fatal(err)
	}
	why, err := w.suite.Budgeting.ExplainAllocation(finance, &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: riverbend + "/programs/police"})
	if err != nil {
		t.Fatal(err)
	}
	return a, why
}

const (
	rewarded   = budgetingv1.ResultsPolicy_RESULTS_POLICY_REWARD
	remedied   = budgetingv1.ResultsPolicy_RESULTS_POLICY_REMEDY
	unmoved    = budgetingv1.ResultsPolicy_RESULTS_POLICY_NEUTRAL
	withoutIt  = 544_898 // dollars that police gets at its score of 60.00
	withResult = 545_832 // at 63.33: 5 points by two thirds of the weight
)

// improving values lie about 7.1, and in the last seven months clearly below; all that the process does meets 7.6.
func improving(month int) float64 {
	if month >= months-7 {
		return 6.5
	}
	return 7.05 + 0.1*float64(month%2)
}

// noisy ones jump to and fro around the target.
func noisy(month int) float64 { return 6.6 + 1.6*float64(month%2) }

// From values to money: a frozen policy, values whose process improves and meets its target, and later values that are noise.
func TestResultsMoveMoney(t *testing.T) {
	w := found(t)
	police := client.As(t.Context(), w.department(t, "police"))
	if err := w.policy(police, rewarded); fault.Reason(err) != "RESERVED_FIELDS" {
		t.Errorf("a department sets its policy: %v", err)
	}
	if err := w.policy(w.role(t, "finance"), rewarded); err != nil {
		t.Fatal(err)
	}
	w.freeze(t)
	if err := w.policy(w.role(t, "finance"), remedied); fault.Reason(err) != "RESULTS_POLICIES_FROZEN" {
		t.Errorf("a frozen policy changes: %v", err)
	}
	_, before := w.police(t, "before")
	w.record(t, improving)
	w.publish(t)
	a, why := w.police(t, "improving")
	if before.GetLine().GetScoreBp() != 6000 || before.GetLine().GetAllocated().GetUnits() != withoutIt || before.GetWithoutResults() != nil {
		t.Errorf("without results %v", before)
	}
	if why.GetLine().GetScoreBp() != 6333 || why.GetLine().GetAllocated().GetUnits() != withResult || why.GetWithoutResults().GetUnits() != withoutIt || why.GetResultsPolicy() != rewarded {
		t.Errorf("improving: %v", why)
	}
	if f := why.GetResults(); len(f) != 2 || f[0].GetMeasure() != responseTime || f[0].GetVariation() != "IMPROVING" || f[0].GetAssurance() != "RELIABLY_MET" ||
		f[0].GetWeight() != 2 || f[0].GetCertainPpm() != 1_000_000 || f[0].GetPointsBp() != 500 || f[0].GetScoreMilliBp() != 333_333 ||
		f[1].GetVariation() != "INSUFFICIENT_DATA" || f[1].GetCertainPpm() != 0 || f[1].GetScoreMilliBp() != 0 {
		t.Errorf("factors %v", f)
	}
	if said := strings.Join(why.GetSteps(), "\n"); !strings.Contains(said, `Measure "Response time" (IMPROVING, RELIABLY_MET, weight 2 of 3) is worth +5 points: it moves the score by +3.33 points under REWARD`) ||
		!strings.Contains(said, "results bring it 934.00 USD") {
		t.Errorf("said\n%s", said)
	}
	if a.GetMoneyWithSignal().GetUnits() != 600_000 || a.GetMoneyWithSignalPpm() != 600_000 || a.GetMoneyMovedByResults().GetUnits() != 600_000 {
		t.Errorf("money with a signal %v, moved %v", a.GetMoneyWithSignal(), a.GetMoneyMovedByResults())
	}
	w.record(t, noisy)
	w.publish(t)
	a, why = w.police(t, "noise")
	if why.GetLine().GetScoreBp() != 6000 || why.GetLine().GetAllocated().GetUnits() != withoutIt || why.GetResults()[0].GetVariation() != "COMMON_CAUSE" ||
		why.GetResults()[0].GetAssurance() != "HIT_OR_MISS" || a.GetMoneyMovedByResults().GetUnits() != 0 || a.GetMoneyWithSignal().GetUnits() != 600_000 {
		t.Errorf("noise: %v", why)
	}
}

// A policy that is frozen when the results are known is too late for them, and in time for the next.
func TestPoliciesComeBeforeResults(t *testing.T) {
	w := found(t)
	if err := w.policy(w.role(t, "finance"), rewarded); err != nil {
		t.Fatal(err)
	}
	w.record(t, improving)
	w.publish(t)
	w.freeze(t)
	_, why := w.police(t, "late")
	if why.GetLine().GetAllocated().GetUnits() != withoutIt || why.GetResultsPolicy() != unmoved || !strings.Contains(strings.Join(why.GetSteps(), "\n"), "was frozen after these results were published") {
		t.Errorf("frozen too late: %v", why)
	}
	w.record(t, func(month int) float64 { return improving(month) - 0.01 }) // published again, equal results would be the same revision
	w.publish(t)
	_, why = w.police(t, "next")
	if why.GetLine().GetAllocated().GetUnits() != withResult || why.GetResultsPolicy() != rewarded {
		t.Errorf("the next results: %v", why)
	}
}

// department is the token of a department's office.
func (w *town) department(t *testing.T, department string) string {
	t.Helper()
	token, err := w.city.keys.Mint(authn.Identity{Subject: "pat", Organization: "riverbend", Roles: []string{"department"}, Department: department}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return token
}
