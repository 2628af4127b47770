package domain_test

import (
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// The money that has a signal is what competes, whatever the outcome: 300 of 400, of which results move 100. Water does not compete, and a debt that
// nobody can pay changes nothing of that.
func TestMoneyWithASignal(t *testing.T) {
	gate := func(policy model.Policy) *model.ResultsGate {
		return &model.ResultsGate{Policy: policy, Factors: []model.ResultsFactor{
			{Measure: "m", Variation: model.Improving, Assurance: model.ReliablyMet, Weight: 1, CertainPPM: model.Whole, Reason: "r"},
		}}
	}
	unusable := gate(model.Reward)
	unusable.Factors[0].CertainPPM = 0
	cost := func(fund string, amount int64) model.CostLine {
		return model.CostLine{ID: fund, Fund: fund, Treatment: model.Competes, Amount: amount}
	}
	input := func(debt int64) model.Input {
		in := model.Input{
			EngineVersion: engine.Version, Method: model.PriorityAdjustment, Currency: "USD", RoundingUnit: 1, Params: model.DefaultParams(),
			Goals: []model.Goal{{ID: "g", WeightPPM: model.Whole}},
			Funds: []model.Fund{
				{ID: "general", Available: 500, Class: model.Unassigned, Kind: model.General},
				{ID: "water", Available: 900, Class: model.Restricted, Kind: model.Enterprise},
			},
			Programs: []model.Program{
				{ID: "moved", CostLines: []model.CostLine{cost("general", 100), cost("water", 900)}, Results: gate(model.Reward)},
				{ID: "neutral", CostLines: []model.CostLine{cost("general", 200)}, Results: gate(model.Neutral)},
				{ID: "unknown", CostLines: []model.CostLine{cost("general", 100), {ID: "debt", Fund: "general", Treatment: model.MustPay, Amount: debt}}, Results: unusable},
			},
			Revisions: model.Revisions{Priority: model.Revision{Name: "p", Hash: "h"}, Results: model.Revision{Name: "r", Hash: "h"}},
		}
		return in.Normalize()
	}
	for outcome, debt := range map[model.Outcome]int64{model.Optimal: 150, model.Infeasible: 501} {
		in := input(debt)
		plan, cert, err := engine.Allocate(t.Context(), in)
		if err != nil || plan.Outcome != outcome {
			t.Fatalf("%s: %s, %v", outcome, plan.Outcome, err)
		}
		r := domain.Summarize(in, plan, cert, domain.TitlesOf(nil, nil))
		if r.WithSignal != 300 || r.WithSignalPPM != 750_000 || r.MovedByResults != 100 {
			t.Errorf("%s: %d with a signal (%d), %d moved", outcome, r.WithSignal, r.WithSignalPPM, r.MovedByResults)
		}
	}
}
