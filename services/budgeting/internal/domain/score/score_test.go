package score

import (
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

func input(programs ...model.Program) model.Input {
	return model.Input{
		Goals:    []model.Goal{{ID: "a", WeightPPM: 600_000}, {ID: "b", WeightPPM: 399_999}, {ID: "c", WeightPPM: 1}},
		Params:   model.DefaultParams(),
		Programs: programs,
	}.Normalize()
}

func aligned(a, b, c int64) model.Program {
	return model.Program{ID: "p", Alignment: []model.Alignment{{Goal: "a", Level: a}, {Goal: "b", Level: b}, {Goal: "c", Level: c}}}
}

func TestPoints(t *testing.T) {
	gate := func(p model.Program, v model.Variation, a model.Assurance, policy model.Policy, certain int64) model.Program {
		p.Results = &model.ResultsGate{Policy: policy, Factors: []model.ResultsFactor{{Measure: "m", Variation: v, Assurance: a, Weight: 3, CertainPPM: certain}}}
		return p
	}
	equity := func(p model.Program, bp int64) model.Program { p.EquityBP = bp; return p }
	tests := []struct {
		name    string
		program model.Program
		want    int64
	}{
		{"all", aligned(4, 4, 4), 10_000},
		{"none", aligned(0, 0, 0), 0},
		{"one goal", aligned(4, 0, 0), 6000},
		{"half of one goal", aligned(2, 0, 0), 3000},
		{"rounded once, down", aligned(0, 4, 0), 4000}, // 3999.99
		{"reward for what improves", gate(aligned(2, 0, 0), model.Improving, model.ReliablyMet, model.Reward, 1_000_000), 3500},
		{"reward withdrawn for what worsens", gate(aligned(2, 0, 0), model.Concerning, model.ReliablyMissed, model.Reward, 1_000_000), 2500},
		{"remedy for what worsens", gate(aligned(2, 0, 0), model.Concerning, model.ReliablyMissed, model.Remedy, 1_000_000), 3500},
		{"a provisional verdict counts half", gate(aligned(2, 0, 0), model.Concerning, model.ReliablyMissed, model.Remedy, 500_000), 3250},
		{"neutral ignores results", gate(aligned(2, 0, 0), model.Concerning, model.ReliablyMissed, model.Neutral, 1_000_000), 3000},
		{"unknown is not a miss", gate(aligned(2, 0, 0), model.InsufficientData, model.NoTarget, model.Remedy, 0), 3000},
		{"a tie goes to the even point, down", gate(aligned(0, 0, 0), model.Improving, model.ReliablyMet, model.Reward, 1000), 0}, // 0.5
		{"a tie goes to the even point, up", gate(aligned(0, 0, 0), model.Improving, model.ReliablyMet, model.Reward, 3000), 2},   // 1.5
		{"equity adds points", equity(aligned(2, 0, 0), 200), 3200},
		{"equity is capped", equity(aligned(2, 0, 0), 9000), 3500},
		{"the score is clamped above", equity(aligned(4, 4, 4), 100), 10_000},
		{"the score is clamped below", equity(aligned(0, 0, 0), -100), 0},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := input(tc.program)
			if got := Points(in)[0]; got != tc.want {
				t.Fatalf("score %d, want %d", got, tc.want)
			}
			if got := Of(in, 0); got.BP != tc.want {
				t.Fatalf("score with parts %d, want %d", got.BP, tc.want)
			}
		})
	}
}

func TestUnknownIsTheMedianOfTheKnownAndFlagged(t *testing.T) {
	levels := []int64{0, 1, 4, 4}
	competes := []model.CostLine{{ID: "l", Treatment: model.Competes}}
	var programs []model.Program
	for i, l := range levels {
		programs = append(programs, model.Program{ID: string(rune('p' + i)), CostLines: competes, Alignment: []model.Alignment{{Goal: "a", Level: l}}})
	}
	programs = append(programs, model.Program{ID: "z", CostLines: competes}, model.Program{ID: "zz"})
	in := input(programs...)
	s := Of(in, 4)
	// goal a: median of 0, 1, 4, 4 is 2.5; goals b and c are known to nobody: the middle, 2.
	if g := s.Goals[0]; !g.Unknown || g.Halves != 5 || g.MilliBP != 3_750_000 {
		t.Fatalf("goal a %+v", g)
	}
	if g := s.Goals[1]; !g.Unknown || g.Halves != 4 {
		t.Fatalf("goal b %+v", g)
	}
	if s.BP != 5750 {
		t.Fatalf("score %d", s.BP)
	}
	flags := Flags(in)
	if len(flags) != 11 || flags[8] != (model.Flag{Program: "z", Goal: "a", Halves: 5}) {
		t.Fatalf("flags %v", flags)
	}
}

func TestAttributesWeighBesideTheGoals(t *testing.T) {
	p := aligned(4, 4, 4)
	p.Attributes = []model.Attribute{{Name: "demand", Level: -4}, {Name: "unweighed", Level: 4}}
	in := input(p)
	in.Params.Attributes = []model.AttributeWeight{{Name: "demand", WeightPPM: 250_000}, {Name: "reliance", WeightPPM: 750_000}}
	s := Of(in, 0)
	// (1,000,000 × 4 − 250,000 × 4 + 750,000 × 2) ÷ (2,000,000 × 4)
	if s.BP != 5625 || s.Attributes[0].MilliBP != -1_250_000 || !s.Attributes[1].Unknown {
		t.Fatalf("score %+v", s)
	}
}
