package engine

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
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
			l.Reason = s.lineReason(i, s.replaced[p], named[i])
			if l.Change() < 0 && l.Revenue > 0 && l.Base > 0 {
				l.RevenueLost, _ = money.MulDivHalfEven(-l.Change(), l.Revenue, l.Base) // at most Revenue
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
		return c.leastWhy()
	case c.movable == 0 && c.floor > 0:
		return model.AtFloor
	default:
		return model.AtBase
	}
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
