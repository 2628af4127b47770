package domain

import (
	"fmt"
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
	Currency     string
}

// Lines are the program lines of a plan, in the order of the books.
func Lines(a Allocation, books Books, plan model.Plan) []AllocationLine {
	out := make([]AllocationLine, len(books.Asks))
	lines, flags := plan.Lines, plan.Flags
	for i := range books.Asks {
		p := &books.Asks[i].Program
		n := 0
		for n < len(lines) && lines[n].Program == p.ID {
			n++
		}
		for len(flags) > 0 && flags[0].Program < p.ID {
			flags = flags[1:]
		}
		out[i] = line(lines[:n])
		lines = lines[n:]
		l := &out[i]
		l.Organization, l.Budget, l.Allocation, l.Currency = a.Organization, a.Budget, a.ID, a.Currency
		l.Program, l.DisplayName, l.Department = p.ID, p.DisplayName, p.Department
		l.Flagged = len(flags) > 0 && flags[0].Program == p.ID
	}
	return out
}

// line adds up the plan's lines of one program. The competing line that changes most gives the reason.
func line(of []model.Line) AllocationLine {
	out := AllocationLine{ReasonCode: string(model.AtBase)}
	var decides *model.Line
	for i := range of {
		l := &of[i]
		out.Base += l.Base
		out.Floor += l.Floor
		out.Allocated += l.Amount
		out.ScoreBP = max(out.ScoreBP, l.ScoreBP)
		switch l.Reason {
		case model.OffTheTop, model.IsCredit, model.NotNamed:
			out.Fixed += l.Amount
		default:
		}
		if decides == nil || outranks(l, decides) {
			decides = l
		}
		for _, p := range l.Paid {
			out.Funding = paid(out.Funding, p)
		}
	}
	if decides != nil {
		out.ReasonCode = code(decides.Reason)
	}
	return out
}

func outranks(l, than *model.Line) bool {
	a, b := l.Treatment == model.Competes, than.Treatment == model.Competes
	switch {
	case a != b:
		return a
	case magnitude(l.Change) != magnitude(than.Change):
		return magnitude(l.Change) > magnitude(than.Change)
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
	case code(model.Unpayable):
		return "the money does not cover what must be paid; this is the least that law asks for, and nothing is paid"
	}
	return l.ReasonCode
}

// points writes basis points of a score as points of 100.
func points(bp int64) string { return fmt.Sprintf("%d.%02d", bp/100, bp%100) }
