package measurefile

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/performance"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// Names of the skip rules that the reader has of its own.
const (
	RuleBlankLine = "blank-line" // an empty physical line
	RuleBlankRow  = "blank-row"  // a record of blank cells only
	RuleTitle     = "title-line" // a record above the header
)

// boundCell is a Cell bound to a header.
type boundCell struct {
	cell   *Cell
	at     int
	when   func(row []string) bool
	unread int // rows it is not read from
	period tabular.Getter
	format *format
	starts map[periodKey]periodAnswer // a file repeats few distinct periods many times
}

type periodKey struct{ text, frequency string }

type periodAnswer struct {
	start Day
	err   error
}

const rememberAtMost = 1 << 14

func (c *boundCell) start(year FiscalYear, text, frequency string) (Day, error) {
	key := periodKey{text, frequency}
	if a, ok := c.starts[key]; ok {
		return a.start, a.err
	}
	m, err := c.format.read(text)
	var a periodAnswer
	if err == nil {
		a.start, err = year.start(m, frequency)
	}
	a.err = err
	if len(c.starts) < rememberAtMost {
		c.starts[key] = a
	}
	return a.start, a.err
}

// targetKey is what a target is for.
type targetKey struct {
	measure int
	start   Day
	upper   bool
}

// filedTarget is what the file says of one target.
type filedTarget struct {
	cell
	lines []int // of cells that say the same
	bad   bool  // others say something else
}

// cell is a cell that was read.
type cell struct {
	line   int
	column string
	text   string
	value  float64
}

// reader maps the records of a file and accounts for each.
type reader struct {
	out        *Parsed
	width      int
	skips      []func(row []string) bool
	facts      *boundFacts
	dimension  tabular.Getter
	cells      []boundCell
	parse      func(text string) (float64, bool, error)
	byCode     map[string]int // measures by the text their id is made from
	byID       map[string]int
	dimensions map[string]string // each text once
	targets    map[targetKey]*filedTarget
	order      []targetKey
	skipped    map[string]int
	drifted    map[string]bool
	met        []map[string]bool // dimensions of each measure
}

func newReader(m Mapping, s *tabular.Source) (*reader, error) {
	parse, err := performance.ValueReader(m.ValueRules.Proto())
	if err != nil {
		return nil, err
	}
	p := &reader{
		out: &Parsed{Mapping: m, File: s.Name, Totals: Totals{Encoding: s.Encoding}}, width: len(s.Header), parse: parse, dimension: tabular.Blank,
		byCode: map[string]int{}, byID: map[string]int{}, dimensions: map[string]string{}, targets: map[targetKey]*filedTarget{},
		skipped: map[string]int{}, drifted: map[string]bool{},
	}
	p.facts = bindFacts(&p.out.Mapping, s.Index)
	for _, r := range m.Skip {
		p.skips = append(p.skips, r.When.Bind(s.Index))
	}
	if m.Dimension != nil {
		p.dimension = m.Dimension.Value.Bind(s.Index)
	}
	for i := range m.Cells {
		c := &p.out.Mapping.Cells[i]
		f, err := newFormat(c.Format)
		if err != nil {
			return nil, fault.New(fault.Invalid, "MAPPING_INVALID", "cells[%d].format: %v", i, err)
		}
		p.cells = append(p.cells, boundCell{
			cell: c, at: s.Index[c.Column], when: c.When.Bind(s.Index), period: c.Period.Bind(s.Index), format: f, starts: map[periodKey]periodAnswer{},
		})
	}
	p.skip(RuleTitle, s.Titles)
	p.skip(RuleBlankLine, s.Blank)
	return p, nil
}

// skip counts n records or lines as read and skipped by a rule.
func (p *reader) skip(rule string, n int) {
	if n > 0 {
		p.out.Totals.Read += n
		p.out.Totals.Skipped += n
		p.skipped[rule] += n
	}
}

func (p *reader) problem(line int, b cellProblem) {
	p.out.RowErrors = append(p.out.RowErrors, RowError{Line: line, Column: b.column, Value: tabular.Shortened(b.value), Remedy: b.remedy})
}

func (p *reader) reject(line int, bad ...cellProblem) {
	p.out.Totals.Read++
	p.out.Totals.Rejected++
	for _, b := range bad {
		p.problem(line, b)
	}
}

// record decides what becomes of one record: skipped by a rule, rejected, or mapped.
func (p *reader) record(rec tabular.Record) {
	if rec.Err != nil {
		p.reject(rec.Line, cellProblem{remedy: rec.Err.Error()})
		return
	}
	if !slices.ContainsFunc(rec.Cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
		p.skip(RuleBlankRow, 1)
		return
	}
	cells := rec.Cells
	for len(cells) < p.width {
		cells = append(cells, "")
	}
	for i, match := range p.skips {
		if match(cells) {
			p.skip(p.out.Mapping.Skip[i].Name, 1)
			return
		}
	}
	if n := len(rec.Cells); n != p.width {
		p.reject(rec.Line, cellProblem{remedy: fmt.Sprintf("has %d cells and the header %d: mend the row, or skip it by a rule", n, p.width), value: strings.Join(rec.Cells, ",")})
		return
	}
	at, bad := p.measure(cells, rec.Line)
	if len(bad) > 0 {
		p.reject(rec.Line, bad...)
		return
	}
	p.out.Totals.Read++
	p.out.Totals.Mapped++
	dimension := p.dimensionOf(at, cells)
	for i := range p.cells {
		p.cell(&p.cells[i], at, dimension, cells, rec)
	}
}

// measure finds the measure a row is of, and checks that the row's facts are the measure's.
func (p *reader) measure(cells []string, line int) (int, []cellProblem) {
	code := tabular.Tidy(p.facts.id(cells))
	facts, bad := p.facts.read(cells, code)
	if len(bad) > 0 {
		return 0, bad
	}
	facts.Line = line
	at, known := p.byID[facts.ID]
	if !known {
		at = len(p.out.Measures)
		p.byID[facts.ID] = at
		p.out.Measures = append(p.out.Measures, facts)
		p.met = append(p.met, map[string]bool{})
		return at, nil
	}
	first := &p.out.Measures[at]
	if what, was, is := first.differs(&facts); what != "" {
		return 0, []cellProblem{{label(&p.out.Mapping.Measure.ID), code, fmt.Sprintf(
			"has %s %q here and %q on line %d: one measure has one; mend the row, or make the id of more columns", what, is, was, first.Line)}}
	}
	for _, what := range first.drifts(&facts) {
		key := facts.ID + " " + what
		if !p.drifted[key] {
			p.drifted[key] = true
			p.out.Notices = append(p.out.Notices, Notice{"facts-drift", fmt.Sprintf("%s of measure %s on line %d is not that of line %d, which stays",
				what, facts.ID, line, first.Line)})
		}
	}
	return at, nil
}

// dimensionOf reads a row's dimension and remembers that its measure has it.
func (p *reader) dimensionOf(at int, cells []string) string {
	text := tabular.Tidy(p.dimension(cells))
	if text == "" {
		return ""
	}
	known, ok := p.dimensions[text]
	if !ok {
		known = strings.Clone(text)
		p.dimensions[known] = known
	}
	if !p.met[at][known] {
		p.met[at][known] = true
		p.out.Measures[at].Dimensions = append(p.out.Measures[at].Dimensions, known)
	}
	return known
}

// cell reads one cell of a mapped record.
func (p *reader) cell(c *boundCell, at int, dimension string, cells []string, rec tabular.Record) {
	if !c.when(cells) {
		c.unread++
		return
	}
	t := &p.out.Totals
	total, bad := &t.Values, &t.BadValues
	if c.cell.Is != "VALUE" {
		total, bad = &t.Targets, &t.BadTargets
	}
	*total++
	fail := func(column, value, remedy string) {
		*bad++
		p.problem(rec.Line, cellProblem{column, value, remedy})
	}
	text := strings.TrimSpace(cells[c.at])
	period := c.period(cells)
	start, err := c.start(p.out.Mapping.FiscalYear, period, p.out.Measures[at].Frequency)
	if err != nil {
		fail(label(&c.cell.Period), period, "the period of column "+strconv.Quote(c.cell.Column)+" "+err.Error())
		return
	}
	row := Row{Measure: at, Dimension: dimension, Start: start, Line: rec.Line, Column: c.cell.Column}
	if rec.Numbers != nil && rec.Numbers[c.at] {
		row.Number, row.Known = true, true
		row.Value, err = strconv.ParseFloat(text, 64)
	} else {
		row.Text = strings.Clone(text) // the record it is cut from can go
		row.Value, row.Known, err = p.parse(text)
	}
	switch {
	case err != nil:
		fail(c.cell.Column, text, err.Error())
	case c.cell.Is == "VALUE":
		p.out.Rows = append(p.out.Rows, row) // counted once conflicts are known
	case !row.Known:
		t.MissingTargets++
	default:
		p.target(c.cell, row)
	}
}

func (p *reader) target(c *Cell, row Row) {
	key := targetKey{row.Measure, row.Start, c.Is == "TARGET_UPPER"}
	read := cell{row.Line, row.Column, row.Text, row.Value}
	filed, known := p.targets[key]
	if !known {
		p.targets[key] = &filedTarget{cell: read}
		p.order = append(p.order, key)
		return
	}
	if filed.value != read.value {
		filed.bad = true
		p.out.Totals.BadTargets++
		p.problem(row.Line, cellProblem{row.Column, row.Text, fmt.Sprintf("is another target than that of line %d for %s of %s: keep one",
			filed.line, row.Start, p.out.Measures[row.Measure].ID)})
		return
	}
	filed.lines = append(filed.lines, row.Line)
}

// finish settles targets and values, and checks the accounts.
func (p *reader) finish() (*Parsed, error) {
	p.settleTargets()
	p.settleValues()
	for _, r := range p.out.Mapping.Skip {
		if p.skipped[r.Name] == 0 {
			p.out.Notices = append(p.out.Notices, Notice{"unused-rule", fmt.Sprintf("skip rule %s matched no row", r.Name)})
		}
	}
	for i, c := range p.cells {
		if c.unread > 0 {
			p.out.Notices = append(p.out.Notices, Notice{"unread-cells", fmt.Sprintf("column %q is not read from %d rows, by cells[%d].when", c.cell.Column, c.unread, i)})
		}
	}
	for _, rule := range sortedKeys(p.skipped) {
		p.out.Skipped = append(p.out.Skipped, Skipped{rule, p.skipped[rule]})
	}
	slices.SortStableFunc(p.out.RowErrors, func(a, b RowError) int { return cmp.Compare(a.Line, b.Line) })
	if err := p.out.Totals.check(); err != nil {
		return nil, fault.New(fault.Internal, "ROWS_LOST", "%s: %v", p.out.File, err)
	}
	return p.out, nil
}
