package certify

import (
	"fmt"
	"math/big"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// purses is the money of all voters, exactly: whole numbers over one denominator. The floats beside them only save exact sums where they are far
// from deciding.
type purses struct {
	*poll
	gone  []bool // projects bought
	den   *big.Int
	left  []*big.Int // by voter
	empty *big.Int   // the purse of all who have nothing left
	drop  uint       // low bits that floats leave out
	unit  float64    // den as a float
	near  []float64  // left in minor units, within 1e-12 of it
}

// apart is how far floats must differ, as a part of their sum, to be believed: what the rounding of 2^24 summands comes to is below.
const apart = 1e-8

// newPurses gives every voter an equal part, over a denominator that all prices divide.
func newPurses(t *poll, divided int64, prices []*big.Rat) *purses {
	n := len(t.Ballots)
	each := big.NewRat(divided, int64(n))
	den := new(big.Int).Set(each.Denom())
	for _, p := range prices {
		shared := new(big.Int).GCD(nil, nil, den, p.Denom())
		den.Mul(den, shared.Quo(p.Denom(), shared))
	}
	m := &purses{poll: t, gone: make([]bool, len(t.Projects)), den: den, left: make([]*big.Int, n), near: make([]float64, n), empty: new(big.Int), unit: 1}
	m.drop = uint(max(0, den.BitLen()-64)) //nolint:gosec // not negative
	m.unit = m.float(den)
	whole := m.times(each, 1)
	near := m.float(whole)
	for v := range m.left {
		m.left[v], m.near[v] = whole, near
	}
	return m
}

// times is f × k over the denominator, which f divides.
func (m *purses) times(f *big.Rat, k int64) *big.Int {
	x := new(big.Int).Quo(m.den, f.Denom())
	x.Mul(x, f.Num())
	return x.Mul(x, big.NewInt(k))
}

// float is a whole number over the denominator, roughly: at most one part in 2^63 of a minor unit is left out.
func (m *purses) float(x *big.Int) float64 {
	f, _ := new(big.Int).Rsh(x, m.drop).Float64()
	return f / m.unit
}

// group is supporters of one weight with the same purse: those who have paid alike so far. They go on sharing one.
type group struct {
	paid, left *big.Int
	near       float64 // left
	count      int64
	full       bool
}

// pay takes the payments for a project: they add up to its cost, and somebody pays the price in full, else it is not the least that does.
func (m *purses) pay(p int, price *big.Rat, r *model.SharesRound) error {
	type key struct {
		has    *big.Int
		weight int64
	}
	place := map[key]int{} // in groups; looked up only
	var groups []group
	for _, v := range m.votes[p] {
		k := key{m.left[v.voter], v.weight}
		at, known := place[k]
		if !known {
			at = len(groups)
			place[k] = at
			groups = append(groups, m.charge(k.has, m.times(price, v.weight)))
		}
		g := &groups[at]
		g.count++
		m.left[v.voter], m.near[v.voter] = g.left, g.near
	}
	paid := new(big.Int)
	var full, emptied int64
	for i := range groups {
		g := &groups[i]
		paid.Add(paid, g.paid.Mul(g.paid, big.NewInt(g.count)))
		switch {
		case g.full:
			full += g.count
		case g.paid.Sign() > 0:
			emptied += g.count
		}
	}
	switch {
	case paid.Cmp(new(big.Int).Mul(m.den, big.NewInt(r.Cost))) != 0:
		return fmt.Errorf("the payments for %q do not add up to its cost of %d", r.Program, r.Cost)
	case full == 0:
		return fmt.Errorf("nobody pays the price of %q", r.Program)
	case full != r.Full || emptied != r.Emptied:
		return fmt.Errorf("%d supporters of %q pay the price and %d the rest of their money, not %d and %d", full, r.Program, emptied, r.Full, r.Emptied)
	}
	return nil
}

// charge takes what is due from a purse, or all that is in it. The purse itself stays as it is.
func (m *purses) charge(has, due *big.Int) group {
	if has.Cmp(due) < 0 {
		return group{paid: new(big.Int).Set(has), left: m.empty}
	}
	left := new(big.Int).Sub(has, due)
	return group{paid: due, left: left, near: m.float(left), full: true}
}

// compare makes sure that project q was no better buy than p: that its supporters would not pay its cost at p's rate, or that q loses the tie.
func (m *purses) compare(p, q int, rate *big.Rat) error {
	price := new(big.Rat).Mul(rate, new(big.Rat).SetInt64(m.utility(q)))
	per, _ := price.Float64()
	enough := float64(m.Projects[q].Cost) * (1 - apart)
	if per*float64(m.score[q]) < enough {
		return nil
	}
	sum := 0.0
	for _, v := range m.votes[q] {
		sum += min(m.near[v.voter], per*float64(v.weight))
	}
	if sum < enough {
		return nil
	}
	// Exactly, over den × the denominator of price.
	paid, full := new(big.Int), false
	var due, left big.Int
	for _, v := range m.votes[q] {
		due.Mul(price.Num(), due.Mul(m.den, due.SetInt64(v.weight)))
		left.Mul(m.left[v.voter], price.Denom())
		if left.Cmp(&due) >= 0 {
			full = true
			paid.Add(paid, &due)
		} else {
			paid.Add(paid, &left)
		}
	}
	due.Mul(m.den, price.Denom())
	due.Mul(&due, big.NewInt(m.Projects[q].Cost))
	switch order := paid.Cmp(&due); {
	case order < 0:
	case order > 0 || !full:
		return fmt.Errorf("%q was the better buy than %q", m.Projects[q].Program, m.Projects[p].Program)
	case m.wins(q, p):
		return fmt.Errorf("%q ties with %q and is to be preferred", m.Projects[q].Program, m.Projects[p].Program)
	}
	return nil
}
