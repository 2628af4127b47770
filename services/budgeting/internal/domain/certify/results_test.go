package certify_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// judged is two programs that share a shortage; results move the first by (2 × 5 + 3 × ½ × 2.5 + 1 × 0) ÷ 6 = 2.29 points.
func judged() model.Input {
	line := []model.CostLine{{ID: "0", Fund: "f", Treatment: model.Competes, Amount: 1_000_00}}
	return model.Input{
		EngineVersion: engine.Version, Method: model.PriorityAdjustment, Currency: "USD", RoundingUnit: 1, Params: model.DefaultParams(),
		Goals: []model.Goal{{ID: "g", WeightPPM: model.Whole}}, Funds: []model.Fund{{ID: "f", Available: 1_900_00, Class: model.Unassigned, Kind: model.General}},
		Programs: []model.Program{
			{ID: "a", CostLines: line, Alignment: []model.Alignment{{Goal: "g", Level: 2}}, Results: &model.ResultsGate{Policy: model.Reward, Factors: []model.ResultsFactor{
				{Measure: "calls", Variation: model.Improving, Assurance: model.ReliablyMet, Weight: 2, CertainPPM: 1_000_000, Reason: "r"},
				{Measure: "time", Variation: model.CommonCause, Assurance: model.ReliablyMet, Weight: 3, CertainPPM: 500_000, Reason: "r"},
				{Measure: "visits", Variation: model.InsufficientData, Assurance: model.NoTarget, Weight: 1, Reason: "r"},
			}}},
			{ID: "b", CostLines: line, Alignment: []model.Alignment{{Goal: "g", Level: 2}}},
		},
		Revisions: model.Revisions{Priority: model.Revision{Name: "p", Hash: "h"}, Results: model.Revision{Name: "r", Hash: "h"}},
	}
}

// A plan that was made of other verdicts, weights, points or another cap is refused by its scores, even when its hash was mended.
func TestResultsAreComputedAgain(t *testing.T) {
	plan, _, err := engine.Allocate(context.Background(), judged())
	if err != nil {
		t.Fatal(err)
	}
	if plan.Lines[0].ScoreBP != 5229 || plan.Lines[1].ScoreBP != 5000 {
		t.Fatalf("scores %d and %d", plan.Lines[0].ScoreBP, plan.Lines[1].ScoreBP)
	}
	gate := func(in *model.Input) *model.ResultsGate { return in.Programs[0].Results }
	tests := map[string]func(*model.Input){
		"a weight":         func(in *model.Input) { gate(in).Factors[0].Weight = 1 },
		"a silent weight":  func(in *model.Input) { gate(in).Factors[2].Weight = 2 },
		"a variation":      func(in *model.Input) { gate(in).Factors[0].Variation = model.Concerning },
		"an assurance":     func(in *model.Input) { gate(in).Factors[1].Assurance = model.HitOrMiss },
		"a certain share":  func(in *model.Input) { gate(in).Factors[1].CertainPPM = 1_000_000 },
		"a verdict unsaid": func(in *model.Input) { gate(in).Factors = gate(in).Factors[1:] },
		"the policy":       func(in *model.Input) { gate(in).Policy = model.Remedy },
		"no gate":          func(in *model.Input) { in.Programs[0].Results = nil },
		"another's gate":   func(in *model.Input) { in.Programs[0].Results, in.Programs[1].Results = nil, gate(in) },
		"the table":        func(in *model.Input) { in.Params.Results[len(in.Params.Results)-1].PointsBP = 400 },
		"no table":         func(in *model.Input) { in.Params.Results = nil },
		"the cap":          func(in *model.Input) { in.Params.ResultsCapBP = 300 },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			in := judged()
			change(&in)
			if _, err := certify.Check(in, plan); err == nil || !strings.Contains(err.Error(), "input") {
				t.Fatalf("the plan of another input gives %v", err)
			}
			mended := plan
			if mended.InputHash, err = in.Hash(); err != nil {
				t.Fatal(err)
			}
			if _, err := certify.Check(in, mended); err == nil || !strings.Contains(err.Error(), "score") {
				t.Fatalf("a mended hash gives %v", err)
			}
		})
	}
	in := judged()
	in.Programs[0].Results.Factors[0].Reason = "another word"
	mended := plan
	if mended.InputHash, err = in.Hash(); err != nil {
		t.Fatal(err)
	}
	if _, err := certify.Check(in, mended); err != nil {
		t.Errorf("a reason moves the score: %v", err)
	}
}

// A thousand measures of the largest weight, all of them certain, are worth the whole cap, either way; where half of them is half certain, three quarters of it.
func TestTheLargestGateIsCertified(t *testing.T) {
	for _, tc := range []struct {
		policy    model.Policy
		uncertain int
		score     int64
	}{{model.Reward, 0, 5500}, {model.Remedy, 0, 4500}, {model.Reward, 500, 5375}, {model.Remedy, 1000, 4750}} {
		in := judged()
		gate := &model.ResultsGate{Policy: tc.policy}
		for i := range 1000 {
			f := model.ResultsFactor{
				Measure: fmt.Sprintf("m%04d", i), Variation: model.Improving, Assurance: model.ReliablyMet, Weight: 1_000_000, CertainPPM: 1_000_000, Reason: "r",
			}
			if i < tc.uncertain {
				f.CertainPPM = 500_000
			}
			gate.Factors = append(gate.Factors, f)
		}
		in.Programs[0].Results = gate
		plan, _, err := engine.Allocate(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Lines[0].ScoreBP != tc.score {
			t.Errorf("%s, %d uncertain: score %d, want %d", tc.policy, tc.uncertain, plan.Lines[0].ScoreBP, tc.score)
		}
		gate.Factors = append(gate.Factors, model.ResultsFactor{Measure: "n", Variation: model.Improving, Assurance: model.ReliablyMet, Weight: 1, Reason: "r"})
		if _, _, err := engine.Allocate(context.Background(), in); err == nil || !strings.Contains(err.Error(), "1001 measures") {
			t.Errorf("one measure more: %v", err)
		}
	}
}
