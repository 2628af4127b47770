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
		}(), "8ef8856be7d886605ecd9e8998e9d3adeb0d22cfc6b66a81d1ac73f49697769e", "403465bf2f64fdf6b2ac19d6af5e27080d9716889810521c4a237a4341a2be1c"},
		{"priority adjustment", goldenTown(model.PriorityAdjustment), "b8cc274fec4e628d57966aa0fe5795f6b37ff22ceda32980efa6da52a31b468c", "fcaaa71c0a944024b0460ac8b966b10d086fd99290d65ea8d0151e3827ad6aa4"},
		{"one rate", goldenTown(model.OneRate), "09f7d8fa4419fcc1e40c67fc7d6f26c2f884347b33810ab20b1ff685f31b49fb", "a8c002b4547e4e924c848b51262297ad25069370cc17e7d66bd6344c9a52d748"},
		{"across the board", goldenTown(model.AcrossTheBoard), "2fdb0d08f4894ab921fae326f35359a8b4cb781dfb339f12bdf51b0418f0307c", "09dee0ccc396af4e4873b367307e1a7a25a31414b1dc17d2c144078a6ca763e3"},
		{"cut line", goldenTown(model.CutLine), "98ade90782c0eb7f9da29cc4c68c324b81b0c6d3aa0b0afb52531201a222476b", "a226f8ff19af3de72760ec50d6bb92ade47fa2ff93ffb5500d25f528362b746a"},
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
