package budgetfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
)

// Names of the skip rules that the reader has of its own.
const (
	ruleBlankLine = "blank-line" // an empty physical line
	ruleBlankRow  = "blank-row"  // a record of blank cells only
	ruleTitle     = "title-line" // a record above the header
	ruleNoAmount  = "no-amount"  // every amount was omitted by the number policy
)

// fileReader maps the records of one file and counts what becomes of each.
type fileReader struct {
	m       *Mapping
	src     *source
	out     *builder
	totals  FileTotals
	skipped map[string]*SkippedTotals
	filed   map[string]int64 // sum of the mapped rows by amount key, as filed
	grand   []grandTotal

	dims       [dimCount]getter
	segments   []getter
	purpose    getter
	facts      *boundFacts
	skip       []*condition
	revenue    []*condition
	transfers  []*condition
	treatments []*condition
	alignment  []*condition
}

type grandTotal struct {
	line int
	key  string
	want int64
}

func newFileReader(m *Mapping, s *source, out *builder) *fileReader {
	c := &s.file.Columns
	p := &fileReader{
		m: m, src: s, out: out, skipped: map[string]*SkippedTotals{}, filed: map[string]int64{},
		totals: FileTotals{File: s.file.Name, Encoding: s.encoding, IgnoredColumns: s.ignored(m)},
	}
	p.dims = [dimCount]getter{
		dimFund: c.Fund.Code.bind(s.index), dimFundName: c.Fund.Name.bind(s.index),
		dimDepartment: c.Department.Code.bind(s.index), dimDepartmentName: c.Department.Name.bind(s.index),
		dimDivision: c.Division.Code.bind(s.index), dimDivisionName: c.Division.Name.bind(s.index),
		dimProgram: c.Program.Code.bind(s.index), dimProgramName: c.Program.Name.bind(s.index),
		dimFunction: c.Function.bind(s.index), dimAccount: c.Account.Code.bind(s.index), dimAccountName: c.Account.Name.bind(s.index),
		dimClass: c.Class.bind(s.index), dimAmount: blank, dimSide: blank,
	}
	for i := range c.Segments {
		p.segments = append(p.segments, c.Segments[i].Value.bind(s.index))
	}
	p.purpose, p.facts = c.Purpose.bind(s.index), s.file.Facts.bind(s.index, s.file.Number)
	for _, r := range s.file.Skip {
		p.skip = append(p.skip, r.When.bind(s.index))
	}
	for _, r := range m.Treatments {
		p.treatments = append(p.treatments, r.When.bind(s.index))
	}
	for _, r := range m.Alignment {
		p.alignment = append(p.alignment, r.When.bind(s.index))
	}
	p.revenue, p.transfers = bindAll(s.file.Revenue, s.index), bindAll(m.Transfers, s.index)
	p.skipMany(ruleTitle, s.titles)
	p.skipMany(ruleBlankLine, s.blank)
	return p
}

// skipMany counts n records or lines as read and skipped by a rule.
func (p *fileReader) skipMany(rule string, n int) *SkippedTotals {
	if n == 0 {
		return nil
	}
	t := p.skipped[rule]
	if t == nil {
		t = &SkippedTotals{File: p.src.file.Name, Rule: rule}
		p.skipped[rule] = t
	}
	p.totals.Read += n
	p.totals.Skipped += n
	t.Rows += n
	return t
}

func (p *fileReader) reject(rec record, row int, bad ...cellProblem) {
	p.totals.Read++
	p.totals.Rejected++
	for _, b := range bad {
		p.out.reject(RowError{File: p.src.file.Name, Row: row, Line: rec.line, Column: b.column, Value: shortened(b.value), Remedy: b.remedy})
	}
}

// record decides what becomes of one record: skipped by a rule, rejected, or mapped.
func (p *fileReader) record(rec record, row int) {
	if rec.err != nil {
		p.reject(rec, row, cellProblem{remedy: rec.err.Error() + ": mend the quotes, or set loose_quotes"})
		return
	}
	if !slices.ContainsFunc(rec.cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
		p.skipMany(ruleBlankRow, 1)
		return
	}
	width := len(p.src.header)
	cells := rec.cells
	for len(cells) < width {
		cells = append(cells, "")
	}
	d := p.dimensions(cells)
	for i, c := range p.skip {
		if c.match(&d, cells) {
			p.skipRow(p.src.file.Skip[i], rec, cells)
			return
		}
	}
	if n := len(rec.cells); n != width {
		p.reject(rec, row, cellProblem{remedy: fmt.Sprintf(
			"has %d cells and the header %d: mend the row, or skip it by a rule", n, width), value: strings.Join(rec.cells, ",")})
		return
	}
	lines, bad := p.lines(&d, cells)
	if len(bad) > 0 {
		p.reject(rec, row, bad...)
		return
	}
	if len(lines.items) == 0 {
		p.skipMany(ruleNoAmount, 1)
		return
	}
	p.totals.Read++
	p.totals.Mapped++
	p.emit(lines, &d, rec, row)
}

// dimensions reads codes trimmed and names tidied.
func (p *fileReader) dimensions(cells []string) dims {
	var d dims
	for i, get := range p.dims {
		d[i] = get(cells)
	}
	for _, i := range []dimension{dimFundName, dimDepartmentName, dimDivisionName, dimProgramName, dimFunction, dimAccountName, dimClass} {
		d[i] = tidy(d[i])
	}
	return d
}

func (p *fileReader) skipRow(rule SkipRule, rec record, cells []string) {
	t := p.skipMany(rule.Name, 1)
	if t.Sums == nil {
		for _, a := range p.src.file.Amounts {
			t.Sums = append(t.Sums, KeySum{Key: a.key()})
		}
	}
	for i, a := range p.src.file.Amounts {
		v, _, err := p.money(cells[p.src.index[a.Column]])
		if errors.Is(err, errBlank) {
			continue
		}
		if err != nil {
			t.Unreadable++
			continue
		}
		p.out.add(&t.Sums[i].Amount, v)
		if rule.GrandTotal {
			p.grand = append(p.grand, grandTotal{rec.line, a.key(), v})
		}
	}
}

// money reads one cell as minor units.
func (p *fileReader) money(cell string) (v int64, rounded bool, err error) {
	n := &p.src.file.Number
	d, err := n.parse(cell)
	if err != nil {
		return 0, false, err
	}
	return d.scaled(wire.MinorDigits(p.m.Currency), max(n.Multiplier, 1), n.Fraction == "ROUND")
}

// close checks the file's own accounts and hands its totals on.
func (p *fileReader) close() error {
	t := &p.totals
	if t.Read != t.Mapped+t.Skipped+t.Rejected {
		return fault.New(fault.Internal, "ROWS_LOST", "%s: %d rows read but %d mapped, %d skipped and %d rejected",
			t.File, t.Read, t.Mapped, t.Skipped, t.Rejected)
	}
	for _, g := range p.grand {
		if got := p.filed[g.key]; got != g.want {
			p.out.mismatch(Mismatch{
				What: "sum of " + t.File + " under " + g.key, Want: g.want, Got: got,
				WantFrom: fmt.Sprintf("%s line %d", t.File, g.line),
			})
		}
	}
	for _, r := range p.src.file.Skip {
		if p.skipped[r.Name] == nil {
			p.out.notice("unused-rule", "skip rule %s of %s matched no row", r.Name, t.File)
		}
	}
	p.out.closeFile(p.totals, p.skipped)
	return nil
}

const maxShownValue = 80

// shortened keeps error lists readable; it cuts between characters.
func shortened(s string) string {
	if len(s) <= maxShownValue {
		return s
	}
	cut := maxShownValue
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
