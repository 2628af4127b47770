package sqlstore

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"strconv"
	"strings"
	"sync"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// Columns of the text of an allocation's lines.
const (
	programColumn = iota
	nameColumn
	departmentColumn
	baseColumn
	fixedColumn
	floorColumn
	allocatedColumn
	scoreColumn
	flaggedColumn
	reasonColumn
	fundingColumn // "FUND=AMOUNT FUND=AMOUNT"; the last "=AMOUNT" is left out when it is the rest of what is allocated
	valueColumn   // empty for that of what is allocated at the score
	revenueColumn // empty for nothing lost, as positions are
	positionsColumn
	grantsColumn // their number and then their titles; empty for none
	lineColumns
)

// lineText is one text of all lines, by program id: an empty line, and then a line a column, of the value of each program with a tab behind it, in the
// spelling of asktext.go. Values of a column are alike, or the same from the first to the last: they pack in half the time into half the room that the
// lines of programs took, which is how older texts are written (parseLines).
//
// Lines are written once, thousands at a time, and read whole or filtered as a whole: rows would cost twenty times the
// write, and no read would be the faster for it.
func lineText(b []byte, lines iter.Seq[*domain.AllocationLine]) []byte {
	c, _ := lineRooms.Get().(*lineRoom)
	defer lineRooms.Put(c)
	for i := range c {
		c[i] = c[i][:0]
	}
	for l := range lines {
		c.enter(l)
	}
	b = append(b, '\n')
	for i := range c {
		b = append(append(b, c[i]...), '\n')
	}
	return b
}

// lineRoom is where columns are written side by side.
type lineRoom [lineColumns][]byte

func (c *lineRoom) enter(l *domain.AllocationLine) {
	c.text(programColumn, l.Program)
	c.text(nameColumn, l.DisplayName)
	c.text(departmentColumn, l.Department)
	c.number(baseColumn, l.Base)
	c.number(fixedColumn, l.Fixed)
	c.number(floorColumn, l.Floor)
	c.number(allocatedColumn, l.Allocated)
	c.number(scoreColumn, l.ScoreBP)
	if l.Flagged {
		c.number(flaggedColumn, 1)
	} else {
		c.number(flaggedColumn, 0)
	}
	c.text(reasonColumn, l.ReasonCode)
	b, rest := c[fundingColumn], l.Allocated
	for j, f := range l.Funding {
		if j > 0 {
			b = append(b, ' ')
		}
		b = append(b, f.Fund...)
		if j < len(l.Funding)-1 || f.Amount != rest {
			b = money.Append(append(b, '='), f.Amount)
		}
		rest -= f.Amount
	}
	c[fundingColumn] = append(b, '\t')
	c.unless(l.UsualValue(), valueColumn, l.Value)
	c.unless(0, revenueColumn, l.RevenueLost)
	c.unless(0, positionsColumn, l.Positions)
	c.unless(0, grantsColumn, int64(len(l.GrantsLost)))
	for _, g := range l.GrantsLost {
		c.text(grantsColumn, g)
	}
}

func (c *lineRoom) text(column int, s string) { c[column] = append(appendEscaped(c[column], s), '\t') }

func (c *lineRoom) number(column int, n int64) { c[column] = append(money.Append(c[column], n), '\t') }

func (c *lineRoom) unless(usual int64, column int, n int64) {
	if n == usual {
		c[column] = append(c[column], '\t')
	} else {
		c.number(column, n)
	}
}

var lineRooms = sync.Pool{New: func() any { return &lineRoom{} }}

// lineTexts are texts that were written before, whose memory is used again.
var lineTexts = sync.Pool{New: func() any { return &[]byte{} }}

func appendEscaped(b []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c == '\\' || c == '\t' || c == '\n' {
			return append(b, escape.Replace(text)...)
		}
	}
	return append(b, text...)
}

// parseLines reads what lineText wrote, and older texts: a line a program, of the same values, of which the last ones are left out where they are
// empty, and the number of grants always. The key is the allocation's.
func parseLines(text []byte, key []string) (lines []domain.AllocationLine, err error) {
	if whole := string(text); strings.HasPrefix(whole, "\n") {
		lines, err = parseColumns(whole[1:], key)
	} else {
		lines, err = parseRows(whole, key)
	}
	if err != nil {
		return nil, fmt.Errorf("lines of %s: %w", domain.AllocationName(key[0], key[1], key[2]), err)
	}
	return lines, nil
}

func parseColumns(text string, key []string) ([]domain.AllocationLine, error) {
	var c [lineColumns]*textParser
	all := newTextParser(text)
	n := strings.Count(text[:max(0, strings.IndexByte(text, '\n'))], "\t")
	for i := range c {
		if !all.nextLine() {
			return nil, fmt.Errorf("%d columns, want %d", i, lineColumns)
		}
		if has := strings.Count(all.line, "\t"); has != n && (i != grantsColumn || has < n) {
			return nil, fmt.Errorf("column %d has %d values for %d programs", i+1, has, n)
		}
		c[i] = &textParser{line: all.line, escaped: all.escaped}
	}
	lines := make([]domain.AllocationLine, n)
	for i := range lines {
		l := &lines[i]
		readLine(l, key, func(column int) *textParser { return c[column] })
		if l.GrantsLost = c[grantsColumn].counted(); c[grantsColumn].err != nil {
			return nil, c[grantsColumn].err
		}
	}
	for i := range c {
		if c[i].err != nil || c[i].line != "" {
			return nil, cmp.Or(c[i].err, fmt.Errorf("column %d has more values than %d programs", i+1, n))
		}
	}
	return lines, nil
}

func parseRows(text string, key []string) ([]domain.AllocationLine, error) {
	lines := make([]domain.AllocationLine, 0, strings.Count(text, "\n"))
	p := newTextParser(text)
	for p.nextLine() {
		var l domain.AllocationLine
		readLine(&l, key, func(int) *textParser { return p })
		l.GrantsLost = p.others()
		lines = append(lines, l)
	}
	return lines, p.err
}

// readLine reads the next value of each column, in their order, but the grants.
func readLine(l *domain.AllocationLine, key []string, at func(column int) *textParser) {
	*l = domain.AllocationLine{
		Organization: key[0], Budget: key[1], Allocation: key[2],
		Program: at(programColumn).next(), DisplayName: at(nameColumn).next(), Department: at(departmentColumn).next(),
		Base: at(baseColumn).number(), Fixed: at(fixedColumn).number(), Floor: at(floorColumn).number(), Allocated: at(allocatedColumn).number(), ScoreBP: at(scoreColumn).number(),
		Flagged: at(flaggedColumn).number() != 0, ReasonCode: at(reasonColumn).next(),
	}
	l.Funding = at(fundingColumn).funding(l.Allocated)
	l.Value, l.RevenueLost, l.Positions = at(valueColumn).numberOr(l.UsualValue()), at(revenueColumn).numberOr(0), at(positionsColumn).numberOr(0)
}

// numberOr is usual where nothing is written.
func (p *textParser) numberOr(usual int64) int64 {
	if p.line == "" || p.line[0] == '\t' {
		p.next()
		return usual
	}
	return p.number()
}

// counted are the values that follow their number, or an empty value for none.
func (p *textParser) counted() (all []string) {
	if p.line == "" {
		p.err = errors.New("the text ends before all is told")
	}
	for n := p.numberOr(0); n > 0 && p.err == nil; n-- {
		if p.line == "" {
			p.err = fmt.Errorf("the text ends before %d values more", n)
		}
		all = append(all, p.next())
	}
	return all
}

// others are all values to come.
func (p *textParser) others() (all []string) {
	for p.line != "" {
		all = append(all, p.next())
	}
	return all
}

// funding reads what funds pay; allocated is what they pay together where the last amount is left out.
func (p *textParser) funding(allocated int64) (funding []domain.FundAmount) {
	rest, ended := allocated, false
	for part := range strings.FieldsSeq(p.next()) {
		fund, amount, written := strings.Cut(part, "=")
		n, err := rest, error(nil)
		if written {
			n, err = strconv.ParseInt(amount, 10, 64)
		}
		if ended {
			err = fmt.Errorf("no amount is written before that of fund %q", fund)
		}
		if err != nil && p.err == nil {
			p.err = err
		}
		funding, rest, ended = append(funding, domain.FundAmount{Fund: fund, Amount: n}), rest-n, !written
	}
	return funding
}

// lineColumn is a line's value of a column of app.AllocationLineList.
func lineColumn(l *domain.AllocationLine, column string) any {
	switch column {
	case "program_id":
		return l.Program
	case "department":
		return l.Department
	case "score_bp":
		return l.ScoreBP
	case "reason_code":
		return l.ReasonCode
	case "flagged":
		return l.Flagged
	}
	return nil
}
