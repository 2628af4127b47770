package certify

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// packageBalance checks that every fund balances in every year; money carried forward is spent by the fund that has it.
func (a *audit) packageBalance() error {
	if len(a.plan.Funds) != len(a.in.Funds) {
		return fmt.Errorf("the plan has %d funds, want %d", len(a.plan.Funds), len(a.in.Funds))
	}
	a.left = a.afterTop()
	for n, spent := range a.shop.spent {
		if a.left[n] -= spent; a.left[n] < 0 {
			return fmt.Errorf("fund %q spends %d more than it has", a.name(n), -a.left[n])
		}
	}
	for k := range a.plan.Funds {
		spent := a.shop.spent[k]
		if n := a.once[k].node; n >= 0 {
			spent += a.shop.spent[n]
		}
		if a.plan.Funds[k].Block != -1 {
			return fmt.Errorf("fund %q is said to be in a block", a.in.Funds[k].ID)
		}
		if err := a.balance(k, spent); err != nil {
			return err
		}
	}
	return nil
}

// packageOrder proves that no payment could move, step by step, to more restricted money with a unit left.
func (a *audit) packageOrder() error {
	n := len(a.nodes)
	to := make([][]bool, n)
	for k := range to {
		to[k] = make([]bool, n)
		to[k][k] = true
	}
	for _, m := range a.shop.moves {
		for _, from := range m.from {
			for _, k := range m.to {
				to[from][k] = true
			}
		}
	}
	for via := range n {
		for from := range n {
			for k := range n {
				to[from][k] = to[from][k] || (to[from][via] && to[via][k])
			}
		}
	}
	order := a.usedFirst()
	for at, restricted := range order {
		if a.left[restricted] == 0 {
			continue
		}
		for _, k := range order[at+1:] {
			if a.shop.spent[k] > 0 && to[k][restricted] {
				return fmt.Errorf("fund %q pays what fund %q, which is more restricted and has %d left, may pay", a.name(k), a.name(restricted), a.left[restricted])
			}
		}
	}
	return nil
}

// worth adds the values of the levels chosen up.
func (a *audit) worth() error {
	var sum, most int64
	for i := range a.shop.bids {
		b := &a.shop.bids[i]
		var best int64
		for j := range b.options {
			o := &b.options[j]
			if o.open && o.value < 0 {
				return fmt.Errorf("level %q of package %q is worth 2^62 or more", o.id, b.id)
			}
			if o.open {
				best = max(best, o.value)
			}
		}
		if most += best; most >= 1<<62 {
			return errors.New("the values add up to 2^62 or more")
		}
		if b.pick >= 0 {
			sum += b.options[b.pick].value
		}
	}
	if a.plan.Search.Value != sum {
		return fmt.Errorf("the choice is said to be worth %d, want %d", a.plan.Search.Value, sum)
	}
	return nil
}

// bound recomputes what the prices of the funds prove (weak duality): every unit of money is worth its price at most, and every package what is
// left of its value when its costs are paid at the least prices of the money that may pay them.
func (a *audit) bound() error {
	s := a.plan.Search
	price, err := a.prices(s)
	if err != nil {
		return err
	}
	var sum signed
	for n, have := range a.afterTop() {
		sum.add(have, price[n])
	}
	for i, kept := range a.shop.kept {
		if kept > 0 {
			sum.sub(kept, least(price, a.lineNodes(i)))
		}
	}
	for i := range a.shop.bids {
		best := a.shop.bids[i].best(price, s.Shift)
		sum.plus(best)
	}
	dual, fits := sum.shifted(uint(s.Shift)) //nolint:gosec // prices has checked it
	switch {
	case !fits || dual != s.DualBound:
		return fmt.Errorf("the prices prove a bound of %d, not %d", dual, s.DualBound)
	case s.Value > s.Bound || s.Bound > s.DualBound || s.States < 0:
		return fmt.Errorf("a value of %d, a bound of %d and one of %d by the prices do not agree", s.Value, s.Bound, s.DualBound)
	}
	return nil
}

// prices reads the price of every node.
func (a *audit) prices(s *model.Search) ([]int64, error) {
	price := make([]int64, len(a.nodes))
	if s.Shift < 0 || s.Shift > 60 {
		return nil, fmt.Errorf("prices are shifted by %d", s.Shift)
	}
	next := 0
	for k := range a.in.Funds {
		enter := func(n int) {
			v := a.nodes[n]
			if next < len(s.Prices) && s.Prices[next] == (model.FundPrice{Fund: a.in.Funds[k].ID, Year: v.year, OneTime: v.oneTime, Price: s.Prices[next].Price}) {
				price[n] = s.Prices[next].Price
				next++
			}
		}
		enter(k)
		if n := a.once[k].node; n >= 0 {
			enter(n)
		}
		for n := range a.nodes { // envelopes are in order of fund and year
			if a.nodes[n].fund == k && a.nodes[n].year > 0 {
				enter(n)
			}
		}
	}
	if next < len(s.Prices) {
		return nil, fmt.Errorf("the price of fund %q in year %d is of no money there is, repeated or out of order", s.Prices[next].Fund, s.Prices[next].Year)
	}
	for _, p := range s.Prices {
		if p.Price <= 0 || p.Price > money.Limit {
			return nil, fmt.Errorf("the price of fund %q is %d", p.Fund, p.Price)
		}
	}
	return price, nil
}

// best is the most that any level which may be picked, or none, has left of its value at the prices.
func (b *bid) best(price []int64, shift int64) (best signed) {
	first := b.required
	for i := range b.options {
		o := &b.options[i]
		if !o.open {
			continue
		}
		var left signed
		left.add(o.value, 1<<shift)
		for _, c := range o.costs {
			left.sub(c.Amount, least(price, c.nodes))
		}
		if first || best.less(left) {
			best, first = left, false
		}
	}
	return best
}

func least(price []int64, nodes []int) int64 {
	out := price[nodes[0]]
	for _, n := range nodes[1:] {
		out = min(out, price[n])
	}
	return out
}

// signed is a 128-bit integer in two's complement. What is entered stays below 2^127: values add up to less than 2^62, money to at most 2^61, and
// prices and shifts are at most 2^60.
type signed struct{ hi, lo uint64 }

func (s *signed) plus(t signed) {
	var carry uint64
	s.lo, carry = bits.Add64(s.lo, t.lo, 0)
	s.hi, _ = bits.Add64(s.hi, t.hi, carry)
}

// add enters a × b, for a, b ≥ 0.
func (s *signed) add(a, b int64) {
	p := product(a, b)
	s.plus(signed(p))
}

// sub takes a × b away.
func (s *signed) sub(a, b int64) {
	p := product(a, b)
	var borrow uint64
	s.lo, borrow = bits.Sub64(s.lo, p.lo, 0)
	s.hi, _ = bits.Sub64(s.hi, p.hi, borrow)
}

func (s signed) less(t signed) bool {
	const sign = 1 << 63
	if s.hi != t.hi {
		return s.hi^sign < t.hi^sign
	}
	return s.lo < t.lo
}

// shifted is ⌊s ÷ 2^by⌋; fits is false when it leaves int64.
func (s signed) shifted(by uint) (v int64, fits bool) {
	lo := s.lo
	if by > 0 {
		lo = s.lo>>by | s.hi<<(64-by)
	}
	v = int64(lo)             //nolint:gosec // two's complement
	rest := int64(s.hi) >> by //nolint:gosec // two's complement
	return v, rest == v>>63
}
