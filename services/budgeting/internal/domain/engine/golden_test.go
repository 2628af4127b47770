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
		}(), "637243fdd416daf521bf4976c7949501f0be2683cef6629750828e54cf8daad3", "8da2a97f19efb76fa3406a163b44c16abeef1c56b6bc8bcf928b4c6b0ba368dc"},
		{"priority adjustment", goldenTown(model.PriorityAdjustment), "3befdee84f76e8c49b66fcd08cd43c0508f217815f7984d6d56ca5017f83a2b3", "fa887451e562fa10dc90e836732c876a8d03b15862806e0b92b15388a327963f"},
		{"one rate", goldenTown(model.OneRate), "161ec6f34f2c32f687610be407f24057ac7be942397ec8026a546b82ac5a056d", "e62847ed1e723b02db68988ebc645f57f6740cd301aa37097444979b431cc4bd"},
		{"across the board", goldenTown(model.AcrossTheBoard), "e581b471575cf997c76c48e492f468d7cb875bd06b45faa6def7188ea947889d", "5233538ff07b67847594d7fea6056a956b8b7fe5b679467ac23388093187fcff"},
		{"cut line", goldenTown(model.CutLine), "8f99f67492ca76fb63323196c40ea01425f6504ac1fdc5660a64dcc68dd1d514", "7fa35656285196ce425dbf9f245b905332032c0aaab713d9258ff0f805fb185d"},
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
