package certify

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// offTheTop checks that the lines that do not compete are whole.
func (a *audit) offTheTop() error {
	for i := range a.plan.Lines {
		l, w := &a.plan.Lines[i], &a.work[i]
		if w.competes {
			continue
		}
		want := model.OffTheTop
		if l.Treatment == model.Competes {
			want = model.IsCredit
		}
		switch {
		case l.Amount != l.Base || l.Min != l.Base || l.Max != l.Base:
			return a.at(i, "gets %d (from %d to %d), must be whole: %d", l.Amount, l.Min, l.Max, l.Base)
		case l.Block != -1 || l.Reason != want || l.Floor != 0 || l.Movable != 0 || l.ScoreBP != 0 || l.Odd != 0:
			return a.at(i, "is described as a line that moves")
		case l.Base == 0 && len(l.Paid) > 0, l.Base != 0 && (len(l.Paid) != 1 || l.Paid[0] != model.Payment{Fund: l.Fund, Amount: l.Base}):
			return a.at(i, "must be paid by its own fund alone")
		}
	}
	return nil
}

// bounds recomputes the rounding grid and the bounds of every claim.
func (a *audit) bounds() error {
	left := a.afterTop()
	order := a.usedFirst()
	for _, i := range a.claims {
		l, w := &a.plan.Lines[i], &a.work[i]
		top := l.Base
		if !w.held {
			if w.movable > 0 && w.score > 0 {
				top += w.request
			}
			top = min(w.most, max(top, w.least))
		}
		w.odd, w.oddFund = l.Base%a.unit, w.fund
		if !a.hasPoint(w.least, top, w.odd) {
			w.odd = w.least % a.unit
		}
		a.oddPayer(w, left, order)
		a.ownGrid(l, w, top)
		switch {
		case l.Odd != w.odd:
			return a.at(i, "keeps %d odd minor units, want %d", l.Odd, w.odd)
		case l.Min != w.odd+a.unit*w.lo || l.Max != w.odd+a.unit*w.hi:
			return a.at(i, "is bound from %d to %d, want %d to %d", l.Min, l.Max, w.odd+a.unit*w.lo, w.odd+a.unit*w.hi)
		case l.Amount < l.Min || l.Amount > l.Max:
			return a.at(i, "gets %d, outside %d to %d", l.Amount, l.Min, l.Max)
		case (l.Amount-w.odd)%a.unit != 0:
			return a.at(i, "gets %d, not whole units of %d above %d", l.Amount, a.unit, w.odd)
		}
		w.x = (l.Amount - w.odd) / a.unit
	}
	a.left = left
	return nil
}

// afterTop is what each fund has once its own lines off the top and program revenue are taken away.
func (a *audit) afterTop() []int64 {
	left := make([]int64, len(a.in.Funds))
	for k := range left {
		left[k] = a.in.Funds[k].Available - a.income[k] - a.fixed[k]
	}
	return left
}

// hasPoint says whether odd + a whole number of units ≥ 0 lies from low to high.
func (a *audit) hasPoint(low, high, odd int64) bool {
	point := odd
	if low > odd {
		point += money.CeilDiv(low-odd, a.unit) * a.unit
	}
	return point <= high
}

// oddPayer finds who pays the odd minor units: the carrying fund, else the most restricted that can, else nobody and they are given up.
func (a *audit) oddPayer(w *working, left []int64, order []int) {
	if w.odd == 0 {
		return
	}
	if left[w.fund] >= w.odd {
		left[w.fund] -= w.odd
		return
	}
	for _, k := range order {
		if left[k] >= w.odd && slices.Contains(w.funds, k) {
			left[k] -= w.odd
			w.oddFund = k
			return
		}
	}
	w.odd = 0
}

// ownGrid is base and bounds in whole units above odd: lower bounds up, upper ones down, law before caps, caps before the limit on cuts.
func (a *audit) ownGrid(l *model.Line, w *working, top int64) {
	if l.Base > w.odd {
		w.base = (l.Base - w.odd) / a.unit
	}
	if w.held {
		w.lo, w.hi = w.base, w.base
		return
	}
	var law int64
	if w.least > w.odd {
		law = money.CeilDiv(w.least-w.odd, a.unit)
	}
	w.hi = law
	if top > w.odd {
		w.hi = max(law, (top-w.odd)/a.unit)
	}
	cut, _ := money.MulDivFloor(w.movable, a.in.Params.MaxCutPPM, 1_000_000)
	w.lo = max(law, min(w.hi, w.base-cut/a.unit))
}

// eligibility checks who pays, and turns the payments into whole units.
func (a *audit) eligibility() error {
	for _, i := range a.claims {
		l, w := &a.plan.Lines[i], &a.work[i]
		if l.Block < 0 || l.Block >= len(a.plan.Blocks) {
			return a.at(i, "is in block %d, which does not exist", l.Block+1)
		}
		paid := int64(0)
		odd := w.odd
		from := len(a.pays)
		for j, p := range l.Paid {
			k, known := a.fund[p.Fund]
			switch {
			case !known || !slices.Contains(w.funds, k):
				return a.at(i, "is paid by fund %q, which may not pay it", p.Fund)
			case p.Amount <= 0:
				return a.at(i, "is paid %d by fund %q", p.Amount, p.Fund)
			case j > 0 && l.Paid[j-1].Fund >= p.Fund:
				return a.at(i, "has payments out of order or repeated")
			}
			amount := p.Amount
			paid += amount
			if k == w.oddFund {
				amount -= odd
				odd = 0
			}
			if amount < 0 || amount%a.unit != 0 {
				return a.at(i, "is paid %d by fund %q, not whole units", p.Amount, p.Fund)
			}
			if amount > 0 {
				a.pays = append(a.pays, payment{k, amount / a.unit})
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

// conservation checks that every fund balances.
func (a *audit) conservation() error {
	if len(a.plan.Funds) != len(a.in.Funds) {
		return fmt.Errorf("the plan has %d funds, want %d", len(a.plan.Funds), len(a.in.Funds))
	}
	spent := make([]int64, len(a.in.Funds))
	for _, i := range a.claims {
		for _, p := range a.plan.Lines[i].Paid {
			spent[a.fund[p.Fund]] += p.Amount
		}
		for _, p := range a.work[i].pays {
			a.left[p.fund] -= p.units * a.unit
		}
	}
	for k := range a.plan.Funds {
		r, f := &a.plan.Funds[k], &a.in.Funds[k]
		switch {
		case r.Fund != f.ID || r.Available != f.Available || r.Fixed != a.fixed[k] || r.Revenue != a.income[k] || r.Competing != spent[k]:
			return fmt.Errorf("fund %q is told wrong: available %d, fixed %d, revenue %d, competing %d; want %d, %d, %d, %d",
				r.Fund, r.Available, r.Fixed, r.Revenue, r.Competing, f.Available, a.fixed[k], a.income[k], spent[k])
		case r.Available != r.Fixed+r.Revenue+r.Competing+r.Surplus+r.Remainder:
			return fmt.Errorf("fund %q does not balance", r.Fund)
		case r.Surplus < 0 || r.Surplus%a.unit != 0 || r.Remainder < 0 || r.Remainder >= a.unit:
			return fmt.Errorf("fund %q has surplus %d and remainder %d", r.Fund, r.Surplus, r.Remainder)
		case a.left[k] != r.Surplus+r.Remainder:
			return fmt.Errorf("fund %q has %d left, want %d", r.Fund, a.left[k], r.Surplus+r.Remainder)
		}
	}
	return nil
}
