package budgetfile

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
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

	dims       [dimCount]tabular.Getter
	segments   []tabular.Getter
	purpose    tabular.Getter
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
		totals: FileTotals{File: s.file.Name, Encoding: s.Encoding, IgnoredColumns: s.Ignored(s.file.columnsUsed(), m.ruleColumns())},
	}
	p.dims = [dimCount]tabular.Getter{
		dimFund: c.Fund.Code.Bind(s.Index), dimFundName: c.Fund.Name.Bind(s.Index),
		dimDepartment: c.Department.Code.Bind(s.Index), dimDepartmentName: c.Department.Name.Bind(s.Index),
		dimDivision: c.Division.Code.Bind(s.Index), dimDivisionName: c.Division.Name.Bind(s.Index),
		dimProgram: c.Program.Code.Bind(s.Index), dimProgramName: c.Program.Name.Bind(s.Index),
		dimFunction: c.Function.Bind(s.Index), dimAccount: c.Account.Code.Bind(s.Index), dimAccountName: c.Account.Name.Bind(s.Index),
		dimClass: c.Class.Bind(s.Index), dimAmount: tabular.Blank, dimSide: tabular.Blank,
	}
	for i := range c.Segments {
		p.segments = append(p.segments, c.Segments[i].Value.Bind(s.Index))
	}
	p.purpose, p.facts = c.Purpose.Bind(s.Index), s.file.Facts.bind(s.Index, s.file.Number)
	for _, r := range s.file.Skip {
		p.skip = append(p.skip, r.When.bind(s.Index))
	}
	for _, r := range m.Treatments {
		p.treatments = append(p.treatments, r.When.bind(s.Index))
	}
	for _, r := range m.Alignment {
		p.alignment = append(p.alignment, r.When.bind(s.Index))
	}
	p.revenue, p.transfers = bindAll(s.file.Revenue, s.Index), bindAll(m.Transfers, s.Index)
	p.skipMany(ruleTitle, s.Titles)
	p.skipMany(ruleBlankLine, s.Blank)
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

func (p *fileReader) reject(rec tabular.Record, row int, bad ...cellProblem) {
	p.totals.Read++
	p.totals.Rejected++
	for _, b := range bad {
		p.out.reject(RowError{File: p.src.file.Name, Row: row, Line: rec.Line, Column: b.column, Value: tabular.Shortened(b.value), Remedy: b.remedy})
	}
}

// record decides what becomes of one record: skipped by a rule, rejected, or mapped.
func (p *fileReader) record(rec tabular.Record, row int) {
	if rec.Err != nil {
		p.reject(rec, row, cellProblem{remedy: rec.Err.Error() + ": mend the quotes, or set loose_quotes"})
		return
	}
	if !slices.ContainsFunc(rec.Cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
		p.skipMany(ruleBlankRow, 1)
		return
	}
	width := len(p.src.Header)
	cells := rec.Cells
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
	if n := len(rec.Cells); n != width {
		p.reject(rec, row, cellProblem{remedy: fmt.Sprintf(
			"has %d cells and the header %d: mend the row, or skip it by a rule", n, width), value: strings.Join(rec.Cells, ",")})
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
		d[i] = tabular.Tidy(d[i])
	}
	return d
}

func (p *fileReader) skipRow(rule SkipRule, rec tabular.Record, cells []string) {
	t := p.skipMany(rule.Name, 1)
	if t.Sums == nil {
		for _, a := range p.src.file.Amounts {
			t.Sums = append(t.Sums, KeySum{Key: a.key()})
		}
	}
	for i, a := range p.src.file.Amounts {
		v, _, err := p.money(cells[p.src.Index[a.Column]])
		if errors.Is(err, errBlank) {
			continue
		}
		if err != nil {
			t.Unreadable++
			continue
		}
		p.out.add(&t.Sums[i].Amount, v)
		if rule.GrandTotal {
			p.grand = append(p.grand, grandTotal{rec.Line, a.key(), v})
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
