package domain

import (
	"fmt"
	"iter"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// FundAmount is what a fund pays.
type FundAmount struct {
	Fund   string // id
	Amount int64
}

// AllocationLine is one program's line of an allocation.
type AllocationLine struct {
	Organization string
	Budget       string
	Allocation   string
	Program      string // id
	DisplayName  string
	Department   string
	Base         int64
	Fixed        int64
	Floor        int64
	Allocated    int64
	ScoreBP      int64
	Flagged      bool
	ReasonCode   string
	Funding      []FundAmount
	Value        int64 // priority value: score × competing amount
	RevenueLost  int64
	Positions    int64    // whole authorised positions short
	GrantsLost   []string // titles
	Adjusted     int64    // what council added or took; of the allocation, not of the line
	Currency     string
}

// Lines are the program lines of a plan, in the order of the books. A line is good until the next one.
func Lines(a *Allocation, books *Books, plan *model.Plan) iter.Seq[*AllocationLine] {
	return func(yield func(*AllocationLine) bool) {
		lines, flags, notes := plan.Lines, plan.Flags, plan.Programs
		feasible := plan.Outcome != model.Infeasible
		l := AllocationLine{Organization: a.Organization, Budget: a.Budget, Allocation: a.ID, Currency: a.Currency}
		for i := range books.Asks {
			p := &books.Asks[i].Program
			n := 0
			for n < len(lines) && lines[n].Program == p.ID {
				n++
			}
			for len(flags) > 0 && flags[0].Program < p.ID {
				flags = flags[1:]
			}
			l.Program, l.DisplayName, l.Department = p.ID, p.DisplayName, p.Department
			l.Flagged = len(flags) > 0 && flags[0].Program == p.ID
			l.add(lines[:n], feasible)
			l.Positions, l.GrantsLost = 0, nil
			if len(notes) > 0 && notes[0].Program == p.ID {
				l.note(&notes[0])
				notes = notes[1:]
			}
			if !yield(&l) {
				return
			}
			lines = lines[n:]
		}
	}
}

// add adds up the plan's lines of one program, whatever amounts are in l. The competing line that changes most gives the
// reason.
func (l *AllocationLine) add(of []model.Line, feasible bool) {
	l.Base, l.Fixed, l.Floor, l.Allocated, l.ScoreBP, l.Value, l.RevenueLost = 0, 0, 0, 0, 0, 0, 0
	l.Funding, l.ReasonCode = l.Funding[:0], string(model.AtBase)
	var decides *model.Line
	for i := range of {
		part := &of[i]
		l.Base += part.Base
		l.Floor += part.Floor
		l.Allocated += part.Amount
		l.ScoreBP = max(l.ScoreBP, part.ScoreBP)
		l.RevenueLost += part.RevenueLost
		if feasible {
			l.Value += priced(max(0, part.Amount), part.ScoreBP)
		}
		if fixed(part) {
			l.Fixed += part.Amount
		}
		if decides == nil || outranks(part, decides) {
			decides = part
		}
		for _, p := range part.Paid {
			l.Funding = paid(l.Funding, p)
		}
	}
	if decides != nil {
		l.ReasonCode = code(decides.Reason)
	}
}

// fixed says whether a line is paid whole, whatever the priorities.
func fixed(l *model.Line) bool {
	return l.Reason == model.OffTheTop || l.Reason == model.IsCredit || l.Reason == model.NotNamed
}

// note adds what a reduction comes to beside money.
func (l *AllocationLine) note(n *model.ProgramNote) {
	l.Positions = n.PositionsShort
	for i := range n.GrantsLost {
		l.GrantsLost = append(l.GrantsLost, n.GrantsLost[i].ID)
	}
}

func outranks(l, than *model.Line) bool {
	a, b := l.Treatment == model.Competes, than.Treatment == model.Competes
	switch {
	case a != b:
		return a
	case magnitude(l.Change()) != magnitude(than.Change()):
		return magnitude(l.Change()) > magnitude(than.Change())
	default:
		return magnitude(l.Base) > magnitude(than.Base)
	}
}

// paid adds a payment, keeping funds in the order in which they first pay; there are few of them.
func paid(funding []FundAmount, p model.Payment) []FundAmount {
	for i := range funding {
		if funding[i].Fund == p.Fund {
			funding[i].Amount += p.Amount
			return funding
		}
	}
	return append(funding, FundAmount{p.Fund, p.Amount})
}

// code is a reason as the contract spells it.
func code(r model.Reason) string { return strings.TrimPrefix(string(r), "AT_") }

// UsualValue is the value of what is allocated at the score: that of a line of one part, and of most others.
func (l *AllocationLine) UsualValue() int64 { return priced(max(0, l.Allocated), l.ScoreBP) }

// Change is allocated less base.
func (l AllocationLine) Change() int64 { return l.Allocated - l.Base }

// Reason says the code in one sentence, in this line's figures.
func (l AllocationLine) Reason() string {
	change := Money(int64(magnitude(l.Change())), l.Currency) //nolint:gosec // amounts are below 2^61
	switch l.ReasonCode {
	case "RATE":
		switch {
		case l.Change() < 0:
			return "gives " + change + ", its share of the shortage at the rate of its block and its score of " + points(l.ScoreBP)
		case l.Change() > 0:
			return "gains " + change + ", its share of the growth at the rate of its block and its score of " + points(l.ScoreBP)
		}
		return "its share at the rate of its block rounds to nothing"
	case code(model.AtMaxCut):
		return "gives " + change + ", the most that a competing cost may lose"
	case code(model.AtFloor):
		return "its attested mandate protects " + Money(l.Floor, l.Currency) + " of its competing cost"
	case code(model.AtHold):
		return "its hold-harmless bound stops the change at " + change
	case code(model.AtCap):
		return "its cap limits the competing money that it may get"
	case code(model.AtRequest):
		return "gains " + change + ", all that it asked for"
	case code(model.AtBase):
		return "stays at base: there is nothing to share, or nothing that can move"
	case code(model.OffTheTop):
		return "nothing of it competes: it is paid whole, off the top"
	case code(model.IsCredit):
		return "its competing lines net to a credit of their fund"
	case code(model.NotNamed):
		return "its fund does not compete unless the allocation names it"
	case code(model.AtEquity):
		return "council's rule for programs with equity points stops the change at " + change
	case code(model.AboveLine):
		return "stands above the cut line: it gets all that it asks for"
	case code(model.AtLine):
		return "the cut line is drawn here: it is the first that cannot be paid whole, and keeps what is protected"
	case code(model.BelowLine):
		return "stands below the cut line: it keeps what is protected and no more"
	case code(model.ReplacedBase):
		return "gets what its chosen level of service costs"
	case code(model.Selected):
		return "was chosen"
	case code(model.NotSelected):
		return "was not chosen"
	case code(model.Unpayable):
		return "the money does not cover what must be paid; this is the least that law asks for, and nothing is paid"
	}
	return l.ReasonCode
}

// points writes basis points of a score as points of 100.
func points(bp int64) string { return fmt.Sprintf("%d.%02d", bp/100, bp%100) }
