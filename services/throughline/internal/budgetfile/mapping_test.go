package budgetfile

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

const small = `name: small
fiscal_year: 2026
currency: USD
version: ADOPTED
files:
  - id: budget
    name: budget.csv
    columns:
      fund: {code: fund}
      program: {code: program}
    amounts:
      - {column: amount, version: ADOPTED}
funds:
  - {kind: GENERAL, gasb54: UNASSIGNED}
`

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

func TestLoadMappingRefuses(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
	}{
		{"unknown keys at every depth, with their lines", `name: x
curency: USD
files:
  - id: a
    colums: {}
    columns:
      fund: {code: {colum: fund}}
    revenue:
      - {acount: "4*"}
`, []string{"line 2: unknown key curency", "line 5: unknown key colums", "line 7: unknown key colum", "line 9: unknown key acount"}},
		{"a repeated key", "name: a\nname: b\n", []string{`line 2: mapping key "name" already defined at line 1`}},
		{"a wrong type", "fiscal_year: soon\n", []string{"line 1: cannot unmarshal"}},
		{"no YAML", "a: [\n", []string{"line 1: did not find"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := LoadMapping(strings.NewReader(tt.text))
			got := violations(t, err, "MAPPING_INVALID")
			for _, w := range tt.want {
				if !slices.ContainsFunc(got, func(g string) bool { return strings.Contains(g, w) }) {
					t.Errorf("no violation has %q in %q", w, got)
				}
			}
		})
	}
	for name, text := range map[string]string{"empty": "", "two documents": small + "---\n" + small, "huge": strings.Repeat("#", tabular.MaxMappingBytes+1)} {
		t.Run(name, func(t *testing.T) {
			if _, err := LoadMapping(strings.NewReader(text)); fault.Reason(err) != "MAPPING_INVALID" {
				t.Errorf("error %v, want MAPPING_INVALID", err)
			}
		})
	}
}

func TestValidateListsEveryProblem(t *testing.T) {
	_, err := LoadMapping(strings.NewReader(`name: Bad Name
fiscal_year: 16
currency: dollars
version: FINAL
envelope: BOTH
files:
  - id: A
    encoding: ebcdic
    delimiter: "||"
    number: {decimal: ",", thousands: ",", blank: MAYBE, multiplier: -1}
    side: INCOME
    skip: [{name: blank-row, when: {}}]
    columns:
      function: {column: a, const: b}
      segments: [{name: s, value: {column: c, extract: "("}}, {name: s, value: d}]
    amounts: [{column: "", version: LAST, treatment: FREE}, {column: b, version: LAST}]
    checks: [{sum: [a]}]
    facts:
      mandate: {answer: q, "yes": ["Y"], "no": ["Y"]}
      attributes:
        - {attribute: charm, score: 9}
        - {attribute: reliance, from: r, anchors: [{at_least: "1", score: 1}, {at_least: "2", score: 2}]}
treatments: [{name: t, when: {account: "/(/"}, treatment: NONE}]
funds: [{when: {department: x}, kind: ENTERPRISE, gasb54: RESTRICTED}]
goals: [g]
alignment: [{goals: {h: 5}}]
expect: [{side: X, version: ADOPTED, total: "1,0"}]
`))
	got := strings.Join(violations(t, err, "MAPPING_INVALID"), "\n")
	for _, want := range []string{
		"name: ", "fiscal_year: ", "currency: ", "version: ", "envelope: ", "files[0].id: ", "files[0].name: ", "files[0].encoding: ",
		"files[0].delimiter: ", "number.thousands: ", "number.blank: ", "number.multiplier: ", "files[0].side: ", "skip[0].name: ", "skip[0].when: ",
		"columns.fund.code: ", "columns.program.code: ", "columns.function: ", "segments[0].value.extract: ", "segments[1].name: ",
		"amounts[0].column: ", "amounts[0].version: ", "amounts[0].treatment: ", "amounts[1].key: ", "checks[0]: ", "mandate.yes: ",
		"attributes[0].attribute: ", "attributes[0].score: ", "attributes[1].anchors[1]: ", "treatments[0].treatment: ", "treatments[0].when.account: ",
		"funds[0].gasb54: ", "funds[0].when.department: ", "alignment[0].goals.h: is not listed", "alignment[0].goals.h: want 0 to 4", "expect[0].side: ", "expect[0].total: ",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no violation has %q", want)
		}
	}
}

func TestSampleMappingsLoad(t *testing.T) {
	files, err := filepath.Glob("../../../../deploy/samples/mappings/*.yaml")
	if err != nil || len(files) != 5 {
		t.Fatalf("found %d sample mappings (%v), want 5", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if m := loaded(t, string(text)); m.Name+".yaml" != filepath.Base(file) {
				t.Errorf("the mapping is called %s", m.Name)
			}
		})
	}
}

func FuzzLoadMapping(f *testing.F) {
	f.Add([]byte(small))
	f.Add([]byte("files: [{columns: {fund: {code: {columns: [a, b], otherwise: {const: c}}}}}]"))
	f.Add([]byte("transfers: [{account: [\"/(/\"], columns: {a: \"!b\"}}]"))
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
