package domain

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// Revisited is the input of an adopted allocation with the priorities and results of the books in place of its own; money, costs and bounds stay as
// they were adopted. A goal that was not among the old ones takes its alignments from the requests, where somebody vouches for them.
func (b Books) Revisited(adopted model.Input, engineVersion string) model.Input {
	in := adopted
	in.EngineVersion = engineVersion
	in.Revisions = model.Revisions{
		Priority: model.Revision{Name: b.Priorities.Name, Hash: b.Priorities.Hash},
		Results:  model.Revision{Name: b.Results.Name, Hash: b.Results.Hash},
	}
	in.Goals = make([]model.Goal, len(b.Priorities.Weights))
	weighs, fresh := map[string]bool{}, map[string]bool{} // goals, of all and of those that are new; looked up only
	for i, w := range b.Priorities.Weights {
		in.Goals[i] = model.Goal{ID: w.Goal, Title: w.Title, WeightPPM: w.PPM}
		weighs[w.Goal] = true
		fresh[w.Goal] = !slices.ContainsFunc(adopted.Goals, func(g model.Goal) bool { return g.ID == w.Goal })
	}
	in.Programs = slices.Clone(adopted.Programs)
	for i := range in.Programs {
		p := &in.Programs[i]
		p.Alignment = slices.DeleteFunc(slices.Clone(p.Alignment), func(a model.Alignment) bool { return !weighs[a.Goal] })
		ask := Ask{Program: Program{Organization: b.Budget.Organization, ID: p.ID}}
		if at, found := sort.Find(len(b.Asks), func(at int) int { return strings.Compare(p.ID, b.Asks[at].Program.ID) }); found {
			ask = b.Asks[at]
			for _, a := range ask.Request.Alignments {
				if a.Reviewed != nil && fresh[a.Goal] && ask.Request.Vouched(AlignmentAspect) {
					p.Alignment = append(p.Alignment, model.Alignment{Goal: a.Goal, Level: int64(*a.Reviewed)})
				}
			}
		}
		p.Results = b.gate(&ask) // a policy that counts is frozen: the request's is the one that was adopted
	}
	return in
}

// Adjusted is the plan with council's adjustments in what its lines get and in who pays them. A fund pays less for the program's competing lines
// before the others, and for continuing costs before those of this year only; more goes to the competing line that the fund carries, or to the first.
//
// Errors: FailedPrecondition ADJUSTMENT_NOT_PAYABLE for an adjustment that takes more of a fund than it pays to the program, or of a program without
// a line.
func (a Allocation) Adjusted(plan model.Plan) (model.Plan, error) {
	plan.Lines = slices.Clone(plan.Lines)
	for _, m := range a.netAdjustments() {
		lines := linesOf(plan.Lines, m.Program, m.Fund)
		left := m.Amount
		if left > 0 && len(lines) > 0 {
			lines[0].pay(m.Fund, left)
			left = 0
		}
		for j := 0; j < len(lines) && left < 0; j++ {
			less := min(lines[j].paidBy(m.Fund), -left)
			lines[j].pay(m.Fund, -less)
			left += less
		}
		if left != 0 {
			return plan, fault.State("ADJUSTMENT_NOT_PAYABLE", "council's adjustments take %s more of %s than it pays to %s; nothing can be moved on top of that",
				Money(max(left, -left), a.Currency), FundName(a.Organization, m.Fund), ProgramName(a.Organization, m.Program))
		}
	}
	return plan, nil
}

// netAdjustments adds up the adjustments of each program in each fund, in the order in which they were first made.
func (a Allocation) netAdjustments() []Adjustment {
	var out []Adjustment
	for _, m := range a.Adjustments {
		at := slices.IndexFunc(out, func(o Adjustment) bool { return o.Program == m.Program && o.Fund == m.Fund })
		if at < 0 {
			out = append(out, m)
			continue
		}
		out[at].Amount += m.Amount
	}
	return out
}

// adjustable is a line of a plan that is being adjusted.
type adjustable struct{ *model.Line }

// linesOf are a program's lines: those that compete first, of these the ones that the fund carries, and continuing costs before those of this year.
func linesOf(all []model.Line, program, fund string) []adjustable {
	var out []adjustable
	for i := range all {
		if all[i].Program == program {
			out = append(out, adjustable{&all[i]})
		}
	}
	rank := func(l adjustable) (n int) {
		if l.Treatment != model.Competes {
			n += 4
		}
		if l.Fund != fund {
			n += 2
		}
		if l.OneTime {
			n++
		}
		return n
	}
	slices.SortStableFunc(out, func(x, y adjustable) int { return cmp.Compare(rank(x), rank(y)) })
	return out
}

// paidBy is what the fund pays of the line.
func (l adjustable) paidBy(fund string) (sum int64) {
	for _, p := range l.Paid {
		if p.Fund == fund {
			sum += p.Amount
		}
	}
	return sum
}

// pay changes what the fund pays, and with it the line. One-time money is the last that is taken.
func (l adjustable) pay(fund string, more int64) {
	if more == 0 {
		return
	}
	l.Amount += more
	l.Paid = slices.Clone(l.Paid)
	for i := range l.Paid {
		if p := &l.Paid[i]; p.Fund == fund {
			p.Amount += more
			p.OneTime = min(p.OneTime, p.Amount)
			return
		}
	}
	l.Paid = append(l.Paid, model.Payment{Fund: fund, Amount: more})
}
