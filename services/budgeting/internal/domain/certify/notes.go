package certify

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// notes checks what the plan says beside the amounts.
func (a *audit) notes() error {
	for _, i := range a.claims {
		l := &a.plan.Lines[i]
		if want := a.reason(i); l.Reason != want {
			return a.at(i, "gives %s as its reason, want %s", l.Reason, want)
		}
		var lost int64
		if l.Amount < l.Base && l.Revenue > 0 {
			lost, _ = money.MulDivHalfEven(l.Base-l.Amount, l.Revenue, l.Base)
		}
		if l.RevenueLost != lost {
			return a.at(i, "loses revenue of %d, want %d", l.RevenueLost, lost)
		}
	}
	return a.nextUnit()
}

// totals adds the waterfall and the totals up again.
func (a *audit) totals() error {
	if len(a.plan.Waterfall) != len(a.in.Funds) {
		return fmt.Errorf("the waterfall has %d funds, want %d", len(a.plan.Waterfall), len(a.in.Funds))
	}
	sums := make([]steps, len(a.in.Funds)+1)
	want := make([]model.Waterfall, len(a.in.Funds)+1)
	t := a.beside()
	for i := range a.plan.Lines {
		l, w := &a.plan.Lines[i], &a.work[i]
		interfund := l.Treatment == model.Interfund
		want[w.fund].Total += l.Gross()
		if !interfund {
			want[w.fund].Net += l.Gross()
		}
		want[w.fund].Movable += w.movable
		sum := &sums[w.fund]
		switch {
		case l.Treatment != model.Competes:
			sum.of[l.Treatment.Place()] += l.Gross()
		case !w.competes:
			sum.credit += l.Base
		case w.held:
			sum.unnamed += l.Base
		default:
			sum.floor += l.Base - w.movable
		}
		if l.Treatment == model.Competes {
			sum.revenue += l.Revenue
		}
		spending := l.Amount + l.Revenue - l.RevenueLost
		t.GrossBase += l.Gross()
		t.GrossAmount += spending
		if !interfund {
			t.NetBase += l.Gross()
			t.NetAmount += spending
		}
		t.Change += l.Amount - l.Base
		t.RevenueLost += l.RevenueLost
	}
	for i := range a.plan.Blocks {
		t.Short += a.plan.Blocks[i].Short
	}
	for k := range a.plan.Funds {
		t.Surplus += a.plan.Funds[k].Surplus
		t.Remainder += a.plan.Funds[k].Remainder
	}
	if a.plan.Totals != t {
		return fmt.Errorf("totals are %+v, want %+v", a.plan.Totals, t)
	}
	all, overall := &want[len(a.in.Funds)], &sums[len(a.in.Funds)]
	for k := range a.in.Funds {
		w := &want[k]
		w.Fund, w.Available = a.in.Funds[k].ID, a.in.Funds[k].Available
		if err := fall(&a.plan.Waterfall[k], w, &sums[k]); err != nil {
			return err
		}
		all.Total, all.Net, all.Movable, all.Available = all.Total+w.Total, all.Net+w.Net, all.Movable+w.Movable, all.Available+w.Available
		overall.add(&sums[k])
	}
	return fall(&a.plan.Overall, all, overall)
}

// steps are what cannot move, by what keeps it.
type steps struct {
	of                              [7]int64 // treatments, by place
	revenue, credit, unnamed, floor int64
}

func (s *steps) add(t *steps) {
	for place := range s.of {
		s.of[place] += t.of[place]
	}
	s.revenue, s.credit, s.unnamed, s.floor = s.revenue+t.revenue, s.credit+t.credit, s.unnamed+t.unnamed, s.floor+t.floor
}

// named lists the steps that are not nothing, in the order of the waterfall.
func (s *steps) named() (out []model.Step) {
	add := func(name model.StepName, amount int64) {
		if amount != 0 {
			out = append(out, model.Step{Name: name, Amount: amount})
		}
	}
	for place, t := range model.Treatments() {
		add(model.StepName(t), s.of[place]) // nothing for what competes
	}
	add(model.StepRevenue, s.revenue)
	add(model.StepCredit, s.credit)
	add(model.StepUnnamed, s.unnamed)
	add(model.StepFloor, s.floor)
	return out
}

// fall compares one waterfall, its steps included.
func fall(got, want *model.Waterfall, s *steps) error {
	if steps := s.named(); !slices.Equal(got.Steps, steps) {
		return fmt.Errorf("waterfall of %q: steps are %v, want %v", got.Fund, got.Steps, steps)
	}
	reach := want.Available - want.Total + want.Movable
	rest := got.Total
	for _, s := range got.Steps {
		rest -= s.Amount
	}
	if got.Fund != want.Fund || got.Total != want.Total || got.Net != want.Net || got.Movable != want.Movable || got.Available != want.Available ||
		got.ToShare != reach || got.Gap != want.Movable-reach || rest != want.Movable {
		return fmt.Errorf("the waterfall of %q does not add up", got.Fund)
	}
	return nil
}
