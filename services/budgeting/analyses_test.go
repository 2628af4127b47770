package budgeting_test

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/authn"
)

const recommendation = budgetingv1.AllocationPurpose_ALLOCATION_PURPOSE_RECOMMENDATION

// By hand. Priority adjustment: police 544,898 × 60 % + parks 355,102 × 40 % + library 100,000 × 20 % = 488,979.60.
// Across the board, 10 % each: 540,000 × 60 % + 360,000 × 40 % + 20,000 = 488,000.00.
// Cut line: police, first by score, is paid whole; of parks' 400,000 there are 300,000: 600,000 × 60 % + 20,000 = 380,000.00.
func TestCompareWithBaselines(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{DisplayName: "Proposal"})
	for _, c := range []struct {
		name          string
		baseline      budgetingv1.Baseline
		total, value  int64
		police, parks int64 // there
		reason        string
	}{
		{"across the board", budgetingv1.Baseline_BASELINE_ACROSS_THE_BOARD, 1_200_000_00, 488_000_00, 540_000_00, 360_000_00, "RATE"},
		{"cut line", budgetingv1.Baseline_BASELINE_CUT_LINE, 900_000_00, 380_000_00, 600_000_00, 0, "THE_LINE"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := f.client.CompareAllocation(f.as(t, "cm", "council"), &budgetingv1.CompareAllocationRequest{Name: a.GetName(), Baseline: c.baseline})
			must(t, err)
			if cents(r.GetTotal()) != 1_200_000_00 || cents(r.GetOtherTotal()) != c.total || cents(r.GetPriorityValue()) != 488_979_60 || cents(r.GetOtherPriorityValue()) != c.value {
				t.Errorf("totals %v, %v; values %v, %v", r.GetTotal(), r.GetOtherTotal(), r.GetPriorityValue(), r.GetOtherPriorityValue())
			}
			got := map[string]*budgetingv1.ComparisonRow{}
			for _, row := range r.GetRows() {
				got[row.GetProgram()] = row
				if cents(row.GetDifference()) != cents(row.GetAllocated())-cents(row.GetOther()) {
					t.Errorf("row %v", row)
				}
			}
			police, parks := got[program("police")], got[program("parks")]
			if len(got) != 2 || cents(police.GetOther()) != c.police || cents(parks.GetOther()) != c.parks || police.GetScoreBp() != 6000 ||
				parks.GetDisplayName() != "Neighborhood Parks" || parks.GetReasonCode() != "RATE" || parks.GetOtherReasonCode() != c.reason {
				t.Errorf("rows %v", r.GetRows())
			}
			gainers, losers := int32(1), int32(1)
			if r.GetGainers() != gainers || r.GetLosers() != losers {
				t.Errorf("%d gain and %d lose", r.GetGainers(), r.GetLosers())
			}
			// Quality of life: parks × 40 % and library × 40 % × 2/4.
			if g := r.GetGoals()[0]; g.GetDisplayName() != "Quality of life" || cents(g.GetAllocated()) != 162_040_80 || cents(g.GetOther()) != c.parks*4/10+20_000_00 {
				t.Errorf("goals %v", r.GetGoals())
			}
			words := strings.Join(r.GetSummary(), "\n")
			if !strings.Contains(words, `The first plan is "Proposal"`) || !strings.Contains(words, `Program "Police Patrol"`) || strings.Contains(words, `"police"`) {
				t.Errorf("summary %s", words)
			}
		})
	}
}

func TestCompareWithAnother(t *testing.T) {
	f := start(t)
	f.city(t)
	council := f.as(t, "cm", "council")
	a := f.allocate(t, &budgetingv1.Allocation{DisplayName: "First"})
	b := f.allocate(t, &budgetingv1.Allocation{DisplayName: "Second", Parameters: &budgetingv1.AllocationParameters{SpreadMilli: 1000}})
	r, err := f.client.CompareAllocation(council, &budgetingv1.CompareAllocationRequest{Name: a.GetName(), Other: b.GetName()})
	must(t, err)
	if cents(r.GetRows()[0].GetOther()) != 360_000_00 || cents(r.GetOtherPriorityValue()) != 488_000_00 || !strings.Contains(r.GetSummary()[0], `"Second"`) {
		t.Errorf("comparison %v", r)
	}
	for name, c := range map[string]struct {
		request *budgetingv1.CompareAllocationRequest
		want    string
	}{
		"neither":      {&budgetingv1.CompareAllocationRequest{Name: a.GetName()}, "other"},
		"both":         {&budgetingv1.CompareAllocationRequest{Name: a.GetName(), Other: b.GetName(), Baseline: budgetingv1.Baseline_BASELINE_CUT_LINE}, "baseline"},
		"itself":       {&budgetingv1.CompareAllocationRequest{Name: a.GetName(), Other: a.GetName()}, "other"},
		"unknown":      {&budgetingv1.CompareAllocationRequest{Name: a.GetName(), Other: budget + "/allocations/none"}, "other"},
		"no such form": {&budgetingv1.CompareAllocationRequest{Name: a.GetName(), Other: "allocations/x"}, "other"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.client.CompareAllocation(council, c.request)
			if got := violated(t, err); !fields(got, c.want) {
				t.Errorf("violations %v, want %s", got, c.want)
			}
		})
	}
	_, err = f.client.CompareAllocation(council, &budgetingv1.CompareAllocationRequest{
		Name: a.GetName(), Other: "organizations/other/budgets/b/allocations/a",
	})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.client.CompareAllocation(f.with(t, authn.Identity{Subject: "x", Organization: "other", Roles: []string{"council"}}),
		&budgetingv1.CompareAllocationRequest{Name: a.GetName(), Baseline: budgetingv1.Baseline_BASELINE_CUT_LINE})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.client.CompareAllocation(f.as(t, "p", "public"), &budgetingv1.CompareAllocationRequest{Name: a.GetName(), Baseline: budgetingv1.Baseline_BASELINE_CUT_LINE})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
}

// By hand: with safety at 61 %, police gives 100,000 × 600 × 1.78 / (600 × 1.78 + 400 × 2.22) = 54,601.23, 501 less than the 55,102 at 60 %; at 59 % it
// gives 100,000 × 600 × 1.82 / (600 × 1.82 + 400 × 2.18) = 55,600.81, 499 more. What police gains parks loses.
func TestSensitivity(t *testing.T) {
	f := start(t)
	f.city(t)
	council := f.as(t, "cm", "council")
	a := f.allocate(t, &budgetingv1.Allocation{})
	r, err := f.client.AnalyzeSensitivity(council, &budgetingv1.AnalyzeSensitivityRequest{Name: a.GetName(), Goal: goal("safety")})
	must(t, err)
	if r.GetWeightPpm() != 600_000 || r.GetFromPpm() != 500_000 || r.GetToPpm() != 700_000 || !strings.Contains(r.GetMethod(), "of at most 400") || len(r.GetPrices()) != 2 {
		t.Errorf("sweep %v", r)
	}
	for _, p := range r.GetPrices() {
		sign := map[string]int64{"Police Patrol": 1, "Neighborhood Parks": -1}[p.GetDisplayName()]
		if cents(p.GetUp()) != sign*501_00 || cents(p.GetDown()) != -sign*499_00 {
			t.Errorf("price %v", p)
		}
	}
	// With an allocation whose cuts end at 5.6 %, 56,000 for police: at low weights of safety its limit decides.
	tight := f.allocate(t, &budgetingv1.Allocation{Parameters: &budgetingv1.AllocationParameters{MaxCutPpm: proto.Int32(120_000)}})
	r, err = f.client.AnalyzeSensitivity(council, &budgetingv1.AnalyzeSensitivityRequest{Name: tight.GetName(), Goal: goal("safety"), FromPpm: 600_000, ToPpm: 800_000})
	must(t, err)
	// Parks may lose 48,000 at most: 100,000 × 400 × (1 + 2s) / (2200 − 400 s) passes it at s = (2200 × 0.48 − 400) / (800 + 400 × 0.48) = 0.6613.
	if len(r.GetBreakpoints()) == 0 {
		t.Fatalf("no breakpoints: %v", r)
	}
	b := r.GetBreakpoints()[0]
	if b.GetWeightPpm() < 660_000 || b.GetWeightPpm() > 662_500 || !strings.Contains(strings.Join(b.GetChanges(), " "), `program "Neighborhood Parks"`) ||
		!strings.Contains(strings.Join(b.GetChanges(), " "), `fund "General Fund"`) {
		t.Errorf("breakpoint %v", b)
	}
	for name, c := range map[string]struct {
		request *budgetingv1.AnalyzeSensitivityRequest
		want    []string
	}{
		"unknown goal": {&budgetingv1.AnalyzeSensitivityRequest{Goal: goal("none")}, []string{"goal"}},
		"half a range": {&budgetingv1.AnalyzeSensitivityRequest{Goal: goal("life"), FromPpm: 5}, []string{"to_ppm"}},
		"falling":      {&budgetingv1.AnalyzeSensitivityRequest{Goal: goal("life"), FromPpm: 5, ToPpm: 4}, []string{"to_ppm"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.request.Name = a.GetName()
			_, err := f.client.AnalyzeSensitivity(council, c.request)
			if got := violated(t, err); !fields(got, c.want...) {
				t.Errorf("violations %v, want %v", got, c.want)
			}
		})
	}
	_, err = f.client.AnalyzeSensitivity(council, &budgetingv1.AnalyzeSensitivityRequest{Name: budget + "/allocations/none", Goal: goal("life")})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
}

// By hand: police gives (1800 − 1200 s) / (2200 − 400 s) of the shortage. It moves by more than 1,000 from 55,102 when that is below 54,101.50 or
// above 56,102.50: at s = 62.00 % and s = 57.99 % of score.
func TestFragility(t *testing.T) {
	f := start(t)
	f.city(t)
	council := f.as(t, "cm", "council")
	a := f.allocate(t, &budgetingv1.Allocation{})
	r, err := f.client.AnalyzeFragility(council, &budgetingv1.AnalyzeFragilityRequest{Name: a.GetName(), Threshold: usd(1_000)})
	must(t, err)
	if len(r.GetGoals()) != 2 || !strings.Contains(r.GetMethod(), "of at most 256") {
		t.Fatalf("fragility %v", r)
	}
	safety := r.GetGoals()[slices.IndexFunc(r.GetGoals(), func(g *budgetingv1.GoalFragility) bool { return g.GetGoal() == goal("safety") })]
	if up, down := safety.GetUpPpm(), safety.GetDownPpm(); up < 19_900 || up > 20_000 || down < 20_050 || down > 20_200 {
		t.Errorf("up %d, down %d", up, down)
	}
	if words := strings.Join(safety.GetFlips(), " "); !strings.Contains(words, `Program "Police Patrol" gets`) || !strings.Contains(words, `"Safety"`) {
		t.Errorf("flips %s", words)
	}
	// Whatever safety weighs, police and parks are both cut and never to their limits: no decision hangs on it.
	r, err = f.client.AnalyzeFragility(council, &budgetingv1.AnalyzeFragilityRequest{Name: a.GetName()})
	must(t, err)
	for _, g := range r.GetGoals() {
		if g.UpPpm != nil || g.DownPpm != nil {
			t.Errorf("goal %v", g)
		}
	}
	_, err = f.client.AnalyzeFragility(council, &budgetingv1.AnalyzeFragilityRequest{Name: a.GetName(), Threshold: usd(-1)})
	if got := violated(t, err); !fields(got, "threshold") {
		t.Errorf("violations %v", got)
	}
}

// Three programs compete, so the fourth quarter is empty; bonds, paid off the top, are in the whole of 1,200,000 and in no quarter.
func TestQuartiles(t *testing.T) {
	f := start(t)
	f.city(t)
	r, err := f.client.ReportQuartiles(f.as(t, "aud", "auditor"), &budgetingv1.ReportQuartilesRequest{Name: f.allocate(t, &budgetingv1.Allocation{}).GetName()})
	must(t, err)
	want := []struct {
		programs, from, share  int32
		base, allocated, bound int64
	}{
		{1, 6000, 454_081, 600_000_00, 544_898_00, 0},
		{1, 4000, 295_918, 400_000_00, 355_102_00, 0},
		{1, 2000, 83_333, 100_000_00, 100_000_00, 0},
		{0, 0, 0, 0, 0, 0},
	}
	if len(r.GetQuartiles()) != len(want) {
		t.Fatalf("quartiles %v", r)
	}
	for i, w := range want {
		q := r.GetQuartiles()[i]
		if q.GetQuartile() != int32(i+1) || q.GetPrograms() != w.programs || q.GetScoreFromBp() != w.from || q.GetScoreToBp() != w.from || q.GetSharePpm() != w.share ||
			cents(q.GetBase()) != w.base || cents(q.GetAllocated()) != w.allocated || cents(q.GetChange()) != w.allocated-w.base || cents(q.GetBound()) != w.bound {
			t.Errorf("quartile %v, want %+v", q, w)
		}
	}
}

// By hand: with safety at 40 %, police gives 100,000 × 600 × 2.2 / (600 × 2.2 + 400 × 1.8) = 64,705.88 and gets 535,294. Council moved 2,000 from it to
// parks before it adopted, so 542,898 − 535,294 = 7,604 would go to parks. Each dollar is worth 60 − 40 = 20 cents more there.
func TestReprioritize(t *testing.T) {
	f := start(t)
	f.city(t)
	finance, council := f.as(t, "fin", "finance"), f.as(t, "clerk", "council")
	_, err := f.client.UpdateBudget(finance, &budgetingv1.UpdateBudgetRequest{
		Budget: &budgetingv1.Budget{Name: budget, TransferAuthorities: []*budgetingv1.TransferAuthority{
			{Body: "Department head", Scope: budgetingv1.TransferScope_TRANSFER_SCOPE_DEPARTMENT},
			{Body: "City manager", Scope: budgetingv1.TransferScope_TRANSFER_SCOPE_FUND, Limit: usd(5_000)},
		}}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"transfer_authorities"}},
	})
	must(t, err)
	a := f.allocate(t, &budgetingv1.Allocation{Purpose: recommendation})
	reprioritize := func(e ...*budgetingv1.Encumbrance) (*budgetingv1.ReprioritizeAllocationResponse, error) {
		return f.client.ReprioritizeAllocation(council, &budgetingv1.ReprioritizeAllocationRequest{Name: a.GetName(), Encumbrances: e})
	}
	_, err = reprioritize()
	wantReason(t, err, "ALLOCATION_NOT_ADOPTED")
	_, err = f.client.AdjustAllocation(council, &budgetingv1.AdjustAllocationRequest{Name: a.GetName(), RequestId: f.key(), Adjustments: []*budgetingv1.Adjustment{
		{Program: program("police"), Fund: fund("general"), Amount: usd(-2_000), Reason: "hearing"},
		{Program: program("parks"), Fund: fund("general"), Amount: usd(2_000), Reason: "hearing"},
	}})
	must(t, err)
	_, err = f.client.AdoptAllocation(council, &budgetingv1.AdoptAllocationRequest{
		Name: a.GetName(), RequestId: f.key(),
		Adoption: &budgetingv1.AllocationAdoption{Body: "City Council", ResolutionNumber: "2027-14", AdoptDate: &date.Date{Year: 2026, Month: 12, Day: 15}},
	})
	must(t, err)

	f.goals.certify("r2", epoch, 400_000, 600_000)
	r, err := reprioritize()
	must(t, err)
	if r.GetPriorityRevision() != plan+"/priorityRevisions/r2" || r.GetResultsRevision() != "" || cents(r.GetTotal()) != 7_604_00 || cents(r.GetBlocked()) != 0 ||
		cents(r.GetPriorityValueGain()) != 1_520_80 || len(r.GetGroups()) != 1 || len(r.GetNotes()) == 0 {
		t.Fatalf("reprioritized %v", r)
	}
	g := r.GetGroups()[0]
	if g.GetFund() != fund("general") || g.GetBody() != "governing body" || cents(g.GetTotal()) != 7_604_00 || len(g.GetTransfers()) != 1 ||
		g.GetTransfers()[0].GetFromProgram() != program("police") || g.GetTransfers()[0].GetToDisplayName() != "Neighborhood Parks" {
		t.Errorf("group %v", g)
	}

	// 540,000 of police is bound: 2,898 are free, which the manager may move.
	bound := &budgetingv1.Encumbrance{Program: program("police"), Fund: fund("general"), Amount: usd(540_000)}
	r, err = reprioritize(bound)
	must(t, err)
	if cents(r.GetTotal()) != 2_898_00 || cents(r.GetBlocked()) != 4_706_00 || cents(r.GetPriorityValueGain()) != 579_60 || r.GetGroups()[0].GetBody() != "City manager" {
		t.Errorf("reprioritized %v", r)
	}
	if words := strings.Join(r.GetNotes(), " "); !strings.Contains(words, `Program "Police Patrol" keeps 4,706.00 USD more`) || !strings.Contains(words, `fund "General Fund"`) {
		t.Errorf("notes %s", words)
	}
	_, err = reprioritize(bound, &budgetingv1.Encumbrance{Program: program("none"), Fund: fund("none"), Amount: usd(-1)})
	if got := violated(t, err); !fields(got, "encumbrances[1].program", "encumbrances[1].fund", "encumbrances[1].amount") {
		t.Errorf("violations %v", got)
	}
	_, err = f.client.ReprioritizeAllocation(council, &budgetingv1.ReprioritizeAllocationRequest{Name: a.GetName(), PriorityRevision: plan + "/priorityRevisions/none"})
	if got := violated(t, err); !fields(got, "priority_revision") {
		t.Errorf("violations %v", got)
	}
}
