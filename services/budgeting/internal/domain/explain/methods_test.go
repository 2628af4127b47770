package explain_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/explain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// village has three programs of $1,000 in one fund, with scores of 100 %, 50 % and 25 %.
func village(method model.Method, dollars int64) model.Input {
	in := town()
	in.Method = method
	in.Goals = []model.Goal{{ID: "safety", Title: "Safe streets", WeightPPM: 1_000_000}}
	in.Funds = []model.Fund{{ID: "general", Available: dollars * 100, Class: model.Unassigned, Kind: model.General}}
	in.Programs = nil
	for i, id := range []string{"fire", "parks", "pools"} {
		in.Programs = append(in.Programs, model.Program{
			ID: id, Version: "v1", Alignment: []model.Alignment{{Goal: "safety", Level: []int64{4, 2, 1}[i]}},
			CostLines: []model.CostLine{{ID: "a", Fund: "general", Treatment: model.Competes, Amount: 1_000_00}},
		})
	}
	return in
}

func TestEveryMethodHasItsSentences(t *testing.T) {
	tests := []struct {
		name    string
		method  model.Method
		dollars int64
		change  func(*model.Input)
		program string
		phrases []string
	}{
		{"one rate", model.OneRate, 1400, nil, "parks", []string{
			`Block 1 (fund "general") has 1,400.00 USD for a base of 3,000.00 USD, so its 3 lines share one rate, 80 % of base at a full score.`,
			"80 % × 1,000.00 USD × the score, 0.5, is 400.0000 USD, rounded to 400.00 USD.", "No bound stops it: it gets 400.00 USD, a change of −600.00 USD.",
		}},
		{"one rate with a score of nothing", model.OneRate, 1400, func(in *model.Input) { in.Programs[2].Alignment[0].Level = 0 }, "pools", []string{
			"× the score, 0, is 0.0000 USD, rounded to 0.00 USD.", "it gets 0.00 USD",
		}},
		{"across the board", model.AcrossTheBoard, 2400, nil, "parks", []string{
			`Block 1 (fund "general") has 2,400.00 USD for a base of 3,000.00 USD, so that its 3 lines lose the same share of what can move, 20 %.`,
			"20 % × 1,000.00 USD is 200.0000 USD, rounded to 200.00 USD.",
		}},
		{"across the board, all of it", model.AcrossTheBoard, 0, nil, "parks", []string{"It loses all that can move, and keeps 0.00 USD."}},
		{"above the line", model.CutLine, 2400, nil, "parks", []string{
			"It stands above the line and is paid whole: it gets 1,000.00 USD.", "By score it is number 2 of 3 programs that ask for more than they must get.",
		}},
		{"at the line", model.CutLine, 1400, nil, "parks", []string{
			`With every program above it paid whole and every floor reserved, the lines that only fund "general" may pay would come to 2,000.00 USD with it; 1,400.00 USD is there.`,
			"It is the first that cannot be paid whole, so the line is drawn here: it gets what it must get, 0.00 USD.",
		}},
		{"below the line", model.CutLine, 1400, func(in *model.Input) {
			in.Programs[2].Mandate = &model.Mandate{Minimum: 300_00, Citation: "Code § 1", Attested: true}
		}, "pools", []string{
			`It stands below the line that is drawn at program "parks" for fund "general", on which it could draw: it gets what it must get, 300.00 USD.`,
			"300.00 USD of it is protected by an attested mandate (Code § 1).",
		}},
		{"below what is short", model.CutLine, 800, func(in *model.Input) {
			in.Programs[0].HoldHarmless = &model.Hold{Prior: 1_000_00, MaxDecreasePPM: 100_000}
		}, "pools", []string{"It could draw on money that is short of what must be paid"}},
		{"equity floor", model.PriorityAdjustment, 2700, func(in *model.Input) {
			in.Programs[2].EquityBP = 200
			in.Params.EquityFloor = &model.EquityFloor{MinBP: 150, MaxCutPPM: 50_000}
		}, "pools", []string{
			"Council's equity floor binds: a program with at least 1.5 points of equity loses at most 5 % of what can move, which leaves 950.00 USD.",
			"Without council's equity floor it would get 865.00 USD, 85.00 USD less; the rule moves 85.00 USD in all.",
		}},
		{"what the equity floor costs another", model.PriorityAdjustment, 2700, func(in *model.Input) {
			in.Programs[2].EquityBP = 200
			in.Params.EquityFloor = &model.EquityFloor{MinBP: 150, MaxCutPPM: 50_000}
		}, "parks", []string{"Without council's equity floor it would get 890.00 USD, 57.00 USD more; the rule moves 85.00 USD in all."}},
		{"one-time costs and money", model.PriorityAdjustment, 3100, func(in *model.Input) {
			in.Funds[0].OneTime = 150_00
			in.Programs[0].CostLines = append(in.Programs[0].CostLines,
				model.CostLine{ID: "verdict", Fund: "general", Treatment: model.MustPay, Amount: 100_00, OneTime: true},
				model.CostLine{ID: "engine", Fund: "general", Treatment: model.Competes, Amount: 60_00, OneTime: true})
		}, "fire", []string{
			`In fund "general" its one-time must-pay lines of 100.00 USD do not compete: they come off the top, whole.`, "One-time money pays 100.00 USD of them.",
			`In fund "general" its one-time competing base is 60.00 USD.`, "50.00 USD of that with one-time money.",
		}},
		{"ongoing money is missing", model.PriorityAdjustment, 3000, func(in *model.Input) {
			in.Funds[0].OneTime = 2500_00
			in.Programs[0].Mandate = &model.Mandate{Minimum: 900_00, Citation: "Code § 1", Attested: true}
		}, "fire", []string{
			`The lines that only fund "general" may pay come to 900.00 USD; 500.00 USD is available, 400.00 USD too little.`,
			`The one-time money of fund "general" is not in that: it may not pay costs that come again.`,
		}},
		{"positions and grants", model.PriorityAdjustment, 2700, func(in *model.Input) {
			in.Programs[2].Positions = []model.Position{{Title: "lifeguard", Count: 5, Cost: 40_00}}
			in.Programs[2].Grants = []model.GrantAward{{ID: "state", Award: 500_00, MatchPPM: 1_900_000}, {ID: "county", Award: 20_00, Effort: 990_00}}
		}, "pools", []string{
			"The reduction comes to 4 whole authorised positions.",
			`The grant "county" of 20.00 USD is lost: maintenance of effort asks for 990.00 USD of the program's own money.`,
			`The grant "state" of 500.00 USD is lost: its match asks for 950.00 USD of the program's own money.`,
		}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := village(tc.method, tc.dollars)
			if tc.change != nil {
				tc.change(&in)
			}
			r, err := explain.Program(in, allocate(t, in), tc.program)
			if err != nil {
				t.Fatal(err)
			}
			wants(t, r.Sentences, tc.phrases...)
		})
	}
}

func TestTheWorkingReachesTheAmountOfEveryLineAtTheRate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 7))
	for _, method := range []model.Method{model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard} {
		checked := 0
		for range 300 {
			in := modeltest.RandomOf(r, engine.Version, method)
			plan := allocate(t, in)
			for _, p := range in.Programs {
				reason, err := explain.Program(in, plan, p.ID)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range reason.Lines {
					change := l.Change()
					if method == model.OneRate {
						change = l.Amount - l.Odd
					}
					if l.Reason == model.AtRate && l.Block.Short == 0 && (method == model.OneRate || l.Odd == l.Base%in.RoundingUnit) {
						checked++
						if l.Rounded != change {
							t.Fatalf("%s: working of %s gives %d, the plan %d: %+v", method, p.ID, l.Rounded, change, l)
						}
					}
				}
			}
		}
		if checked < 200 {
			t.Fatalf("only %d lines of %s were checked", checked, method)
		}
	}
}

// Every line below the line can name the line it is below, unless money is short of what must be paid.
func TestEveryLineBelowTheLineNamesIt(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 7))
	named := 0
	for range 400 {
		in := modeltest.RandomOf(r, engine.Version, model.CutLine)
		plan := allocate(t, in)
		for _, p := range in.Programs {
			reason, err := explain.Program(in, plan, p.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, l := range reason.Lines {
				if l.Reason != model.AtLine && l.Reason != model.BelowLine {
					continue
				}
				if l.Drawn == nil && plan.Outcome == model.Optimal {
					t.Fatalf("%s is %s and names no line", p.ID, l.Reason)
				}
				if (l.Reason == model.AtLine) != (l.Drawn != nil && l.Drawn.Program == p.ID) {
					t.Fatalf("%s is %s and names %+v", p.ID, l.Reason, l.Drawn)
				}
				named++
			}
		}
	}
	if named < 200 {
		t.Fatalf("only %d lines were below", named)
	}
}

func TestDiffTellsMethodsApart(t *testing.T) {
	before, after := village(model.PriorityAdjustment, 2400), village(model.CutLine, 2400)
	after.Params.EquityFloor = &model.EquityFloor{MinBP: 100, MaxCutPPM: 50_000}
	after.Funds[0].OneTime = 1_00
	d := explain.Diff(explain.Run{Input: before, Plan: allocate(t, before)}, explain.Run{Input: after, Plan: allocate(t, after)})
	wants(t, d.Policy, "The method goes from priority adjustment to cut line.", "Council's equity floor goes from none to a loss of at most 5 % from 1 points on.",
		`The one-time money of fund "general" goes from 0.00 USD to 1.00 USD.`)
	wants(t, d.Moves[2].Sentences, `Program "pools" moves from 800.00 USD to 0.00 USD.`, `In fund "general" the pool goes from a cut at`, "to below the line.")
	before, after = village(model.OneRate, 1400), village(model.OneRate, 700)
	d = explain.Diff(explain.Run{Input: before, Plan: allocate(t, before)}, explain.Run{Input: after, Plan: allocate(t, after)})
	if !strings.Contains(strings.Join(d.Moves[0].Sentences, " "), "the pool goes from one rate of 80 % to one rate of 40 %.") {
		t.Fatalf("moves %+v", d.Moves[0].Sentences)
	}
}
