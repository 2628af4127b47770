package rosterfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// MaxBytes is the most that a roster may hold, decoded; it is read into memory.
const MaxBytes = 1 << 28

// Parsed is all that a roster says.
type Parsed struct {
	File, Encoding string
	Rows           []Row // in the order of the file
	Errors         []RowError
	Read           int // lines: Mapped + Skipped + Rejected
	Mapped         int
	Skipped        int
	Rejected       int
	SkippedBy      map[string]int // by rule
	Ignored        []string       // columns that the mapping does not read
}

// Row is one employee, and the line that first told of them.
type Row struct {
	*actionplanningv1.StaffRow
	Line int
}

// RowError is a line that cannot be read as the mapping says, and what would mend it.
type RowError struct {
	Line                  int
	Column, Value, Remedy string
}

// ReadFile is Read of a file on disk.
func ReadFile(ctx context.Context, m Mapping, file string) (*Parsed, error) {
	f, err := os.Open(file) //nolint:gosec // the file is of the person who runs this, with their own rights
	if err != nil {
		return nil, tabular.Unreadable(file, err)
	}
	return Read(ctx, m, filepath.Base(file), f)
}

// Read reads a roster, and closes it. Lines that cannot be read are in Errors: the caller decides whether to go on without them. Errors:
// faults of kind Invalid with reason MAPPING_MISFIT (the mapping does not fit the header) or FILE_UNREADABLE; of kind Exhausted with
// reason FILE_TOO_LARGE (MaxBytes); or the context's.
func Read(ctx context.Context, m Mapping, name string, r io.ReadCloser) (*Parsed, error) {
	source, err := m.Open(name, r, MaxBytes)
	if errors.Is(err, tabular.ErrTooLarge) {
		return nil, fault.New(fault.Exhausted, "FILE_TOO_LARGE", "%s holds more than %d bytes: split it", name, MaxBytes)
	}
	if err != nil {
		return nil, err
	}
	used := m.columnsUsed()
	misfit := fault.New(fault.Invalid, "MAPPING_MISFIT", "the mapping does not fit the file")
	if source.Misfits(used, misfit); len(misfit.Violations) > 0 {
		return nil, misfit
	}
	p, err := newReader(&m, source)
	if err != nil {
		return nil, err
	}
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		rec, err := source.Records.Next()
		p.skip("blank-line", rec.Blank)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, tabular.Unreadable(name, err)
		}
		p.record(rec)
	}
	p.out.Ignored = source.Ignored(used)
	return p.out, nil
}

type reader struct {
	m       *Mapping
	out     *Parsed
	width   int
	get     map[string]tabular.Getter // by path
	skips   []func(row []string) bool
	formats []*dateFormat
	full    *big.Rat
	byID    map[string]int // rows, where jobs are rows of their own
}

func newReader(m *Mapping, s *tabular.Source) (*reader, error) {
	p := &reader{
		m: m, out: &Parsed{File: s.Name, Encoding: s.Encoding, SkippedBy: map[string]int{}}, width: len(s.Header),
		get: map[string]tabular.Getter{}, byID: map[string]int{}, full: big.NewRat(1, 1),
	}
	for _, v := range m.values() {
		p.get[v.path] = v.value.Bind(s.Index)
	}
	for _, r := range m.Skip {
		p.skips = append(p.skips, r.When.Bind(s.Index))
	}
	formats := m.DateFormats
	if len(formats) == 0 {
		formats = []string{"{YYYY}-{MM}-{DD}"}
	}
	for _, text := range formats {
		f, err := newDateFormat(text)
		if err != nil {
			return nil, fmt.Errorf("date format %q %w", text, err)
		}
		p.formats = append(p.formats, f)
	}
	if f := m.Job.FTE; f != nil && f.FullTime != "" {
		p.full, _ = decimal(f.FullTime) // validated
	}
	p.skip("title-line", s.Titles)
	p.skip("blank-line", s.Blank)
	return p, nil
}

// skip counts n lines as read and skipped by a rule.
func (p *reader) skip(rule string, n int) {
	if n > 0 {
		p.out.Read += n
		p.out.Skipped += n
		p.out.SkippedBy[rule] += n
	}
}

// record decides what becomes of one line: skipped by a rule, rejected, or mapped.
func (p *reader) record(rec tabular.Record) {
	blank := !slices.ContainsFunc(rec.Cells, func(c string) bool { return strings.TrimSpace(c) != "" })
	if rec.Err == nil && blank {
		p.skip("blank-row", 1)
		return
	}
	p.out.Read++
	before := len(p.out.Errors)
	problem := func(column, value, remedy string) {
		p.out.Errors = append(p.out.Errors, RowError{Line: rec.Line, Column: column, Value: tabular.Shortened(value), Remedy: remedy})
	}
	switch {
	case rec.Err != nil:
		problem("", "", rec.Err.Error())
	case len(rec.Cells) != p.width:
		problem("", strings.Join(rec.Cells, ","), fmt.Sprintf("has %d cells and the header %d: mend the line", len(rec.Cells), p.width))
	default:
		for i, match := range p.skips {
			if match(rec.Cells) {
				p.out.Read--
				p.skip(p.m.Skip[i].Name, 1)
				return
			}
		}
		c := &cells{reader: p, row: rec.Cells, problem: problem}
		if row, job := c.employee(), c.job(); len(p.out.Errors) == before {
			p.add(row, job, rec.Line, problem)
		}
	}
	if len(p.out.Errors) > before {
		p.out.Rejected++
	} else {
		p.out.Mapped++
	}
}

// add takes what a good line tells: an employee, or one more job of an employee met before.
func (p *reader) add(row *actionplanningv1.StaffRow, job *actionplanningv1.Job, line int, problem func(column, value, remedy string)) {
	if !p.m.Job.dated() {
		row.Title, row.Department, row.Position, row.ManagerExternalId, row.FtePpm = job.GetTitle(), job.GetDepartment(), job.GetPosition(), job.GetManagerExternalId(), job.GetFtePpm()
		p.out.Rows = append(p.out.Rows, Row{row, line})
		return
	}
	at, known := p.byID[row.GetExternalId()]
	if !known {
		p.byID[row.GetExternalId()] = len(p.out.Rows)
		row.Jobs = []*actionplanningv1.Job{job}
		p.out.Rows = append(p.out.Rows, Row{row, line})
		return
	}
	first := p.out.Rows[at]
	row.Jobs = first.GetJobs()
	if !proto.Equal(first.StaffRow, row) {
		problem(label(&p.m.Employee.ExternalID), row.GetExternalId(), fmt.Sprintf("tells something else of the same person than line %d: mend one of the lines", first.Line))
		return
	}
	first.Jobs = append(first.Jobs, job)
}

// cells reads one line.
type cells struct {
	*reader
	row     []string
	problem func(column, value, remedy string)
}

func (c *cells) text(path string) string {
	if get := c.get[path]; get != nil {
		return strings.Clone(tabular.Tidy(get(c.row)))
	}
	return ""
}

func (c *cells) employee() *actionplanningv1.StaffRow {
	e := &c.m.Employee
	row := &actionplanningv1.StaffRow{
		ExternalId: c.text("employee.external_id"), DisplayName: c.text("employee.display_name"), WorkerType: c.text("employee.worker_type"),
		Subject: c.text("employee.subject"), EndDate: c.day("employee.end_date", e.EndDate),
	}
	if from := c.day("employee.leave_start", e.LeaveStart); from != nil {
		row.Leaves = []*actionplanningv1.Leave{{StartDate: from, EndDate: c.day("employee.leave_end", e.LeaveEnd)}}
	}
	if s := e.Status; s != nil {
		text := c.text("employee.status.from")
		meaning, known := s.Values[text]
		switch {
		case text == "":
			meaning = s.Otherwise
		case !known && slices.Contains(statuses, text):
			meaning = text
		case !known:
			c.problem(label(&s.From), text, fmt.Sprintf("is none of %q: say under employee.status.values what it means", slices.Sorted(maps.Keys(s.Values))))
		}
		row.Status = wire.Enum[actionplanningv1.EmployeeStatus](meaning)
	}
	return row
}

func (c *cells) job() *actionplanningv1.Job {
	j := &c.m.Job
	job := &actionplanningv1.Job{
		JobKey: c.text("job.key"), Title: c.text("job.title"), Department: c.text("job.department"), Position: c.text("job.position"),
		ManagerExternalId: c.text("job.manager_external_id"), StartDate: c.day("job.start_date", j.StartDate), EndDate: c.day("job.end_date", j.EndDate),
	}
	if j.FTE == nil {
		return job
	}
	text := c.text("job.fte.from")
	if text == "" {
		return job
	}
	n, ok := decimal(text)
	if !ok {
		c.problem(label(&j.FTE.From), text, "is no number: write it such as 0.5, or leave the cell blank for full time")
		return job
	}
	var err error
	if job.FtePpm, err = share(n, c.full); err != nil {
		c.problem(label(&j.FTE.From), text, err.Error())
	}
	return job
}

// day reads a day; a blank cell is none.
func (c *cells) day(path string, v *tabular.Value) *date.Date {
	text := c.text(path)
	if text == "" {
		return nil
	}
	for _, f := range c.formats {
		if day, fits := f.read(text); fits {
			return day
		}
	}
	c.problem(label(v), text, "is no day as the mapping's date_formats write it: mend it, or add its format")
	return nil
}

// label is what a value is read from, for people.
func label(v *tabular.Value) string { return strings.Join(v.ColumnsUsed(), ", ") }
