package budgeting_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/authn"
)

const (
	neutral = budgetingv1.ResultsPolicy_RESULTS_POLICY_NEUTRAL
	reward  = budgetingv1.ResultsPolicy_RESULTS_POLICY_REWARD
	remedy  = budgetingv1.ResultsPolicy_RESULTS_POLICY_REMEDY
)

func (f *fixture) policy(t *testing.T, ctx context.Context, id string, p budgetingv1.ResultsPolicy) error { //nolint:revive // t comes first in every helper
	t.Helper()
	_, err := f.client.UpdateFundingRequest(ctx, &budgetingv1.UpdateFundingRequestRequest{
		FundingRequest: &budgetingv1.FundingRequest{Name: request(id), ResultsPolicy: p}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"results_policy"}},
	})
	return err
}

func (f *fixture) freeze(t *testing.T) *budgetingv1.Budget {
	t.Helper()
	b, err := f.client.FreezeResultsPolicies(f.as(t, "clerk", "council"), &budgetingv1.FreezeResultsPoliciesRequest{Name: budget, Resolution: "2026-31", RequestId: f.key()})
	must(t, err)
	return b
}

// evidence is a usable verdict on a measure.
func evidence(id string, weight int32, v performancev1.Variation, a performancev1.Assurance) *performancev1.Evidence {
	return &performancev1.Evidence{
		Measure: "organizations/o/measures/" + id, Weight: weight, Variation: v, Assurance: a, Usable: true, Reason: "It says so. And the target too.",
	}
}

const (
	improving    = performancev1.Variation_VARIATION_IMPROVING
	noise        = performancev1.Variation_VARIATION_COMMON_CAUSE
	insufficient = performancev1.Variation_VARIATION_INSUFFICIENT_DATA
	reliably     = performancev1.Assurance_ASSURANCE_RELIABLY_MET
	hitOrMiss    = performancev1.Assurance_ASSURANCE_HIT_OR_MISS
	noTarget     = performancev1.Assurance_ASSURANCE_NO_TARGET
)

// published makes verdicts on the measures of police current. Parks have a measure that nothing is known of, and a goal has signals too.
func (f *fixture) published(id string, at time.Time, of ...*performancev1.Evidence) {
	f.perf.publish(&performancev1.ResultsRevision{
		Name: "organizations/o/resultsRevisions/" + id, ContentHash: "h", EffectiveTime: timestamppb.New(at), Signals: []*performancev1.Signal{
			{Subject: program("police"), Evidence: of},
			{Subject: goal("safety"), Evidence: of},
			{Subject: program("parks"), Evidence: []*performancev1.Evidence{{
				Measure: "organizations/o/measures/visits", Weight: 1, Variation: insufficient, Assurance: noTarget, Reason: "Not usable: 2 values.",
			}}},
		},
	})
}

func (f *fixture) why(t *testing.T, a *budgetingv1.Allocation, id string) *budgetingv1.ExplainAllocationResponse {
	t.Helper()
	why, err := f.client.ExplainAllocation(f.as(t, "fin", "finance"), &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: program(id)})
	must(t, err)
	return why
}

func wantSaid(t *testing.T, steps []string, phrases ...string) {
	t.Helper()
	said := strings.Join(steps, "\n")
	for _, p := range phrases {
		if !strings.Contains(said, p) {
			t.Errorf("nothing says %q in:\n%s", p, said)
		}
	}
}

// Response time improves and meets its target: 5 points, of which two thirds of the weight count, 3.33. Without them police gives 55,102 of the
// shortage; at 63.33 the multipliers are 1.7334 and 2.2, and it gives 100,000 × 600 × 1.7334 ÷ (600 × 1.7334 + 400 × 2.2) = 54,167.62.
func TestResultsMoveMoneyByFrozenPolicies(t *testing.T) {
	f := start(t)
	f.city(t)
	must(t, f.policy(t, f.as(t, "fin", "finance"), "police", reward))
	must(t, f.policy(t, f.as(t, "fin", "finance"), "parks", remedy))
	b := f.freeze(t)
	if z := b.GetResultsPolicyFreeze(); z.GetFrozenBy() != "clerk" || z.GetResolution() != "2026-31" || !z.GetFreezeTime().AsTime().Equal(epoch) {
		t.Errorf("freeze %v", z)
	}
	good := evidence("response", 2, improving, reliably)
	f.published("x1", epoch.Add(time.Hour), evidence("calls", 1, noise, hitOrMiss), good)
	a := f.allocate(t, &budgetingv1.Allocation{})
	if cents(a.GetMoneyWithSignal()) != 600_000_00 || a.GetMoneyWithSignalPpm() != 545_454 || cents(a.GetMoneyMovedByResults()) != 600_000_00 {
		t.Errorf("money with a signal %v (%d), moved %v", a.GetMoneyWithSignal(), a.GetMoneyWithSignalPpm(), a.GetMoneyMovedByResults())
	}
	if table := a.GetParameters().GetResultsTable(); len(table) != 16 || table[15].GetPolicy() != reward || table[15].GetAssurance() != "RELIABLY_MET" || table[15].GetPointsBp() != 500 {
		t.Errorf("table %v", table)
	}
	why := f.why(t, a, "police")
	if why.GetLine().GetScoreBp() != 6333 || cents(why.GetLine().GetAllocated()) != 545_832_00 || cents(why.GetWithoutResults()) != 544_898_00 || why.GetResultsPolicy() != reward {
		t.Errorf("explained %v", why)
	}
	factors := why.GetResults()
	if len(factors) != 2 || factors[1].GetMeasure() != "organizations/o/measures/response" || factors[1].GetVariation() != "IMPROVING" || factors[1].GetAssurance() != "RELIABLY_MET" ||
		factors[1].GetWeight() != 2 || factors[1].GetCertainPpm() != 1_000_000 || factors[1].GetPointsBp() != 500 || factors[1].GetScoreMilliBp() != 333_333 ||
		factors[1].GetReason() != "It says so." || factors[0].GetScoreMilliBp() != 0 {
		t.Errorf("factors %v", factors)
	}
	if p := why.GetScore()[2]; p.GetSource() != "results" || p.GetScoreBp() != 333 || p.GetReason() != "verdicts on 2 of 2 measures count under the policy REWARD" {
		t.Errorf("results part %v", p)
	}
	wantSaid(t, why.GetSteps(),
		`Measure "Response time" (IMPROVING, RELIABLY_MET, weight 2 of 3) is worth +5 points: it moves the score by +3.33 points under REWARD: It says so.`,
		`Measure "calls" (COMMON_CAUSE, HIT_OR_MISS, weight 1 of 3) is worth no points under REWARD`,
		"If no result moved any score, it would get 544,898.00 USD: results bring it 934.00 USD.")
	parks := f.why(t, a, "parks")
	if parks.GetResultsPolicy() != remedy || parks.GetResults()[0].GetCertainPpm() != 0 || parks.GetScore()[2].GetScoreBp() != 0 || cents(parks.GetWithoutResults()) != 355_102_00 {
		t.Errorf("explained %v", parks)
	}
	wantSaid(t, parks.GetSteps(), `Measure "visits" (weight 1 of 1) tells nothing that can move it: Not usable: 2 values.`, ": the results of other programs cost it 934.00 USD")

	// a revision later it is noise
	f.published("x2", epoch.Add(2*time.Hour), evidence("response", 2, noise, hitOrMiss))
	still := f.allocate(t, &budgetingv1.Allocation{})
	why = f.why(t, still, "police")
	if why.GetLine().GetScoreBp() != 6000 || why.GetWithoutResults() != nil || cents(still.GetMoneyWithSignal()) != 600_000_00 || cents(still.GetMoneyMovedByResults()) != 0 {
		t.Errorf("noise moves %v of %v", why, still)
	}
	wantSaid(t, why.GetSteps(), `Its results go from +3.33 points under REWARD (measure "calls" COMMON_CAUSE and HIT_OR_MISS; measure "Response time" IMPROVING and RELIABLY_MET)`)

	// a short series counts half
	good.Provisional = true
	f.published("x3", epoch.Add(3*time.Hour), good)
	why = f.why(t, f.allocate(t, &budgetingv1.Allocation{}), "police")
	if why.GetLine().GetScoreBp() != 6250 || why.GetResults()[0].GetCertainPpm() != 500_000 {
		t.Errorf("provisional %v", why)
	}
	for _, of := range []*budgetingv1.Allocation{a, still} {
		v, err := f.client.VerifyAllocation(f.as(t, "aud", "auditor"), &budgetingv1.VerifyAllocationRequest{Name: of.GetName()})
		must(t, err)
		if !v.GetValid() {
			t.Errorf("verify %v", v.GetChecks())
		}
	}
}

// An adopted budget follows new results by the policies that were frozen before: police, which cost 55,102 of the shortage, would cost 54,168.
func TestReprioritizationFollowsResults(t *testing.T) {
	f := start(t)
	f.city(t)
	must(t, f.policy(t, f.as(t, "fin", "finance"), "police", reward))
	f.freeze(t)
	a := f.allocate(t, &budgetingv1.Allocation{Purpose: recommendation})
	must(t, f.adopt(t, a.GetName()))
	f.published("x1", epoch.Add(time.Hour), evidence("response", 2, improving, reliably), evidence("calls", 1, noise, hitOrMiss))
	r, err := f.client.ReprioritizeAllocation(f.as(t, "clerk", "council"), &budgetingv1.ReprioritizeAllocationRequest{Name: a.GetName()})
	must(t, err)
	if r.GetResultsRevision() != "organizations/o/resultsRevisions/x1" || cents(r.GetTotal()) != 934_00 || len(r.GetGroups()) != 1 ||
		r.GetGroups()[0].GetTransfers()[0].GetFromProgram() != program("parks") {
		t.Errorf("reprioritized %v", r)
	}
}

// What is not frozen, or was frozen when the results were known, moves nothing and says so.
func TestUnfrozenPoliciesMoveNothing(t *testing.T) {
	f := start(t)
	f.city(t)
	must(t, f.policy(t, f.as(t, "fin", "finance"), "police", reward))
	f.published("x1", epoch, evidence("response", 2, improving, reliably))
	for _, said := range []string{"council has not frozen the results policies, so REWARD does not count yet", "REWARD was frozen after these results were published"} {
		a := f.allocate(t, &budgetingv1.Allocation{})
		why := f.why(t, a, "police")
		if why.GetLine().GetScoreBp() != 6000 || why.GetResultsPolicy() != neutral || why.GetWithoutResults() != nil || len(why.GetResults()) != 1 ||
			cents(a.GetMoneyWithSignal()) != 600_000_00 || cents(a.GetMoneyMovedByResults()) != 0 {
			t.Errorf("explained %v of %v", why, a)
		}
		wantSaid(t, append(why.GetSteps(), why.GetScore()[2].GetReason()), said)
		if b, err := f.client.GetBudget(f.as(t, "fin", "finance"), &budgetingv1.GetBudgetRequest{Name: budget}); err != nil || b.GetResultsPolicyFreeze() == nil {
			f.freeze(t)
		}
	}
}

func TestFrozenPoliciesStay(t *testing.T) {
	f := start(t)
	f.city(t)
	finance, council := f.as(t, "fin", "finance"), f.as(t, "clerk", "council")
	must(t, f.policy(t, finance, "police", reward))
	freeze := func(ctx context.Context, r *budgetingv1.FreezeResultsPoliciesRequest) error {
		r.Name = budget
		_, err := f.client.FreezeResultsPolicies(ctx, r)
		return err
	}
	wantReason(t, freeze(finance, &budgetingv1.FreezeResultsPoliciesRequest{Resolution: "1"}), "ROLE_LACKS_PERMISSION")
	if got := violated(t, freeze(council, &budgetingv1.FreezeResultsPoliciesRequest{Resolution: " "})); !fields(got, "resolution") {
		t.Errorf("violations %v", got)
	}
	wantReason(t, freeze(council, &budgetingv1.FreezeResultsPoliciesRequest{Resolution: "1", Etag: "9"}), "ETAG_MISMATCH")
	must(t, freeze(council, &budgetingv1.FreezeResultsPoliciesRequest{Resolution: "1", ValidateOnly: true}))
	must(t, f.policy(t, finance, "parks", remedy)) // the dry run froze nothing
	must(t, freeze(council, &budgetingv1.FreezeResultsPoliciesRequest{Resolution: "1", RequestId: "once"}))
	must(t, freeze(council, &budgetingv1.FreezeResultsPoliciesRequest{Resolution: "1", RequestId: "once"}))
	wantReason(t, freeze(council, &budgetingv1.FreezeResultsPoliciesRequest{Resolution: "2"}), "RESULTS_POLICIES_FROZEN")

	const frozen = "RESULTS_POLICIES_FROZEN"
	wantReason(t, f.policy(t, finance, "police", neutral), frozen)
	wantReason(t, f.policy(t, finance, "library", reward), frozen)
	must(t, f.policy(t, finance, "police", reward)) // says what it says already
	upsert := func(r *budgetingv1.FundingRequest) error {
		_, err := f.client.BatchUpsertFundingRequests(finance, &budgetingv1.BatchUpsertFundingRequestsRequest{Parent: budget, FundingRequests: []*budgetingv1.FundingRequest{r}})
		return err
	}
	costs := []*budgetingv1.CostLine{cost("general", 600_000)}
	wantReason(t, upsert(&budgetingv1.FundingRequest{Name: request("police"), CostLines: costs, ResultsPolicy: remedy}), frozen)
	must(t, upsert(&budgetingv1.FundingRequest{Name: request("police"), CostLines: costs, ResultsPolicy: reward}))
	must(t, upsert(&budgetingv1.FundingRequest{Name: request("police"), CostLines: costs})) // what it leaves out stays
	kept, err := f.client.GetFundingRequest(finance, &budgetingv1.GetFundingRequestRequest{Name: request("police")})
	must(t, err)
	if kept.GetResultsPolicy() != reward {
		t.Errorf("kept %v", kept.GetResultsPolicy())
	}
	remove := func(id string) error {
		_, err := f.client.DeleteFundingRequest(finance, &budgetingv1.DeleteFundingRequestRequest{Name: request(id)})
		return err
	}
	wantReason(t, remove("police"), frozen)
	must(t, remove("library"))
	wantReason(t, upsert(&budgetingv1.FundingRequest{Name: request("library"), CostLines: []*budgetingv1.CostLine{cost("library", 100_000)}, ResultsPolicy: reward}), frozen)
	must(t, upsert(&budgetingv1.FundingRequest{Name: request("library"), CostLines: []*budgetingv1.CostLine{cost("library", 100_000)}}))
	police := f.with(t, authn.Identity{Subject: "pat", Organization: "o", Roles: []string{"department"}, Department: "Police"})
	wantReason(t, f.policy(t, police, "police", remedy), "RESERVED_FIELDS")
	b, err := f.client.UpdateBudget(finance, &budgetingv1.UpdateBudgetRequest{
		Budget: &budgetingv1.Budget{Name: budget, DisplayName: "FY 27"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}},
	})
	must(t, err)
	if b.GetResultsPolicyFreeze().GetResolution() != "1" {
		t.Errorf("another change has thawed it: %v", b)
	}
}

func TestAdoptedBudgetsAreNotFrozen(t *testing.T) {
	f := start(t)
	f.city(t)
	must(t, f.adopt(t, f.allocate(t, &budgetingv1.Allocation{Purpose: recommendation}).GetName()))
	_, err := f.client.FreezeResultsPolicies(f.as(t, "clerk", "council"), &budgetingv1.FreezeResultsPoliciesRequest{Name: budget, Resolution: "1"})
	wantReason(t, err, "BUDGET_ADOPTED")
}

// A vote of residents is no proposal for the budget: what moved a program is told against the allocation of the budget before it.
func TestMovesAreToldAgainstTheSameQuestion(t *testing.T) {
	f := start(t)
	f.city(t)
	must(t, f.policy(t, f.as(t, "fin", "finance"), "police", reward))
	f.freeze(t)
	f.allocate(t, &budgetingv1.Allocation{DisplayName: "Spring"})
	f.allocate(t, &budgetingv1.Allocation{
		DisplayName: "Vote", Method: greedyVotes, Parameters: &budgetingv1.AllocationParameters{Election: f.closedElection(t, "general")},
	})
	f.published("x1", epoch.Add(time.Hour), evidence("response", 1, improving, reliably))
	why := f.why(t, f.allocate(t, &budgetingv1.Allocation{}), "police")
	wantSaid(t, why.GetSteps(), `Compared with the proposal before (Spring): Program "Police Patrol"`, "Its results go from none to +5 points under REWARD")
}
