package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
	"github.com/throughline/throughline/services/platform/fault"
)

// due is something to pay: a line's base, or one cost of a chosen package.
type due struct {
	item
	offer int32 // −1 for a base
}

// dues lists all there is to pay, lines first.
func (s *shop) dues() []due {
	out := make([]due, 0, len(s.lines)+2*len(s.offers))
	for i, amount := range s.base {
		if amount > 0 {
			it := item{line: int32(i), fund: s.lineIn[i], class: s.classOf[i], oneTime: s.lines[i].OneTime, amount: amount} //nolint:gosec // lines are fewer than 2^31
			out = append(out, due{it, -1})
		}
	}
	for i := range s.offers {
		if t := s.offers[i].pick(); t != nil {
			for _, it := range t.items {
				if it.amount > 0 {
					out = append(out, due{it, int32(i)})
				}
			}
		}
	}
	return out
}

// payments pays everything, the most restricted money first: of all ways to pay, one that uses as much as possible of the first pocket, then of
// the second, and so on. Each cost is paid by the fund that carries it as far as that goes.
func (s *shop) payments(ctx context.Context, plan *model.Plan) (spent []int64, err error) {
	dues := s.dues()
	p := earmark.Problem{
		Class: make([]int32, len(s.eligible)), Curves: make([]waterfill.Curve, len(s.eligible)), Eligible: s.eligible, Capacity: s.have, Order: s.use,
	}
	for i := range dues {
		p.Curves[dues[i].class].Lo += dues[i].amount
	}
	for c := range p.Curves {
		p.Class[c] = int32(c)
		p.Curves[c].Base, p.Curves[c].Hi = p.Curves[c].Lo, p.Curves[c].Lo
	}
	got, err := earmark.Solve(ctx, p)
	if err != nil {
		return nil, fmt.Errorf("allocate: %w", err)
	}
	for i := range got.Blocks {
		if got.Blocks[i].Short > 0 {
			return nil, fault.New(fault.Internal, "UNPAYABLE_CHOICE", "the packages that were chosen cannot be paid together")
		}
	}
	for i := range s.lines {
		if l := &s.lines[i]; l.Reason == model.OffTheTop || l.Base < 0 {
			if l.Base != 0 {
				l.Paid = []model.Payment{s.fromTheTop(l, s.lineIn[i])}
			}
		}
	}
	spent = make([]int64, len(s.have))
	order := placesByUse(s.eligible, s.use)
	for _, own := range []bool{true, false} {
		for i := range dues {
			d := &dues[i]
			for _, at := range order[d.class] {
				n := s.eligible[d.class][at]
				units := min(d.amount, got.Paid[d.class][at])
				if units == 0 || (own && s.pockets[n].fund != d.fund) {
					continue
				}
				got.Paid[d.class][at] -= units
				d.amount -= units
				spent[n] += units
				s.pay(plan, d, n, units)
			}
		}
	}
	return spent, nil
}

// pay enters a payment in the line and the package that it is for.
func (s *shop) pay(plan *model.Plan, d *due, node int32, amount int64) {
	from := &s.pockets[node]
	id := s.in.Funds[from.fund].ID
	var once int64
	if from.once {
		once = amount
	}
	if d.line >= 0 {
		l := &s.lines[d.line]
		at, found := slices.BinarySearchFunc(l.Paid, id, func(p model.Payment, id string) int { return cmp.Compare(p.Fund, id) })
		if !found {
			l.Paid = slices.Insert(l.Paid, at, model.Payment{Fund: id})
		}
		l.Paid[at].Amount += amount
		l.Paid[at].OneTime += once
		if l.Paid[at] == (model.Payment{Fund: id}) { // a credit that is used up
			l.Paid = slices.Delete(l.Paid, at, at+1)
		}
	}
	if d.offer >= 0 {
		r := &plan.Packages[d.offer]
		p := model.PackagePaid{Fund: id, Year: d.year, Carried: d.year - from.year}
		at, found := slices.BinarySearchFunc(r.Paid, p, byPayment)
		if !found {
			r.Paid = slices.Insert(r.Paid, at, p)
		}
		r.Paid[at].Amount += amount
		r.Paid[at].OneTime += once
	}
}

func byPayment(a, b model.PackagePaid) int {
	return cmp.Or(cmp.Compare(a.Fund, b.Fund), cmp.Compare(a.Year, b.Year), cmp.Compare(a.Carried, b.Carried))
}
