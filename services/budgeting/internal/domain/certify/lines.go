package certify

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// offTheTop checks that the lines that do not compete are whole, and that one-time money pays the one-time ones, in their order.
func (a *audit) offTheTop() error {
	toPay := make([]int64, len(a.once))
	for k := range a.once {
		toPay[k] = a.once[k].paid
	}
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
		}
		var oneTime int64
		if w.oneTime {
			oneTime = min(l.Base, toPay[w.fund])
			toPay[w.fund] -= max(0, oneTime)
		}
		if (l.Base == 0 && len(l.Paid) > 0) || (l.Base != 0 && (len(l.Paid) != 1 || l.Paid[0] != model.Payment{Fund: l.Fund, Amount: l.Base, OneTime: oneTime})) {
			return a.at(i, "must be paid by its own fund alone, %d of it with one-time money", oneTime)
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
		top := a.asks(w, l.Base)
		if _, _, none := a.keeps(w); none && a.idle(w, l.Base) {
			top = w.least
		}
		w.odd, w.oddNode = l.Base%a.unit, w.fund
		if !a.hasPoint(w.least, top, w.odd) {
			w.odd = w.least % a.unit
		}
		a.oddPayer(w, left, order)
		a.grid(l, w, top)
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

// hasPoint says whether odd + a whole number of units ≥ 0 lies from low to high.
func (a *audit) hasPoint(low, high, odd int64) bool {
	point := odd
	if low > odd {
		point += money.CeilDiv(low-odd, a.unit) * a.unit
	}
	return point <= high
}

// oddPayer finds who pays the odd minor units: the carrying fund, one-time money first where it may, else the most restricted money that can,
// else nobody and they are given up.
func (a *audit) oddPayer(w *working, left []int64, order []int) {
	if w.odd == 0 {
		return
	}
	own := [2]int{a.once[w.fund].node, w.fund}
	for _, n := range append(own[:], order...) {
		if n >= 0 && left[n] >= w.odd && slices.Contains(w.nodes, n) {
			left[n] -= w.odd
			w.oddNode = n
			return
		}
	}
	w.odd = 0
}
