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
		}(), "55a9a5e68d0fdfac61b8d8e98e002d3cad8cb945e1c58eff0a619175601835bd", "0225f9a9faf26d03aa2d59a6b3f5a3063282faa2d9c4fc4aad286e75b0395d3d"},
		{"priority adjustment", goldenTown(model.PriorityAdjustment), "dc5928c99a2e24ff2ba9e206fcefca33b9db2a7f9b5c9b88c3ffa15a95886018", "88b1ad37503a4d28c37862ae896eeac077e6a89563cd402b54c129cd5860f9b0"},
		{"one rate", goldenTown(model.OneRate), "87c3b7c7adb0e9e1aa12216a51163e0bfa330c3eef3067fb360d6e6b6b777803", "730115c5a648c09bfd8220abfadf8ee64c2f30d668c829cfa898a7694cb5ecd0"},
		{"across the board", goldenTown(model.AcrossTheBoard), "034290893c807de4a2f511cf8afb929794f2ed1724e46b29274519360afe74d4", "47a4f1b4e3d9cd607f301d969509bbdc4f38159e91a614d81d088c2fb7e05f37"},
		{"cut line", goldenTown(model.CutLine), "95fbaa107f7fe6007d02074c69e8d5faf721c6bf681fe25821e297da15b6c60e", "8217dd7d7ce282b1fccefcd090c10ed4dd61bab13448e28c195bf60271645898"},
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
