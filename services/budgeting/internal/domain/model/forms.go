package model

import "strconv"

// Encodings leave out what follows from the rest: a plan has a line and a half for every program and fund of a city, and each byte is hashed, packed
// and kept. What is left out when it is as here is written in full otherwise, zero included; there is one form of everything.
//
// Of an input: the id of a cost line that is its place in the list, and the treatment COMPETES. Alignments are `levels`, one character for each of
// the goals in their order: 0 to 4, or - for unknown; what cannot be told so is `alignment`.
//
// Of a plan: what lineForm says.

// inputForm is an Input as it is written.
type inputForm struct {
	Input
	Programs []programForm `json:"programs"`
}

type programForm struct {
	Program
	CostLines []costLineForm `json:"cost_lines"`
	Levels    string         `json:"levels"`
}

type costLineForm struct {
	CostLine
	ID        *string    `json:"id"`
	Treatment *Treatment `json:"treatment"`
}

func (f *inputForm) input() Input {
	in := f.Input
	if f.Programs != nil {
		in.Programs = make([]Program, len(f.Programs))
	}
	for i := range f.Programs {
		from, p := &f.Programs[i], &in.Programs[i]
		*p = from.Program
		p.CostLines = make([]CostLine, len(from.CostLines))
		for j := range from.CostLines {
			p.CostLines[j] = from.CostLines[j].line(j)
		}
		for j := range min(len(from.Levels), len(in.Goals)) {
			if level := from.Levels[j]; level != unknownLevel {
				p.Alignment = append(p.Alignment, Alignment{Goal: in.Goals[j].ID, Level: int64(level) - '0'})
			}
		}
	}
	return in
}

func (f *costLineForm) line(place int) CostLine {
	l := f.CostLine
	l.ID, l.Treatment = strconv.Itoa(place), Competes
	if f.ID != nil {
		l.ID = *f.ID
	}
	if f.Treatment != nil {
		l.Treatment = *f.Treatment
	}
	return l
}

// unknownLevel stands for a goal that the program's alignment with is unknown.
const unknownLevel = '-'

// levels appends the alignments of a program in the order of goals; false where they cannot be told so.
func levels(to []byte, goals []Goal, alignment []Alignment) ([]byte, bool) {
	next := 0
	for i := range goals {
		if next == len(alignment) || alignment[next].Goal != goals[i].ID {
			to = append(to, unknownLevel)
			continue
		}
		level := alignment[next].Level
		if level < 0 || level > 4 {
			return to, false
		}
		to = append(to, '0'+byte(level))
		next++
	}
	return to, next == len(alignment)
}

// planForm is a Plan as it is written.
type planForm struct {
	Plan
	Lines         []lineForm `json:"lines"`
	WithoutEquity *planForm  `json:"without_equity"`
}

// lineForm is a Line as it is written. Fields are left out that are as follows: the program that of the line before, the treatment COMPETES, one cost
// line, the gross base + revenue, the movable amount base − floor but 0 below that and for lines that do not compete, min, max and amount the base,
// the change amount − base, the reason AT_RATE and the block 0 for lines that compete and OFF_THE_TOP and −1 for others, and as paid one payment of
// the amount by the fund, with no one-time money in it; no payment where the amount is 0.
type lineForm struct {
	Line
	Program   *string    `json:"program"`
	Treatment *Treatment `json:"treatment"`
	CostLines *int       `json:"cost_lines"`
	Gross     *int64     `json:"gross"`
	Movable   *int64     `json:"movable"`
	Min       *int64     `json:"min"`
	Max       *int64     `json:"max"`
	Amount    *int64     `json:"amount"`
	Change    *int64     `json:"change"`
	Reason    *Reason    `json:"reason"`
	Block     *int       `json:"block"`
	Paid      *[]Payment `json:"paid"`
}

func (f *planForm) plan() Plan {
	p := f.Plan
	if f.WithoutEquity != nil {
		other := f.WithoutEquity.plan()
		p.WithoutEquity = &other
	}
	if f.Lines != nil {
		p.Lines = make([]Line, len(f.Lines))
	}
	payments := make([]Payment, len(f.Lines))
	program := ""
	for i := range f.Lines {
		p.Lines[i] = f.Lines[i].line(program, payments[i:i+1:i+1])
		program = p.Lines[i].Program
	}
	return p
}

// line fills in what was left out; payment has room for one.
func (f *lineForm) line(program string, payment []Payment) Line {
	l := f.Line
	l.Program = given(f.Program, program)
	l.Treatment = given(f.Treatment, Competes)
	l.CostLines = given(f.CostLines, 1)
	l.Gross = given(f.Gross, l.Base+l.Revenue)
	l.Movable = given(f.Movable, l.usualMovable())
	l.Min, l.Max, l.Amount = given(f.Min, l.Base), given(f.Max, l.Base), given(f.Amount, l.Base)
	l.Change = given(f.Change, l.Amount-l.Base)
	reason, block := l.usualPlace()
	l.Reason, l.Block = given(f.Reason, reason), given(f.Block, block)
	switch {
	case f.Paid == nil && l.Amount != 0:
		payment[0] = Payment{Fund: l.Fund, Amount: l.Amount}
		l.Paid = payment
	case f.Paid != nil && len(*f.Paid) > 0:
		l.Paid = *f.Paid
	}
	return l
}

func given[T any](written *T, usual T) T {
	if written == nil {
		return usual
	}
	return *written
}

func (l *Line) usualMovable() int64 {
	if l.Treatment != Competes {
		return 0
	}
	return max(0, l.Base-l.Floor)
}

func (l *Line) usualPlace() (why Reason, block int) {
	if l.Treatment != Competes {
		return OffTheTop, -1
	}
	return AtRate, 0
}

// usuallyPaid says whether the line is paid by its own fund alone, or has nothing to be paid.
func (l *Line) usuallyPaid() bool {
	if l.Amount == 0 {
		return len(l.Paid) == 0
	}
	return len(l.Paid) == 1 && l.Paid[0] == Payment{Fund: l.Fund, Amount: l.Amount}
}
