package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
	"github.com/throughline/throughline/services/platform/fault"
)

// fill turns the choice into lines, payments and results.
func (s *shop) fill(ctx context.Context, plan *model.Plan) error {
	plan.Packages = make([]model.PackageResult, len(s.offers))
	for i := range s.offers {
		o, r := &s.offers[i], &plan.Packages[i]
		*r = model.PackageResult{Package: o.id(), Program: s.in.Programs[o.program].ID, Level: o.level()}
		if t := o.pick(); t != nil {
			r.Value, r.Amount = t.value, t.amount()
		}
	}
	s.amounts()
	spent, err := s.payments(ctx, plan)
	if err != nil {
		return err
	}
	s.balance(plan, spent)
	return nil
}

// amounts fills the lines: what must be paid whatever is chosen, and what is chosen. Min and Max are the least and the most that any choice gives.
func (s *shop) amounts() {
	named := make([]bool, len(s.lines)) // by what is chosen
	for i := range s.lines {
		l := &s.lines[i]
		if c := s.claimOf[i]; c >= 0 {
			s.describe(l, &s.claims[c])
			l.Min, l.Max, l.Amount = s.base[i], s.base[i], s.base[i]
		}
	}
	for i := range s.offers {
		o := &s.offers[i]
		s.reach(o)
		if t := o.pick(); t != nil {
			for _, it := range t.items {
				if it.line >= 0 {
					s.lines[it.line].Amount += it.amount
					named[it.line] = true
				}
			}
		}
	}
	for p := range s.in.Programs {
		for i := s.first[p]; i < s.first[p+1]; i++ {
			l := &s.lines[i]
			l.Change = l.Amount - l.Base
			l.Reason = s.lineReason(i, s.replaced[p], named[i])
			if l.Change < 0 && l.Revenue > 0 && l.Base > 0 {
				l.RevenueLost, _ = money.MulDivHalfEven(-l.Change, l.Revenue, l.Base) // at most Revenue
			}
		}
	}
}

// reach widens the bounds of the lines that an offer names.
func (s *shop) reach(o *offer) {
	for i := s.first[o.program]; i < s.first[o.program+1]; i++ {
		if !s.touched[i] {
			continue
		}
		least, most := int64(-1), int64(0)
		for j := range o.tiers {
			var sum int64
			for _, it := range o.tiers[j].items {
				if it.line == i {
					sum += it.amount
				}
			}
			most = max(most, sum)
			if least < 0 || sum < least {
				least = sum
			}
		}
		if o.required && least > 0 {
			s.lines[i].Min += least
		}
		s.lines[i].Max += most
	}
}

// lineReason says what decided a line.
func (s *shop) lineReason(i int32, replaced, named bool) model.Reason {
	l := &s.lines[i]
	switch {
	case l.Reason == model.OffTheTop:
		return model.OffTheTop
	case replaced && l.Treatment == model.Competes && (l.Reason != model.IsCredit || s.touched[i]):
		return model.ReplacedBase
	case s.touched[i] && named:
		return model.Selected
	case s.touched[i]:
		return model.NotSelected
	case l.Reason == model.IsCredit:
		return model.IsCredit
	}
	switch c := &s.claims[s.claimOf[i]]; {
	case c.held:
		return model.NotNamed
	case c.least > c.base:
		return c.leastWhy
	case c.movable == 0 && c.floor > 0:
		return model.AtFloor
	default:
		return model.AtBase
	}
}

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

// balance tells what became of the money of the budget's year. What is carried forward to pay later years of packages is spent.
func (s *shop) balance(plan *model.Plan, spent []int64) {
	plan.Funds = make([]model.FundResult, len(s.in.Funds))
	for k := range s.in.Funds {
		f, r := &s.in.Funds[k], &plan.Funds[k]
		*r = model.FundResult{
			Fund: f.ID, Available: f.Available, Fixed: s.fixed[k], Revenue: s.revenue[k], Competing: spent[k], Surplus: s.have[k] - spent[k],
			Block: -1, OneTime: f.OneTime, OneTimeUsed: f.OneTime,
		}
		if n := s.once[k]; n >= 0 {
			over := s.have[n] - spent[n]
			r.Competing += spent[n]
			r.Surplus += over
			r.OneTimeUsed -= over
		}
	}
}
