package engine

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
	"github.com/throughline/throughline/services/platform/fault"
)

// grid is the book in whole rounding units: amount = odd + unit × x. Odd minor units are paid off the top by one fund, so that what is
// shared is whole units and the funds hold whole units.
type grid struct {
	earmark.Problem
	unit    int64
	odd     []int64 // of each claim
	oddFund []int32 // that pays it
	limit   []int64 // of each claim: the units that law and hold-harmless alone ask for
	weights weights
}

func newGrid(b *book) (*grid, error) {
	g := &grid{
		unit: b.in.RoundingUnit, odd: make([]int64, len(b.claims)), oddFund: make([]int32, len(b.claims)), limit: make([]int64, len(b.claims)),
		weights: newWeights(b),
	}
	g.Class, g.Eligible = classes(b)
	g.Order = b.order
	g.Curves = make([]waterfill.Curve, len(b.claims))
	g.Capacity = make([]int64, len(b.left))
	left := append([]int64(nil), b.left...)
	for i := range b.claims {
		c := &b.claims[i]
		curve := &g.Curves[i]
		if !g.weights.set(curve, c) {
			return nil, fault.New(fault.Invalid, "WEIGHTS_OVERFLOW",
				"the amounts and the spread make weights beyond 62 bits; use a spread that is a multiple of 100 thousandths, or check the amounts for a wrong scale")
		}
		top := c.top(curve.Grow > 0)
		g.odd[i] = oddOf(c, top, g.unit)
		g.payOdd(i, c.fund, left, b.order)
		g.bound(i, c, top, b.in.Params.MaxCutPPM)
	}
	for k := range left {
		g.Capacity[k] = max(0, left[k]) / g.unit
	}
	return g, nil
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

// payOdd has the odd minor units paid by the carrying fund, else by the most restricted eligible one that can; if none can, the claim gives
// them up.
func (g *grid) payOdd(i int, carrier int32, left []int64, order []int32) {
	g.oddFund[i] = carrier
	if g.odd[i] == 0 {
		return
	}
	if left[carrier] >= g.odd[i] {
		left[carrier] -= g.odd[i]
		return
	}
	for _, k := range order {
		if slices.Contains(g.Eligible[g.Class[i]], k) && left[k] >= g.odd[i] {
			left[k] -= g.odd[i]
			g.oddFund[i] = k
			return
		}
	}
	g.odd[i] = 0
}

// bound puts the claim's bounds on the grid: lower ones up, upper ones down, and the cap above the limit on cuts.
func (g *grid) bound(i int, c *claim, top, maxCutPPM int64) {
	curve := &g.Curves[i]
	curve.Base = max(0, money.FloorDiv(c.base-g.odd[i], g.unit))
	if c.held {
		curve.Lo, curve.Hi = curve.Base, curve.Base
		return
	}
	maxCut, _ := money.MulDivFloor(c.movable, maxCutPPM, model.Whole) // at most movable
	g.limit[i] = max(0, money.CeilDiv(c.least-g.odd[i], g.unit))
	curve.Hi = max(g.limit[i], money.FloorDiv(top-g.odd[i], g.unit))
	curve.Lo = max(g.limit[i], min(curve.Hi, curve.Base-maxCut/g.unit))
}

// weights turns D and q into the weights of the curves, divided by what all of them share.
type weights struct {
	flat, steep int64 // Cut = D × (flat + steep × (10,000 − q))
	common      int64 // greatest common divisor of every D
	cut, grow   int64 // running sums
}

// scale is 1 in the units of a spread in thousandths times a score in basis points.
const scale = 1000 * 10_000

func newWeights(b *book) weights {
	spread := b.in.Params.SpreadMilli - 1000
	g := gcd(scale, spread)
	w := weights{flat: scale / g, steep: spread / g}
	for i := range b.claims {
		w.common = gcd(b.claims[i].movable, w.common)
	}
	w.common = max(w.common, 1)
	return w
}

// set fills in the weights of a curve; false when they leave 62 bits.
func (w *weights) set(c *waterfill.Curve, of *claim) bool {
	const limit = 1 << 62
	d := of.movable / w.common
	cut, fine := money.Mul(d, w.flat+w.steep*(10_000-of.q))
	grow, alsoFine := money.Mul(d, of.q)
	if !fine || !alsoFine || cut >= limit || grow >= limit {
		return false
	}
	w.cut += cut
	w.grow += grow
	c.Cut, c.Grow = cut, grow
	return w.cut < limit && w.grow < limit && w.cut >= 0 && w.grow >= 0
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// classes groups claims by the funds that may pay them: the carrying fund, and the program's eligible funds that compete.
func classes(b *book) (class []int32, eligible [][]int32) {
	class = make([]int32, len(b.claims))
	alone := make([]int32, len(b.in.Funds)) // 1 + class of claims that only this fund may pay
	known := map[string]int32{}             // looked up only, never walked
	var key []byte
	for i := range b.claims {
		c := &b.claims[i]
		set := b.eligible(c)
		if len(set) == 1 {
			if alone[c.fund] == 0 {
				eligible = append(eligible, []int32{c.fund})
				alone[c.fund] = int32(len(eligible)) //nolint:gosec // there are no more classes than claims
			}
			class[i] = alone[c.fund] - 1
			continue
		}
		key = key[:0]
		for _, k := range set {
			key = append(key, byte(k), byte(k>>8), byte(k>>16), byte(k>>24)) //nolint:gosec // all four bytes are kept
		}
		id, ok := known[string(key)]
		if !ok {
			id = int32(len(eligible)) //nolint:gosec // there are no more classes than claims
			known[string(key)] = id
			eligible = append(eligible, slices.Clone(set))
		}
		class[i] = id
	}
	return class, eligible
}

// eligible is the ascending set of funds that may pay a claim; the slice is good until the next call.
func (b *book) eligible(c *claim) []int32 {
	b.set = append(b.set[:0], c.fund)
	if !c.held {
		for _, id := range b.in.Programs[c.program].EligibleFunds {
			if k := b.funds[id]; k != c.fund && b.in.Funds[k].InPool() {
				b.set = append(b.set, k)
			}
		}
	}
	slices.Sort(b.set)
	return b.set
}
