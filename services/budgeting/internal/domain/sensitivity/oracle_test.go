package sensitivity

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// The oracle allocates at every single weight, and reads decisions off the plans by itself.
type fate struct {
	outcome model.Outcome
	blocks  [][]string
	reasons []model.Reason
	where   []int
	amounts map[string]int64
	bases   map[string]int64
}

func oracle(t *testing.T, in model.Input, at int, ppm int64) fate {
	t.Helper()
	in.Goals = reweigh(in.Goals, at, ppm)
	plan := allocate(t, in)
	f := fate{outcome: plan.Outcome, amounts: map[string]int64{}, bases: map[string]int64{}}
	for _, b := range plan.Blocks {
		f.blocks = append(f.blocks, append(append(b.Funds, "and once"), b.OneTime...))
	}
	for _, l := range plan.Lines {
		k := slices.IndexFunc(in.Funds, func(f model.Fund) bool { return f.ID == l.Fund })
		if l.Treatment == model.Competes && l.Base >= 0 && in.Funds[k].InPool() {
			f.reasons = append(f.reasons, l.Reason)
			f.where = append(f.where, int(l.Block))
			f.amounts[l.Program] += l.Amount
			f.bases[l.Program] += l.Base
		}
	}
	return f
}

func (f fate) standing(id string) int {
	switch x, base := f.amounts[id], f.bases[id]; {
	case x == 0:
		return 0
	case x < base:
		return 1
	case x == base:
		return 2
	default:
		return 3
	}
}

func (f fate) division() string {
	s := ""
	for _, b := range f.blocks {
		for _, k := range b {
			s += k + " "
		}
		s += "| "
	}
	return s
}

// decides says whether the decisions of a sweep differ.
func (f fate) decides(g fate) bool {
	differ := f.outcome != g.outcome || !slices.Equal(f.reasons, g.reasons)
	for i := range f.where {
		inF, inG := []string(nil), []string(nil)
		if f.where[i] >= 0 {
			inF = f.blocks[f.where[i]]
		}
		if g.where[i] >= 0 {
			inG = g.blocks[g.where[i]]
		}
		differ = differ || !slices.Equal(inF, inG)
	}
	for id := range f.amounts {
		differ = differ || f.standing(id) != g.standing(id)
	}
	return differ
}

// flips says whether a funding decision differs, or a program moves by more than the threshold.
func (f fate) flips(g fate, threshold int64) bool {
	differ := f.outcome != g.outcome || f.division() != g.division()
	for id, x := range f.amounts {
		differ = differ || f.standing(id) != g.standing(id) || max(x-g.amounts[id], g.amounts[id]-x) > threshold
	}
	return differ
}

// window is a part of the scale around a breakpoint that a coarse sweep found, if it found one.
func window(t *testing.T, r *rand.Rand, in model.Input, goal string) (from, to int64) {
	t.Helper()
	const width = 250
	s, err := Goal(context.Background(), in, goal, 0, model.Whole, Options{Solves: 100, Points: 20})
	if err != nil {
		t.Fatal(err)
	}
	from = r.Int64N(model.Whole - width)
	if n := len(s.Breakpoints); n > 0 {
		from = min(max(0, s.Breakpoints[r.IntN(n)].PPM-1-r.Int64N(width-2)), model.Whole-width)
	}
	return from, from + width
}

// bent is a town whose limits on cuts bind for some weights and not for others.
func bent(r *rand.Rand) model.Input {
	in := town()
	in.Params.MaxCutPPM = 120_000 + r.Int64N(80_000)
	for _, id := range []string{"library", "museum"} {
		p := town().Programs[r.IntN(2)]
		p.ID, p.CostLines[0].Amount = id, 1000*dollar+r.Int64N(3000*dollar)
		p.Alignment = []model.Alignment{{Goal: "green", Level: r.Int64N(5)}, {Goal: "safety", Level: r.Int64N(5)}}
		in.Programs = append(in.Programs, p)
		in.Funds[0].Available += p.CostLines[0].Amount / 1000 * (860 + r.Int64N(60))
	}
	return in.Normalize()
}

func TestEveryBreakpointOfASweep(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	found, proven, halved := 0, 0, 0
	for trial := range 24 {
		in := modeltest.RandomOf(r, engine.Version, []model.Method{model.OneRate, model.CutLine}[r.IntN(2)]).Normalize()
		if trial%4 > 0 {
			in = bent(r)
		}
		at := r.IntN(len(in.Goals))
		goal := in.Goals[at].ID
		from, to := window(t, r, in, goal)
		var want []int64
		last := oracle(t, in, at, from)
		fates := []fate{last}
		for ppm := from + 1; ppm <= to; ppm++ {
			f := oracle(t, in, at, ppm)
			if f.decides(last) {
				want = append(want, ppm)
			}
			last = f
			fates = append(fates, f)
		}
		exact, err := Goal(context.Background(), in, goal, from, to, Options{Solves: 1000, Points: 5})
		if err != nil {
			t.Fatal(err)
		}
		var got []int64
		for _, b := range exact.Breakpoints {
			got = append(got, b.PPM)
			if b.BelowPPM != b.PPM-1 || len(b.Changes) == 0 {
				t.Fatalf("trial %d: breakpoint %+v", trial, b)
			}
		}
		if !exact.Coverage.Proven || !slices.Equal(got, want) {
			t.Fatalf("trial %d: breakpoints %v of %v in %d to %d, coverage %+v", trial, got, want, from, to, exact.Coverage)
		}
		for _, p := range exact.Curve {
			for n, id := range exact.Programs {
				if f := fates[p.PPM-from]; f.amounts[id] != p.Amounts[n] || f.outcome != p.Outcome {
					t.Fatalf("trial %d: the curve has %d for %s at %d, not %d", trial, p.Amounts[n], id, p.PPM, f.amounts[id])
				}
			}
		}
		found += len(want)
		proven += exact.Coverage.Solves
		few, err := Goal(context.Background(), in, goal, from, to, Options{Solves: 1, Points: 2})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range few.Breakpoints { // found by halving: real ones, though perhaps not all
			if !fates[b.BelowPPM-from].decides(fates[b.PPM-from]) {
				t.Fatalf("trial %d: %+v is no breakpoint", trial, b)
			}
		}
		if few.Coverage.Solves > few.Coverage.Limit {
			t.Fatalf("trial %d: coverage %+v", trial, few.Coverage)
		}
		if !few.Coverage.Proven {
			halved++
		}
	}
	if found < 12 || halved < 5 {
		t.Fatalf("%d breakpoints and %d sweeps by halving: the cases are too narrow", found, halved)
	}
	t.Logf("%d breakpoints with %d solves, %d sweeps by halving", found, proven, halved)
}

func TestTheSmallestFlipOfAWeight(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 8))
	const reach = 400
	checked, none := 0, 0
	for trial := range 10 {
		in := modeltest.City(1+trial%3, 3+trial, engine.Version).Normalize()
		for i := range in.Goals { // near the ends of the scale there is less to try
			in.Goals[i].WeightPPM = []int64{999_500, 300, 200}[i]
		}
		plan := allocate(t, in)
		threshold := int64(1) << r.Int64N(20)
		f, err := Fragility(context.Background(), in, plan, threshold, Options{Solves: 150})
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range f.Goals {
			at := slices.IndexFunc(in.Goals, func(o model.Goal) bool { return o.ID == g.Goal })
			now := oracle(t, in, at, g.WeightPPM)
			for _, side := range []struct {
				sign int64
				Side
			}{{1, g.Up}, {-1, g.Down}} {
				if side.ChangePPM > 0 { // a flip is one, and its nearer neighbour is not
					there, nearer := oracle(t, in, at, side.WeightPPM), oracle(t, in, at, side.WeightPPM-side.sign)
					if !now.flips(there, threshold) || now.flips(nearer, threshold) || len(side.Flips) == 0 || side.WeightPPM != g.WeightPPM+side.sign*side.ChangePPM {
						t.Fatalf("trial %d: %s %+v", trial, g.Goal, side)
					}
				}
				if !side.Coverage.Proven || (side.ChangePPM == 0 && side.ReachPPM > reach) || side.ChangePPM > reach {
					continue
				}
				var want int64
				for d := int64(1); d <= side.ReachPPM && want == 0; d++ {
					if now.flips(oracle(t, in, at, g.WeightPPM+side.sign*d), threshold) {
						want = d
					}
				}
				if side.ChangePPM != want {
					t.Fatalf("trial %d: %s %+d flips at %d, not at %d", trial, g.Goal, side.sign, want, side.ChangePPM)
				}
				checked++
				if want == 0 {
					none++
				}
			}
		}
		for i := 1; i < len(f.Goals); i++ {
			if a, b := f.Goals[i-1].LeastPPM, f.Goals[i].LeastPPM; b != 0 && (a == 0 || a > b) {
				t.Fatalf("trial %d: goals out of order: %d before %d", trial, a, b)
			}
		}
	}
	if checked-none < 15 || none < 5 {
		t.Fatalf("%d sides checked, %d without a flip: the cases are too narrow", checked, none)
	}
	t.Logf("%d sides checked, %d without a flip", checked, none)
}
