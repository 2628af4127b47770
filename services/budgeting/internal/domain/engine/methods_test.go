package engine_test

import (
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// borough has fire, parks and pools of $1,000 each in one fund; they score 100 %, 50 % and 25 %.
func borough(method model.Method, available int64) model.Input {
	in := town(available)
	in.Method = method
	in.Programs = []model.Program{program("fire", 1000, 4), program("parks", 1000, 2), program("pools", 1000, 1)}
	return in
}

func mandate(dollars int64) *model.Mandate {
	return &model.Mandate{Minimum: dollars * dollar, Citation: "Code § 1", Attested: true}
}

func TestTheOtherMethodsByHand(t *testing.T) {
	type want struct {
		dollars int64
		reason  model.Reason
	}
	tests := []struct {
		name      string
		method    model.Method
		available int64
		change    func(*model.Input)
		outcome   model.Outcome
		want      [3]want
		surplus   int64
	}{
		{"one rate: amounts follow base × score", model.OneRate, 1400, nil, model.Optimal, [3]want{{800, model.AtRate}, {400, model.AtRate}, {200, model.AtRate}}, 0},
		{"one rate: nobody gets more than asked", model.OneRate, 2100, nil, model.Optimal, [3]want{{1000, model.AtRequest}, {733, model.AtRate}, {367, model.AtRate}}, 0},
		{"one rate: a request lifts the limit", model.OneRate, 2100, func(in *model.Input) { in.Programs[0].Requested = 500_00 }, model.Optimal, [3]want{{1200, model.AtRate}, {600, model.AtRate}, {300, model.AtRate}}, 0},
		{"one rate: padding the request moves nobody", model.OneRate, 1400, func(in *model.Input) { in.Programs[1].Requested = 9000_00 }, model.Optimal, [3]want{{800, model.AtRate}, {400, model.AtRate}, {200, model.AtRate}}, 0},
		{"one rate: the limit on cuts does not apply, a mandate does", model.OneRate, 1400, func(in *model.Input) { in.Programs[2].Mandate = mandate(500) }, model.Optimal, [3]want{{600, model.AtRate}, {300, model.AtRate}, {500, model.AtFloor}}, 0},
		{"one rate: a cap", model.OneRate, 1400, func(in *model.Input) { in.Programs[0].Cap = capAt(500) }, model.Optimal, [3]want{{500, model.AtCap}, {600, model.AtRate}, {300, model.AtRate}}, 0},
		{"one rate: without a score it is the floor only", model.OneRate, 1400, func(in *model.Input) {
			in.Programs[2].Alignment[0].Level = 0
			in.Programs[2].Mandate = mandate(200)
		}, model.Optimal, [3]want{{800, model.AtRate}, {400, model.AtRate}, {200, model.AtFloor}}, 0},
		{"one rate: without a score and a floor it is nothing", model.OneRate, 1500, func(in *model.Input) { in.Programs[2].Alignment[0].Level = 0 }, model.Optimal, [3]want{{1000, model.AtRequest}, {500, model.AtRate}, {0, model.AtRate}}, 0},
		{"one rate: hold-harmless beyond the money", model.OneRate, 800, func(in *model.Input) {
			in.Programs[0].HoldHarmless = &model.Hold{Prior: 1000_00, MaxDecreasePPM: 100_000}
		}, model.ReductionShort, [3]want{{900, model.AtHold}, {0, model.AtRate}, {0, model.AtRate}}, 0},

		{"across the board: the same percentage", model.AcrossTheBoard, 2400, nil, model.Optimal, [3]want{{800, model.AtRate}, {800, model.AtRate}, {800, model.AtRate}}, 0},
		{"across the board: no limit on cuts", model.AcrossTheBoard, 900, nil, model.Optimal, [3]want{{300, model.AtRate}, {300, model.AtRate}, {300, model.AtRate}}, 0},
		{"across the board: of what can move", model.AcrossTheBoard, 2250, func(in *model.Input) { in.Programs[0].Mandate = mandate(500) }, model.Optimal, [3]want{{850, model.AtRate}, {700, model.AtRate}, {700, model.AtRate}}, 0},
		{"across the board: growth too", model.AcrossTheBoard, 3300, func(in *model.Input) {
			for i := range in.Programs {
				in.Programs[i].Requested = 500_00
			}
		}, model.Optimal, [3]want{{1100, model.AtRate}, {1100, model.AtRate}, {1100, model.AtRate}}, 0},

		{"cut line: whole until the money runs out", model.CutLine, 2400, nil, model.Optimal, [3]want{{1000, model.AboveLine}, {1000, model.AboveLine}, {0, model.AtLine}}, 400},
		{"cut line: nobody below the line, small or not", model.CutLine, 1900, func(in *model.Input) { in.Programs[2] = program("pools", 100, 1) }, model.Optimal, [3]want{{1000, model.AboveLine}, {0, model.AtLine}, {0, model.BelowLine}}, 900},
		{"cut line: floors come first", model.CutLine, 2400, func(in *model.Input) { in.Programs[2].Mandate = mandate(600) }, model.Optimal, [3]want{{1000, model.AboveLine}, {0, model.AtLine}, {600, model.BelowLine}}, 800},
		{"cut line: requests are asked whole", model.CutLine, 2400, func(in *model.Input) { in.Programs[1].Requested = 500_00 }, model.Optimal, [3]want{{1000, model.AboveLine}, {0, model.AtLine}, {0, model.BelowLine}}, 1400},
		{"cut line: a cap stops the ask", model.CutLine, 2400, func(in *model.Input) { in.Programs[0].Cap = capAt(400) }, model.Optimal, [3]want{{400, model.AtCap}, {1000, model.AboveLine}, {1000, model.AboveLine}}, 0},
		{"cut line: at equal scores the earlier id", model.CutLine, 1000, func(in *model.Input) { in.Programs[1].Alignment[0].Level = 4 }, model.Optimal, [3]want{{1000, model.AboveLine}, {0, model.AtLine}, {0, model.BelowLine}}, 0},
		{"cut line: another fund goes on", model.CutLine, 900, func(in *model.Input) {
			in.Funds = append(in.Funds, model.Fund{ID: "pool fees", Available: 1000_00, Class: model.Restricted, Kind: model.SpecialRevenue})
			in.Programs[2].CostLines[0].Fund = "pool fees"
		}, model.Optimal, [3]want{{0, model.AtLine}, {0, model.BelowLine}, {1000, model.AboveLine}}, 900},
		{"cut line: nothing is rounded", model.CutLine, 1500, func(in *model.Input) {
			in.Programs[0].CostLines[0].Amount = 999_63
			in.Programs[1].Mandate = mandate(500)
		}, model.Optimal, [3]want{{999, model.AboveLine}, {500, model.AtLine}, {0, model.BelowLine}}, 0},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := borough(tc.method, tc.available)
			if tc.change != nil {
				tc.change(&in)
			}
			plan := mustAllocate(t, in)
			if plan.Outcome != tc.outcome || plan.Totals.Surplus/dollar != tc.surplus {
				t.Fatalf("outcome %s with a surplus of %d, want %s and %d", plan.Outcome, plan.Totals.Surplus, tc.outcome, tc.surplus)
			}
			for i, w := range tc.want {
				if l := plan.Lines[i]; l.Amount/dollar != w.dollars || l.Reason != w.reason {
					t.Errorf("%s gets %d (%s), want %d dollars (%s)", l.Program, l.Amount, l.Reason, w.dollars, w.reason)
				}
			}
		})
	}
}

func TestTheCutLineSaysWhereItStopped(t *testing.T) {
	plan := mustAllocate(t, borough(model.CutLine, 2400))
	if len(plan.CutLines) != 1 {
		t.Fatalf("lines %+v", plan.CutLines)
	}
	if l := plan.CutLines[0]; l.Program != "pools" || !slices.Equal(l.Funds, []string{"general"}) || l.Demand != 3000_00 || l.Supply != 2400_00 {
		t.Fatalf("line %+v", l)
	}
}

// CUT_LINE is not monotone: $200 more pay a middling program whole, and the small one that the money paid until now falls below the line.
func TestUnderACutLineMoreMoneyCanCostAProgram(t *testing.T) {
	city := func(available int64) map[string]int64 {
		in := borough(model.CutLine, available)
		in.Programs = []model.Program{program("a", 1000, 4), program("b", 1000, 3), program("c", 500, 2), program("d", 500, 1)}
		in.Funds = append(in.Funds, model.Fund{ID: "other", Available: 600_00, Class: model.Assigned, Kind: model.SpecialRevenue})
		in.Programs[1].EligibleFunds = []string{"other"} // with b, both funds are one
		in.Programs[2].CostLines[0].Fund, in.Programs[3].CostLines[0].Fund = "other", "other"
		return amounts(mustAllocate(t, in))
	}
	before, after := city(900), city(1400)
	if before["c"] != 500_00 || after["c"] != 0 || after["b"] != 1000_00 {
		t.Fatalf("before %v, after %v", before, after)
	}
}

func TestTheEquityFloorShowsItsCost(t *testing.T) {
	in := town(1750) // parks gives 187 of 250 by its score of 1 %
	in.Programs[1].EquityBP = 100
	in.Params.EquityFloor = &model.EquityFloor{MinBP: 100, MaxCutPPM: 100_000}
	plan := mustAllocate(t, in)
	if l := plan.Lines[1]; l.Amount != 900_00 || l.Reason != model.AtEquity {
		t.Fatalf("parks gets %d (%s)", l.Amount, l.Reason)
	}
	without := plan.WithoutEquity
	if without == nil || without.Lines[1].Amount != 813_00 || without.Lines[1].Reason != model.AtRate || plan.Totals.EquityCost != 87_00 {
		t.Fatalf("the rule costs %d against %+v", plan.Totals.EquityCost, without)
	}
	in.Programs[1].EquityBP = 99 // one point too few
	if plan = mustAllocate(t, in); plan.Totals.EquityCost != 0 || plan.Lines[1].Amount != plan.WithoutEquity.Lines[1].Amount {
		t.Fatalf("the rule moves %d to a program that it does not cover", plan.Totals.EquityCost)
	}
}

func TestTheEquityFloorHoldsUnderEveryMethod(t *testing.T) {
	for _, method := range []model.Method{model.OneRate, model.AcrossTheBoard, model.CutLine} {
		in := borough(method, 1500)
		in.Programs[2].EquityBP = 400
		in.Params.EquityFloor = &model.EquityFloor{MinBP: 300, MaxCutPPM: 250_000}
		plan := mustAllocate(t, in)
		if l := plan.Lines[2]; l.Amount != 750_00 || plan.Totals.EquityCost != 750_00-plan.WithoutEquity.Lines[2].Amount {
			t.Errorf("%s: pools gets %d (%s) at a cost of %d", method, l.Amount, l.Reason, plan.Totals.EquityCost)
		}
	}
}

// A program without a score gets what it must get and not a cent more, also where council's rule is all that it must get.
func TestUnderOneRateAProgramWithoutAScoreKeepsWhatEquityKeeps(t *testing.T) {
	for _, available := range []int64{1500, 5000} {
		in := borough(model.OneRate, available)
		in.Programs[2].Alignment[0].Level, in.Programs[2].EquityBP, in.Params.EquityCapBP = 0, 400, 0
		in.Params.EquityFloor = &model.EquityFloor{MinBP: 300, MaxCutPPM: 250_000}
		if l := mustAllocate(t, in).Lines[2]; l.ScoreBP != 0 || l.Amount != 750_00 || l.Max != 750_00 || l.Reason != model.AtEquity {
			t.Errorf("of %d pools gets %d, at most %d (%s)", available, l.Amount, l.Max, l.Reason)
		}
	}
}

func TestWhatAReductionComesToBesideMoney(t *testing.T) {
	in := town(1800) // fire 950, parks 850
	in.Programs[1].Positions = []model.Position{{Title: "gardener", Count: 3, Cost: 60_00}, {Title: "ranger", Count: 1, Cost: 100_00}}
	in.Programs[1].Grants = []model.GrantAward{
		{ID: "kept", Award: 1000_00, MatchPPM: 850_000},
		{ID: "state", Award: 300_00, Effort: 851_00},
		{ID: "trust", Award: 1000_00, MatchPPM: 850_001, Effort: 850_00},
	}
	plan := mustAllocate(t, in)
	want := model.ProgramNote{Program: "parks", PositionsShort: 2, GrantsLost: []model.GrantLost{
		{ID: "state", Award: 300_00, Needs: 851_00, Reason: model.Effort},
		{ID: "trust", Award: 1000_00, Needs: 850_01, Reason: model.Match},
	}}
	if len(plan.Programs) != 1 || plan.Programs[0].PositionsShort != want.PositionsShort || !slices.Equal(plan.Programs[0].GrantsLost, want.GrantsLost) {
		t.Fatalf("notes %+v, want %+v", plan.Programs, want)
	}
	if plan.Totals.PositionsShort != 2 || plan.Totals.GrantsLost != 1300_00 || plan.Totals.PriorityValue != 950_00 {
		t.Fatalf("totals %+v", plan.Totals)
	}
	in.Funds[0].Available = 2000_00
	if plan = mustAllocate(t, in); len(plan.Programs) != 0 {
		t.Fatalf("nothing is cut, but %+v", plan.Programs)
	}
}
