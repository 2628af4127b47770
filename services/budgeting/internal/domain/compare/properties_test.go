package compare

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// two is an allocation and another one with other priorities, and sometimes other envelopes; false when the old one is infeasible.
func two(t rapid.TB, r *rand.Rand) (old Run, in model.Input, ok bool) {
	t.Helper()
	methods := []model.Method{model.PriorityAdjustment, model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard, model.CutLine}
	a := modeltest.RandomOf(r, engine.Version, methods[r.IntN(len(methods))])
	in = a.Normalize()
	for i := range in.Programs {
		for j := range in.Programs[i].Alignment {
			in.Programs[i].Alignment[j].Level = r.Int64N(5)
		}
	}
	weights := []int64{r.Int64N(model.Whole + 1), 0, 0}
	weights[1] = r.Int64N(model.Whole - weights[0] + 1)
	weights[2] = model.Whole - weights[0] - weights[1]
	for i := range in.Goals {
		in.Goals[i].WeightPPM = weights[i]
	}
	if r.IntN(2) == 0 {
		for k := range in.Funds {
			in.Funds[k].Available += r.Int64N(500)
		}
	}
	s, err := engine.Solve(context.Background(), a)
	if err != nil {
		t.Fatal(err)
	}
	return Run{Input: a, Plan: s.Plan}, in, s.Plan.Outcome != model.Infeasible
}

func bound(r *rand.Rand, old Run) []Encumbrance {
	var out []Encumbrance
	for _, c := range newSide(old).paid() {
		if r.IntN(3) == 0 {
			out = append(out, Encumbrance{c.program, c.fund, r.Int64N(c.amount + 5)})
		}
	}
	return out
}

// over many seeds: rapid looks for new ones, and the same ones come every time.
func everywhere(t *testing.T, property func(rapid.TB, *rand.Rand)) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) { property(t, rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))) })
	for seed := range uint64(800) {
		property(t, rand.New(rand.NewPCG(seed, 2)))
	}
}

func TestTransfersKeepEveryPromise(t *testing.T) {
	moved, swaps := 0, 0
	everywhere(t, func(t rapid.TB, random *rand.Rand) {
		old, in, ok := two(t, random)
		if !ok {
			return
		}
		encumbered := bound(random, old)
		limit := random.Int64N(300)
		authorities := []Authority{{"chief", SameDepartment, &limit}, {"treasurer", SameFund, &limit}, {"council", AnyTransfer, nil}}
		r, err := Reprioritize(context.Background(), old, in, encumbered, authorities, func(id string) string { return id[:1] })
		if err != nil {
			return // the new input is infeasible
		}
		before, after := newSide(old).paid(), newSide(old).paid()
		for _, x := range r.Transfers {
			if x.Amount <= 0 || x.From == x.To || (x.Body != "council") != (x.Amount <= limit) {
				t.Fatalf("transfer %+v", x)
			}
			after = merged(append(after, cell{place{x.From, purse{x.Fund, x.OneTime}}, -x.Amount}, cell{place{x.To, purse{x.Fund, x.OneTime}}, x.Amount}))
		}
		now := newSide(r.New).paid()
		held := cells(encumbered)
		for _, c := range after { // kind by kind of money, between the two plans
			if x, y := find(before, c.place), find(now, c.place); c.amount < min(x, y) || c.amount > max(x, y) {
				t.Fatalf("%+v lies outside %d to %d", c, x, y)
			}
		}
		for _, h := range held { // nothing bound in a fund is taken
			if x, y := inFund(before, h), inFund(after, h); y < min(x, h.amount) {
				t.Fatalf("%d of %d left where %+v is bound", y, x, h)
			}
		}
		floors := map[string]int64{}
		for _, l := range r.New.Plan.Lines {
			floors[l.Program] += l.Floor
		}
		var gain int64
		for _, s := range r.Programs {
			x, y, z := over(before, s.Program), over(after, s.Program), over(now, s.Program)
			if s.Old != x || s.After != y || s.Target != z || y < min(x, z) || y > max(x, z) {
				t.Fatalf("shift %+v of %d, %d, %d", s, x, y, z)
			}
			if y < x && y < over(held, s.Program)+floors[s.Program] {
				t.Fatalf("shift %+v breaks %d bound and a floor of %d", s, over(held, s.Program), floors[s.Program])
			}
			gain += y - x
			if s.Gives > 0 && s.Gets > 0 {
				swaps++
			}
		}
		if gain != 0 {
			t.Fatalf("%d was made out of nothing", gain)
		}
		tie(t, &r)
		moved += len(r.Transfers)
	})
	if moved < 100 || swaps < 3 {
		t.Fatalf("%d transfers and %d changes of fund: the cases are too narrow", moved, swaps)
	}
}

func cells(encumbered []Encumbrance) []cell {
	var out []cell
	for _, e := range encumbered {
		out = append(out, cell{place{e.Program, purse{e.Fund, false}}, e.Amount})
	}
	return merged(out)
}

// inFund adds up both kinds of money.
func inFund(cells []cell, of cell) int64 {
	return find(cells, place{of.program, purse{of.fund, false}}) + find(cells, place{of.program, purse{of.fund, true}})
}

// tie adds everything up in another way.
func tie(t rapid.TB, r *Reprioritization) {
	t.Helper()
	var transfers, groups, funds, value int64
	parties := map[purse]map[string]bool{}
	count := map[purse]int{}
	for _, x := range r.Transfers {
		transfers += x.Amount
		value += x.Value
		k := purse{x.Fund, x.OneTime}
		if parties[k] == nil {
			parties[k] = map[string]bool{}
		}
		parties[k][x.From], parties[k][x.To] = true, true
		count[k]++
	}
	for _, g := range r.Groups {
		groups += g.Total
	}
	for _, f := range r.Funds {
		funds += f.Moved
		if f.Moved > min(f.Free, f.Rises) || f.Free > f.Falls {
			t.Fatalf("fund %+v", f)
		}
		if k := (purse{f.Fund, f.OneTime}); count[k] > 0 && count[k] >= len(parties[k]) {
			t.Fatalf("%d transfers between %d programs of fund %v", count[k], len(parties[k]), k)
		}
	}
	if transfers != r.Moved || groups != r.Moved || funds != r.Moved || value != r.Gained {
		t.Fatalf("%d moved: transfers %d, groups %d, funds %d; value %d of %d", r.Moved, transfers, groups, funds, value, r.Gained)
	}
}

// With nothing bound and each kind of money of each fund paying as much as before, the transfers lead to the new plan itself, if that pays each
// program that it lowers no less than its floor. Only a plan with a block that is short does not; what then stays is up to the floor, to the unit.
func TestNothingBoundLeadsToTheNewPlan(t *testing.T) {
	reached := 0
	everywhere(t, func(t rapid.TB, random *rand.Rand) {
		old, in, ok := two(t, random)
		if !ok {
			return
		}
		r, err := Reprioritize(context.Background(), old, in, nil, nil, nil)
		if err != nil {
			return
		}
		for _, f := range r.Funds {
			if f.Falls != f.Rises {
				return
			}
		}
		var stays int64
		for _, s := range r.Programs {
			var kept int64
			if s.Target < min(s.Old, s.Floor) {
				kept = min(s.Old-s.Target, in.RoundingUnit*money.CeilDiv(s.Floor-s.Target, in.RoundingUnit))
			}
			if s.Blocked != kept || (kept > 0 && r.New.Plan.Outcome != model.ReductionShort) {
				t.Fatalf("shift %+v of a plan that is %s; %d should stay", s, r.New.Plan.Outcome, kept)
			}
			stays += kept
		}
		if stays > 0 {
			return
		}
		for _, s := range r.Programs {
			if s.After != s.Target {
				t.Fatalf("shift %+v", s)
			}
		}
		reached++
	})
	if reached < 50 {
		t.Fatalf("only %d cases", reached)
	}
}

func TestComparisonsTieWithThePlans(t *testing.T) {
	everywhere(t, func(t rapid.TB, random *rand.Rand) {
		old, in, _ := two(t, random)
		s, err := engine.Solve(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		now := Run{Input: in, Plan: s.Plan}
		c := Plans(old, now)
		for _, side := range []struct {
			plan *model.Plan
			Totals
			value int64 // by its own scores
		}{{&old.Plan, c.A, c.Value.A}, {&now.Plan, c.B, cmp.Or(c.ValueByB, &c.Value).B}} {
			var all int64
			for _, l := range side.plan.Lines {
				all += l.Amount
			}
			if side.plan.Outcome != model.Infeasible && side.plan.Totals.PriorityValue != side.value {
				t.Fatalf("priority value %d, the plan says %d", side.value, side.plan.Totals.PriorityValue)
			}
			if side.Allocated != all || side.Allocated != side.Competing+side.Fixed || side.Surplus != side.plan.Totals.Surplus {
				t.Fatalf("totals %+v of %d", side.Totals, all)
			}
		}
		var difference, value, goals, moved int64
		for i, r := range c.Programs {
			difference += r.Amount.Difference
			value += r.Value.Difference
			moved += max(0, r.Amount.Difference)
			if i > 0 && magnitude(r.Amount.Difference) > magnitude(c.Programs[i-1].Amount.Difference) {
				t.Fatalf("row %d moves more than the one before", i)
			}
		}
		for _, g := range c.Goals {
			goals += g.Value.Difference
		}
		if difference != c.B.Allocated-c.A.Allocated || value != c.Value.Difference || goals+c.Beyond.Difference != value || moved != c.Moved {
			t.Fatalf("sums %d, %d, %d, %d of %+v", difference, value, goals, moved, c)
		}
		if n := c.Gainers + c.Losers + c.Unchanged; n != len(c.Programs) || n != len(in.Programs) {
			t.Fatalf("%d of %d programs", n, len(in.Programs))
		}
		back := Plans(now, old)
		if c.ValueByB != nil && (back.Value != values(c.ValueByB.B, c.ValueByB.A) || back.ValueByB == nil) {
			t.Fatalf("the other way round: %+v, %+v", c, back)
		}
	})
}

func TestQuartilesTie(t *testing.T) {
	everywhere(t, func(t rapid.TB, random *rand.Rand) {
		run, _, _ := two(t, random)
		q := Quartiles(run)
		c := Plans(run, run)
		var allocated, fixed, share int64
		var sizes []int
		last := int64(10_000)
		for _, of := range q.Quartiles {
			allocated += of.Allocated
			fixed += of.Fixed
			share += of.SharePPM
			sizes = append(sizes, len(of.Programs))
			if len(of.Programs) > 0 && (of.HighBP > last || of.LowBP > of.HighBP) {
				t.Fatalf("quartile %+v after %d", of, last)
			}
			if len(of.Programs) > 0 {
				last = of.LowBP
			}
		}
		if allocated != c.A.Competing || fixed+q.Unranked.Fixed != c.A.Fixed || (share != model.Whole && allocated != 0) || slices.Max(sizes)-slices.Min(sizes) > 1 {
			t.Fatalf("%+v against %+v", q, c.A)
		}
	})
}
