package budgetfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// rowLines is what one row becomes if it is mapped.
type rowLines struct {
	side    Side
	items   []rowAmount
	facts   facts
	omitted int
	rounded int
}

type rowAmount struct {
	amount *Amount
	filed  int64 // before the sign policy
}

// lines reads all of a row and lists every problem in it, so that one pass over a file shows them all.
func (p *fileReader) lines(d *dims, cells []string) (rowLines, []cellProblem) {
	r := rowLines{side: Expenditure}
	if p.src.file.Side == Revenue || anyMatch(p.revenue, d, cells) {
		r.side = Revenue
	}
	var bad []cellProblem
	for i, c := range cells {
		if strings.ContainsRune(c, utf8.RuneError) {
			bad = append(bad, cellProblem{
				p.src.Header[i], strings.ToValidUTF8(c, "\ufffd"),
				"has bytes that are no " + p.src.Encoding + " text: correct encoding, perhaps windows-1252",
			})
		}
	}
	if d[dimFund] == "" {
		bad = append(bad, cellProblem{label(p.src.file.Columns.Fund.Code), "", "the fund is blank: fill it in, or skip such rows by a rule"})
	}
	if r.side == Expenditure && d[dimProgram] == "" {
		bad = append(bad, cellProblem{
			label(p.src.file.Columns.Program.Code), "",
			"the program is blank: fill it in, give otherwise, or skip such rows by a rule",
		})
	}
	bad = p.amounts(&r, cells, bad)
	bad = p.checks(cells, bad)
	if r.side == Expenditure {
		var badFacts []cellProblem
		r.facts, badFacts = p.facts.read(d, cells)
		bad = append(bad, badFacts...)
	}
	return r, bad
}

func (p *fileReader) amounts(r *rowLines, cells []string, bad []cellProblem) []cellProblem {
	n := &p.src.file.Number
	for i := range p.src.file.Amounts {
		a := &p.src.file.Amounts[i]
		cell := cells[p.src.Index[a.Column]]
		v, rounded, err := p.money(cell)
		switch {
		case errors.Is(err, errBlank) && n.Blank == "OMIT":
			r.omitted++
			continue
		case errors.Is(err, errBlank) && n.Blank == "ZERO":
		case errors.Is(err, errBlank):
			bad = append(bad, cellProblem{a.Column, cell, "the amount is blank: fill it in, or set number.blank to ZERO or OMIT"})
			continue
		case err != nil:
			bad = append(bad, cellProblem{a.Column, cell, "the amount " + err.Error() + ": correct it, or the number format of the mapping"})
			continue
		}
		if rounded {
			r.rounded++
		}
		if v == 0 && n.Zero == "OMIT" {
			r.omitted++
			continue
		}
		r.items = append(r.items, rowAmount{a, v})
	}
	return bad
}

// checks adds up the columns of every sum check; amount columns have had their own problems reported already.
func (p *fileReader) checks(cells []string, bad []cellProblem) []cellProblem {
	value := func(column string) int64 {
		cell := cells[p.src.Index[column]]
		v, _, err := p.money(cell)
		amount := slices.ContainsFunc(p.src.file.Amounts, func(a Amount) bool { return a.Column == column })
		if err != nil && !errors.Is(err, errBlank) && !amount {
			bad = append(bad, cellProblem{column, cell, "the number " + err.Error() + ": correct it, or the number format of the mapping"})
		}
		return v
	}
	for _, c := range p.src.file.Checks {
		var sum int64
		for _, column := range c.Sum {
			sum += value(column) // at most maxMinorUnits each
		}
		if want := value(c.Equals); sum != want {
			bad = append(bad, cellProblem{c.Equals, cells[p.src.Index[c.Equals]], fmt.Sprintf(
				"%s add up to %d minor units, not to the %d here: correct the row", strings.Join(c.Sum, " + "), sum, want)})
		}
	}
	return bad
}

// emit turns a mapped row into line items and registers its fund, department and program.
func (p *fileReader) emit(r rowLines, d *dims, rec tabular.Record, row int) {
	p.totals.OmittedCells += r.omitted
	p.totals.RoundedCells += r.rounded
	p.totals.Lines += len(r.items)
	d[dimSide] = string(r.side)
	var segments []AccountSegment
	for i, get := range p.segments {
		segments = append(segments, AccountSegment{p.src.file.Columns.Segments[i].Name, get(rec.Cells)})
	}
	p.out.register(d)
	if r.side == Expenditure {
		p.out.program(d, tabular.Tidy(p.purpose(rec.Cells)), r.facts, func() map[string]int { return p.align(d, rec.Cells) })
	}
	for _, it := range r.items {
		line := p.line(it, *d, rec, row)
		line.Segments = segments
		sum := p.filed[it.amount.key()]
		p.out.add(&sum, it.filed)
		p.filed[it.amount.key()] = sum
		p.out.line(line)
	}
}

func (p *fileReader) line(it rowAmount, d dims, rec tabular.Record, row int) LineItem {
	a := it.amount
	override := func(i dimension, s string) {
		if s != "" {
			d[i] = s
		}
	}
	override(dimClass, a.Class)
	override(dimAccount, a.Account)
	override(dimAccountName, a.AccountName)
	d[dimAmount] = a.key()
	side := Side(d[dimSide])
	l := LineItem{
		ID:          fmt.Sprintf("%s-%d-%s", p.src.file.ID, row, a.key()),
		ExternalRef: fmt.Sprintf("%s#%d#%s", p.src.file.Name, row, a.key()),
		Side:        side, Kind: Kind(side), Version: a.Version,
		FundCode: d[dimFund], DepartmentCode: d[dimDepartment], DivisionCode: d[dimDivision], ProgramCode: d[dimProgram],
		AccountCode: d[dimAccount], AccountName: d[dimAccountName], Class: d[dimClass], Amount: it.filed,
		File: p.src.file.Name, Row: row, Line: rec.Line,
	}
	if slices.Contains(p.src.file.ReverseSign, side) {
		l.Amount = -l.Amount
	}
	if anyMatch(p.transfers, &d, rec.Cells) {
		l.Kind = KindTransfer
	}
	if side == Expenditure {
		l.Treatment, l.Rule = p.treatment(a, l.Kind, &d, rec.Cells)
	}
	return l
}

// treatment is the first matching rule's; else the column's own; else INTERFUND for a transfer and COMPETES for anything else.
func (p *fileReader) treatment(a *Amount, kind Kind, d *dims, cells []string) (Treatment, string) {
	for i, c := range p.treatments {
		if c.match(d, cells) {
			return p.m.Treatments[i].Treatment, p.m.Treatments[i].Name
		}
	}
	if a.Treatment != "" {
		return a.Treatment, ""
	}
	if kind == KindTransfer {
		return Interfund, ""
	}
	return Competes, ""
}

// align is the default alignment of a program: for each goal, the first matching rule that names it.
func (p *fileReader) align(d *dims, cells []string) map[string]int {
	goals := map[string]int{}
	for i, c := range p.alignment {
		if !c.match(d, cells) {
			continue
		}
		p.out.alignmentUsed[i] = true
		for g, score := range p.m.Alignment[i].Goals {
			if _, known := goals[g]; !known {
				goals[g] = score
			}
		}
	}
	return goals
}
