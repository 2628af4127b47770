package engine_test

import (
	"cmp"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// world is an input in minor units as an oracle sees it: claims with their bounds, and money by fund and kind. Sets of money are bit masks.
type world struct {
	claims   []worldClaim
	capacity []int64
}

type worldClaim struct {
	line           int // of the plan
	program        int
	score          int64
	base, d, lo, x int64
	hi             int64
	may            uint
}

// newWorld takes bounds and scores from the plan, which hand-made tests and the certificate answer for, and works out the money itself.
func newWorld(in model.Input, plan model.Plan) *world {
	w := &world{}
	var oneTimes []int64
	fund, once := map[string]int{}, map[string]int{}
	for k, f := range in.Funds {
		fund[f.ID] = k
		left, oneTime := f.Available-f.OneTime, f.OneTime
		for _, l := range plan.Lines {
			if l.Fund != f.ID {
				continue
			}
			left -= l.Revenue
			switch {
			case l.Block >= 0:
			case !l.OneTime:
				left -= l.Amount
			default:
				oneTime -= l.Amount
			}
		}
		if oneTime < 0 {
			left, oneTime = left+oneTime, 0
		}
		w.capacity = append(w.capacity, left)
		once[f.ID] = len(in.Funds) + k // money that there is none of harms nobody
		oneTimes = append(oneTimes, oneTime)
	}
	w.capacity = append(w.capacity, oneTimes...)
	for i, l := range plan.Lines {
		if l.Block < 0 {
			continue
		}
		p := slices.IndexFunc(in.Programs, func(p model.Program) bool { return p.ID == l.Program })
		c := worldClaim{line: i, program: p, score: l.ScoreBP, base: l.Base, d: l.Movable, lo: l.Min, x: l.Min, hi: l.Max}
		funds := []string{l.Fund}
		if in.Funds[fund[l.Fund]].InPool() {
			funds = append(funds, in.Programs[p].EligibleFunds...)
		}
		for j, id := range funds {
			if j > 0 && !in.Funds[fund[id]].InPool() {
				continue
			}
			c.may |= 1 << fund[id]
			if l.OneTime {
				c.may |= 1 << once[id]
			}
		}
		w.claims = append(w.claims, c)
	}
	return w
}

// short is by how much the claims that only the money of a set may pay exceed it (Hall 1935). Claims that the closed money of a set may pay are
// helped by nobody else of it.
func (w *world) short(set, closed uint) (demand, have int64) {
	for _, c := range w.claims {
		if open := c.may &^ closed; open != 0 && open&^set == 0 {
			demand += c.x
		}
	}
	for k, v := range w.capacity {
		if set>>k&1 == 1 {
			have += v
		}
	}
	return demand, have
}

// worst is the smallest set that is short by the most; none when all can be paid. Sets short by the most are closed under intersection.
func (w *world) worst(closed uint) (set uint, by int64) {
	for s := range uint(1) << len(w.capacity) {
		if s&closed != 0 {
			continue
		}
		demand, have := w.short(s, closed)
		switch d := demand - have; {
		case d > by:
			set, by = s, d
		case d == by && by > 0:
			set &= s
		}
	}
	return set, by
}

// rise is the place of a claim's next unit among all: units below base first, by rate; then those that are better off.
func (w *world) rise(method model.Method, spread int64, c *worldClaim) (sign int, rate, weight *big.Rat) {
	start, cut, grow := c.base, big.NewRat(c.d*(10_000_000+(spread-1000)*(10_000-c.score)), 1), big.NewRat(c.d*c.score, 1)
	switch method {
	case model.OneRate:
		start, grow = 0, big.NewRat(c.base*c.score, 1)
	case model.AcrossTheBoard:
		cut, grow = big.NewRat(c.d, 1), big.NewRat(c.d, 1)
	default:
	}
	if c.x < start {
		return -1, new(big.Rat).Quo(big.NewRat(2*(start-c.x)-1, 2), cut), cut
	}
	return 1, new(big.Rat).Quo(big.NewRat(2*(c.x-start)+1, 2), grow), grow
}

// greedy hands out one unit after the other, each to the first in line whom the money can still pay.
func (w *world) greedy(method model.Method, spread int64) {
	type bid struct {
		claim        int
		sign         int
		rate, weight *big.Rat
	}
	var open []bid
	enter := func(i int) {
		if c := &w.claims[i]; c.x < c.hi {
			sign, rate, weight := w.rise(method, spread, c)
			open = append(open, bid{i, sign, rate, weight})
		}
	}
	for i := range w.claims {
		enter(i)
	}
	for len(open) > 0 {
		first := slices.MinFunc(open, func(a, b bid) int {
			return cmp.Or(cmp.Compare(a.sign, b.sign), a.sign*a.rate.Cmp(b.rate), -a.sign*a.weight.Cmp(b.weight), cmp.Compare(a.claim, b.claim))
		})
		open = slices.DeleteFunc(open, func(b bid) bool { return b.claim == first.claim })
		c := &w.claims[first.claim]
		c.x++
		if _, by := w.worst(0); by > 0 {
			c.x-- // and never again: money that is used up stays used up
			continue
		}
		enter(first.claim)
	}
}

func TestEveryFormulaIsTheUnitByUnitGreedy(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 9))
	for _, method := range []model.Method{model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard} {
		compared := 0
		for compared < 500 {
			in := smallOf(r, method)
			plan := mustAllocate(t, in)
			if plan.Outcome != model.Optimal {
				continue
			}
			w := newWorld(in, plan)
			w.greedy(method, in.Params.SpreadMilli)
			for _, c := range w.claims {
				if l := plan.Lines[c.line]; l.Amount != c.x {
					b, _ := in.Canonical()
					t.Fatalf("%s: program %s, fund %s gets %d, unit by unit it is %d\n%s", method, l.Program, l.Fund, l.Amount, c.x, b)
				}
			}
			compared++
		}
	}
}

// smallOf is a random input in single minor units, with amounts small enough to count.
func smallOf(r *rand.Rand, method model.Method) model.Input {
	for {
		in := modeltest.RandomOf(r, engine.Version, method)
		in.RoundingUnit = 1
		total := int64(0)
		for _, f := range in.Funds {
			total += f.Available
		}
		if total < 400 {
			return in
		}
	}
}

// naive follows the definition of CUT_LINE to the letter, with every set of funds looked at in every step.
func (w *world) naive() (place map[int]model.Reason, lines []uint) {
	place = map[int]model.Reason{}
	closed, _ := w.worst(0)
	lined := closed
	var programs []int
	score := map[int]int64{}
	for _, c := range w.claims {
		if c.lo < c.hi {
			programs, score[c.program] = append(programs, c.program), c.score
		}
	}
	slices.SortFunc(programs, func(a, b int) int { return cmp.Or(cmp.Compare(score[b], score[a]), cmp.Compare(a, b)) })
	for _, p := range slices.Compact(programs) {
		var draws uint
		for i := range w.claims {
			if c := &w.claims[i]; c.program == p && c.lo < c.hi {
				draws |= c.may
				c.x = c.hi
			}
		}
		set, by := uint(0), int64(0)
		if draws&lined == 0 {
			set, by = w.worst(closed)
		}
		switch {
		case draws&lined != 0:
			place[p] = model.BelowLine
		case by > 0:
			place[p] = model.AtLine
			lines = append(lines, set)
			lined |= set
		default:
			place[p] = model.AboveLine
			continue
		}
		for i := range w.claims {
			if c := &w.claims[i]; c.program == p {
				c.x = c.lo
			}
		}
	}
	return place, lines
}

func TestTheCutLineIsDrawnByItsDefinition(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 9))
	outcomes, drawn := map[model.Outcome]int{}, 0
	for range 2500 {
		in := modeltest.RandomOf(r, engine.Version, model.CutLine)
		plan := mustAllocate(t, in)
		outcomes[plan.Outcome]++
		if plan.Outcome == model.Infeasible {
			continue
		}
		w := newWorld(in, plan)
		place, lines := w.naive()
		b, _ := in.Canonical()
		for _, c := range w.claims {
			l := plan.Lines[c.line]
			if want := place[c.program]; l.Amount != c.x || (c.lo < c.hi && l.Reason != want && (want != model.AboveLine || (l.Reason != model.AtCap && l.Reason != model.AtHold))) {
				t.Fatalf("program %s, fund %s gets %d (%s), by the definition %d (%s)\n%s", l.Program, l.Fund, l.Amount, l.Reason, c.x, want, b)
			}
		}
		if len(lines) != len(plan.CutLines) {
			t.Fatalf("%d lines, by the definition %d\n%s", len(plan.CutLines), len(lines), b)
		}
		drawn += len(lines)
		for i, set := range lines {
			// Money that there is none of may be in the smallest set or not: the plan does not name it.
			if l := plan.CutLines[i]; bits.OnesCount(set&(1<<len(in.Funds)-1)) != len(l.Funds) {
				t.Fatalf("line %d is drawn for %v, by the definition %b\n%s", i+1, l.Funds, set, b)
			}
		}
	}
	if outcomes[model.Optimal] < 1000 || outcomes[model.ReductionShort] < 200 || drawn < 1000 {
		t.Fatalf("the inputs are too narrow: %v, %d lines", outcomes, drawn)
	}
}
