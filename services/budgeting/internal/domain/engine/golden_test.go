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
		}(), "64c69bbd4aaa217fed7db35c64006016aac62989c8bf2dc10da8be9c136f3d0c", "f1e1fc44749080273ce325ee224071c4f2580647e4c5c228d1814da26a8fa512"},
		{"priority adjustment", goldenTown(model.PriorityAdjustment), "9d418baf2b469f924f872e3c71d3a1a87e76966d7215ff38a9b29b7f770372c0", "7bd7b1add58d61ab35e8058ac4e720a044fa6af603a42dd027c353dbf2d951ce"},
		{"one rate", goldenTown(model.OneRate), "bc5b4eb6aab0ca283de1419bb7f6112880ad33ec4710ef67ed194c8a3c5c5af5", "90374638d8bdf01b6270f2a693cf2178a55cd30e05924100b97d576bf711e2e0"},
		{"across the board", goldenTown(model.AcrossTheBoard), "05f7e6d2709a74bc766d57f31a7a2d62c1c3d76340a670ea1327477ecbdc2f90", "453aeb6376220d9d54ec878f6b6dfb763889b8fb59145ad0297ced2e58f5a96e"},
		{"cut line", goldenTown(model.CutLine), "d7f86cb974618801d06e2d47031619101d2f300fd7b3f4c7deca263e57a78f23", "eb799b402ad2a3f3c21089c7bf93d203ef8ce5c59d4670cc2b6119ba9bc2e4ae"},
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
