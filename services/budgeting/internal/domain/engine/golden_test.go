package engine_test

import (
	"context"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// goldenTown has something of everything: one-time money and costs, an equity floor, results, a grant and positions that a cut loses, odd cents.
func goldenTown(method model.Method) model.Input {
	in := borough(method, 2500)
	in.Funds[0].OneTime = 200_00
	in.Funds = append(in.Funds, model.Fund{ID: "levy", Available: 350_10, Class: model.Restricted, Kind: model.SpecialRevenue})
	in.Params.EquityFloor = &model.EquityFloor{MinBP: 200, MaxCutPPM: 50_000}
	in.Programs[0].CostLines[0].Amount += 37
	in.Programs[1].EligibleFunds = []string{"levy"}
	in.Programs[1].Positions = []model.Position{{Title: "ranger", Count: 4, Cost: 70_00}}
	in.Programs[1].Grants = []model.GrantAward{{ID: "state", Award: 900_00, MatchPPM: model.Whole}}
	in.Programs[2].EquityBP = 250
	in.Programs[2].Results = &model.ResultsGate{Policy: model.Remedy, Reason: "r", Factors: []model.ResultsFactor{
		{Measure: "slides", Variation: model.Concerning, Assurance: model.HitOrMiss, Weight: 2, CertainPPM: 500_000, Reason: "short"},
		{Measure: "visits", Variation: model.InsufficientData, Assurance: model.NoTarget, Weight: 1, Reason: "2 values"},
	}}
	in.Programs[2].CostLines = append(in.Programs[2].CostLines, model.CostLine{ID: "slide", Fund: "general", Treatment: model.Competes, Amount: 300_00, OneTime: true})
	return in
}

// The hashes stand for every byte of inputs and plans: a change of an encoding or of a rule needs a new schema or engine version.
func TestGoldenPlans(t *testing.T) {
	tests := []struct {
		name        string
		input       model.Input
		inHash, out string
	}{
		{"the town of the first version", func() model.Input {
			in := town(1800)
			in.Programs[0].CostLines[0].Amount += 37
			return in
		}(), "8315ea5ad3a2fb917dcfbda015ff52265b6562ef7231d33b90215dd8bca0ad80", "5fc1f0a43641ca531feb4a3956f44cf30f39a6b5e13222d8fbb28d4c6cd1ef24"},
		{"priority adjustment", goldenTown(model.PriorityAdjustment), "b7549f741db650dd26a3f781bb7c6ccbcda62475ccf5ae3f86f126afc214f00f", "1e53f933dd02d1b82fa43daa192fe2370e84489f791fb49510d2f52eba40e1cc"},
		{"one rate", goldenTown(model.OneRate), "fd3cd319093ca355826924d02f80f09e228863b72ed76dd45a4bf890c52543f7", "76fbc80ab14c7ee8ae6ef78b61f7c0de818864daa8e4393edf3f9754ba03ed12"},
		{"across the board", goldenTown(model.AcrossTheBoard), "d57f874e0b789e40088e66e565a86d13d21985d0e47efb56a6c10823bb63f521", "a3052bad103dd5af332728286a5f1bfd7bc80488399b99299143579baec47ce4"},
		{"cut line", goldenTown(model.CutLine), "711e232d60caca600a43ee112c970b956d33b1d268f3c82015215b1c31919129", "254810900d3a7d9522b2eb42d19c6d880c05b3d029f361fb64534dc44d88d00e"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, cert, err := engine.Allocate(context.Background(), tc.input)
			if err != nil {
				t.Fatal(err)
			}
			if cert.InputHash != tc.inHash || cert.PlanHash != tc.out {
				t.Fatalf("hashes %q, %q", cert.InputHash, cert.PlanHash)
			}
		})
	}
}
