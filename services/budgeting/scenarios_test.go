package budgeting_test

import (
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/date"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
)

func (f *fixture) scenario(t *testing.T, id string, s *budgetingv1.Scenario) string {
	t.Helper()
	s.DisplayName = "Scenario " + id
	made, err := f.client.CreateScenario(f.as(t, "fin", "finance"), &budgetingv1.CreateScenarioRequest{Parent: budget, ScenarioId: id, Scenario: s})
	must(t, err)
	return made.GetName()
}

// By hand. Tight: 855,000 leaves 145,000 short, of which police gives 145,000 × 1,080 / 1,960 = 79,897.96. Even: at equal scores both give 10 %.
// Whole: the cut line pays police and leaves 300,000. All values by the certified 60 % and 40 %.
func TestScenariosSideBySide(t *testing.T) {
	f := start(t)
	f.city(t)
	manager := f.as(t, "cm", "manager")
	names := []string{
		f.scenario(t, "tight", &budgetingv1.Scenario{Parameters: &budgetingv1.AllocationParameters{
			EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("general"), SharePpm: 950_000}},
		}}),
		f.scenario(t, "even", &budgetingv1.Scenario{GoalWeights: []*budgetingv1.GoalWeightOverride{{Goal: goal("safety"), WeightPpm: 500_000}}}),
		f.scenario(t, "whole", &budgetingv1.Scenario{Method: budgetingv1.AllocationMethod_ALLOCATION_METHOD_CUT_LINE}),
	}
	r, err := f.client.CompareScenarios(manager, &budgetingv1.CompareScenariosRequest{Parent: budget, Scenarios: names})
	must(t, err)
	want := []struct {
		title           string
		allocated       int64
		value, surplus  int64
		reduced, raised int32
	}{
		{"The budget as it is", 1_200_000_00, 488_979_60, 0, 2, 0},
		{"Scenario tight", 1_155_000_00, 466_020_40, 0, 2, 0},
		{"Scenario even", 1_200_000_00, 488_000_00, 0, 2, 0},
		{"Scenario whole", 900_000_00, 380_000_00, 300_000_00, 1, 0},
	}
	if len(r.GetResults()) != len(want) {
		t.Fatalf("results %v", r.GetResults())
	}
	hashes := map[string]bool{}
	for i, w := range want {
		got := r.GetResults()[i]
		hashes[got.GetContentHash()] = true
		if got.GetDisplayName() != w.title || got.GetOutcome() != budgetingv1.AllocationOutcome_ALLOCATION_OUTCOME_OPTIMAL || cents(got.GetTotalAllocated()) != w.allocated ||
			cents(got.GetPriorityValue()) != w.value || cents(got.GetSurplus()) != w.surplus || cents(got.GetShort()) != 0 || got.GetReduced() != w.reduced || got.GetRaised() != w.raised {
			t.Errorf("result %v, want %+v", got, w)
		}
	}
	if len(hashes) != 4 || r.GetResults()[0].GetScenario() != "" || r.GetResults()[2].GetScenario() != names[1] {
		t.Errorf("results %v", r.GetResults())
	}
	amounts := func(row *budgetingv1.ScenarioRow) (out [4]int64) {
		for i, m := range row.GetAllocated() {
			out[i] = m.GetUnits()
		}
		return out
	}
	if r.GetDiffering() != 2 || r.GetRows()[0].GetDisplayName() != "Neighborhood Parks" || amounts(r.GetRows()[0]) != [4]int64{355_102, 334_898, 360_000, 0} ||
		amounts(r.GetRows()[1]) != [4]int64{544_898, 520_102, 540_000, 600_000} || cents(r.GetRows()[1].GetBase()) != 600_000_00 {
		t.Errorf("rows %v", r.GetRows())
	}
	stored, err := f.client.ListAllocations(manager, &budgetingv1.ListAllocationsRequest{Parent: budget})
	must(t, err)
	if len(stored.GetAllocations()) != 0 {
		t.Errorf("%d allocations are stored", len(stored.GetAllocations()))
	}

	outdated := f.scenario(t, "outdated", &budgetingv1.Scenario{RequestOverrides: []*budgetingv1.RequestOverride{{Program: program("parks"), Cap: usd(1)}}})
	_, err = f.client.DeleteFundingRequest(f.as(t, "fin", "finance"), &budgetingv1.DeleteFundingRequestRequest{Name: budget + "/fundingRequests/parks"})
	must(t, err)
	for name, c := range map[string]struct {
		names []string
		want  string
	}{
		"unknown":           {[]string{names[0], budget + "/scenarios/none"}, "scenarios[1]"},
		"twice":             {[]string{names[0], names[0]}, "scenarios[1]"},
		"of another budget": {[]string{"organizations/o/budgets/fy28/scenarios/tight"}, "scenarios[0]"},
		"outdated":          {[]string{names[0], outdated}, "scenarios[1].request_overrides[0].program"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.client.CompareScenarios(manager, &budgetingv1.CompareScenariosRequest{Parent: budget, Scenarios: c.names})
			if got := violated(t, err); !fields(got, c.want) {
				t.Errorf("violations %v, want %s", got, c.want)
			}
		})
	}
}

func TestAllocationOfAScenario(t *testing.T) {
	f := start(t)
	f.city(t)
	tight := f.scenario(t, "tight", &budgetingv1.Scenario{Parameters: &budgetingv1.AllocationParameters{
		EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("general"), SharePpm: 950_000}},
	}})
	even := f.scenario(t, "even", &budgetingv1.Scenario{GoalWeights: []*budgetingv1.GoalWeightOverride{{Goal: goal("safety"), WeightPpm: 500_000}}})

	a := f.allocate(t, &budgetingv1.Allocation{Scenario: tight, Purpose: recommendation})
	if got := f.allocated(t, a); got["Police Patrol"] != 520_102_00 || a.GetParameters().GetEnvelopeScales()[0].GetSharePpm() != 950_000 || a.GetScenario() != tight {
		t.Errorf("allocated %v by %v", got, a)
	}
	b := f.allocate(t, &budgetingv1.Allocation{Scenario: even, Purpose: recommendation})
	if got := f.allocated(t, b); got["Police Patrol"] != 540_000_00 || b.GetPriorityRevision() != plan+"/priorityRevisions/r1" {
		t.Errorf("allocated %v by %v", got, b)
	}
	v, err := f.client.VerifyAllocation(f.as(t, "aud", "auditor"), &budgetingv1.VerifyAllocationRequest{Name: b.GetName()})
	must(t, err)
	if !v.GetValid() {
		t.Errorf("verified %v", v)
	}
	adopt := func(name string) error {
		_, err := f.client.AdoptAllocation(f.as(t, "clerk", "council"), &budgetingv1.AdoptAllocationRequest{Name: name, RequestId: f.key(), Adoption: &budgetingv1.AllocationAdoption{
			Body: "City Council", ResolutionNumber: "1", AdoptDate: &date.Date{Year: 2026, Month: 12, Day: 15},
		}})
		return err
	}
	wantReason(t, adopt(b.GetName()), "WEIGHTS_NOT_CERTIFIED")
	must(t, adopt(a.GetName()))

	for name, c := range map[string]struct {
		draft *budgetingv1.Allocation
		want  []string
	}{
		"method and parameters too": {
			&budgetingv1.Allocation{
				Scenario: even, Method: budgetingv1.AllocationMethod_ALLOCATION_METHOD_ONE_RATE, Parameters: &budgetingv1.AllocationParameters{SpreadMilli: 2000},
			},
			[]string{"allocation.method", "allocation.parameters"},
		},
		"unknown":           {&budgetingv1.Allocation{Scenario: budget + "/scenarios/none"}, []string{"allocation.scenario"}},
		"of another budget": {&budgetingv1.Allocation{Scenario: "organizations/o/budgets/fy28/scenarios/even"}, []string{"allocation.scenario"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.client.CreateAllocation(f.as(t, "fin", "finance"), &budgetingv1.CreateAllocationRequest{Parent: budget, ValidateOnly: true, Allocation: c.draft})
			e := wantReason(t, err, "INVALID_FIELDS")
			if got := violated(t, err); !fields(got, c.want...) || strings.Contains(e.Message, "%!") {
				t.Errorf("violations %v, want %v", got, c.want)
			}
		})
	}
}
