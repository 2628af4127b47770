package budgetfile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/throughline/throughline/services/platform/fault"
)

// folder opens made-up files.
type folder map[string]string

func (f folder) open(name string) (io.ReadCloser, error) {
	text, ok := f[name]
	if !ok {
		return nil, os.ErrNotExist
	}
	return io.NopCloser(strings.NewReader(text)), nil
}

func read(t *testing.T, mapping string, files folder) *Parsed {
	t.Helper()
	p, err := Read(context.Background(), loaded(t, mapping), files.open)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return p
}

// with inserts lines into the small mapping after a line that contains the mark.
func with(mark, lines string) string {
	at := strings.Index(small, mark)
	end := at + strings.Index(small[at:], "\n") + 1
	return small[:end] + lines + small[end:]
}

func amounts(p *Parsed) []int64 {
	var out []int64
	for _, l := range p.LineItems {
		out = append(out, l.Amount)
	}
	return out
}

func errorsOf(p *Parsed) []string {
	var out []string
	for _, e := range p.RowErrors {
		out = append(out, fmt.Sprintf("%d/%d %s %q %s", e.Row, e.Line, e.Column, e.Value, e.Remedy))
	}
	return out
}

func wantErrors(t *testing.T, p *Parsed, want ...string) {
	t.Helper()
	got := errorsOf(p)
	if len(got) != len(want) {
		t.Fatalf("row errors %q, want %d", got, len(want))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("row error %q, want %q…", got[i], want[i])
		}
	}
}

func TestEncodings(t *testing.T) {
	text := "fund,program,amount\n001,Café,1\n"
	units := utf16.Encode([]rune(text))
	var le, be []byte
	for _, u := range units {
		le, be = append(le, byte(u), byte(u>>8)), append(be, byte(u>>8), byte(u))
	}
	tests := []struct{ name, declared, bytes, used string }{
		{"utf-8", "", text, "utf-8"},
		{"utf-8 with mark", "utf-8", "\xef\xbb\xbf" + text, "utf-8"},
		{"utf-16le by its mark", "", "\xff\xfe" + string(le), "utf-16le"},
		{"utf-16be by its mark", "", "\xfe\xff" + string(be), "utf-16be"},
		{"utf-16le declared", "UTF-16LE", string(le), "utf-16le"},
		{"windows-1252", "windows-1252", strings.ReplaceAll(text, "é", "\xe9"), "windows-1252"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := read(t, with("name: budget.csv", "    encoding: "+tt.declared+"\n"), folder{"budget.csv": tt.bytes})
			if len(p.LineItems) != 1 || p.Programs[0].Code != "Café" || p.ControlTotals.Files[0].Encoding != tt.used {
				t.Errorf("programs %+v, files %+v", p.Programs, p.ControlTotals.Files)
			}
		})
	}
	t.Run("wrong bytes are a row error", func(t *testing.T) {
		p := read(t, small, folder{"budget.csv": strings.ReplaceAll(text, "é", "\xe9")})
		wantErrors(t, p, `1/2 program "Caf`)
	})
	t.Run("mark against mapping", func(t *testing.T) {
		_, err := Read(context.Background(), loaded(t, with("name: budget.csv", "    encoding: utf-8\n")), folder{"budget.csv": "\xff\xfe" + string(le)}.open)
		if fault.Reason(err) != "FILE_UNREADABLE" || !strings.Contains(err.Error(), "utf-16le") {
			t.Errorf("error %v", err)
		}
	})
}

func TestPhysicalLinesAndBlankRows(t *testing.T) {
	file := "\nfund,program,amount\r\n\r\n001,p,1\r\n,,\r\n001,\"two\nlines\",2\n\n\n001,p,x\n001,p,3\n\n"
	p := read(t, small, folder{"budget.csv": file})
	wantErrors(t, p, `4/10 amount "x" the amount is not a number`)
	if got := amounts(p); !slices.Equal(got, []int64{100, 200, 300}) {
		t.Errorf("amounts %v", got)
	}
	var lines, rows []int
	for _, l := range p.LineItems {
		lines, rows = append(lines, l.Line), append(rows, l.Row)
	}
	if !slices.Equal(lines, []int{4, 6, 11}) || !slices.Equal(rows, []int{1, 3, 5}) {
		t.Errorf("lines %v, rows %v", lines, rows)
	}
	f := p.ControlTotals.Files[0]
	if f.Read != 10 || f.Mapped != 3 || f.Skipped != 6 || f.Rejected != 1 {
		t.Errorf("file totals %+v", f)
	}
	want := []SkippedTotals{{File: "budget.csv", Rule: "blank-line", Rows: 5}, {File: "budget.csv", Rule: "blank-row", Rows: 1}}
	if !reflect.DeepEqual(p.ControlTotals.Skipped, want) {
		t.Errorf("skipped %+v", p.ControlTotals.Skipped)
	}
}

func TestRowsThatAreRejected(t *testing.T) {
	file := "fund,program,amount\n" +
		"001,p\n" + // too narrow
		"001,p,1,2\n" + // too wide
		",,oops\n" + // three things wrong in one row
		"001,p,\n" + // blank amount
		"001,\"p\"q,1\n" + // broken quotes
		"001,p,7\n" +
		"001,\"p,1\n001,p,2\n" // never closed
	p := read(t, small, folder{"budget.csv": file})
	wantErrors(t, p,
		`1/2  "001,p" has 2 cells and the header 3`,
		`2/3  "001,p,1,2" has 4 cells and the header 3`,
		`3/4 fund "" the fund is blank`, `3/4 program "" the program is blank`, `3/4 amount "oops" the amount is not a number`,
		`4/5 amount "" the amount is blank`,
		`5/6  "" `,
		`7/8  "" a quote is opened here and never closed`)
	if f := p.ControlTotals.Files[0]; f.Read != 7 || f.Rejected != 6 || f.Mapped != 1 || p.ControlTotals.Rejected() != 6 {
		t.Errorf("file totals %+v", f)
	}
}

func TestSkipRulesCountAndSum(t *testing.T) {
	mapping := with("name: budget.csv", `    number: {thousands: ",", parentheses: true, dash_zero: true}
    skip:
      - {name: total, when: {columns: {fund: ""}}, grand_total: true}
      - {name: footer, when: {columns: {fund: "Source*"}}}
      - {name: never, when: {fund: "x"}}
`)
	good := "fund,program,amount\n001,p,\" 1,000 \"\n001,p, (400)\n001,p, - \nSource: finance office\n,, 600 \n"
	p := read(t, mapping, folder{"budget.csv": good})
	wantErrors(t, p)
	want := []SkippedTotals{
		{File: "budget.csv", Rule: "footer", Rows: 1, Sums: []KeySum{{"adopted", 0}}},
		{File: "budget.csv", Rule: "total", Rows: 1, Sums: []KeySum{{"adopted", 60000}}},
	}
	if !reflect.DeepEqual(p.ControlTotals.Skipped, want) || len(p.Mismatches) != 0 {
		t.Errorf("skipped %+v, mismatches %+v", p.ControlTotals.Skipped, p.Mismatches)
	}
	if !slices.Contains(p.Notices, Notice{"unused-rule", "skip rule never of budget.csv matched no row"}) {
		t.Errorf("notices %+v", p.Notices)
	}
	p = read(t, mapping, folder{"budget.csv": strings.Replace(good, ",, 600 ", ",, 601 ", 1)})
	if len(p.Mismatches) != 1 || p.Mismatches[0].Want != 60100 || p.Mismatches[0].Got != 60000 || p.Mismatches[0].WantFrom != "budget.csv line 6" {
		t.Errorf("mismatches %+v", p.Mismatches)
	}
}

func TestNothingIsDeduplicated(t *testing.T) {
	p := read(t, small, folder{"budget.csv": "fund,program,amount\n001,p,5\n001,p,5\n"})
	if got := amounts(p); !slices.Equal(got, []int64{500, 500}) || p.Requests[0].Base != 1000 || p.Requests[0].CostLines[0].Lines != 2 {
		t.Errorf("amounts %v, requests %+v", got, p.Requests)
	}
	if a, b := p.LineItems[0], p.LineItems[1]; a.ID != "budget-1-adopted" || b.ID != "budget-2-adopted" || a.ExternalRef != "budget.csv#1#adopted" || a.ExternalRef == b.ExternalRef {
		t.Errorf("ids %s %s, references %s %s", a.ID, b.ID, a.ExternalRef, b.ExternalRef)
	}
}

func TestReadAgainGivesTheSame(t *testing.T) {
	files := folder{"budget.csv": "fund,program,amount\n002,q,1\n001,p,-2\n001,P,3\n"}
	if a, b := read(t, small, files), read(t, small, files); !reflect.DeepEqual(a, b) {
		t.Errorf("first %+v, then %+v", a, b)
	}
}

func TestTitlesHeaderlessAndLooseQuotes(t *testing.T) {
	p := read(t, with("name: budget.csv", "    header: {skip_lines: 2}\n    loose_quotes: true\n    delimiter: \";\"\n"),
		folder{"budget.csv": "City of X\nBudget \"2026\"\nfund; program ;amount\n001;12\" main;4\n"})
	if got := amounts(p); !slices.Equal(got, []int64{400}) || p.Programs[0].Code != `12" main` || p.LineItems[0].Line != 4 {
		t.Errorf("amounts %v, programs %+v", got, p.Programs)
	}
	if s := p.ControlTotals.Skipped; len(s) != 1 || s[0].Rule != "title-line" || s[0].Rows != 2 {
		t.Errorf("skipped %+v", s)
	}
	p = read(t, with("name: budget.csv", "    header: {names: [fund, x, program, amount]}\n"), folder{"budget.csv": "001,?,p,4\n"})
	if got := amounts(p); !slices.Equal(got, []int64{400}) || !slices.Equal(p.ControlTotals.Files[0].IgnoredColumns, []string{"x"}) {
		t.Errorf("amounts %v, files %+v", got, p.ControlTotals.Files)
	}
}

func TestMisfitsAreAllListed(t *testing.T) {
	mapping := with("program: {code: program}", "      department: {code: dept}\n") + "transfers: [{columns: {nowhere: x}}]\n"
	_, err := Read(context.Background(), loaded(t, mapping), folder{"budget.csv": "fund,amount,amount\n"}.open)
	got := strings.Join(violations(t, err, "MAPPING_MISFIT"), "\n")
	for _, want := range []string{`no column "program"`, `no column "dept"`, `2 columns called "amount"`, `transfers[0].columns: no file has a column "nowhere"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no violation has %s in:\n%s", want, got)
		}
	}
	_, err = Read(context.Background(), loaded(t, strings.Replace(small, "  - {kind", "  - {when: {fund: \"1*\"}, kind", 1)),
		folder{"budget.csv": "fund,program,amount\n001,p,1\n1,p,1\n2,p,1\n"}.open)
	if got := violations(t, err, "MAPPING_MISFIT"); len(got) != 2 || !strings.Contains(got[0], "fund 001") || !strings.Contains(got[1], "fund 2") {
		t.Errorf("violations %q", got)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }
func (endless) Close() error               { return nil }

func TestReadFails(t *testing.T) {
	m := loaded(t, small)
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	tests := []struct {
		name string
		ctx  context.Context
		open func(string) (io.ReadCloser, error)
		want string
	}{
		{"no such file", context.Background(), folder{}.open, "FILE_UNREADABLE"},
		{"empty file", context.Background(), folder{"budget.csv": ""}.open, "FILE_UNREADABLE"},
		{"too large", context.Background(), func(string) (io.ReadCloser, error) { return endless{}, nil }, "FILE_TOO_LARGE"},
		{"overflow", context.Background(), folder{"budget.csv": "fund,program,amount\n" + strings.Repeat("1,p,9999999999999\n", 9300)}.open, "AMOUNT_OVERFLOW"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Read(tt.ctx, m, tt.open, func(o *options) { o.limit = 1 << 20 }); fault.Reason(err) != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := Read(cancelled, m, folder{"budget.csv": "fund,program,amount\n"}.open); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want a cancelled context", err)
	}
}

func TestProgress(t *testing.T) {
	file := "fund,program,amount\n" + strings.Repeat("1,p,1\n", 2500)
	var seen []Progress
	_, err := Read(context.Background(), loaded(t, small), folder{"budget.csv": file}.open, WithProgress(func(p Progress) { seen = append(seen, p) }))
	if err != nil || len(seen) != 3 {
		t.Fatalf("error %v, progress %+v", err, seen)
	}
	want := Progress{File: "budget.csv", Index: 0, Files: 1, Read: int64(len(file)), Total: int64(len(file))}
	if seen[2] != want || seen[0].Read >= seen[1].Read {
		t.Errorf("progress %+v, want %+v at last", seen, want)
	}
}
