package score

import (
	"math/big"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// TestTheTable is the published one, by hand, for a cap of 5 points and for an odd one.
func TestTheTable(t *testing.T) {
	variations := []model.Variation{model.Improving, model.CommonCause, model.Concerning}
	for _, tc := range []struct {
		cap  int64
		rows map[model.Assurance][3]int64
	}{
		{500, map[model.Assurance][3]int64{
			model.ReliablyMet: {500, 250, 0}, model.HitOrMiss: {250, 0, -250}, model.ReliablyMissed: {0, -250, -500}, model.NoTarget: {250, 0, -250},
		}},
		{301, map[model.Assurance][3]int64{
			model.ReliablyMet: {301, 150, 0}, model.HitOrMiss: {150, 0, -150}, model.ReliablyMissed: {0, -150, -301}, model.NoTarget: {150, 0, -150},
		}},
	} {
		params := model.DefaultParams()
		params.ResultsCapBP, params.Results = tc.cap, model.DefaultResults(tc.cap)
		for _, a := range model.Assurances() {
			for i, v := range variations {
				for policy, want := range map[model.Policy]int64{model.Reward: tc.rows[a][i], model.Remedy: -tc.rows[a][i], model.Neutral: 0} {
					if got := Results(params).points(policy, &model.ResultsFactor{Variation: v, Assurance: a}); got != want {
						t.Errorf("cap %d: %s, %s, %s: %d points, want %d", tc.cap, policy, v, a, got, want)
					}
				}
			}
			if got := Results(params).points(model.Reward, &model.ResultsFactor{Variation: model.InsufficientData, Assurance: a}); got != 0 {
				t.Errorf("nothing known moves %d points", got)
			}
		}
	}
	if table := model.DefaultResults(0); len(table) != 0 {
		t.Errorf("a cap of nothing has the table %v", table)
	}
}

// Response time improves and meets its target, two thirds of the weight; visits are unknown, a third: 5 × 2 ÷ 3 points.
func TestAMeasureMovesByItsWeightAmongAll(t *testing.T) {
	p := aligned(2, 0, 0)
	p.Results = &model.ResultsGate{Policy: model.Reward, Factors: []model.ResultsFactor{
		{Measure: "response", Variation: model.Improving, Assurance: model.ReliablyMet, Weight: 2, CertainPPM: 1_000_000},
		{Measure: "visits", Variation: model.InsufficientData, Assurance: model.NoTarget, Weight: 1},
	}}
	got := Of(input(p), 0)
	if got.BP != 3333 || got.Results.MilliBP != 333_333 || got.Results.Weight != 3 || got.Results.Factors[0].PointsBP != 500 ||
		got.Results.Factors[0].MilliBP != 333_333 || got.Results.Factors[1].MilliBP != 0 {
		t.Errorf("score %+v", got)
	}
	table := Results(model.DefaultParams())
	if moved := table.moved(p.Results); moved != 333_333_333 || !table.Moves(&p) {
		t.Errorf("moved %d millionths", moved)
	}
	p.Results.Policy = model.Neutral
	if table.Moves(&p) {
		t.Error("a neutral program is moved")
	}
}

// The largest gate that is valid stays within int64: all of it is worth exactly the cap.
func TestTheLargestGateDoesNotOverflow(t *testing.T) {
	gate := &model.ResultsGate{Policy: model.Remedy}
	for range 1000 {
		gate.Factors = append(gate.Factors, model.ResultsFactor{Variation: model.Concerning, Assurance: model.ReliablyMissed, Weight: 1_000_000, CertainPPM: 1_000_000})
	}
	part := Results(model.DefaultParams()).part(gate)
	if part.MilliBP != 500_000 || part.Weight != 1_000_000_000 || part.Factors[0].MilliBP != 500 {
		t.Errorf("moved %d of weight %d, each %d", part.MilliBP, part.Weight, part.Factors[0].MilliBP)
	}
}

// slowly is the same mean in rationals.
func slowly(params model.Params, gate *model.ResultsGate) int64 {
	sum, weight := new(big.Rat), int64(0)
	for _, f := range gate.Factors {
		weight += f.Weight
		for _, r := range params.Results {
			if r.Policy == gate.Policy && r.Variation == f.Variation && r.Assurance == f.Assurance {
				points := min(params.ResultsCapBP, max(-params.ResultsCapBP, r.PointsBP))
				sum.Add(sum, new(big.Rat).Mul(big.NewRat(f.CertainPPM, 1), big.NewRat(points*f.Weight, 1)))
			}
		}
	}
	if weight == 0 {
		return 0
	}
	sum.Mul(sum, big.NewRat(1, weight))
	floor := new(big.Int).Div(sum.Num(), sum.Denom()) // of a positive denominator: rounds down
	rest := new(big.Rat).Sub(sum, new(big.Rat).SetInt(floor))
	if c := rest.Cmp(big.NewRat(1, 2)); c > 0 || (c == 0 && floor.Bit(0) == 1) {
		floor.Add(floor, big.NewInt(1))
	}
	return floor.Int64()
}

func TestLawsOfResults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.Uint64().Draw(t, "seed")
		gate := modeltest.RandomGate(rand.New(rand.NewPCG(seed, 1))) //nolint:gosec // a test's dice
		params := model.DefaultParams()
		params.ResultsCapBP = rapid.Int64Range(0, 500).Draw(t, "cap")
		if rapid.Bool().Draw(t, "its table") {
			params.Results = model.DefaultResults(params.ResultsCapBP)
		}
		table := Results(params)
		of := func(policy model.Policy) int64 {
			g := *gate
			g.Policy = policy
			return table.moved(&g)
		}
		reward := of(model.Reward)
		switch {
		case table.moved(gate) != slowly(params, gate):
			t.Fatalf("moved %d, in rationals %d", table.moved(gate), slowly(params, gate))
		case reward > params.ResultsCapBP*model.Whole || reward < -params.ResultsCapBP*model.Whole:
			t.Fatalf("moved %d millionths beyond the cap of %d", reward, params.ResultsCapBP)
		case of(model.Remedy) != -reward:
			t.Fatalf("REWARD moves %d and REMEDY %d", reward, of(model.Remedy))
		case of(model.Neutral) != 0:
			t.Fatalf("NEUTRAL moves %d", of(model.Neutral))
		}
		half, none := *gate, *gate
		half.Factors, none.Factors = nil, nil
		for _, f := range gate.Factors {
			f.CertainPPM = model.Whole
			none.Factors = append(none.Factors, f)
			f.CertainPPM /= 2
			half.Factors = append(half.Factors, f)
		}
		if whole, halved := table.moved(&none), table.moved(&half); whole-2*halved < -1 || whole-2*halved > 1 { // each is rounded once
			t.Fatalf("certain verdicts move %d, half as certain ones %d", whole, halved)
		}
		for i := range none.Factors {
			none.Factors[i].CertainPPM = 0
		}
		if table.moved(&none) != 0 {
			t.Fatal("unknown moves")
		}
	})
}
