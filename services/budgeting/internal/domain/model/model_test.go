package model_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/platform/fault"
)

func valid() model.Input { return modeltest.City(2, 3, "1") }

func TestValidateNamesTheFieldAndTheRemedy(t *testing.T) {
	tests := []struct {
		name   string
		change func(*model.Input)
		field  string
		says   string
	}{
		{"schema", func(in *model.Input) { in.Schema = 9 }, "schema", "version 3"},
		{"engine version", func(in *model.Input) { in.EngineVersion = "" }, "engine_version", "fill it in"},
		{"method", func(in *model.Input) { in.Method = "MAGIC" }, "method", "PRIORITY_ADJUSTMENT"},
		{"currency", func(in *model.Input) { in.Currency = "usd" }, "currency", "three capital letters"},
		{"rounding unit", func(in *model.Input) { in.RoundingUnit = 0 }, "rounding_unit", "from 1"},
		{"spread", func(in *model.Input) { in.Params.SpreadMilli = 999 }, "params.spread_milli", "from 1000"},
		{"max cut", func(in *model.Input) { in.Params.MaxCutPPM = 1_000_001 }, "params.max_cut_ppm", "to 1000000"},
		{"results cap", func(in *model.Input) { in.Params.ResultsCapBP = 501 }, "params.results_cap_bp", "to 500"},
		{"results row", func(in *model.Input) { in.Params.Results = append(in.Params.Results, in.Params.Results[0]) }, "params.results[4]", "keep one row"},
		{"attribute weights", func(in *model.Input) {
			in.Params.Attributes = []model.AttributeWeight{{"a", 3_000_000}, {"b", 3_000_000}}
		}, "params.attributes", "at most 4000000"},
		{"goal weights", func(in *model.Input) { in.Goals[0].WeightPPM-- }, "goals", "must add up to 1000000"},
		{"goal repeated", func(in *model.Input) { in.Goals[1].ID = in.Goals[0].ID }, "goals[1].id", "unique"},
		{"no funds", func(in *model.Input) { in.Funds = nil }, "funds", "at least one"},
		{"fund class", func(in *model.Input) { in.Funds[1].Class = "LOOSE" }, "funds[1].class", "RESTRICTED"},
		{"fund kind", func(in *model.Input) { in.Funds[1].Kind = "" }, "funds[1].kind", "GENERAL"},
		{"fund envelope", func(in *model.Input) { in.Funds[1].Available = -1 }, "funds[1].available", "from 0"},
		{"revenue left out of the envelope", func(in *model.Input) {
			in.Funds[0].Available = 10
			in.Programs[0].Revenue = []model.Revenue{{Fund: "f000", Amount: 11}}
		}, "funds[0].available", "must include program revenue"},
		{"program repeated", func(in *model.Input) { in.Programs[1].ID = in.Programs[0].ID }, "programs[1].id", "unique"},
		{"line fund", func(in *model.Input) { in.Programs[2].CostLines[1].Fund = "x" }, "programs[2].cost_lines[1].fund", "add the fund"},
		{"line treatment", func(in *model.Input) { in.Programs[2].CostLines[1].Treatment = "X" }, "programs[2].cost_lines[1].treatment", "COMPETES"},
		{"line repeated", func(in *model.Input) { in.Programs[2].CostLines[1].ID = "pay" }, "programs[2].cost_lines[1].id", "unique in the program"},
		{"eligible fund", func(in *model.Input) { in.Programs[0].EligibleFunds = []string{"x"} }, "programs[0].eligible_funds[0]", "correct the name"},
		{"mandate without law", func(in *model.Input) { in.Programs[0].Mandate = &model.Mandate{Minimum: 1, Attested: true} }, "programs[0].mandate.citation", "cite its law"},
		{"mandate without a line", func(in *model.Input) {
			in.Programs[0].Mandate = &model.Mandate{Minimum: 1, Attested: true, Citation: "c"}
			in.Programs[0].CostLines[0].Treatment = model.Grant
		}, "programs[0].mandate", "may be zero"},
		{"cap below floor", func(in *model.Input) {
			c := int64(5)
			in.Programs[0].Mandate, in.Programs[0].Cap = &model.Mandate{Minimum: 6, Attested: true, Citation: "c"}, &c
		}, "programs[0].cap", "raise the cap"},
		{"hold below floor", func(in *model.Input) {
			in.Programs[0].Mandate = &model.Mandate{Minimum: 600, Attested: true, Citation: "c"}
			in.Programs[0].HoldHarmless = &model.Hold{Prior: 100}
		}, "programs[0].hold_harmless", "raise max_increase_ppm"},
		{"revenue fund", func(in *model.Input) { in.Programs[0].Revenue = []model.Revenue{{Fund: "x"}} }, "programs[0].revenue[0].fund", "add the fund"},
		{"alignment goal", func(in *model.Input) { in.Programs[0].Alignment[0].Goal = "x" }, "programs[0].alignment[0].goal", "drop the alignment"},
		{"alignment level", func(in *model.Input) { in.Programs[0].Alignment[0].Level = 5 }, "programs[0].alignment[0].level", "from 0 to 4"},
		{"results signal", func(in *model.Input) { in.Programs[0].Results = &model.ResultsGate{Policy: model.Reward} }, "programs[0].results.signal", "MISSED"},
		{"results revision", func(in *model.Input) {
			in.Programs[0].Results = &model.ResultsGate{Signal: model.Met, Policy: model.Reward}
			in.Revisions.Results = model.Revision{}
		}, "revisions.results.name", "fill it in"},
		{"priority revision", func(in *model.Input) { in.Revisions.Priority.Hash = "" }, "revisions.priority.hash", "fill it in"},
		{"bad text", func(in *model.Input) { in.Programs[0].ID = "\xff" }, "programs[0].id", "UTF-8"},
		{"sums beyond the limit", func(in *model.Input) { in.Funds[0].Available, in.Funds[1].Available = 1<<60, 1<<60 }, "programs", "wrong scale"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := valid()
			tc.change(&in)
			f, ok := fault.As(in.Validate())
			if !ok || f.Kind != fault.Invalid {
				t.Fatal("the input passes")
			}
			if !slices.ContainsFunc(f.Violations, func(v fault.Violation) bool { return v.Field == tc.field && strings.Contains(v.Detail, tc.says) }) {
				t.Fatalf("violations %v", f.Violations)
			}
		})
	}
}

func TestValidateListsEveryViolation(t *testing.T) {
	in := valid()
	in.Currency, in.RoundingUnit, in.Funds[0].Kind, in.Programs[1].Alignment[0].Level = "x", 0, "x", -1
	f, ok := fault.As(in.Validate())
	if !ok || len(f.Violations) != 4 {
		t.Fatalf("violations %v", f)
	}
	if err := valid().Validate(); err != nil {
		t.Fatal(err)
	}
}

func TestCanonicalBytesRoundTripAndIgnoreOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		in := modeltest.Random(r, "1")
		b, err := in.Canonical()
		if err != nil {
			t.Fatal(err)
		}
		read, err := model.Decode(b)
		if err != nil {
			t.Fatal(err)
		}
		again, _ := read.Canonical()
		slices.Reverse(read.Programs)
		slices.Reverse(read.Funds)
		turned, _ := read.Canonical()
		if !bytes.Equal(again, b) || !bytes.Equal(turned, b) {
			t.Fatalf("bytes differ:\n%s\n%s\n%s", b, again, turned)
		}
		hash, _ := in.Hash()
		if hash != model.Digest(b) || len(hash) != 64 {
			t.Fatalf("hash %s", hash)
		}
	}
}

func TestNormalizeLeavesTheInputAlone(t *testing.T) {
	in := valid()
	slices.Reverse(in.Programs)
	first := in.Programs[0].ID
	out := in.Normalize()
	out.Programs[0].CostLines[0].Amount = 1
	if in.Programs[0].ID != first || in.Programs[2].CostLines[0].Amount == 1 || out.Programs[0].ID == first {
		t.Fatal("the copy shares memory with its source")
	}
}

func TestDecodeRefusesWhatItWouldNotWrite(t *testing.T) {
	in := valid()
	good, _ := in.Canonical()
	tests := []struct{ name, bytes, says string }{
		{"spaces", strings.Replace(string(good), `,"`, `, "`, 1), "not in canonical form"},
		{"an unknown field", strings.Replace(string(good), `{"schema"`, `{"x":1,"schema"`, 1), "unknown field"},
		{"another schema", strings.Replace(string(good), `"schema":3`, `"schema":2`, 1), "schema version 2"},
		{"a fraction", strings.Replace(string(good), `"rounding_unit":100`, `"rounding_unit":1.5`, 1), "cannot unmarshal"},
		{"something after the end", string(good) + "{}", "not in canonical form"},
		{"half of it", string(good[:len(good)/2]), "unexpected EOF"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := model.Decode([]byte(tc.bytes)); err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Fatalf("error %v", err)
			}
		})
	}
	if _, err := model.DecodePlan([]byte(`{"schema":3}`)); err == nil {
		t.Fatal("half a plan is read")
	}
}
