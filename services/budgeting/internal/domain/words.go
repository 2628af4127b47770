package domain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
)

// namedInFull is how many programs a sentence lists before it counts the rest.
const namedInFull = 20

// shortfalls are the proofs that must-pay cannot be paid, and the blocks in which every limit is reached.
func (s *summary) shortfalls() []Shortfall {
	var out []Shortfall
	for i := range s.plan.Shortfalls {
		f := &s.plan.Shortfalls[i]
		amounts := make([]programAmount, 0, len(f.Lines))
		for _, l := range f.Lines {
			amounts = append(amounts, programAmount{l.Program, l.Amount})
		}
		for _, p := range f.Packages { // the least that any of their levels costs
			amounts = append(amounts, programAmount{p.Program, p.Amount})
		}
		amounts = merged(amounts)
		names := s.titled(f.Funds)
		for _, l := range f.Later {
			names = append(names, fmt.Sprintf("%s, %d years on", s.titles.Fund(l.Fund), l.Year))
		}
		out = append(out, Shortfall{
			Funds: f.Funds, Programs: ids(amounts), Required: f.Required, Available: f.Available, Short: f.Short,
			Message: fmt.Sprintf("%s: %s must be paid, %s %s: %s short", phrase.And(names), s.costs(amounts, f.Required),
				has(names), s.money(f.Available), s.money(f.Short)),
		})
	}
	for i := range s.plan.Blocks {
		b := &s.plan.Blocks[i]
		if b.Short <= 0 {
			continue
		}
		var amounts []programAmount
		for j := range s.plan.Lines {
			if l := &s.plan.Lines[j]; int(l.Block) == i {
				amounts = append(amounts, programAmount{l.Program, l.Amount})
			}
		}
		amounts = merged(amounts)
		available := b.Amount - b.Short
		out = append(out, Shortfall{
			Funds: b.Funds, Programs: ids(amounts), Required: b.Amount, Available: available, Short: b.Short,
			Message: fmt.Sprintf("%s: %d programs keep %s when every cut has reached its limit, %s %s for them: packages must find %s",
				s.list(b.Funds), len(amounts), s.money(b.Amount), has(b.Funds), s.money(available), s.money(b.Short)),
		})
	}
	if s.plan.Outcome == model.Infeasible && len(out) == 0 {
		out = append(out, Shortfall{Message: "no choice of the service levels that programs must have meets every prerequisite and exclusion with the money of the funds; " +
			"loosen those of the packages that replace a base, or add cheaper levels"})
	}
	return out
}

type programAmount struct {
	program string
	amount  int64
}

// merged adds up the amounts of each program, by program.
func merged(amounts []programAmount) []programAmount {
	slices.SortStableFunc(amounts, func(a, b programAmount) int { return cmp.Compare(a.program, b.program) })
	out := amounts[:0]
	for _, a := range amounts {
		if n := len(out); n > 0 && out[n-1].program == a.program {
			out[n-1].amount += a.amount
			continue
		}
		out = append(out, a)
	}
	return out
}

func ids(amounts []programAmount) []string {
	out := make([]string, len(amounts))
	for i, a := range amounts {
		out[i] = a.program
	}
	return out
}

// costs lists what programs cost, the largest first.
func (s *summary) costs(amounts []programAmount, total int64) string {
	largest := slices.Clone(amounts)
	slices.SortStableFunc(largest, func(a, b programAmount) int { return cmp.Compare(b.amount, a.amount) })
	var parts []string
	for _, a := range largest[:min(len(largest), namedInFull)] {
		parts = append(parts, s.titles.Program(a.program)+" of "+s.money(a.amount))
	}
	if more := len(largest) - namedInFull; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more programs", more))
	}
	if len(parts) == 1 {
		return parts[0]
	}
	return phrase.And(parts) + ", " + s.money(total) + " in all,"
}

func (s *summary) list(funds []string) string { return phrase.And(s.titled(funds)) }

func (s *summary) titled(funds []string) []string {
	titles := make([]string, len(funds))
	for i, id := range funds {
		titles[i] = s.titles.Fund(id)
	}
	return titles
}

func has(funds []string) string {
	if len(funds) == 1 {
		return "the fund has"
	}
	return "the funds have"
}

func (s *summary) blockReason(b *model.Block) string {
	funds := s.list(b.Funds)
	switch {
	case b.Short > 0:
		return "every line that " + funds + " may pay is at its limit, and " + s.money(b.Short) + " is still short"
	case b.Cut != nil:
		return "at the rate of its neighbours it would take " + s.money(b.Cut.Demand) + ", but only " + funds + " may pay it, with " + s.money(b.Cut.Supply)
	case b.Direction == model.Held:
		return "there is nothing to share: what " + funds + " may pay stays at base"
	case !b.Exhausted:
		return "every line that " + funds + " may pay has all that it may take"
	default:
		return "the lines that " + funds + " may pay share what is left in one rate"
	}
}
