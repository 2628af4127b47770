package measurefile

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
)

func unwrapped(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

func read(t *testing.T, mapping, file string) *Parsed {
	t.Helper()
	p, err := Read(t.Context(), loaded(t, mapping), "file.csv", io.NopCloser(strings.NewReader(file)), nil)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	return p
}

func wantErrors(t *testing.T, p *Parsed, want ...string) {
	t.Helper()
	var got []string
	for _, e := range p.RowErrors {
		got = append(got, fmt.Sprintf("%d %s %q %s", e.Line, e.Column, e.Value, e.Remedy))
	}
	if len(got) != len(want) {
		t.Fatalf("row errors %q, want %d", got, len(want))
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("row error %q, want %q…", got[i], want[i])
		}
	}
}

func wantTotals(t *testing.T, p *Parsed, want Totals) {
	t.Helper()
	want.Encoding = p.Totals.Encoding
	if p.Totals != want {
		t.Errorf("totals %+v, want %+v", p.Totals, want)
	}
}

func TestLongForm(t *testing.T) {
	p := read(t, small, "id,name,year,result,goal,remark\na,A,2010,85%,80\na,A,2010,85%,80,x\n\na,A,2011,n/a,,\nb,\"B\nb\",2011,\"1,234\",1.5K,\n,,,,,\n")
	wantErrors(t, p, `2  "a,A,2010,85%,80" has 5 cells and the header 6`)
	wantTotals(t, p, Totals{
		Read: 6, Mapped: 3, Skipped: 2, Rejected: 1,
		Values: 3, Recordable: 2, Missing: 1, Targets: 3, SetTargets: 2, MissingTargets: 1,
	})
	if want := []Skipped{{RuleBlankLine, 1}, {RuleBlankRow, 1}}; !reflect.DeepEqual(p.Skipped, want) {
		t.Errorf("skipped %+v", p.Skipped)
	}
	if !slices.Equal(p.Ignored, []string{"remark"}) {
		t.Errorf("ignored %q", p.Ignored)
	}
	want := []Facts{
		{
			ID: "a", Code: "a", DisplayName: "A", Unit: "percent", Kind: "OUTCOME", Direction: "INCREASE", Frequency: "YEARLY", Line: 3,
			Targets: []Target{{Start: 20100101, End: 20101231, Value: 80, Line: 3}},
		},
		{
			ID: "b", Code: "b", DisplayName: "B b", Unit: "percent", Kind: "OUTCOME", Direction: "INCREASE", Frequency: "YEARLY", Line: 6,
			Targets: []Target{{Start: 20110101, End: 20111231, Value: 1500, Line: 6}},
		},
	}
	if !reflect.DeepEqual(p.Measures, want) {
		t.Errorf("measures %+v", p.Measures)
	}
	rows := []Row{
		{Start: 20100101, Text: "85%", Value: 85, Known: true, Line: 3, Column: "result"},
		{Start: 20110101, Text: "n/a", Line: 5, Column: "result"},
		{Measure: 1, Start: 20110101, Text: "1,234", Value: 1234, Known: true, Line: 6, Column: "result"},
	}
	if !reflect.DeepEqual(p.Rows, rows) {
		t.Errorf("rows %+v", p.Rows)
	}
}

func TestWideForm(t *testing.T) {
	p := read(t, `name: wide
delimiter: "\t"
skip: [{name: sum, when: {who: "All *"}}, {name: never, when: {who: x}}]
measure:
  id: {columns: [who, what], join: " / "}
  id_prefix: m
  display_name: what
  unit: {column: what, extract: "^%", template: percent, otherwise: {const: number}}
  kind: {rules: [{is: OUTPUT, when: {what: "number*"}}], otherwise: OUTCOME}
  direction: {from: better, values: {less: DECREASE, more: INCREASE}}
  frequency: {otherwise: QUARTERLY}
links:
  - {subject: "programs/{id}", id: who, id_prefix: p, weight: 3, contribution: CONTRIBUTES}
  - {subject: "plans/s/goals/safe", contribution: SUPPORTS, when: {who: Fire}}
dimension: {value: where, kind: DISTRICT}
fiscal_year: {starts: 7, named: END}
cells:
  - {column: q1, is: VALUE, period: {const: 2015 Q1}, format: "{YYYY} Q{Q}"}
  - {column: q2, is: VALUE, period: {const: 2015 Q2}, format: "{YYYY} Q{Q}"}
  - {column: goal, is: TARGET, period: {const: 2015 Q2}, format: "{YYYY} Q{Q}", when: {where: ""}}
`, "who\twhat\tbetter\twhere\tq1\tq2\tgoal\nFire\t% in time\tmore\t\t80%\t81%\t90%\nFire\t% in time\tmore\tnorth\t70%\t\t1\nParks\tNumber of visits\tless\t\t5\t6\t7\nAll together\t\t\t\t\t\t\nParks\tX\tbest\t\t1\t2\t3\n")
	wantErrors(t, p, `6 better "best" is no direction: say under values what it means, as one of INCREASE, DECREASE, MAINTAIN_RANGE`)
	wantTotals(t, p, Totals{
		Read: 5, Mapped: 3, Skipped: 1, Rejected: 1,
		Values: 6, Recordable: 5, Missing: 1, Targets: 2, SetTargets: 2,
	})
	if want := []Notice{
		{"unused-rule", "skip rule never matched no row"}, {"unread-cells", `column "goal" is not read from 1 rows, by cells[2].when`},
	}; !reflect.DeepEqual(p.Notices, want) {
		t.Errorf("notices %+v", p.Notices)
	}
	fire := p.Measures[0]
	if fire.ID[:13] != "m-fire-in-tim" || fire.Unit != "percent" || fire.Kind != "OUTCOME" || fire.Direction != "INCREASE" ||
		!slices.Equal(fire.Dimensions, []string{"north"}) || !reflect.DeepEqual(fire.Targets, []Target{{20141001, 20141231, 90, 0, 2}}) {
		t.Errorf("%+v", fire)
	}
	if got := fire.Links; len(got) != 2 || got[0].Weight != 3 || !strings.HasPrefix(got[0].Name, "programs/p-fire-") || got[1] != (Subject{"plans/s/goals/safe", 1, "SUPPORTS"}) {
		t.Errorf("links %+v", got)
	}
	if parks := p.Measures[1]; parks.Kind != "OUTPUT" || parks.Unit != "number" || parks.Direction != "DECREASE" || len(parks.Links) != 1 {
		t.Errorf("%+v", parks)
	}
	if r := p.Rows[2]; r.Dimension != "north" || r.Start != 20140701 || r.Value != 70 {
		t.Errorf("%+v", r)
	}
}

func TestRowsThatAreRefused(t *testing.T) {
	p := read(t, small, "id,name,year,result,goal\n"+
		"Not An Id,A,2010,1,1\n"+
		",,2010,1,1\n"+
		"a,A,2010/11,1,2\n"+
		"a,A,2010,3 weeks,many\n"+
		"a,\"A\"x,2010,1,1\n")
	wantErrors(t, p,
		`2 id "Not An Id" is no id of a measure`,
		`3 name "" the display name is blank`, `3 id "" the id of the measure is blank`,
		`4 year "2010/11" the period of column "result" is not written as {YYYY}`, `4 year "2010/11" the period of column "goal"`,
		`5 result "3 weeks" "3 weeks" has "weeks" after the number`, `5 goal "many" "many" does not start with a number`,
		`6  "" `)
	wantTotals(t, p, Totals{Read: 5, Mapped: 2, Rejected: 3, Values: 2, BadValues: 2, Targets: 2, BadTargets: 2})
	if p.Totals.Refused() != 7 || len(p.Rows) != 0 {
		t.Errorf("%d refused, rows %+v", p.Totals.Refused(), p.Rows)
	}
}

// A file that contradicts itself is told so, line by line, and neither value is taken; one that repeats itself is not.
func TestContradictions(t *testing.T) {
	p := read(t, small, "id,name,year,result,goal\na,A,2010,1,9\na,A,2010,1.0,9.0\na,A,2010,,\nb,B,2010,1,9\nb,B,2010,2,8\nb,B,2010,1,9\nb,B,2011,5,5\n")
	wantErrors(t, p,
		`5 goal "9" is contradicted by a later line for 2010-01-01 of b`, `5 result "1" line 6 gives 2 for the same measure, period and dimension (b, 2010-01-01, "")`,
		`6 goal "8" is another target than that of line 5`, `6 result "2" line 7 gives 1`,
		`7 result "1" line 5 gives 1`)
	wantTotals(t, p, Totals{
		Read: 7, Mapped: 7, Values: 7, Recordable: 3, Missing: 1, BadValues: 3,
		Targets: 7, SetTargets: 2, SameTargets: 1, MissingTargets: 1, BadTargets: 3,
	})
	if len(p.Measures[1].Targets) != 1 || p.Measures[1].Targets[0].Value != 5 {
		t.Errorf("targets %+v", p.Measures[1].Targets)
	}
}

func TestOneIDIsOneMeasure(t *testing.T) {
	mapping := strings.Replace(instead("unit:", "  unit: unit"), "  direction:", "  owner: who\n  direction:", 1)
	p := read(t, mapping, "id,name,unit,who,year,result,goal\na,A,days,Ann,2010,1,\na,A,hours,Ann,2011,1,\na,A (new),days,Bob,2012,1,\na,A (new),days,Bob,2013,1,\n")
	wantErrors(t, p, `3 id "a" has unit "hours" here and "days" on line 2`)
	want := []Notice{
		{"facts-drift", "display_name of measure a on line 4 is not that of line 2, which stays"},
		{"facts-drift", "owner of measure a on line 4 is not that of line 2, which stays"},
	}
	if !reflect.DeepEqual(p.Notices, want) || p.Measures[0].DisplayName != "A" {
		t.Errorf("notices %+v, measures %+v", p.Notices, p.Measures)
	}
	clash := read(t, with("id: id", "  id_prefix: m\n"), "id,name,year,result,goal\na-b,A,2010,1,\nA B,B,2010,1,\n")
	wantErrors(t, clash)
	if len(clash.Measures) != 2 || clash.Measures[0].ID == clash.Measures[1].ID {
		t.Errorf("measures %+v", clash.Measures)
	}
}

func TestRanges(t *testing.T) {
	mapping := instead("direction:", "  direction: {from: way}") + "  - {column: top, is: TARGET_UPPER, period: year, format: \"{YYYY}\"}\n"
	p := read(t, mapping, "id,name,way,year,result,goal,top\n"+
		"a,A,MAINTAIN_RANGE,2010,1,2,3\na,A,MAINTAIN_RANGE,2011,1,2,\na,A,MAINTAIN_RANGE,2012,1,,3\na,A,MAINTAIN_RANGE,2013,1,4,3\nb,B,INCREASE,2010,1,2,3\n")
	wantErrors(t, p,
		`3 goal "2" is one end of the range`, `4 top "3" is one end of the range`, `5 goal "4" is an end of a range`, `5 top "3" is an end of a range`,
		`6 top "3" is an upper end, and the direction of b is INCREASE`)
	wantTotals(t, p, Totals{
		Read: 5, Mapped: 5, Values: 5, Recordable: 5, Targets: 10, SetTargets: 3, MissingTargets: 2, BadTargets: 5,
	})
	if want := []Target{{20100101, 20101231, 2, 3, 2}}; !reflect.DeepEqual(p.Measures[0].Targets, want) {
		t.Errorf("targets %+v", p.Measures[0].Targets)
	}
}

func TestJSONLines(t *testing.T) {
	mapping := "format: JSON_LINES\n" + small + "value_rules: {decimal_comma: true}\n"
	p := read(t, mapping, `{"id": "a", "name": "A", "year": 2010, "result": 1.5, "goal": "1,5", "more": [1, {}]}

{"id": "a", "name": "A", "year": "2011", "result": null}
{"id": "a", "name": "A", "year": 2012, "result": 1, "result": 2}
{"id": "a", "name": {"en": "A"}, "year": 2013, "result": 1}
[1]
{"id": "a"
{"id": "a"} {}
{"id": "a", "name": "A", "year": 2014, "result": 1e400}
`)
	wantErrors(t, p,
		`4  "" has "result" twice`, `5  "" has a list or an object under "name"`, `6  "" is no JSON object`, `7  "" is not JSON`, `8  "" goes on after its object`,
		`9 result "1e400" `)
	wantTotals(t, p, Totals{
		Read: 9, Mapped: 3, Skipped: 1, Rejected: 5, Values: 3, Recordable: 1, Missing: 1, BadValues: 1, Targets: 3, SetTargets: 1, MissingTargets: 2,
	})
	if r := p.Rows[0]; !r.Number || r.Value != 1.5 || r.Text != "" || p.Measures[0].Targets[0].Value != 1.5 || !slices.Equal(p.Ignored, []string{"more"}) {
		t.Errorf("%+v, %+v, ignored %q", r, p.Measures, p.Ignored)
	}
	_, err := Read(t.Context(), loaded(t, mapping), "file.json", io.NopCloser(strings.NewReader(`{"id": "a", "name": "A", "Year": 2010, "result": 1}`)), nil)
	got := strings.Join(violations(t, err, "MAPPING_MISFIT"), "\n")
	for _, want := range []string{`cells[0].period: no object of file.json has "year"`, `cells[1].column: no object of file.json has "goal"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no violation has %q in\n%s", want, got)
		}
	}
}

func TestReadFails(t *testing.T) {
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, tt := range []struct {
		name, file, reason string
	}{
		{"empty", "", "FILE_UNREADABLE"},
		{"a header that does not fit", "id,name,result,result\n", "MAPPING_MISFIT"},
	} {
		if _, err := Read(t.Context(), loaded(t, small), "f", io.NopCloser(strings.NewReader(tt.file)), nil); fault.Reason(err) != tt.reason {
			t.Errorf("%s: error %v, want %s", tt.name, err, tt.reason)
		}
	}
	if _, err := Read(t.Context(), Mapping{}, "f", io.NopCloser(strings.NewReader("")), nil); fault.Reason(err) != "MAPPING_INVALID" {
		t.Errorf("error %v", err)
	}
	if _, err := ReadFile(t.Context(), loaded(t, small), t.TempDir()+"/none", nil); fault.Reason(err) != "FILE_UNREADABLE" {
		t.Errorf("error %v", err)
	}
	many := "id,name,year,result,goal\n" + strings.Repeat("a,A,2010,1,1\n", rowsBetweenProgress)
	if _, err := Read(cancelled, loaded(t, small), "f", io.NopCloser(strings.NewReader(many)), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want a cancelled context", err)
	}
	var seen []int
	if _, err := Read(t.Context(), loaded(t, small), "f", io.NopCloser(strings.NewReader(many)), func(read, total int) {
		seen = append(seen, read)
		if total != len(many) {
			t.Errorf("%d of %d bytes", read, total)
		}
	}); err != nil || !slices.Equal(seen, []int{len(many), len(many)}) {
		t.Errorf("progress %v, %v", seen, err)
	}
}

// Whatever a file holds, it is read without a panic and every row and cell of it is accounted for, which Read itself asserts; and the same
// file always gives the same answer.
func FuzzRead(f *testing.F) {
	wide := `
dimension: {value: name}
value_rules: {units: [weeks], missing: ["", x]}
`
	f.Add([]byte("id,name,year,result,goal\na,A,2010,85%,7.9M\nb,B,2011,3 weeks,x\n\n,,,,\na,A,2010,86%,\n"), false)
	f.Add([]byte("\xef\xbb\xbfid,name,year,result,goal\r\na,\"A\nb\",2010,\"1,234\",(5)\r\n\"a,A"), false)
	f.Add([]byte(`{"id": "a", "name": "A", "year": 2010, "result": 1.5, "goal": null}`+"\n{}\n[]\n"), true)
	f.Fuzz(func(t *testing.T, file []byte, lines bool) {
		text := small + wide
		if lines {
			text = "format: JSON_LINES\n" + text
		}
		m := loaded(t, text)
		p, err := Read(t.Context(), m, "f", io.NopCloser(strings.NewReader(string(file))), nil)
		if err != nil {
			if r := fault.Reason(err); r != "FILE_UNREADABLE" && r != "MAPPING_MISFIT" {
				t.Fatalf("error %v", err)
			}
			return
		}
		if got := p.Totals; got.Recordable+got.Missing != len(p.Rows) || got.Refused() > 0 && len(p.RowErrors) == 0 {
			t.Errorf("totals %+v, %d rows, %d errors", got, len(p.Rows), len(p.RowErrors))
		}
		again, err := Read(t.Context(), m, "f", io.NopCloser(strings.NewReader(string(file))), nil)
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Errorf("read again: %+v, %v; before %+v", again, err, p)
		}
	})
}
