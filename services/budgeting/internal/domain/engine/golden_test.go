package engine_test

import (
	"context"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// goldenTown has something of everything: one-time money and costs, an equity floor, a grant and positions that a cut loses, odd cents.
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
		}(), "389d0b98a728cfbc2b92b72efa6d46941a4c9f4da4cfa91a0ee15c51c24cdad4", "72e512b8a1f2a3955be15baeb4c968cea9976ad932be257aa84ce23eb245fae5"},
		{"priority adjustment", goldenTown(model.PriorityAdjustment), "09def67d03af0e6090bd90b3fa8adcbf6fd982858734c9b6d318933ac87b64ac", "553d0d42002afdb068ca07810ba741eb6ab516f62baca4cf2cfdc4be257da4f1"},
		{"one rate", goldenTown(model.OneRate), "0af65ac014e6a6c0254893a62f0d2feb2d1b8eb312087baab004810d38c13077", "d2f53c9a60be31f09911919d9bea3b927fded34d206eb5eb45c3258ee5e2cbb5"},
		{"across the board", goldenTown(model.AcrossTheBoard), "0a5ebcf393a8ac6f5cc3f9d3bf2659e7fea42f7fc59390ba7ceeef0d1c7de284", "643608797c920ecbd60cd8952d3731fab7437a9f3625e18c52444920183473e1"},
		{"cut line", goldenTown(model.CutLine), "92a0045c29f8b8aa65d9b7d44750b51a96bb03c76f61ce9c74d525a45294cb30", "ec2f1b972f49885bc0703110ec4c74f415878e72456b6d258e0ae7acda56af66"},
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
