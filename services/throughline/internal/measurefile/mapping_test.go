package measurefile

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
)

const small = `name: small
measure:
  id: id
  display_name: name
  unit: {const: percent}
  kind: {otherwise: OUTCOME}
  direction: {otherwise: INCREASE}
  frequency: {otherwise: YEARLY}
cells:
  - {column: result, is: VALUE, period: year, format: "{YYYY}"}
  - {column: goal, is: TARGET, period: year, format: "{YYYY}"}
`

// with adds lines after the line of the small mapping that contains the mark.
func with(mark, lines string) string {
	at := strings.Index(small, mark)
	end := at + strings.Index(small[at:], "\n") + 1
	return small[:end] + lines + small[end:]
}

// instead replaces the line that contains the mark.
func instead(mark, line string) string {
	at := strings.Index(small, mark)
	begin := strings.LastIndex(small[:at], "\n") + 1
	end := at + strings.Index(small[at:], "\n") + 1
	return small[:begin] + line + "\n" + small[end:]
}

func loaded(t *testing.T, text string) Mapping {
	t.Helper()
	m, err := LoadMapping(strings.NewReader(text))
	if err != nil {
		t.Fatalf("LoadMapping: %v", err)
	}
	return m
}

func violations(t *testing.T, err error, reason string) []string {
	t.Helper()
	f, ok := fault.As(err)
	if !ok || f.Reason != reason {
		t.Fatalf("error %v, want a fault with reason %s", err, reason)
	}
	var out []string
	for _, v := range f.Violations {
		out = append(out, v.Field+": "+v.Detail)
	}
	return out
}

func TestUnknownKeysAreRefused(t *testing.T) {
	_, err := LoadMapping(strings.NewReader(`name: x
titel: X
measure:
  id: {colum: a}
  direction: {othrwise: INCREASE}
cells:
  - {column: a, period: b, fromat: c}
value_rules: {percents: POINTS}
`))
	got := violations(t, err, "MAPPING_INVALID")
	for _, want := range []string{
		"line 2: unknown key titel", "line 4: unknown key colum", "line 5: unknown key othrwise", "line 7: unknown key fromat", "line 8: unknown key percents",
	} {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.Contains(g, want) }) {
			t.Errorf("no violation has %q in %q", want, got)
		}
	}
}

// An alias could contain itself, or itself many times over.
func TestAliasesAreRefused(t *testing.T) {
	_, err := LoadMapping(strings.NewReader("name: x\nmeasure: {id: &x {column: a, otherwise: *x}}\n"))
	if got := violations(t, err, "MAPPING_INVALID"); !slices.Equal(got, []string{"line 2: is an alias: write out what it stands for"}) {
		t.Errorf("violations %q", got)
	}
}

func TestValidateListsEveryProblem(t *testing.T) {
	_, err := LoadMapping(strings.NewReader(`name: Bad Name
organization: organizations/x
format: JSON_LINES
encoding: utf-16le
delimiter: "||"
header: {skip_lines: -1}
fiscal_year: {starts: 13, named: MIDDLE}
skip:
  - {name: blank-row, when: {}}
  - {name: a, when: {x: "/(/"}}
measure:
  id: {column: a, const: b}
  id_prefix: Measure
  unit: {column: c, extract: "("}
  kind: {otherwise: RESULT}
  direction: {rules: [{is: UP}], values: {up: INCREASE}}
  frequency: {from: f, values: {Daily: DAILY}}
links:
  - {subject: departments/x, contribution: HELPS, weight: 1001}
  - {subject: "programs/{id}", contribution: SUPPORTS}
  - {subject: "plans/p/goals/g", id: a, id_prefix: "-", contribution: CONTRIBUTES}
dimension: {value: {}, kind: AGE}
cells:
  - {column: "", is: RESULT, period: {}, format: "{YEAR}"}
  - {column: v, is: VALUE, period: y, format: "{YYYY} Q{Q}"}
  - {column: v, is: VALUE, period: y, format: "{MM}/{YY} {YYYY}"}
value_rules: {percent: HALF, units: [" ", "%x"]}
`))
	got := violations(t, err, "MAPPING_INVALID")
	wants := []string{
		"name: ", "organization: ", "encoding: is for delimited", "delimiter: want one", "delimiter: is for delimited", "header.skip_lines: ",
		"fiscal_year.starts: ", "fiscal_year.named: ", "skip[0].name: ", "skip[0].when: ", "skip[1].when.x: ", "measure.id: ", "measure.id_prefix: ",
		"measure.display_name: ", "measure.unit.extract: ", "measure.kind.otherwise: ", "measure.direction.otherwise: nothing is assumed",
		"measure.direction.values: ", "measure.direction.rules[0].is: ", "measure.direction.rules[0].when: ", "measure.frequency.values.Daily: ",
		"links[0].subject: ", "links[0].contribution: ", "links[0].weight: ", "links[1].id: ", "links[2].id: ", "links[2].id_prefix: ",
		"dimension.value: ", "dimension.kind: ", "cells[0].column: ", "cells[0].is: ", "cells[0].period: ", "cells[0].format: ", "cells[2].column: ",
		"cells[2].format: ", "value_rules.percent: ", "value_rules.units[0]: ", "value_rules.units[1]: ",
	}
	for _, want := range wants {
		if !slices.ContainsFunc(got, func(g string) bool { return strings.HasPrefix(g, want) }) {
			t.Errorf("no violation begins with %q in %q", want, got)
		}
	}
	_, err = LoadMapping(strings.NewReader(strings.Replace(small, "measure:", "fiscal_year: {starts: 9, named: END}\nmeasure:", 1) +
		"  - {column: q, is: VALUE, period: p, format: \"{YYYY} Q{Q}\"}\n"))
	if got := violations(t, err, "MAPPING_INVALID"); len(got) != 1 || !strings.HasPrefix(got[0], "cells[2].format: has a quarter") {
		t.Errorf("violations %q", got)
	}
}

func TestSampleMappings(t *testing.T) {
	files, err := filepath.Glob("../../../../deploy/samples/mappings/measures/*.yaml")
	if err != nil || len(files) != 4 {
		t.Fatalf("found %d sample mappings (%v), want 4", len(files), err)
	}
	for _, file := range files {
		m, err := OpenMapping(file)
		if err != nil || m.Name+".yaml" != filepath.Base(file) {
			t.Errorf("%s: the mapping is called %s: %v", file, m.Name, err)
		}
	}
	if _, err := OpenMapping(filepath.Join(t.TempDir(), "none.yaml")); !os.IsNotExist(unwrapped(err)) {
		t.Errorf("error %v", err)
	}
}

// Any YAML is either a valid mapping or a list of problems.
func FuzzMapping(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("measure: {id: {columns: [a, b], otherwise: {const: c}}, direction: {rules: [{is: INCREASE, when: {a: [b, \"!/(/\"]}}]}}"))
	f.Add([]byte("links: [{subject: \"programs/{id}\", id: {column: a, extract: (a)(b), template: \"$2\"}}]\ncells: [{format: \"{YY}{Q}{*}\"}]"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("measure: {id: &x {column: a, otherwise: *x}}"))
	f.Add([]byte("cells: [{period: &x {column: a}, when: {b: &y [c]}}, {period: *x, when: {b: *y}}]"))
	files, _ := filepath.Glob("../../../../deploy/samples/mappings/measures/*.yaml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := LoadMapping(bytes.NewReader(text))
		if err != nil {
			if fault.Reason(err) != "MAPPING_INVALID" {
				t.Errorf("error %v, want MAPPING_INVALID", err)
			}
			return
		}
		if err := m.Validate(); err != nil {
			t.Errorf("loaded but not valid: %v", err)
		}
	})
}
