package certify

import (
	"fmt"
	"slices"
)

// eligibility checks who pays, and turns the payments into whole units of each kind of money.
func (a *audit) eligibility() error {
	for _, i := range a.claims {
		l, w := &a.plan.Lines[i], &a.work[i]
		if l.Block < 0 || int(l.Block) >= len(a.plan.Blocks) {
			return a.at(i, "is in block %d, which does not exist", l.Block+1)
		}
		w.block = l.Block
		paid, odd := int64(0), w.odd
		from := len(a.pays)
		for j, p := range l.Paid {
			k, known := a.fundAt(p.Fund, i)
			switch {
			case !known:
				return a.at(i, "is paid by fund %q, which may not pay it", p.Fund)
			case p.Amount <= 0 || p.OneTime < 0 || p.OneTime > p.Amount:
				return a.at(i, "is paid %d by fund %q, %d of it one-time", p.Amount, p.Fund, p.OneTime)
			case j > 0 && l.Paid[j-1].Fund >= p.Fund:
				return a.at(i, "has payments out of order or repeated")
			}
			paid += p.Amount
			a.spent[k] += p.Amount
			var err error
			if odd, err = a.enter(i, k, p.Amount-p.OneTime, odd); err != nil {
				return err
			}
			if odd, err = a.enter(i, a.once[k].node, p.OneTime, odd); err != nil {
				return err
			}
		}
		w.pays = a.pays[from:len(a.pays):len(a.pays)]
		short := a.plan.Blocks[l.Block].Short > 0
		if odd != 0 || paid > l.Amount || (paid < l.Amount && !short) {
			return a.at(i, "is paid %d of %d", paid, l.Amount)
		}
	}
	return nil
}

// enter takes down what a node pays of a claim, takes it from the node, and answers the odd minor units that are still to be paid.
func (a *audit) enter(i, node int, amount, odd int64) (int64, error) {
	if amount == 0 {
		return odd, nil
	}
	w := &a.work[i]
	if !slices.Contains(w.nodes, node) {
		if node < 0 || a.nodes[node].oneTime {
			return odd, a.at(i, "is paid %d of one-time money, which may not pay it", amount)
		}
		return odd, a.at(i, "is paid by fund %q, which may not pay it", a.name(node))
	}
	if node == w.oddNode {
		amount -= odd
		odd = 0
	}
	if amount < 0 || amount%a.unit != 0 {
		return odd, a.at(i, "is paid %d by fund %q, not whole units", amount, a.name(node))
	}
	if amount > 0 {
		a.pays = append(a.pays, payment{node, amount / a.unit})
		a.left[node] -= amount
	}
	return odd, nil
}

// conservation checks that every fund balances, ongoing and one-time money apart.
func (a *audit) conservation() error {
	if len(a.plan.Funds) != len(a.in.Funds) {
		return fmt.Errorf("the plan has %d funds, want %d", len(a.plan.Funds), len(a.in.Funds))
	}
	for k := range a.plan.Funds {
		if err := a.balance(k, a.spent[k]); err != nil {
			return err
		}
	}
	return nil
}

func (a *audit) balance(k int, spent int64) error {
	r, f := &a.plan.Funds[k], &a.in.Funds[k]
	over, rest := a.left[k], a.left[k]%a.unit
	used := f.OneTime
	if n := a.once[k].node; n >= 0 {
		if a.left[n] < 0 {
			return fmt.Errorf("fund %q spends %d of one-time money that it does not have", f.ID, -a.left[n])
		}
		over += a.left[n]
		rest += a.left[n] % a.unit
		used -= a.left[n]
	}
	switch {
	case r.Fund != f.ID || r.Available != f.Available || r.Fixed != a.fixed[k] || r.Revenue != a.income[k] || r.Competing != spent:
		return fmt.Errorf("fund %q is told wrong: available %d, fixed %d, revenue %d, competing %d; want %d, %d, %d, %d",
			r.Fund, r.Available, r.Fixed, r.Revenue, r.Competing, f.Available, a.fixed[k], a.income[k], spent)
	case r.Available != r.Fixed+r.Revenue+r.Competing+r.Surplus+r.Remainder:
		return fmt.Errorf("fund %q does not balance", r.Fund)
	case a.left[k] < 0 || r.Surplus < 0 || r.Surplus%a.unit != 0 || r.Remainder != rest:
		return fmt.Errorf("fund %q has surplus %d and remainder %d", r.Fund, r.Surplus, r.Remainder)
	case over != r.Surplus+r.Remainder:
		return fmt.Errorf("fund %q has %d left, want %d", r.Fund, over, r.Surplus+r.Remainder)
	case r.OneTime != f.OneTime || r.OneTimeUsed != used:
		return fmt.Errorf("fund %q is said to use %d of %d of one-time money, want %d of %d", r.Fund, r.OneTimeUsed, r.OneTime, used, f.OneTime)
	}
	return nil
}
