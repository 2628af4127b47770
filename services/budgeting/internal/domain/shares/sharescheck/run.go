package sharescheck

import (
	"math/big"

	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
)

// purses is the money of all voters, exactly: whole numbers over one denominator. The floats beside them only save exact sums where they are far
// from deciding.
type purses struct {
	den   *big.Int
	drop  uint // low bits that floats leave out
	unit  float64
	left  []*big.Int
	near  []float64 // minor units: within 1e-12 of left, relatively, and 1e-15 beyond that
	spare big.Int
}

func newPurses(voters int, each *big.Rat, picks []shares.Pick) *purses {
	den := new(big.Int).Set(each.Denom())
	for i := range picks {
		d := picks[i].Price.Denom()
		shared := new(big.Int).GCD(nil, nil, den, d)
		den.Mul(den, shared.Quo(d, shared))
	}
	m := &purses{den: den, left: make([]*big.Int, voters), near: make([]float64, voters)}
	m.drop = uint(max(0, den.BitLen()-64)) //nolint:gosec // ≥ 0
	m.unit = 1
	m.unit = m.float(den)
	whole := m.times(each, 1)
	for v := range m.left {
		m.set(v, whole)
	}
	return m
}

// float is a whole number over the denominator, roughly.
func (m *purses) float(x *big.Int) float64 {
	f, _ := m.spare.Rsh(x, m.drop).Float64()
	return f / m.unit
}

func (m *purses) set(v int, x *big.Int) { m.left[v], m.near[v] = x, m.float(x) }

// times is f × k over the denominator, which is a multiple of f's.
func (m *purses) times(f *big.Rat, k int64) *big.Int {
	x := new(big.Int).Quo(m.den, f.Denom())
	x.Mul(x, f.Num())
	return x.Mul(x, big.NewInt(k))
}

// apart is how far floats must differ, as a part of their sum, to be believed: the rounding of 2^24 summands stays below.
const apart = 1e-8

// run checks one run of equal shares; whole says that it ends where nothing is affordable, and that the result tells what is left then.
func (c *checker) run(where string, each *big.Rat, picks []shares.Pick, whole bool) {
	for i := range picks {
		k := &picks[i]
		if k.Price == nil || k.Rho == nil || k.Price.Sign() <= 0 {
			c.fail("%spick %d: %q has no price", where, i+1, c.id(k.Project))
			return
		}
		rho := new(big.Rat).Mul(k.Rho, new(big.Rat).SetInt64(c.value(k.Project)))
		if rho.Cmp(k.Price) != 0 {
			c.fail("%spick %d: rho of %q is not its price per utility", where, i+1, c.id(k.Project))
			return
		}
	}
	m := newPurses(c.e.Ballots.Voters(), each, picks)
	gone := make([]bool, len(c.e.Projects))
	for i := range picks {
		k := &picks[i]
		gone[k.Project] = true
		for q := range c.e.Projects {
			if c.poll.open[q] && !gone[q] {
				c.compare(where, i, k, q, m)
			}
		}
		c.pay(where, i, k, m)
		if len(c.wrong) > 0 {
			return
		}
	}
	if whole {
		c.ending(gone, m)
	}
}

// value is the utility of a project per weight.
func (c *checker) value(p int) int64 {
	if c.rule.Utility == shares.CostUtility || c.rule.Utility == shares.PointsCostUtility {
		return c.e.Projects[p].Cost
	}
	return 1
}

// pay takes the payments for a pick: they must add up to its cost, and somebody must pay the price in full, or it is not the least that does.
func (c *checker) pay(where string, i int, k *shares.Pick, m *purses) {
	dues := map[int64]*big.Int{}
	paid := new(big.Int)
	full, rest := 0, 0
	for _, s := range c.poll.by[k.Project] {
		due, ok := dues[s.weight]
		if !ok {
			due = m.times(k.Price, s.weight)
			dues[s.weight] = due
		}
		left := m.left[s.voter]
		switch {
		case left.Cmp(due) >= 0:
			full++
			paid.Add(paid, due)
			m.set(s.voter, new(big.Int).Sub(left, due))
		case left.Sign() > 0:
			rest++
			paid.Add(paid, left)
			m.set(s.voter, new(big.Int))
		}
	}
	if paid.Cmp(new(big.Int).Mul(m.den, big.NewInt(c.e.Projects[k.Project].Cost))) != 0 {
		c.fail("%spick %d: the payments for %q do not add up to its cost of %d", where, i+1, c.id(k.Project), c.e.Projects[k.Project].Cost)
	}
	if full == 0 {
		c.fail("%spick %d: nobody pays the price of %q", where, i+1, c.id(k.Project))
	}
	if full != k.Full || rest != k.Rest {
		c.fail("%spick %d: %d supporters of %q pay the price and %d the rest of their money, not %d and %d",
			where, i+1, full, c.id(k.Project), rest, k.Full, k.Rest)
	}
}

// compare makes sure that project q was no better buy than pick k: that its supporters would not pay its cost at k's rho, or that q loses the tie.
func (c *checker) compare(where string, i int, k *shares.Pick, q int, m *purses) {
	cost := c.e.Projects[q].Cost
	price := new(big.Rat).Mul(k.Rho, new(big.Rat).SetInt64(c.value(q)))
	per, _ := price.Float64()
	sum := 0.0
	for _, s := range c.poll.by[q] {
		sum += min(m.near[s.voter], per*float64(s.weight))
	}
	if sum < float64(cost)*(1-apart) {
		return
	}
	// Exactly, over den × the denominator of price.
	paid, full := new(big.Int), false
	var due, left big.Int
	for _, s := range c.poll.by[q] {
		due.Mul(price.Num(), due.Mul(m.den, due.SetInt64(s.weight)))
		left.Mul(m.left[s.voter], price.Denom())
		if left.Cmp(&due) >= 0 {
			full = true
			paid.Add(paid, &due)
		} else {
			paid.Add(paid, &left)
		}
	}
	due.Mul(m.den, price.Denom())
	switch order := paid.Cmp(due.Mul(&due, left.SetInt64(cost))); {
	case order < 0:
	case order > 0 || !full:
		c.fail("%spick %d: %q was the better buy than %q", where, i+1, c.id(q), c.id(k.Project))
	case c.poll.wins(q, k.Project):
		c.fail("%spick %d: %q ties with %q and is to be preferred", where, i+1, c.id(q), c.id(k.Project))
	}
}

// ending checks that nothing was affordable at the end, and what is said to be left.
func (c *checker) ending(gone []bool, m *purses) {
	s := c.res.Shares
	shorts := s.Short
	for p, open := range c.poll.open {
		if !open || gone[p] {
			continue
		}
		sum := new(big.Int)
		for _, by := range c.poll.by[p] {
			sum.Add(sum, m.left[by.voter])
		}
		money := sum.Quo(sum, m.den)
		if cost := c.e.Projects[p].Cost; money.Cmp(big.NewInt(cost)) >= 0 {
			c.fail("the supporters of %q can still pay its cost of %d", c.id(p), cost)
		}
		if len(shorts) == 0 || shorts[0].Project != p || money.Cmp(big.NewInt(shorts[0].Money)) != 0 {
			c.fail("the supporters of %q had %v left, which is not told so", c.id(p), money)
			return
		}
		shorts = shorts[1:]
	}
	if len(shorts) > 0 {
		c.fail("project %d is told to be too dear for its supporters, but was selected or is not open to selection", shorts[0].Project)
	}
	if len(s.Left) != len(m.left) {
		c.fail("%d voters are told what is left to them, of %d", len(s.Left), len(m.left))
		return
	}
	for v, left := range m.left {
		if money := m.spare.Quo(left, m.den); money.Cmp(big.NewInt(s.Left[v])) != 0 {
			c.fail("voter %d had %v left, not %d", v, money, s.Left[v])
			return
		}
	}
}
