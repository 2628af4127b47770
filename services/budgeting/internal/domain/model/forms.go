package model

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Encodings leave out what follows from the rest: a plan has a line and a half for every program and fund of a city, and each byte is hashed, packed
// and kept. What is left out when it is as here is written in full otherwise, zero included; there is one form of everything.
//
// Of an input: the version of a program that is that of the program before. Cost lines are rows: costLineForm. Alignments are `levels`, one character
// for each of the goals in their order: 0 to 4, or - for unknown; what cannot be told so is `alignment`.
//
// Of a plan: what linesForm and lineForm say.

// inputForm is an Input as it is written.
type inputForm struct {
	Input
	Programs []programForm `json:"programs"`
}

type programForm struct {
	Program
	Version   *string        `json:"version"`
	CostLines []costLineForm `json:"cost_lines"`
	Levels    string         `json:"levels"`
}

// costLineForm is a CostLine as it is written: its fund, its amount, and an object of the rest, which leaves out the id that is the place in the
// list, the treatment COMPETES, and what is false. There is no object where all is left out.
type costLineForm []json.RawMessage

func (f *inputForm) input() (in Input, err error) {
	in = f.Input
	if f.Programs != nil {
		in.Programs = make([]Program, len(f.Programs))
	}
	for i := range f.Programs {
		from, p := &f.Programs[i], &in.Programs[i]
		*p = from.Program
		if p.Version = given(from.Version, ""); from.Version == nil && i > 0 {
			p.Version = in.Programs[i-1].Version
		}
		p.CostLines = make([]CostLine, len(from.CostLines))
		for j := range from.CostLines {
			if p.CostLines[j], err = from.CostLines[j].line(j); err != nil {
				return in, fmt.Errorf("cost line %d of program %q: %w", j, p.ID, err)
			}
		}
		for j := range min(len(from.Levels), len(in.Goals)) {
			if level := from.Levels[j]; level != unknownLevel {
				p.Alignment = append(p.Alignment, Alignment{Goal: in.Goals[j].ID, Level: int64(level) - '0'})
			}
		}
	}
	return in, nil
}

func (f costLineForm) line(place int) (l CostLine, err error) {
	var others struct {
		ID        *string    `json:"id"`
		Treatment *Treatment `json:"treatment"`
		OneTime   bool       `json:"one_time"`
	}
	if err := row(f, &others, &l.Fund, &l.Amount); err != nil {
		return l, err
	}
	l.ID, l.Treatment, l.OneTime = given(others.ID, strconv.Itoa(place)), given(others.Treatment, Competes), others.OneTime
	return l, nil
}

// row reads the items of a list, and the object behind them if there is one.
func row(from []json.RawMessage, object any, items ...any) error {
	if len(from) != len(items) && len(from) != len(items)+1 {
		return fmt.Errorf("a row of %d items", len(from))
	}
	for i := range from {
		into := object
		if i < len(items) {
			into = items[i]
		}
		if err := json.Unmarshal(from[i], into); err != nil {
			return err
		}
	}
	return nil
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
	Lines         []linesForm `json:"lines"`
	WithoutEquity *planForm   `json:"without_equity"`
}

// linesForm is the lines of a program that follow each other, with the score of the first of them that competes.
type linesForm struct {
	Program string     `json:"program"`
	ScoreBP int64      `json:"score_bp"`
	Lines   []lineForm `json:"lines"`
}

// lineForm is a Line as it is written: its fund, its base, its min and amount unless both are the base, and an object of the rest. That leaves out what
// is zero or false, and fields that are as follows: the treatment COMPETES, one cost line, the movable amount
// base − floor but 0 below that and for lines that do not compete, the score of linesForm but 0 for lines that do not compete, max the base,
// the reason AT_RATE and the block of the fund for lines that compete and OFF_THE_TOP and −1 for others, and as paid one payment
// of the amount by the fund, with no one-time money in it; no payment where the amount is 0. There is no object where all is left out.
type lineForm []json.RawMessage

func (f *planForm) plan() (p Plan, err error) {
	p = f.Plan
	if f.WithoutEquity != nil {
		other, err := f.WithoutEquity.plan()
		if err != nil {
			return p, err
		}
		p.WithoutEquity = &other
	}
	if f.Lines == nil {
		return p, nil
	}
	n := 0
	for i := range f.Lines {
		n += len(f.Lines[i].Lines)
	}
	p.Lines = make([]Line, 0, n)
	payments, funds := make([]Payment, n), p.places()
	for i := range f.Lines {
		of := &f.Lines[i]
		for j := range of.Lines {
			n := len(p.Lines)
			p.Lines = append(p.Lines, Line{Program: of.Program})
			if err := of.Lines[j].read(&p.Lines[n], &p, &funds, of.ScoreBP, payments[n:n+1:n+1]); err != nil {
				return p, fmt.Errorf("line %d of program %q: %w", j, of.Program, err)
			}
		}
	}
	return p, nil
}

// read fills in a line of the plan, whose funds are in their places; payment has room for one.
func (f lineForm) read(l *Line, p *Plan, funds *Places, score int64, payment []Payment) error {
	var others struct {
		Treatment   *Treatment `json:"treatment"`
		OneTime     bool       `json:"one_time"`
		CostLines   *int32     `json:"cost_lines"`
		Revenue     int64      `json:"revenue"`
		Floor       int64      `json:"floor"`
		Movable     *int64     `json:"movable"`
		ScoreBP     *int64     `json:"score_bp"`
		Max         *int64     `json:"max"`
		Odd         int64      `json:"odd"`
		Reason      *Reason    `json:"reason"`
		Block       *int32     `json:"block"`
		RevenueLost int64      `json:"revenue_lost"`
		Paid        *[]Payment `json:"paid"`
	}
	items := []any{&l.Fund, &l.Base, &l.Min, &l.Amount}
	if len(f) < len(items) { // min and amount are the base
		items = items[:2]
	}
	if err := row(f, &others, items...); err != nil {
		return err
	}
	if len(items) == 2 {
		l.Min, l.Amount = l.Base, l.Base
	}
	l.Treatment, l.OneTime, l.CostLines = given(others.Treatment, Competes), others.OneTime, given(others.CostLines, 1)
	l.Revenue, l.Floor = others.Revenue, others.Floor
	u := l.usual(p, funds.Find(l.Fund), score)
	l.Movable, l.ScoreBP, l.Max = given(others.Movable, u.movable), given(others.ScoreBP, u.score), given(others.Max, l.Base)
	l.Odd, l.Reason = others.Odd, given(others.Reason, u.reason)
	l.Block, l.RevenueLost = given(others.Block, int32(u.block)), others.RevenueLost //nolint:gosec // another number is not written again as it was read
	switch {
	case others.Paid == nil && l.Amount != 0:
		payment[0] = Payment{Fund: l.Fund, Amount: l.Amount}
		l.Paid = payment
	case others.Paid != nil && len(*others.Paid) > 0:
		l.Paid = *others.Paid
	}
	return nil
}

func given[T any](written *T, usual T) T {
	if written == nil {
		return usual
	}
	return *written
}

// usual is what follows for a line from its fund, base, floor and treatment, and from the rest of the plan.
type usual struct {
	movable, score int64
	reason         Reason
	block          int
}

// usual is that of a line whose fund has this place in the plan, −1 for none.
func (l *Line) usual(p *Plan, fund int, score int64) usual {
	if l.Treatment != Competes {
		return usual{reason: OffTheTop, block: -1}
	}
	u := usual{movable: max(0, l.Base-l.Floor), score: score, reason: AtRate, block: -1}
	if fund >= 0 {
		u.block = p.Funds[fund].Block
	}
	return u
}

// places are those of the plan's funds.
func (p *Plan) places() Places {
	return PlacesOf(p.Funds, func(f *FundResult) string { return f.Fund })
}

// ofProgram counts the lines of the first one's program that follow each other.
func ofProgram(lines []Line) int {
	n := 1
	for n < len(lines) && lines[n].Program == lines[0].Program {
		n++
	}
	return n
}

// usualScore is that of the first line that competes.
func usualScore(lines []Line) int64 {
	for i := range lines {
		if lines[i].Treatment == Competes {
			return lines[i].ScoreBP
		}
	}
	return 0
}

// usuallyPaid says whether the line is paid by its own fund alone, or has nothing to be paid.
func (l *Line) usuallyPaid() bool {
	if l.Amount == 0 {
		return len(l.Paid) == 0
	}
	return len(l.Paid) == 1 && l.Paid[0] == Payment{Fund: l.Fund, Amount: l.Amount}
}
