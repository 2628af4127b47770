package certify

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// packageShortfalls checks each proof of infeasibility: what must be paid off the top, the base, and the least of any service level, as far as
// only this money may pay it, exceed the money.
func (a *audit) packageShortfalls() error {
	for n := range a.plan.Shortfalls {
		if err := a.packageShortfall(&a.plan.Shortfalls[n]); err != nil {
			return fmt.Errorf("shortfall %d: %w", n, err)
		}
	}
	return nil
}

func (a *audit) packageShortfall(s *model.Shortfall) error {
	inside, have, _, err := a.proofMoney(s)
	if err != nil {
		return err
	}
	for i, l := range s.Later {
		at := slices.IndexFunc(a.nodes, func(n node) bool { return n.year == l.Year && l.Year > 0 && a.in.Funds[n.fund].ID == l.Fund })
		if at < 0 || (i > 0 && (s.Later[i-1].Fund > l.Fund || (s.Later[i-1].Fund == l.Fund && s.Later[i-1].Year >= l.Year))) {
			return fmt.Errorf("lists year %d of fund %q, which has no envelope, is out of order or repeated", l.Year, l.Fund)
		}
		inside[at] = true
		have += a.nodes[at].have
	}
	need, next := int64(0), 0
	for i := range a.plan.Lines {
		want, must := a.mustPay(i, inside)
		if !must {
			continue
		}
		if next == len(s.Lines) || s.Lines[next] != want {
			return a.at(i, "must be paid %d by these funds, which the proof does not tell", want.Amount)
		}
		need += want.Amount
		next++
	}
	if next < len(s.Lines) {
		return fmt.Errorf("lists %v, which need not be paid by these funds, or is out of order", s.Lines[next])
	}
	next = 0
	for i := range a.shop.bids {
		b := &a.shop.bids[i]
		want := model.RequiredPackage{Package: b.id, Program: a.in.Programs[b.program].ID, Amount: b.leastInside(inside)}
		if !b.required || want.Amount == 0 {
			continue
		}
		if next == len(s.Packages) || s.Packages[next] != want {
			return fmt.Errorf("package %q costs these funds %d at least, which the proof does not tell", b.id, want.Amount)
		}
		need += want.Amount
		next++
	}
	switch {
	case next < len(s.Packages):
		return fmt.Errorf("lists package %q, which need not cost these funds anything, or is out of order", s.Packages[next].Package)
	case s.Required != need || s.Available != have || s.Short != need-have:
		return fmt.Errorf("says %d required, %d available, %d short; want %d, %d, %d", s.Required, s.Available, s.Short, need, have, need-have)
	case need <= have:
		return fmt.Errorf("%d required is covered by %d available", need, have)
	}
	return nil
}

// mustPay is what must be paid of a line by money of a proof alone.
func (a *audit) mustPay(i int, inside []bool) (r model.RequiredLine, must bool) {
	l, w := &a.plan.Lines[i], &a.work[i]
	r = model.RequiredLine{Program: l.Program, Fund: l.Fund, Treatment: l.Treatment, OneTime: l.OneTime}
	switch {
	case w.project:
		return r, false
	case w.competes:
		for _, n := range a.lineNodes(i) {
			if !inside[n] {
				return r, false
			}
		}
		r.Amount = a.shop.kept[i]
		if w.floor > 0 {
			r.Citation = w.program.Mandate.Citation
		}
	case !inside[w.fund] || (w.oneTime && a.once[w.fund].node >= 0 && !inside[a.once[w.fund].node]):
		return r, false
	default:
		r.Amount = l.Base
	}
	return r, r.Amount != 0
}

// leastInside is the least that any level which may be picked costs where only money of a proof may pay.
func (b *bid) leastInside(inside []bool) int64 {
	low, first := int64(0), true
	for _, o := range b.options {
		if !o.open {
			continue
		}
		var sum int64
		for _, c := range o.costs {
			if !slices.ContainsFunc(c.nodes, func(n int) bool { return !inside[n] }) {
				sum += c.Amount
			}
		}
		if first || sum < low {
			low, first = sum, false
		}
	}
	return low
}
