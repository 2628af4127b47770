package domain

import (
	"reflect"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

func TestAdjustedPlan(t *testing.T) {
	plan := model.Plan{Lines: []model.Line{
		{Program: "a", Fund: "debt", Treatment: model.MustPay, Amount: 50, Paid: []model.Payment{{Fund: "debt", Amount: 50}}},
		{Program: "a", Fund: "general", Treatment: model.Competes, Base: 100, Amount: 100, Paid: []model.Payment{{Fund: "general", Amount: 70, OneTime: 20}, {Fund: "grant", Amount: 30}}},
		{Program: "b", Fund: "general", Treatment: model.Competes, Amount: 10, Paid: []model.Payment{{Fund: "general", Amount: 10}}},
	}}
	adjusted := func(m ...Adjustment) (model.Plan, error) {
		return Allocation{Organization: "o", Currency: "USD", Adjustments: m}.Adjusted(plan)
	}
	got, err := adjusted(
		Adjustment{Program: "a", Fund: "general", Amount: -80}, Adjustment{Program: "a", Fund: "general", Amount: 20}, // −60 together
		Adjustment{Program: "b", Fund: "general", Amount: 60}, Adjustment{Program: "b", Fund: "grant", Amount: 5},
	)
	if err != nil {
		t.Fatal(err)
	}
	a, b := got.Lines[1], got.Lines[2]
	if a.Amount != 40 || a.Change() != -60 || !reflect.DeepEqual(a.Paid, []model.Payment{{Fund: "general", Amount: 10, OneTime: 10}, {Fund: "grant", Amount: 30}}) {
		t.Errorf("a %+v", a)
	}
	if b.Amount != 75 || !reflect.DeepEqual(b.Paid, []model.Payment{{Fund: "general", Amount: 70}, {Fund: "grant", Amount: 5}}) {
		t.Errorf("b %+v", b)
	}
	if plan.Lines[1].Amount != 100 || plan.Lines[1].Paid[0].Amount != 70 {
		t.Errorf("the plan itself has changed: %+v", plan.Lines[1])
	}
	for _, m := range []Adjustment{{Program: "b", Fund: "general", Amount: -11}, {Program: "nobody", Fund: "general", Amount: 1}} {
		if _, err := adjusted(m); fault.Reason(err) != "ADJUSTMENT_NOT_PAYABLE" {
			t.Errorf("%+v: error %v", m, err)
		}
	}
}

func TestRevisitedInput(t *testing.T) {
	level := 3
	adopted := model.Input{
		EngineVersion: "1", Goals: []model.Goal{{ID: "kept", WeightPPM: 500_000}, {ID: "gone", WeightPPM: 500_000}},
		Programs: []model.Program{
			{ID: "a", Requested: 7, Alignment: []model.Alignment{{Goal: "kept", Level: 1}, {Goal: "gone", Level: 4}}, Results: &model.ResultsGate{Policy: model.Remedy}},
			{ID: "b", Alignment: []model.Alignment{{Goal: "kept", Level: 2}}},
		},
	}
	request := FundingRequest{
		ResultsPolicy: model.Remedy, Alignments: []Alignment{{Goal: "kept", Reviewed: &level}, {Goal: "new", Reviewed: &level}},
		Attestations: []Attestation{{Aspect: AlignmentAspect}},
	}
	b := Books{
		Budget:     Budget{Organization: "o", Freeze: &PolicyFreeze{Time: now}},
		Asks:       []Ask{{Program: Program{Organization: "o", ID: "a"}, Request: request}, {Program: Program{Organization: "o", ID: "b"}}},
		Priorities: Priorities{Name: "r2", Hash: "h2", Weights: []GoalWeight{{Goal: "kept", PPM: 600_000}, {Goal: "new", Title: "New", PPM: 400_000}}},
		Results:    Results{Name: "m2", Time: now.Add(1), Signals: map[string][]model.ResultsFactor{"organizations/o/programs/a": {{Measure: "m", Variation: model.Improving}}}},
	}
	in := b.Revisited(adopted, "2")
	a := in.Programs[0]
	if in.EngineVersion != "2" || in.Revisions.Priority.Name != "r2" || in.Revisions.Results.Name != "m2" || in.Goals[1] != (model.Goal{ID: "new", Title: "New", WeightPPM: 400_000}) {
		t.Errorf("input %+v", in)
	}
	if a.Requested != 7 || !reflect.DeepEqual(a.Alignment, []model.Alignment{{Goal: "kept", Level: 1}, {Goal: "new", Level: 3}}) || a.Results.Policy != model.Remedy || a.Results.Factors[0].Variation != model.Improving {
		t.Errorf("a %+v, results %+v", a, a.Results)
	}
	if in.Programs[1].Results != nil {
		t.Errorf("b is neutral and has results %+v", in.Programs[1].Results)
	}
	if len(adopted.Programs[0].Alignment) != 2 || adopted.Programs[0].Alignment[1].Goal != "gone" {
		t.Errorf("the adopted input has changed: %+v", adopted.Programs[0])
	}
}

func TestTold(t *testing.T) {
	titles := TitlesOf(map[string]*Fund{"g": {DisplayName: "General Fund"}, "l": {DisplayName: "Levy"}}, map[string]string{"p": "Parks"})
	goals := []model.Goal{{ID: "x", Title: "Safety"}}
	for in, want := range map[string]string{
		`Program "p" gets more for goal "x".`:                                        `Program "Parks" gets more for goal "Safety".`,
		`In fund "g" program "p" shares its rate with g, l (one-time) instead of g.`: `In fund "General Fund" program "Parks" shares its rate with General Fund and Levy (one-time) instead of General Fund.`,
		`The funds divide into blocks otherwise: g | l instead of g, l.`:             `The funds divide into blocks otherwise: General Fund | Levy instead of General Fund and Levy.`,
		`In fund "g" program "p" shares its rate with g instead of .`:                `In fund "General Fund" program "Parks" shares its rate with General Fund instead of nothing.`,
	} {
		if got := Told([]string{in}, titles, goals)[0]; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}
