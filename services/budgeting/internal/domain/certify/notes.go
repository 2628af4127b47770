package certify

import (
	"fmt"

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
	sums := make([]map[model.StepName]int64, len(a.in.Funds)+1)
	want := make([]model.Waterfall, len(a.in.Funds)+1)
	for k := range sums {
		sums[k] = map[model.StepName]int64{}
	}
	t := a.beside()
	for i := range a.plan.Lines {
		l, w := &a.plan.Lines[i], &a.work[i]
		interfund := l.Treatment == model.Interfund
		for _, k := range []int{w.fund, len(a.in.Funds)} {
			want[k].Total += l.Gross
			if !interfund {
				want[k].Net += l.Gross
			}
			want[k].Movable += w.movable
			switch {
			case l.Treatment != model.Competes:
				sums[k][model.StepName(l.Treatment)] += l.Gross
				continue
			case !w.competes:
				sums[k][model.StepCredit] += l.Base
			case w.held:
				sums[k][model.StepUnnamed] += l.Base
			default:
				sums[k][model.StepFloor] += l.Base - w.movable
			}
			sums[k][model.StepRevenue] += l.Revenue
		}
		spending := l.Amount + l.Revenue - l.RevenueLost
		t.GrossBase += l.Gross
		t.GrossAmount += spending
		if !interfund {
			t.NetBase += l.Gross
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
	for k, f := range a.in.Funds {
		want[k].Fund, want[k].Available = f.ID, f.Available
		want[len(a.in.Funds)].Available += f.Available
		if err := fall(&a.plan.Waterfall[k], &want[k], sums[k]); err != nil {
			return err
		}
	}
	return fall(&a.plan.Overall, &want[len(a.in.Funds)], sums[len(a.in.Funds)])
}

// fall compares one waterfall, its steps included.
func fall(got, want *model.Waterfall, steps map[model.StepName]int64) error {
	reach := want.Available - want.Total + want.Movable
	rest := got.Total
	count := 0
	for _, s := range got.Steps {
		if s.Amount == 0 || steps[s.Name] != s.Amount {
			return fmt.Errorf("waterfall of %q: step %s is %d, want %d", got.Fund, s.Name, s.Amount, steps[s.Name])
		}
		rest -= s.Amount
	}
	for _, amount := range steps {
		if amount != 0 {
			count++
		}
	}
	if got.Fund != want.Fund || got.Total != want.Total || got.Net != want.Net || got.Movable != want.Movable || got.Available != want.Available ||
		got.ToShare != reach || got.Gap != want.Movable-reach || rest != want.Movable || count != len(got.Steps) {
		return fmt.Errorf("the waterfall of %q does not add up", got.Fund)
	}
	return nil
}
