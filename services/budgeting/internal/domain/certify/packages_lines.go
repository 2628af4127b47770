package certify

import (
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// packageLines checks the amount and the bounds of every line.
func (a *audit) packageLines() error {
	least, most := a.extremes()
	for i := range a.plan.Lines {
		l, w := &a.plan.Lines[i], &a.work[i]
		fixed := a.shop.kept[i]
		if !w.competes && !w.project {
			fixed = l.Base
		}
		want := fixed + a.shop.added[i]
		switch {
		case l.Amount != want:
			return a.at(i, "gets %d, want %d: %d whatever is chosen and %d by what is", l.Amount, want, fixed, a.shop.added[i])
		case l.Min != fixed+least[i] || l.Max != fixed+most[i]:
			return a.at(i, "is bound from %d to %d, want %d to %d", l.Min, l.Max, fixed+least[i], fixed+most[i])
		case l.Odd != 0 || l.Block != -1:
			return a.at(i, "is told as part of a division, but packages are whole")
		case !w.competes && (l.Floor != 0 || l.Movable != 0 || l.ScoreBP != 0):
			return a.at(i, "is described as a line that moves")
		}
	}
	return nil
}

// extremes is the least and the most that packages may add to each line.
func (a *audit) extremes() (least, most []int64) {
	least, most = make([]int64, len(a.plan.Lines)), make([]int64, len(a.plan.Lines))
	for i := range a.shop.bids {
		b := &a.shop.bids[i]
		seen := map[int]bool{}
		for _, o := range b.options {
			for _, c := range o.costs {
				if c.line < 0 || seen[c.line] {
					continue
				}
				seen[c.line] = true
				low, high := b.span(c.line)
				if b.required {
					least[c.line] += low
				}
				most[c.line] += high
			}
		}
	}
	return least, most
}

// span is what the levels that may be picked cost a line, from the least to the most.
func (b *bid) span(line int) (low, high int64) {
	first := true
	for _, o := range b.options {
		if !o.open {
			continue
		}
		var sum int64
		for _, c := range o.costs {
			if c.line == line {
				sum += c.Amount
			}
		}
		if first || sum < low {
			low = sum
		}
		high = max(high, sum)
		first = false
	}
	return low, high
}

// packageNotes checks what lines say beside their amounts.
func (a *audit) packageNotes() error {
	for i := range a.plan.Lines {
		l, w := &a.plan.Lines[i], &a.work[i]
		if want := a.packageReason(i); l.Reason != want {
			return a.at(i, "gives %s as its reason, want %s", l.Reason, want)
		}
		var lost int64
		if w.competes && l.Amount < l.Base && l.Revenue > 0 {
			lost, _ = money.MulDivHalfEven(l.Base-l.Amount, l.Revenue, l.Base)
		}
		if l.RevenueLost != lost {
			return a.at(i, "loses revenue of %d, want %d", l.RevenueLost, lost)
		}
	}
	for k := range a.plan.Funds {
		if a.plan.Funds[k].Next != nil {
			return fmt.Errorf("the next unit of fund %q would go to nobody: packages are whole", a.in.Funds[k].ID)
		}
	}
	return nil
}

// packageReason is what decided a line.
func (a *audit) packageReason(i int) model.Reason {
	l, w := &a.plan.Lines[i], &a.work[i]
	credit := l.Treatment == model.Competes && !w.competes
	switch {
	case l.Treatment != model.Competes && !w.project:
		return model.OffTheTop
	case credit && !a.shop.named[i]:
		return model.IsCredit
	case !w.project && a.shop.replaces(w.program) != nil:
		return model.ReplacedBase
	case a.shop.taken[i]:
		return model.Selected
	case a.shop.named[i]:
		return model.NotSelected
	case w.held:
		return model.NotNamed
	case w.least > l.Base:
		return w.lifted
	case w.floor > 0 && w.movable == 0:
		return model.AtFloor
	default:
		return model.AtBase
	}
}
