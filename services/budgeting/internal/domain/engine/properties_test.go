package engine_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// plain is a random input in which one program's score or bound can be changed without touching another's: every alignment is known,
// every program has one competing line, and the unit is one minor unit.
func plain(r *rand.Rand) model.Input {
	in := modeltest.Random(r, engine.Version)
	in.RoundingUnit = 1
	in.Params.Attributes = nil
	for k := range in.Funds {
		in.Funds[k].Available += in.Funds[k].Available / 2
	}
	for i := range in.Programs {
		p := &in.Programs[i]
		line := p.CostLines[0]
		line.Treatment, line.Amount = model.Competes, 1+max(line.Amount, -line.Amount)
		p.CostLines = []model.CostLine{line}
		p.Revenue = nil
		p.Alignment = nil
		for _, g := range in.Goals {
			p.Alignment = append(p.Alignment, model.Alignment{Goal: g.ID, Level: r.Int64N(5)})
		}
		if p.Mandate != nil {
			p.Mandate.Minimum = min(p.Mandate.Minimum, line.Amount/2)
		}
	}
	return in
}

// amounts are the amounts of the competing lines by program.
func amounts(plan model.Plan) map[string]int64 {
	out := map[string]int64{}
	for _, l := range plan.Lines {
		if l.Block >= 0 {
			out[l.Program] += l.Amount
		}
	}
	return out
}

// compare allocates an input and a changed copy by each method that shares by a rate; it calls check when both are OPTIMAL, and wants that often
// enough. CUT_LINE has none of these properties: more money can cost a program, see TestUnderACutLineMoreMoneyCanCostAProgram.
func compare(t *testing.T, seed uint64, change func(r *rand.Rand, in *model.Input) string, check func(t *testing.T, changed string, before, after map[string]int64)) {
	t.Helper()
	for _, method := range rates {
		t.Run(string(method), func(t *testing.T) { compareBy(t, method, seed, change, check) })
	}
}

// rates are the methods that share by a rate.
var rates = []model.Method{model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard}

func compareBy(t *testing.T, method model.Method, seed uint64, change func(r *rand.Rand, in *model.Input) string, check func(t *testing.T, changed string, before, after map[string]int64)) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 9))
	checked := 0
	for range 500 {
		in := plain(r)
		in.Method = method
		if r.IntN(3) == 0 { // one-time money of a fund, which its one-time costs may use
			f := &in.Funds[r.IntN(len(in.Funds))]
			f.OneTime = r.Int64N(f.Available + 1)
			for i := range in.Programs {
				in.Programs[i].CostLines[0].OneTime = r.IntN(2) == 0
			}
		}
		before := mustAllocate(t, in)
		other := in.Normalize()
		id := change(r, &other)
		if id == "" || before.Outcome != model.Optimal {
			continue
		}
		after := mustAllocate(t, other)
		if after.Outcome != model.Optimal {
			continue
		}
		check(t, id, amounts(before), amounts(after))
		checked++
		if t.Failed() {
			b, _ := in.Canonical()
			c, _ := other.Canonical()
			t.Fatalf("changed %s:\n%s\n%s", id, b, c)
		}
	}
	if checked < 30 {
		t.Fatalf("only %d cases were checked", checked)
	}
}

func mustAllocate(t *testing.T, in model.Input) model.Plan {
	t.Helper()
	plan, _, err := engine.Allocate(context.Background(), in)
	if err != nil {
		t.Fatalf("%v: %v", err, unwrap(err))
	}
	return plan
}

func TestMoreMoneyTakesFromNobody(t *testing.T) {
	compare(t, 1, func(r *rand.Rand, in *model.Input) string {
		f := &in.Funds[r.IntN(len(in.Funds))]
		f.Available += 1 + r.Int64N(5)
		return f.ID
	}, func(t *testing.T, _ string, before, after map[string]int64) {
		for id := range before {
			if after[id] < before[id] {
				t.Errorf("%s falls from %d to %d", id, before[id], after[id])
			}
		}
	})
}

func TestAHigherScoreNeverCostsItsProgram(t *testing.T) {
	compare(t, 2, func(r *rand.Rand, in *model.Input) string {
		p := &in.Programs[r.IntN(len(in.Programs))]
		p.EquityBP += 1 + r.Int64N(300)
		return p.ID
	}, func(t *testing.T, id string, before, after map[string]int64) {
		if after[id] < before[id] {
			t.Errorf("%s falls from %d to %d", id, before[id], after[id])
		}
		for other := range before {
			if other != id && after[other] > before[other] {
				t.Errorf("%s gains from the score of %s: %d to %d", other, id, before[other], after[other])
			}
		}
	})
}

func TestAHigherCapHelpsNobodyElse(t *testing.T) {
	compare(t, 3, func(r *rand.Rand, in *model.Input) string {
		p := &in.Programs[r.IntN(len(in.Programs))]
		if p.Cap == nil {
			return ""
		}
		*p.Cap += 1 + r.Int64N(200)
		return p.ID
	}, func(t *testing.T, id string, before, after map[string]int64) {
		if after[id] < before[id] {
			t.Errorf("%s falls from %d to %d", id, before[id], after[id])
		}
		for other := range before {
			if other != id && after[other] > before[other] {
				t.Errorf("%s gains from the cap of %s: %d to %d", other, id, before[other], after[other])
			}
		}
	})
}

func TestAnotherEligibleFundNeverCostsItsProgram(t *testing.T) {
	compare(t, 4, func(r *rand.Rand, in *model.Input) string {
		p := &in.Programs[r.IntN(len(in.Programs))]
		f := in.Funds[r.IntN(len(in.Funds))].ID
		if slices.Contains(p.EligibleFunds, f) {
			return ""
		}
		p.EligibleFunds = append(p.EligibleFunds, f)
		return p.ID
	}, func(t *testing.T, id string, before, after map[string]int64) {
		if after[id] < before[id] {
			t.Errorf("%s falls from %d to %d", id, before[id], after[id])
		}
	})
}

// Consistency: take a program away with the money it was paid, and the others get what they got.
func TestTheOthersDoNotNoticeAProgramThatLeavesWithItsMoney(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 9))
	checked := 0
	for range 900 {
		in := plain(r)
		in.Method = rates[r.IntN(len(rates))]
		before := mustAllocate(t, in)
		if before.Outcome != model.Optimal || len(in.Programs) < 2 {
			continue
		}
		other := in.Normalize()
		gone := r.IntN(len(other.Programs))
		id := other.Programs[gone].ID
		for _, l := range before.Lines {
			for _, p := range l.Paid {
				for k := range other.Funds {
					if l.Program == id && other.Funds[k].ID == p.Fund {
						other.Funds[k].Available -= p.Amount
					}
				}
			}
		}
		other.Programs = slices.Delete(other.Programs, gone, gone+1)
		got, want := amounts(mustAllocate(t, other)), amounts(before)
		for _, p := range other.Programs {
			if got[p.ID] != want[p.ID] {
				t.Fatalf("without %s, %s gets %d instead of %d", id, p.ID, got[p.ID], want[p.ID])
			}
		}
		checked++
	}
	if checked < 100 {
		t.Fatalf("only %d cases were checked", checked)
	}
}

// Splitting: two pieces with the score of the whole get together what the whole got, within one unit per piece.
func TestSplittingAProgramIsNeutral(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 9))
	checked := 0
	for range 900 {
		in := plain(r)
		in.Method = rates[r.IntN(len(rates))]
		whole := r.IntN(len(in.Programs))
		p := &in.Programs[whole]
		p.Mandate, p.HoldHarmless, p.Cap = nil, nil, nil
		if p.CostLines[0].Amount < 2 {
			continue
		}
		in.Params.MaxCutPPM = 1_000_000 // lesser limits round down to the unit in each piece
		before := mustAllocate(t, in)
		other := in.Normalize()
		a, b := other.Programs[whole], other.Normalize().Programs[whole]
		part := 1 + r.Int64N(a.CostLines[0].Amount-1)
		b.ID += "-b"
		b.CostLines[0].Amount -= part
		a.CostLines[0].Amount = part
		b.Requested = a.Requested * b.CostLines[0].Amount / (part + b.CostLines[0].Amount)
		a.Requested -= b.Requested
		other.Programs[whole] = a
		other.Programs = append(other.Programs, b)
		after := mustAllocate(t, other)
		if before.Outcome != model.Optimal || after.Outcome != model.Optimal {
			continue
		}
		x, y := amounts(before), amounts(after)
		if d := x[a.ID] - y[a.ID] - y[b.ID]; d < -2 || d > 2 {
			t.Fatalf("the whole gets %d, its pieces %d and %d", x[a.ID], y[a.ID], y[b.ID])
		}
		checked++
	}
	if checked < 100 {
		t.Fatalf("only %d cases were checked", checked)
	}
}
