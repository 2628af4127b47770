package compare

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

const dollar = 100

// town has two goals, 60 % and 40 %, and one fund; fire serves the first (score 60 %), parks the second (40 %), the library half of each (50 %).
func town(available int64) model.Input {
	return model.Input{
		EngineVersion: engine.Version, Method: model.PriorityAdjustment, Currency: "USD", RoundingUnit: dollar, Params: model.DefaultParams(),
		Goals:     []model.Goal{{ID: "safety", Title: "Safe streets", WeightPPM: 600_000}, {ID: "green", WeightPPM: 400_000}},
		Funds:     []model.Fund{{ID: "general", Available: available * dollar, Class: model.Unassigned, Kind: model.General}},
		Programs:  []model.Program{program("fire", 1000, 4, 0), program("library", 1000, 2, 2), program("parks", 1000, 0, 4)},
		Revisions: model.Revisions{Priority: model.Revision{Name: "r1", Hash: "aa"}, Results: model.Revision{Name: "s1", Hash: "bb"}},
	}
}

func program(id string, dollars, safety, green int64) model.Program {
	return model.Program{
		ID: id, Alignment: []model.Alignment{{Goal: "safety", Level: safety}, {Goal: "green", Level: green}},
		CostLines: []model.CostLine{{ID: "all", Fund: "general", Treatment: model.Competes, Amount: dollars * dollar}},
	}
}

// plan is a plan of the town by hand: one paid line a program.
func plan(in model.Input, dollars ...int64) Run {
	p := model.Plan{Method: in.Method, Outcome: model.Optimal, Funds: []model.FundResult{{Fund: "general", Available: in.Funds[0].Available}}}
	for i, d := range dollars {
		p.Lines = append(p.Lines, model.Line{
			Program: in.Programs[i].ID, Fund: "general", Treatment: model.Competes, Base: 1000 * dollar, Amount: d * dollar, Reason: model.AtRate,
			Paid: []model.Payment{{Fund: "general", Amount: d * dollar}},
		})
	}
	return Run{Input: in, Plan: p}
}

func solved(t *testing.T, in model.Input) Run {
	t.Helper()
	s, err := engine.Solve(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return Run{Input: in, Plan: s.Plan}
}

func TestPlansByHand(t *testing.T) {
	a, b := plan(town(2700), 1000, 900, 800), plan(town(2700), 950, 900, 850)
	a.Plan.Lines[0].Reason = model.AtFloor
	b.Plan.Lines = append(b.Plan.Lines, model.Line{Program: "parks", Fund: "general", Treatment: model.MustPay, Base: 70_00, Amount: 70_00, Reason: model.OffTheTop})
	c := Plans(a, b)
	// 1000 × 60 % + 900 × 50 % + 800 × 40 % = 1,370; 950 × 60 % + 900 × 50 % + 850 × 40 % = 1,360.
	if c.Value != (Value{1370_00, 1360_00, -10_00}) || c.ValueByB != nil || c.Rescored != 0 {
		t.Fatalf("priority value %+v, by B %v", c.Value, c.ValueByB)
	}
	if c.A.Competing != 2700_00 || c.B.Allocated != 2770_00 || c.B.Fixed != 70_00 || c.A.Change != -300_00 {
		t.Fatalf("totals %+v and %+v", c.A, c.B)
	}
	// Parks gain 120 (its debt too), fire loses 50.
	if c.Gainers != 1 || c.Losers != 1 || c.Unchanged != 1 || c.Moved != 120_00 || c.Programs[0].Program != "parks" || c.Programs[1].Program != "fire" {
		t.Fatalf("moves %+v", c)
	}
	if r := c.Programs[1]; r.Amount != (Value{1000_00, 950_00, -50_00}) || r.Value.Difference != -30_00 || r.ReasonsA[0] != model.AtFloor || r.ReasonsB[0] != model.AtRate {
		t.Fatalf("row %+v", r)
	}
	// Safety: 60 % of what is aligned with it: fire whole, half of the library.
	want := []GoalRow{
		{"safety", "Safe streets", 600_000, Value{870_00, 840_00, -30_00}, Value{1450_00, 1400_00, -50_00}},
		{"green", "", 400_000, Value{500_00, 520_00, 20_00}, Value{1250_00, 1300_00, 50_00}},
	}
	slices.SortFunc(want, func(x, y GoalRow) int { return strings.Compare(x.Goal, y.Goal) })
	if !slices.Equal(c.Goals, want) || c.Beyond != (Value{}) {
		t.Fatalf("goals %+v, beyond %+v", c.Goals, c.Beyond)
	}
	if f := c.Funds[0]; f.Competing != (Value{2700_00, 2700_00, 0}) || f.Available.A != 2700_00 {
		t.Fatalf("fund %+v", f)
	}
	says := strings.Join(c.Sentences, "\n")
	for _, s := range []string{
		"The second plan gives competing programs 2,700.00 USD, the first 2,700.00 USD: the same.",
		"1 program gets more, 1 program gets less, 1 program the same.",
		"is 1,360.00 USD in the second plan and 1,370.00 USD in the first: 10.00 USD less.",
		`Program "fire" (score 60 %) gets 950.00 USD instead of 1,000.00 USD: 50.00 USD less.`,
	} {
		if !strings.Contains(says, s) {
			t.Errorf("%q is missing in\n%s", s, says)
		}
	}
}

func TestOtherScoresAreNamed(t *testing.T) {
	a, b := plan(town(2700), 1000, 900, 800), plan(town(2700), 950, 900, 850)
	b.Input.Goals = []model.Goal{{ID: "safety", WeightPPM: 500_000}, {ID: "green", WeightPPM: 500_000}}
	b.Input.Programs = append(b.Input.Programs, program("trees", 100, 0, 4))
	b.Plan.Lines = append(b.Plan.Lines, model.Line{Program: "trees", Fund: "general", Treatment: model.Competes, Base: 100_00, Amount: 100_00})
	c := Plans(a, b)
	// By a's weights the new program scores 40 %, by b's all score 50 %.
	if c.Value != (Value{1370_00, 1400_00, 30_00}) || c.ValueByB == nil || *c.ValueByB != (Value{1350_00, 1400_00, 50_00}) || c.Rescored != 3 {
		t.Fatalf("value %+v, by b %+v, %d rescored", c.Value, c.ValueByB, c.Rescored)
	}
	if r := c.Programs[0]; r.Program != "trees" || !r.OnlyInB || r.OnlyInA || r.ScoreA != 4000 || r.ScoreB != 5000 {
		t.Fatalf("row %+v", r)
	}
	if s := strings.Join(c.Sentences, "\n"); !strings.Contains(s, "3 programs have another score in the second plan.") || !strings.Contains(s, "50.00 USD more") {
		t.Fatalf("sentences\n%s", s)
	}
}

func TestWhatNoGoalGivesIsBeyond(t *testing.T) {
	run := plan(town(3000), 1000, 1000, 1000)
	run.Input.Programs[0].EquityBP = 100 // one point of 1,000
	if c := Plans(run, run); c.Beyond != (Value{10_00, 10_00, 0}) || c.Value.A != 1510_00 {
		t.Fatalf("beyond %+v of %+v", c.Beyond, c.Value)
	}
}

func TestQuartilesByHand(t *testing.T) {
	run := plan(town(2700), 1000, 900, 800)
	run.Input.Programs = append(run.Input.Programs, program("audit", 1000, 0, 0), program("band", 1000, 2, 2),
		model.Program{ID: "debt", CostLines: []model.CostLine{{ID: "l", Fund: "general", Treatment: model.MustPay, Amount: 500_00}}})
	run.Plan.Lines = append(run.Plan.Lines,
		model.Line{Program: "audit", Fund: "general", Treatment: model.Competes, Base: 1000_00, Amount: 700_00, Floor: 250_00},
		model.Line{Program: "band", Fund: "general", Treatment: model.Competes, Base: 1000_00, Amount: 600_00},
		model.Line{Program: "band", Fund: "general", Treatment: model.Interfund, Base: 40_00, Amount: 40_00},
		model.Line{Program: "debt", Fund: "general", Treatment: model.MustPay, Base: 500_00, Amount: 500_00})
	q := Quartiles(run)
	// Five programs by score: fire 60 %, band and library 50 %, parks 40 %, audit 0: two in the first quartile.
	for i, want := range []string{"fire band", "library", "parks", "audit"} {
		if got := strings.Join(q.Quartiles[i].Programs, " "); got != want {
			t.Errorf("quartile %d is %q, want %q", i+1, got, want)
		}
	}
	first := q.Quartiles[0]
	if first.HighBP != 6000 || first.LowBP != 5000 || first.Base != 2000_00 || first.Allocated != 1600_00 || first.Change != -400_00 || first.Fixed != 40_00 ||
		first.SharePPM != 400_000 || first.BasePPM != 400_000 || first.FixedPPM != 74_074 {
		t.Fatalf("first quartile %+v", first)
	}
	if last := q.Quartiles[3]; last.MandatedPPM != 250_000 || last.SharePPM != 175_000 {
		t.Fatalf("last quartile %+v", last)
	}
	if q.Unranked.Fixed != 500_00 || q.Unranked.FixedPPM != 925_926 || q.Total.Fixed != 540_00 || q.Total.Allocated != 4000_00 || len(q.Total.Programs) != 5 {
		t.Fatalf("unranked %+v, total %+v", q.Unranked, q.Total)
	}
	const says = "Quartile 1, 2 programs scoring 50 % to 60 %, get 1,600.00 USD, 40 % of the competing money (40 % of the base), 400.00 USD less than its base; 0 % of its base is mandated."
	if q.Sentences[0] != says {
		t.Fatalf("says %s", q.Sentences[0])
	}
	if empty := Quartiles(Run{}); empty.Sentences[0] != "Quartile 1 has no programs." {
		t.Fatalf("nothing says %v", empty.Sentences)
	}
}

func TestBaselineRefusesOtherMethods(t *testing.T) {
	_, _, err := Baseline(context.Background(), plan(town(2700), 1, 2, 3), model.PriorityAdjustment)
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "no baseline") {
		t.Fatalf("error %v", err)
	}
}

// Of $300 too little, the run takes 90, 100 and 110; across the board takes 100 each; the cut line pays the first two whole and cannot pay parks.
func TestBaselinesByHand(t *testing.T) {
	run := solved(t, town(2700))
	tests := []struct {
		method model.Method
		value  Value
		parks  Value
		left   Value
	}{
		{model.AcrossTheBoard, Value{1350_00, 1352_00, 2_00}, Value{900_00, 890_00, -10_00}, Value{}},
		{model.CutLine, Value{1100_00, 1352_00, 252_00}, Value{0, 890_00, 890_00}, Value{700_00, 0, -700_00}},
	}
	for _, tc := range tests {
		t.Run(string(tc.method), func(t *testing.T) {
			c, base, err := Baseline(context.Background(), run, tc.method)
			if err != nil {
				t.Fatal(err)
			}
			if base.Plan.Method != tc.method || c.A.Method != tc.method || c.B.Method != model.PriorityAdjustment || c.Value != tc.value || c.Funds[0].Surplus != tc.left {
				t.Fatalf("comparison %+v", c)
			}
			at := slices.IndexFunc(c.Programs, func(r ProgramRow) bool { return r.Program == "parks" })
			if c.Programs[at].Amount != tc.parks || c.Value.A != base.Plan.Totals.PriorityValue {
				t.Fatalf("parks %+v", c.Programs[at])
			}
		})
	}
}
