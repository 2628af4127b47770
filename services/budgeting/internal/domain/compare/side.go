package compare

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
)

// side is one run, indexed by program.
type side struct {
	in     model.Input // normalized
	plan   *model.Plan
	scorer *score.Scorer
	pool   map[string]bool // funds whose competing lines move; looked up only
	at     map[string]int  // place of each program; looked up only
	sums   []sum           // of each program
}

// sum is what the plan says of one program, net of program revenue.
type sum struct {
	base, amount int64 // all lines
	competing    int64 // lines in the formula
	fixed        int64 // all others: off the top, credits, funds outside the pool
	floor        int64 // attested mandates
	lines        int   // in the formula
	from         int64 // base of the lines in the formula
	reasons      []model.Reason
	value        value
	valued       int64 // of competing, what the priority value is made of
}

// value keeps the amounts that the priority value is made of: one for each line, since each is rounded by itself.
type value []int64

// at is Σ score × amount ÷ 10,000, each half to even.
func (v value) at(bp int64) (total int64) {
	for _, amount := range v {
		total += part(amount, bp, score.Full)
	}
	return total
}

// part is amount × share ÷ whole, half to even, for a share of at most the whole; both may be negative.
func part(amount, share, whole int64) int64 {
	v, _ := money.MulDivHalfEven(magnitude(amount), magnitude(share), whole) // at most amount
	if (amount < 0) != (share < 0) {
		return -v
	}
	return v
}

func newSide(r Run) *side {
	s := &side{in: r.Input.Normalize(), plan: &r.Plan, pool: map[string]bool{}, at: map[string]int{}}
	s.scorer = score.New(s.in)
	for _, f := range s.in.Funds {
		s.pool[f.ID] = f.InPool()
	}
	s.sums = make([]sum, len(s.in.Programs))
	for i := range s.in.Programs {
		s.at[s.in.Programs[i].ID] = i
	}
	for i := range s.plan.Lines {
		if at, ok := s.at[s.plan.Lines[i].Program]; ok {
			s.add(&s.sums[at], &s.plan.Lines[i])
		}
	}
	return s
}

func (s *side) add(to *sum, l *model.Line) {
	to.base += l.Base
	to.amount += l.Amount
	if !s.competes(l) {
		to.fixed += l.Amount
		return
	}
	to.lines++
	to.from += l.Base
	to.competing += l.Amount
	to.floor += l.Floor
	if l.Treatment == model.Competes && s.plan.Outcome != model.Infeasible { // as in the plan's own total: a capital project that is chosen has none
		to.value = append(to.value, l.Amount)
		to.valued += l.Amount
	}
	if !slices.Contains(to.reasons, l.Reason) {
		to.reasons = append(to.reasons, l.Reason)
	}
}

// competes says whether the line is in the formula, or was up for choice.
func (s *side) competes(l *model.Line) bool {
	switch l.Reason {
	case model.Selected, model.NotSelected, model.ReplacedBase:
		return true
	default:
		return l.Treatment == model.Competes && l.Base >= 0 && s.pool[l.Fund]
	}
}

// program is the sum of a program, empty for one that the input does not have.
func (s *side) program(id string) (p *model.Program, of *sum) {
	at, ok := s.at[id]
	if !ok {
		return nil, &sum{}
	}
	return &s.in.Programs[at], &s.sums[at]
}

// paid is what each fund pays to each program's lines in the formula, by program, fund and kind of money.
func (s *side) paid() []cell {
	var out []cell
	for i := range s.plan.Lines {
		l := &s.plan.Lines[i]
		if !s.competes(l) {
			continue
		}
		for _, p := range l.Paid {
			out = append(out, cell{place{l.Program, purse{p.Fund, false}}, p.Amount - p.OneTime})
			if p.OneTime != 0 {
				out = append(out, cell{place{l.Program, purse{p.Fund, true}}, p.OneTime})
			}
		}
	}
	return merged(out)
}

// ids are the programs of both sides, in order, once each.
func ids(a, b *side) []string {
	var out []string
	for _, s := range []*side{a, b} {
		for i := range s.in.Programs {
			out = append(out, s.in.Programs[i].ID)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
