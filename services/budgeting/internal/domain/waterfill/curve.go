// Package waterfill shares whole units over one-rate response curves: the exact integer optimum, by Webster rounding with minima and maxima.
package waterfill

import (
	"cmp"
	"math/bits"
)

// Curve is how one claim answers the common rate. Amounts are whole units with Base ≥ 0 and 0 ≤ Lo ≤ Hi; weights are ≥ 0. Over all claims Σ Base,
// Σ Hi, Σ Cut and Σ Grow are each below 2^62, which callers check. Under a shortage at rate λ the claim gets Base − λ·Cut, under growth
// Base + λ·Grow, rounded to the unit and clamped to Lo…Hi. A curve that starts from nothing (amount = λ·Grow) has Base 0.
//
// A zero weight cannot move: Grow 0 needs Hi ≤ max(Base, Lo), Cut 0 needs Lo ≥ min(Base, Hi).
type Curve struct {
	Base, Lo, Hi int64
	Cut, Grow    int64
}

// Start is the amount when nothing is shared.
func (c *Curve) Start() int64 { return max(c.Lo, min(c.Hi, c.Base)) }

// Direction is the side of the curves that a fill is on.
type Direction int8

// Directions.
const (
	Shortage Direction = -1
	Held     Direction = 0
	Growth   Direction = 1
)

// Rate is exact: any rate from Last to Next gives every claim its change, as rate times weight rounded to the nearest unit and clamped.
// Where Last and Next lie at one rate, the claims exactly on a half are decided by weight (the heavier gives or gains first), then by index
// (the earlier is the better off).
type Rate struct {
	Direction Direction
	Last      Unit // the last unit that moved
	Next      Unit // the first that did not
}

// Unit is the Nth unit by which a claim moves, at the rate (2·N − 1) ÷ (2 × weight); Claim is −1 for none.
type Unit struct {
	Claim int32
	N     int64
}

// None is no unit.
var None = Unit{Claim: -1}

// product is a × b in two words, for a, b ≥ 0.
func product(a, b int64) (hi, lo uint64) {
	return bits.Mul64(uint64(a), uint64(b)) //nolint:gosec // amounts and weights are non-negative
}

// less says whether a ÷ v < b ÷ w, by the 128-bit cross products.
func less(a, v, b, w int64) bool {
	ah, al := product(a, w)
	bh, bl := product(b, v)
	_, borrow := bits.Sub64(al, bl, 0)
	_, borrow = bits.Sub64(ah, bh, borrow)
	return borrow != 0
}

// compare orders a ÷ v and b ÷ w, by the same products.
func compare(a, v, b, w int64) int {
	ah, al := product(a, w)
	bh, bl := product(b, v)
	if ah != bh {
		return cmp.Compare(ah, bh)
	}
	return cmp.Compare(al, bl)
}

// scaled is p × w ÷ q rounded to the nearest integer, halves down, at most most; for p, w ≥ 0 and q > 0.
func scaled(p, w, q, most int64) int64 {
	hi, lo := product(p, w)
	by, limit := uint64(q), uint64(most) //nolint:gosec // q > 0 and most ≥ 0
	if hi >= by {
		return most
	}
	quo, rem := bits.Div64(hi, lo, by)
	if quo >= limit {
		return most
	}
	if 2*rem > by {
		quo++
	}
	return int64(quo) //nolint:gosec // quo ≤ most
}

// First is the total order of units that decides every tie: whether the unit above amount x of claim i is given before the unit above amount y
// of claim j. Both claims must be able to move there. Units below base come first, those least missed last.
func First(curves []Curve, i int32, x int64, j int32, y int64) bool {
	a, b := &curves[i], &curves[j]
	switch {
	case x < a.Base && y < b.Base: // of two reductions the one that is given up last is given back first
		return before(2*(b.Base-y)-1, b.Cut, j, 2*(a.Base-x)-1, a.Cut, i, Shortage)
	case x < a.Base || y < b.Base:
		return x < a.Base
	default:
		return before(2*(x-a.Base)+1, a.Grow, i, 2*(y-b.Base)+1, b.Grow, j, Growth)
	}
}

// before orders two units, told by twice their middle, their weight and their claim: by rate, then the heavier, then the claim that leaves the
// earlier one better off.
func before(a, v int64, i int32, b, w int64, j int32, d Direction) bool {
	if c := compare(a, v, b, w); c != 0 {
		return c < 0
	}
	if v != w {
		return v > w
	}
	if d == Shortage {
		return i > j
	}
	return i < j
}
