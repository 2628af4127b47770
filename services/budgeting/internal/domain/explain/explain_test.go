package explain_test

import (
	"context"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/explain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

func town() model.Input {
	return model.Input{
		EngineVersion: engine.Version, Method: model.PriorityAdjustment, Currency: "USD", RoundingUnit: 100, Params: model.DefaultParams(),
		Goals: []model.Goal{{ID: "safety", Title: "Safe streets", WeightPPM: 750_000}, {ID: "play", Title: "Play", WeightPPM: 250_000}},
		Funds: []model.Fund{
			{ID: "general", Available: 1_900_00, Class: model.Unassigned, Kind: model.General},
			{ID: "water", Available: 100_00, Class: model.Restricted, Kind: model.Enterprise},
		},
		Programs: []model.Program{
			{
				ID: "fire", Version: "v7", Mandate: &model.Mandate{Minimum: 400_00, Citation: "City Charter § 5", Attested: true}, EligibleFunds: []string{"water"},
				CostLines: []model.CostLine{{ID: "a", Fund: "general", Treatment: model.Competes, Amount: 1_000_00}, {ID: "b", Fund: "general", Treatment: model.MustPay, Amount: 100_00}},
				Alignment: []model.Alignment{{Goal: "safety", Level: 4}},
				Results: &model.ResultsGate{Policy: model.Remedy, Factors: []model.ResultsFactor{
					{Measure: "response", Variation: model.Concerning, Assurance: model.ReliablyMissed, Weight: 2, CertainPPM: 500_000, Reason: "It slows down"},
					{Measure: "visits", Variation: model.InsufficientData, Assurance: model.NoTarget, Weight: 1, Reason: "Not usable: 2 values."},
				}},
			},
			{
				ID: "parks", Version: "v2", CostLines: []model.CostLine{{ID: "a", Fund: "general", Treatment: model.Competes, Amount: 1_000_00}},
				Alignment: []model.Alignment{{Goal: "safety", Level: 0}, {Goal: "play", Level: 4}},
			},
		},
		Revisions: model.Revisions{Priority: model.Revision{Name: "priority-3", Hash: "aa"}, Results: model.Revision{Name: "results-1", Hash: "bb"}},
	}
}

func allocate(t *testing.T, in model.Input) model.Plan {
	t.Helper()
	plan, _, err := engine.Allocate(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func wants(t *testing.T, sentences []string, phrases ...string) {
	t.Helper()
	all := strings.Join(sentences, "\n")
	for _, p := range phrases {
		if !strings.Contains(all, p) {
			t.Errorf("nothing says %q in:\n%s", p, all)
		}
	}
}

func TestAReasonCanBeReadOut(t *testing.T) {
	in := town()
	r, err := explain.Program(in, allocate(t, in), "fire")
	if err != nil {
		t.Fatal(err)
	}
	wants(t, r.Sentences,
		`Program "fire" goes from 1,100.00 USD to`,
		"Its priority score is 100 %.",
		"Safe streets weighs 75 %; an alignment of 4 of 4 gives 75 points.",
		"Its alignment with Play is unknown; the median, 4 of 4, stands in for it",
		`Measure "response" (CONCERNING, RELIABLY_MISSED, weight 2 of 3) is worth +5 points, of which 50 % counts because its series is short: `+
			"it moves the score by +1.67 points under REMEDY: It slows down.",
		`Measure "visits" (weight 1 of 3) tells nothing that can move it: Not usable: 2 values.`,
		"Together its results move the score by +1.67 points.",
		"held between 0 and 100 %",
		"400.00 USD of it is protected by an attested mandate (City Charter § 5).",
		"So 600.00 USD can move.",
		`Block 1 (fund "general") has 1,800.00 USD for a base of 2,000.00 USD, so its 2 lines share a cut at one rate,`,
		"the multiplier 1 + (3 − 1) × (1 − score), is a cut of",
		`Fund "water" is named by the program but does not compete in this allocation.`,
		`would go to program "parks"`,
		"its must-pay lines of", "do not compete: they come off the top, whole",
		`priority revision "priority-3", results revision "results-1", request version "v7" and engine version 3`)
	if l := r.Lines[1]; l.Multiplier != "1" || l.Amount-l.Base != l.Rounded || l.Citation != "City Charter § 5" {
		t.Errorf("working %+v", l)
	}
}

func TestEveryBendHasItsSentence(t *testing.T) {
	limit := int64(700_00)
	tests := []struct {
		name    string
		change  func(*model.Input)
		program string
		phrases []string
	}{
		{"max cut", func(in *model.Input) { in.Funds[0].Available = 1_780_00; in.Params.MaxCutPPM = 200_000 }, "parks", []string{"No line may lose more than 20 %", "leaves 800.00 USD"}},
		{"short", func(in *model.Input) { in.Funds[0].Available = 1_500_00 }, "parks", []string{"packages must find 280.00 USD together"}},
		{"infeasible", func(in *model.Input) { in.Funds[0].Available = 450_00 }, "fire", []string{`The lines that only fund "general" may pay come to 500.00 USD; 450.00 USD is available, 50.00 USD too little.`}},
		{"cap", func(in *model.Input) { in.Programs[1].Cap = &limit }, "parks", []string{"The program's cap binds: it gets 700.00 USD."}},
		{"growth", func(in *model.Input) { in.Funds[0].Available = 2_300_00; in.Programs[0].Requested = 500_00 }, "fire", []string{"share growth at one rate", "a gain of", "No bound stops it: it gets 1,200.00 USD"}},
		{"request", func(in *model.Input) { in.Funds[0].Available = 2_300_00; in.Programs[0].Requested = 50_00 }, "fire", []string{"It gets all that was requested: 1,050.00 USD."}},
		{"held", func(in *model.Input) { in.Funds[0].Available = 2_300_00 }, "parks", []string{"neither a shortage nor growth", "It stays at its base of 1,000.00 USD."}},
		{"hold-harmless", func(in *model.Input) {
			in.Programs[1].HoldHarmless = &model.Hold{Prior: 990_00, MaxIncreasePPM: 1_000_000}
		}, "parks", []string{"Hold-harmless against the prior year binds: it gets 990.00 USD."}},
		{"unnamed fund", func(in *model.Input) { in.Funds[0].Kind = model.Enterprise; in.Funds[0].Available = 2_300_00 }, "parks", []string{"The fund is not named in this allocation"}},
		{"credit", func(in *model.Input) { in.Programs[1].CostLines[0].Amount = -5_00; in.Funds[0].Available = 1_000_00 }, "parks", []string{"a credit of 5.00 USD, which goes to the fund unchanged"}},
		{"revenue", func(in *model.Input) {
			in.Programs[1].CostLines[0].Amount = 1_200_00
			in.Programs[1].Revenue = []model.Revenue{{Fund: "general", Amount: 200_00}}
			in.Funds[0].Available = 2_000_00
		}, "parks", []string{"1,200.00 USD less 200.00 USD of program revenue", "The cut also loses about"}},
		{"bottleneck", func(in *model.Input) {
			in.Funds = append(in.Funds, model.Fund{ID: "trust", Available: 1_000_00, Class: model.Assigned, Kind: model.Permanent})
			in.Funds[0].Available = 1_000_00
			in.Programs[1].EligibleFunds = []string{"trust"}
		}, "fire", []string{"stands apart because its lines would have taken 981.00 USD", "so its one line bears the cut alone, at a rate of 16.6 %"}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := town()
			tc.change(&in)
			r, err := explain.Program(in, allocate(t, in), tc.program)
			if err != nil {
				t.Fatal(err)
			}
			wants(t, r.Sentences, tc.phrases...)
		})
	}
}

func TestAnUnknownProgramIsNotFound(t *testing.T) {
	in := town()
	if _, err := explain.Program(in, allocate(t, in), "zoo"); !fault.Is(err, fault.NotFound) {
		t.Fatalf("error %v", err)
	}
}

func TestDiffNamesWhatMovedEachProgram(t *testing.T) {
	tests := []struct {
		name   string
		change func(*model.Input)
		kind   explain.Kind
		phrase string
	}{
		{"goal weight", func(in *model.Input) { in.Goals[0].WeightPPM, in.Goals[1].WeightPPM = 250_000, 750_000 }, explain.GoalWeight, `The weight of goal "play" goes from 25 % to 75 %, which moves the score by 50 points.`},
		{"alignment", func(in *model.Input) { in.Programs[1].Alignment[1].Level = 0 }, explain.Aligned, `Its alignment with goal "play" goes from 4 to 0, which moves the score by -25 points.`},
		{"results", func(in *model.Input) {
			in.Programs[1].Results = &model.ResultsGate{Policy: model.Reward, Factors: []model.ResultsFactor{
				{Measure: "visits", Variation: model.Improving, Assurance: model.ReliablyMet, Weight: 1, CertainPPM: 1_000_000, Reason: "r"},
			}}
		}, explain.Results, `from none to +5 points under REWARD (measure "visits" IMPROVING and RELIABLY_MET), which moves the score by 5 points.`},
		{"equity", func(in *model.Input) { in.Programs[1].EquityBP = 500 }, explain.Equity, "Equity goes from 0 to 5 points."},
		{"base", func(in *model.Input) { in.Programs[1].CostLines[0].Amount = 1_100_00 }, explain.Base, "goes from 1,000.00 USD to 1,100.00 USD"},
		{"mandate", func(in *model.Input) {
			in.Programs[1].Mandate = &model.Mandate{Minimum: 900_00, Citation: "c", Attested: true}
		}, explain.Mandate, `Its protected minimum in fund "general" goes from 0.00 USD to 900.00 USD.`},
		{"cap", func(in *model.Input) { v := int64(800_00); in.Programs[1].Cap = &v }, explain.Limits, "cap 80000"},
		{"envelope", func(in *model.Input) { in.Funds[0].Available += 50_00 }, explain.Pool, `In fund "general" the pool goes from a cut at`},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			before, after := town(), town()
			tc.change(&after)
			d := explain.Diff(explain.Run{Input: before, Plan: allocate(t, before)}, explain.Run{Input: after, Plan: allocate(t, after)})
			for _, m := range d.Moves {
				if m.Program != "parks" {
					continue
				}
				for _, c := range m.Causes {
					if c.Kind == tc.kind {
						wants(t, m.Sentences, tc.phrase)
						return
					}
				}
				t.Fatalf("causes %+v", m.Causes)
			}
			t.Fatal("parks does not move")
		})
	}
	same := explain.Run{Input: town(), Plan: allocate(t, town())}
	if d := explain.Diff(same, same); len(d.Moves)+len(d.Policy) != 0 {
		t.Fatalf("equal runs differ: %+v", d)
	}
}

func TestDiffKnowsProgramsThatComeAndGo(t *testing.T) {
	before, after := town(), town()
	after.Programs[1].ID = "pools"
	d := explain.Diff(explain.Run{Input: before, Plan: allocate(t, before)}, explain.Run{Input: after, Plan: allocate(t, after)})
	if len(d.Moves) != 2 || d.Moves[0].Program != "parks" || d.Moves[0].After != 0 || d.Moves[1].Program != "pools" || d.Moves[1].Before != 0 {
		t.Fatalf("moves %+v", d.Moves)
	}
}
