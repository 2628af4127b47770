package engine

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// grid is the book in whole rounding units: amount = odd + unit × x. Odd minor units are paid off the top by one node, so that what is
// shared is whole units and the nodes hold whole units.
type grid struct {
	earmark.Problem
	unit    int64
	odd     []int64 // of each claim
	oddNode []int32 // that pays it
	limit   []int64 // of each claim: the units that law and hold-harmless alone ask for
	weights weights
}

func newGrid(b *book) (*grid, error) {
	g := &grid{
		unit: b.rule.unit, odd: zeroed(&b.odd, len(b.claims)), oddNode: zeroed(&b.oddNode, len(b.claims)), limit: zeroed(&b.limit, len(b.claims)),
		weights: newWeights(b),
	}
	g.Class, g.Eligible = classes(b)
	g.Order = b.order
	g.Curves = zeroed(&b.curves, len(b.claims))
	g.Capacity = make([]int64, len(b.left))
	left := append([]int64(nil), b.left...)
	for i := range b.claims {
		c := &b.claims[i]
		if !g.weights.set(&g.Curves[i], c, &b.rule) {
			remedy := "check the amounts for a wrong scale"
			if b.rule.spread > 0 {
				remedy = "use a spread that is a multiple of 100 thousandths, or " + remedy
			}
			return nil, fault.New(fault.Invalid, "WEIGHTS_OVERFLOW", "the amounts and scores make weights beyond 62 bits; %s", remedy)
		}
		g.bound(b, i, left)
	}
	for k := range left {
		g.Capacity[k] = max(0, left[k]) / g.unit
	}
	return g, nil
}

// bound puts a claim on the grid: odd minor units off the top, lower bounds up, upper ones down, and the cap above the limit on cuts.
func (g *grid) bound(b *book, i int, left []int64) {
	c, curve, p := &b.claims[i], &g.Curves[i], &b.in.Programs[b.claims[i].program]
	mayLose, _ := b.rule.mayLose(p)
	stays := b.rule.fromNothing && curve.Grow == 0 // without weight a claim gets what it must, exactly
	top := c.top(b.rule.wholeAsk || curve.Grow > 0)
	if stays && mayLose < 0 && !c.held {
		top = c.least
	}
	g.odd[i] = oddOf(c, top, g.unit)
	g.payOdd(b, i, left)
	base := max(0, money.FloorDiv(c.base-g.odd[i], g.unit))
	if !b.rule.fromNothing {
		curve.Base = base
	}
	if c.held {
		curve.Lo, curve.Hi = base, base
		return
	}
	g.limit[i] = max(0, money.CeilDiv(c.least-g.odd[i], g.unit))
	curve.Hi = max(g.limit[i], money.FloorDiv(top-g.odd[i], g.unit))
	curve.Lo = g.limit[i]
	if mayLose >= 0 {
		cut, _ := money.MulDivFloor(c.movable, mayLose, model.Whole) // at most movable
		curve.Lo = max(curve.Lo, min(curve.Hi, base-cut/g.unit))
	}
	if stays {
		curve.Hi = curve.Lo
	}
}

// top is the most that the claim may come to: base and request, lifted to what it must get, within the cap.
func (c *claim) top(grows bool) int64 {
	if c.held {
		return c.base
	}
	ask := c.base
	if grows {
		ask += c.request
	}
	return min(c.most, max(ask, c.least))
}

// oddOf is the part of the claim below the unit: that of its base, unless no amount with that part lies between its bounds.
func oddOf(c *claim, top, unit int64) int64 {
	odd := c.base % unit
	if odd > top || money.CeilDiv(c.least-odd, unit) > money.FloorDiv(top-odd, unit) {
		odd = c.least % unit
	}
	return odd
}

// payOdd has the odd minor units paid by the carrying fund, else by the most restricted eligible node that can; if none can, the claim gives
// them up.
func (g *grid) payOdd(b *book, i int, left []int64) {
	c := &b.claims[i]
	g.oddNode[i] = c.fund
	if g.odd[i] == 0 {
		return
	}
	pays := func(k int32) bool {
		if left[k] < g.odd[i] {
			return false
		}
		left[k] -= g.odd[i]
		g.oddNode[i] = k
		return true
	}
	if (c.oneTime && b.once[c.fund] >= 0 && pays(b.once[c.fund])) || pays(c.fund) {
		return
	}
	for _, k := range b.order {
		if slices.Contains(g.Eligible[g.Class[i]], k) && pays(k) {
			return
		}
	}
	g.odd[i] = 0
}
