package engine

import (
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// steps lists the waterfall in order; the program revenue, credits, unnamed funds and floors come out of the competing lines.
func steps() []model.StepName {
	out := []model.StepName{}
	for _, t := range model.Treatments() {
		if t != model.Competes {
			out = append(out, model.StepName(t))
		}
	}
	return append(out, model.StepRevenue, model.StepCredit, model.StepUnnamed, model.StepFloor)
}

// pool fills the addressable-pool waterfall, per fund and overall.
func (b *book) pool(plan *model.Plan) {
	names := steps()
	const revenue, credit, unnamed, floor = 6, 7, 8, 9 // places in names
	all := len(b.in.Funds)
	amounts := make([][10]int64, all+1)
	falls := make([]model.Waterfall, all+1)
	inPool := make([]bool, all)
	for k := range inPool {
		inPool[k] = b.in.Funds[k].InPool()
	}
	for i := range b.lines {
		l := &b.lines[i]
		k := b.lineIn[i]
		w, sums := &falls[k], &amounts[k]
		w.Total += l.Gross()
		if l.Treatment != model.Interfund {
			w.Net += l.Gross()
		}
		w.Movable += l.Movable
		if l.Treatment != model.Competes {
			sums[l.Treatment.Place()] += l.Gross()
			continue
		}
		sums[revenue] += l.Revenue
		switch {
		case l.Base < 0:
			sums[credit] += l.Base
		case !inPool[k]:
			sums[unnamed] += l.Base
		default:
			sums[floor] += l.Base - l.Movable
		}
	}
	for k := range all {
		w, overall := &falls[k], &falls[all]
		overall.Total, overall.Net, overall.Movable = overall.Total+w.Total, overall.Net+w.Net, overall.Movable+w.Movable
		for place, amount := range amounts[k] {
			amounts[all][place] += amount
		}
	}
	for k := range falls {
		w := &falls[k]
		if k < all {
			w.Fund, w.Available = b.in.Funds[k].ID, b.in.Funds[k].Available
			falls[all].Available += w.Available
		}
		w.Steps = []model.Step{}
		for place, name := range names {
			if amount := amounts[k][place]; amount != 0 {
				w.Steps = append(w.Steps, model.Step{Name: name, Amount: amount})
			}
		}
		w.ToShare = w.Available - (w.Total - w.Movable)
		w.Gap = w.Movable - w.ToShare
	}
	plan.Waterfall, plan.Overall = falls[:all], falls[all]
}

// total adds up the lines, blocks and funds of a plan.
func total(plan *model.Plan) {
	t := &plan.Totals
	for i := range plan.Programs {
		n := &plan.Programs[i]
		t.PositionsShort += n.PositionsShort
		for j := range n.GrantsLost {
			t.GrantsLost += n.GrantsLost[j].Award
		}
	}
	for i := range plan.Lines {
		l := &plan.Lines[i]
		if plan.Outcome != model.Infeasible {
			value, _ := money.MulDivHalfEven(max(0, l.Amount), l.ScoreBP, fullScore) // at most the amount
			t.PriorityValue += value
		}
		amount := l.Amount + l.Revenue - l.RevenueLost
		t.GrossBase += l.Gross()
		t.GrossAmount += amount
		if l.Treatment != model.Interfund {
			t.NetBase += l.Gross()
			t.NetAmount += amount
		}
		t.Change += l.Change()
		t.RevenueLost += l.RevenueLost
	}
	for i := range plan.Blocks {
		t.Short += plan.Blocks[i].Short
	}
	for i := range plan.Funds {
		t.Surplus += plan.Funds[i].Surplus
		t.Remainder += plan.Funds[i].Remainder
		t.OneTime += plan.Funds[i].OneTimeUsed
	}
}
