package certify

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// costSum is what a program's cost lines of one kind come to in one fund and treatment, and the program revenue beside them.
type costSum struct {
	place          int // fund by treatment by kind of cost, ascending in the order of plan lines
	treatment      model.Treatment
	oneTime        bool
	fund           int
	count          int32
	gross, revenue int64
}

// linesMatch adds the cost lines up by itself and compares, program by program: both sides ascend by program, fund and treatment.
func (a *audit) linesMatch() error {
	a.work = a.workings()
	at := 0
	for i := range a.in.Programs {
		p := &a.in.Programs[i]
		sums := a.sums(p)
		for j := range sums {
			s := &sums[j]
			if at == len(a.plan.Lines) {
				return fmt.Errorf("program %q, fund %q, %s is missing", p.ID, a.in.Funds[s.fund].ID, s.treatment)
			}
			if err := a.match(at, p, s); err != nil {
				return err
			}
			at++
		}
	}
	if at < len(a.plan.Lines) {
		return a.at(at, "is not in the input, or is repeated")
	}
	a.money()
	a.limits()
	return nil
}

// sums is what the plan must have of a program, in its order; it is good until the next call.
func (a *audit) sums(p *model.Program) []costSum {
	a.costSums = a.costSums[:0]
	for i := range p.CostLines {
		l := &p.CostLines[i]
		if n := len(a.costSums); n == 0 || !a.costSums[n-1].takes(a.in.Funds, l) {
			a.sumOf(l.Fund, l.Treatment, l.OneTime).add(l)
		} else {
			a.costSums[n-1].add(l)
		}
	}
	for i := range p.Revenue {
		a.sumOf(p.Revenue[i].Fund, model.Competes, false).revenue += p.Revenue[i].Amount
	}
	if a.shop != nil {
		for _, b := range a.shop.byProgram[p.ID] {
			a.offeredSums(b)
		}
	}
	return a.costSums
}

func (s *costSum) takes(funds []model.Fund, l *model.CostLine) bool {
	return s.treatment == l.Treatment && s.oneTime == l.OneTime && funds[s.fund].ID == l.Fund
}

func (s *costSum) add(l *model.CostLine) {
	s.count++
	s.gross += l.Amount
}

// sumOf finds the sum of a fund, treatment and kind of cost, or makes a place for it.
func (a *audit) sumOf(fund string, t model.Treatment, oneTime bool) *costSum {
	k := a.places.Find(fund) // funds ascend by id, so their places do
	place := 2 * (k*(model.Competes.Place()+1) + t.Place())
	if oneTime {
		place++
	}
	if n := len(a.costSums); n == 0 || a.costSums[n-1].place < place {
		a.costSums = append(a.costSums, costSum{})
		s := &a.costSums[n] // written where it stands
		s.place, s.treatment, s.oneTime, s.fund = place, t, oneTime, k
		return s
	}
	at, found := slices.BinarySearchFunc(a.costSums, place, func(s costSum, place int) int { return s.place - place })
	if !found {
		a.costSums = slices.Insert(a.costSums, at, costSum{place: place, treatment: t, oneTime: oneTime, fund: k})
	}
	return &a.costSums[at]
}

// match compares a plan line with what must stand there and enters it in the working.
func (a *audit) match(i int, p *model.Program, s *costSum) error {
	l, w := &a.plan.Lines[i], &a.work[i]
	switch {
	case l.Program != p.ID || l.Fund != a.in.Funds[s.fund].ID || l.Treatment != s.treatment || l.OneTime != s.oneTime:
		return a.at(i, "is not in the input, out of order or repeated; want program %q, fund %q, %s, one-time %t", p.ID, a.in.Funds[s.fund].ID, s.treatment, s.oneTime)
	case l.Revenue != s.revenue || l.Base != s.gross-s.revenue || l.CostLines != s.count:
		return a.at(i, "has revenue %d, base %d of %d cost lines; want %d, %d of %d", l.Revenue, l.Base, l.CostLines, s.revenue, s.gross-s.revenue, s.count)
	}
	*w = working{} // and written where it stands
	w.terms, w.program, w.fund, w.oneTime = &a.free, p, s.fund, s.oneTime
	w.competes = l.Treatment == model.Competes && l.Base >= 0
	w.project = a.shop != nil && l.Treatment == model.CapitalProject && l.Base > 0
	if w.competes {
		w.movable = l.Base // until limits says what stays
	}
	a.income[w.fund] += l.Revenue
	switch {
	case w.competes:
		a.claims = append(a.claims, i)
	case !w.project:
		a.fixed[w.fund] += l.Base
		if w.oneTime && l.Base < 0 {
			a.once[w.fund].credit -= l.Base
		} else if w.oneTime {
			a.once[w.fund].due += l.Base
		}
	}
	return nil
}
