package pabulib

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
	"github.com/throughline/throughline/services/platform/fault"
)

// Read reads one file: META, PROJECTS and VOTES in this order, fields separated by semicolons and quoted where they must be, lines ended by LF or
// CRLF, UTF-8 with or without a byte order mark. What is wrong is an Invalid fault whose violations name lines and fields; the reader's own errors
// come back as they are. Decimals tells how many decimals a currency has; files that name no currency ask for "". Whether the election can be
// decided is for shares.Validate.
func Read(r io.Reader, decimals func(currency string) int) (*File, error) {
	return read(r, decimals, MaxBytes)
}

func read(r io.Reader, decimals func(currency string) int, most int64) (*File, error) {
	limited := &io.LimitedReader{R: r, N: most + 1}
	buffered := bufio.NewReaderSize(limited, 64<<10)
	if mark, err := buffered.Peek(3); err == nil && string(mark) == "\xef\xbb\xbf" {
		if _, err := buffered.Discard(len(mark)); err != nil {
			return nil, fmt.Errorf("read election: %w", err)
		}
	}
	lines := csv.NewReader(buffered)
	lines.Comma, lines.FieldsPerRecord, lines.LazyQuotes, lines.ReuseRecord = ';', -1, true, true
	p := parser{file: &File{}, index: map[string]int32{}, decimals: decimals}
	for !p.full() {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if wrong, ok := errors.AsType[*csv.ParseError](err); ok {
			p.add(wrong.Line, "", "cannot be split into fields: %v", wrong.Err)
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read election: %w", err)
		}
		p.line, _ = lines.FieldPos(0)
		p.take(record)
	}
	if limited.N == 0 {
		return nil, fault.New(fault.Exhausted, "FILE_TOO_LARGE", "the file has more than %d bytes; leave out columns that are not needed", most)
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return p.file, nil
}

// parser is the state of reading.
type parser struct {
	file     *File
	section  string
	header   []string // of the section; nil before it
	line     int
	index    map[string]int32 // projects by id
	entries  []int32          // scratch
	points   []int64          // scratch
	lastBy   []int            // by project: the ballot, counted from 1, that named it last
	places   int              // decimals of money
	decimals func(currency string) int
	wrong    fault.Violations
}

// told bounds how many violations are gathered.
const told = 20

func (p *parser) full() bool { return len(p.wrong) >= told }

func (p *parser) add(line int, name, format string, args ...any) {
	where := fmt.Sprintf("line %d", line)
	if name != "" {
		where += ", " + name
	}
	p.wrong.Add(where, format, args...)
}

// sections are the parts of a file in their order.
var sections = [...]string{"META", "PROJECTS", "VOTES"}

// take reads one record.
func (p *parser) take(record []string) {
	if blank(record) {
		return
	}
	if next, ok := heading(record); ok {
		p.open(next)
		return
	}
	switch {
	case p.section == "":
		p.add(p.line, "", "comes before META; start the file with a line META")
	case p.header == nil:
		p.columns(record)
	case len(record) > len(p.header) && !blank(record[len(p.header):]):
		p.add(p.line, "", "has %d fields, but %s has %d columns; quote fields that contain semicolons", len(record), p.section, len(p.header))
	default:
		switch p.section {
		case "META":
			p.meta(record)
		case "PROJECTS":
			p.project(record)
		default:
			p.vote(record)
		}
	}
}

func blank(record []string) bool {
	for _, f := range record {
		if strings.TrimSpace(f) != "" {
			return false
		}
	}
	return true
}

// heading says whether the record is a line that opens a section: its name alone, perhaps before empty fields.
func heading(record []string) (string, bool) {
	if !blank(record[1:]) {
		return "", false
	}
	name := strings.TrimSpace(record[0])
	for _, s := range sections {
		if name == s {
			return s, true
		}
	}
	return "", false
}

// open begins a section; leaving META settles what the others depend on.
func (p *parser) open(next string) {
	want := 0
	for i, s := range sections {
		if p.section == s {
			want = i + 1
		}
	}
	if want == len(sections) || sections[want] != next {
		p.add(p.line, "", "opens %s out of turn; write META, PROJECTS and VOTES once each, in this order", next)
		return
	}
	p.section, p.header = next, nil
	if next == "PROJECTS" {
		p.settle()
	}
}

// needed are the columns without which a section cannot be read.
func (p *parser) needed() []string {
	switch {
	case p.section == "META":
		return []string{"key", "value"}
	case p.section == "PROJECTS":
		return []string{"project_id", "cost"}
	case p.file.Election.Type.HasPoints():
		return []string{"voter_id", "vote", "points"}
	default:
		return []string{"voter_id", "vote"}
	}
}

// columns reads the header of a section.
func (p *parser) columns(record []string) {
	seen := map[string]bool{}
	p.header = []string{}
	for _, f := range record {
		name := strings.ToLower(strings.TrimSpace(f))
		if name != "" && seen[name] {
			p.add(p.line, name, "is twice in the header of %s; name every column once", p.section)
		}
		seen[name] = true
		p.header = append(p.header, name)
	}
	for _, name := range p.needed() {
		if !seen[name] {
			p.add(p.line, name, "is missing from the header of %s; add the column", p.section)
		}
	}
	if p.section != "META" {
		for _, name := range p.header {
			if !known[p.section][name] {
				p.file.Fields = append(p.file.Fields, Count{Section: p.section, Column: name})
			}
		}
	}
}

// known are the columns that are read.
var known = map[string]map[string]bool{
	"PROJECTS": {
		"project_id": true, "cost": true, "votes": true, "score": true, "name": true, "category": true, "target": true, "beneficiaries": true,
		"selected": true,
	},
	"VOTES": {"voter_id": true, "vote": true, "points": true},
}

// settle reads the keys of META that decide how the rest is read.
func (p *parser) settle() {
	f := p.file
	f.Currency, _ = f.Value("currency")
	f.Rule, _ = f.Value("rule")
	p.places = p.decimals(f.Currency)
	kind, _ := f.Value("vote_type")
	var ok bool
	if f.Election.Type, ok = voteTypes[strings.ToLower(kind)]; !ok {
		p.add(p.line, "vote_type", "is %q in META; give approval, choose-1, ordinal, cumulative or scoring", clip(kind))
		f.Election.Type = shares.Approval
	}
	budget, ok := f.Value("budget")
	if !ok {
		p.add(p.line, "budget", "is missing from META; give the money to spend")
		return
	}
	var err error
	if f.Election.Budget, err = decimal(budget, p.places); err != nil {
		p.add(p.line, "budget", "in META: %v", err)
	}
}

// finish says what is still missing, and what is wrong altogether.
func (p *parser) finish() error {
	if !p.full() {
		if p.section != "VOTES" || p.header == nil {
			p.wrong.Add("file", "ends before the ballots; write the sections META, PROJECTS and VOTES, each with a header; a quote that is not closed swallows what follows")
		}
		p.tally("num_projects", len(p.file.Election.Projects))
		p.tally("num_votes", len(p.file.Voters))
	}
	if len(p.wrong) == 0 {
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Reason: "INVALID_PB_FILE", Message: "the election file cannot be read", Violations: p.wrong}
}

// tally compares a count with what META says.
func (p *parser) tally(key string, have int) {
	text, ok := p.file.Value(key)
	if !ok || len(p.wrong) > 0 {
		return
	}
	if n, err := decimal(text, 0); err != nil || n != int64(have) {
		p.wrong.Add("META, "+key, "is %q, but the file has %d; correct it, or restore the missing lines", clip(text), have)
	}
}
