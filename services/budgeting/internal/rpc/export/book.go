// Package export writes an allocation to files that other programs read: CSV, XLSX, a Fiscal Data Package, an ERP load file, and a proof that an
// auditor verifies offline.
package export

import (
	"cmp"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// Book is what exports are made from; nothing in it is changed or kept. Amounts are minor units of Allocation.Currency.
type Book struct {
	Allocation domain.Allocation // with council's adjustments
	Budget     domain.Budget
	Funds      map[string]*domain.Fund // by id
	Lines      []domain.AllocationLine // of every program, by id
	Plan       []model.Line            // of the plan, by program: what each fund carries and pays
	LineItems  []domain.LineItem       // ERP only, in any order; of other versions, treatments and programs too
}

// part is a program in one fund: base is of the lines that the fund carries, allocated is what it pays.
type part struct {
	fund                                               string
	base, fixed, floor, allocated, unpaid, adjustment  int64
	movingBase, movingAmount, revenue, revenueAfterCut int64 // of allocated: what competes or changed, net; its program revenue before and after
}

func (p *part) change() int64   { return p.allocated - p.base }
func (p *part) adjusted() int64 { return p.allocated + p.adjustment }

// program is a line with its parts, by fund id. A program without money has one part of no fund.
type program struct {
	*domain.AllocationLine
	parts []part
}

// each goes through the programs in order; parts are good until the next call. It ends with an Internal fault EXPORT_DOES_NOT_TIE when the parts do
// not add up to a line, or are not all used.
func (b *Book) each(yield func(p program) error) error {
	plan := b.Plan
	adjustments := slices.Clone(b.Allocation.Adjustments)
	slices.SortStableFunc(adjustments, func(x, y domain.Adjustment) int { return cmp.Compare(x.Program, y.Program) })
	var room []part
	for i := range b.Lines {
		l := &b.Lines[i]
		if i > 0 && b.Lines[i-1].Program >= l.Program {
			return untied(l.Program, "is out of order or twice among the lines")
		}
		n := take(plan, l.Program, func(p *model.Line) string { return p.Program })
		m := take(adjustments, l.Program, func(a *domain.Adjustment) string { return a.Program })
		room = parts(room[:0], plan[:n], adjustments[:m])
		plan, adjustments = plan[n:], adjustments[m:]
		if err := ties(l, room); err != nil {
			return err
		}
		if err := yield(program{l, room}); err != nil {
			return err
		}
	}
	switch {
	case len(plan) > 0:
		return untied(plan[0].Program, "is in the plan and not among the lines")
	case len(adjustments) > 0:
		return untied(adjustments[0].Program, "is adjusted and not among the lines")
	}
	return nil
}

// take counts the items of a program at the front.
func take[T any](items []T, program string, of func(*T) string) int {
	n := 0
	for n < len(items) && of(&items[n]) == program {
		n++
	}
	return n
}

func parts(into []part, lines []model.Line, adjustments []domain.Adjustment) []part {
	at := func(fund string) *part {
		for i := range into { // few
			if into[i].fund == fund {
				return &into[i]
			}
		}
		into = append(into, part{fund: fund})
		return &into[len(into)-1]
	}
	for i := range lines {
		l := &lines[i]
		moves := l.Treatment == model.Competes || l.Amount != l.Base
		unpaid := l.Amount
		for _, paid := range l.Paid {
			unpaid -= paid.Amount
			p := at(paid.Fund)
			p.allocated += paid.Amount
			if moves {
				p.movingAmount += paid.Amount
			}
		}
		p := at(l.Fund)
		p.base += l.Base
		p.floor += l.Floor
		p.unpaid += unpaid
		p.allocated += unpaid
		if fixed(l.Reason) {
			p.fixed += l.Amount
		}
		if moves {
			p.movingBase += l.Base
			p.movingAmount += unpaid
			p.revenue += l.Revenue
			p.revenueAfterCut += l.Revenue - l.RevenueLost
		}
	}
	for _, a := range adjustments {
		at(a.Fund).adjustment += a.Amount
	}
	if len(into) == 0 {
		return append(into, part{})
	}
	slices.SortFunc(into, func(x, y part) int { return cmp.Compare(x.fund, y.fund) })
	return into
}

// fixed says whether a line of this reason is outside the formula, as lines of allocations count it.
func fixed(r model.Reason) bool {
	return r == model.OffTheTop || r == model.IsCredit || r == model.NotNamed
}

func ties(l *domain.AllocationLine, parts []part) error {
	var sum part
	for i := range parts {
		p := &parts[i]
		sum.base += p.base
		sum.fixed += p.fixed
		sum.floor += p.floor
		sum.allocated += p.allocated
	}
	if sum.base != l.Base || sum.fixed != l.Fixed || sum.floor != l.Floor || sum.allocated != l.Allocated {
		return untied(l.Program, "has a line that differs from its lines in the plan")
	}
	return nil
}

func untied(program, what string) error {
	return fault.New(fault.Internal, "EXPORT_DOES_NOT_TIE", "program %q %s; verify the allocation", program, what)
}

// fundCode is what finance calls a fund; what is not known is called by its id.
func (b *Book) fundCode(id string) string {
	if f, ok := b.Funds[id]; ok && f.Code != "" {
		return f.Code
	}
	return id
}

func (b *Book) fundTitle(id string) string {
	if f, ok := b.Funds[id]; ok && f.DisplayName != "" {
		return f.DisplayName
	}
	return id
}
