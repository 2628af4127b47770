package budgetfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

const wantID = "want lower-case letters, digits and inner hyphens, beginning with a letter, at most 24"

var currencyPattern = regexp.MustCompile(`^[A-Z]{3}$`)

// Validate lists everything that is wrong with the mapping itself; what only the files can show is found by Read. The error is a
// fault of kind Invalid, reason MAPPING_INVALID.
func (m Mapping) Validate() error {
	return tabular.Validated(m.problems)
}

func (m Mapping) problems(report tabular.Reporter) {
	m.ownProblems(report)
	seen := map[string]string{}
	for i := range m.Files {
		file, path := &m.Files[i], fmt.Sprintf("files[%d]", i)
		for _, pair := range [][2]string{{"id", file.ID}, {"name", file.Name}} {
			key := pair[0] + " " + pair[1]
			if other, dup := seen[key]; dup && pair[1] != "" {
				report(path+"."+pair[0], "%q is used by %s as well", pair[1], other)
			}
			seen[key] = path
		}
		file.problems(path, report)
	}
	m.ruleProblems(report)
}

func (m Mapping) ownProblems(report tabular.Reporter) {
	if !idPattern.MatchString(m.Name) {
		report("name", wantID)
	}
	if m.FiscalYear < 1900 || m.FiscalYear > 2200 {
		report("fiscal_year", "want a year from 1900 to 2200, not %d", m.FiscalYear)
	}
	if !currencyPattern.MatchString(m.Currency) {
		report("currency", "want an ISO 4217 code such as USD")
	}
	tabular.Allowed(report, "version", string(m.Version), versions)
	if m.Envelope != EnvelopeAuto {
		tabular.Allowed(report, "envelope", string(m.Envelope), sides)
	}
	if len(m.Files) == 0 {
		report("files", "name at least one file")
	}
	used := false
	for _, file := range m.Files {
		used = used || slices.ContainsFunc(file.Amounts, func(a Amount) bool { return a.Version == m.Version })
	}
	if len(m.Files) > 0 && !used {
		report("version", "no amount column has version %s", m.Version)
	}
}

func (f *File) problems(path string, report tabular.Reporter) {
	at := func(s string) string { return path + "." + s }
	if !idPattern.MatchString(f.ID) {
		report(at("id"), wantID)
	}
	if f.Name == "" {
		report(at("name"), "give the file's name")
	}
	f.Layout.Problems(path+".", report)
	if f.Side != "" {
		tabular.Allowed(report, at("side"), string(f.Side), sides)
	}
	for i, w := range f.Revenue {
		w.rowProblems(fmt.Sprintf("%s[%d]", at("revenue"), i), report)
	}
	if len(f.Revenue) > 0 && f.Side == Revenue {
		report(at("revenue"), "is only for a file of side EXPENDITURE")
	}
	for i, s := range f.ReverseSign {
		tabular.Allowed(report, fmt.Sprintf("%s[%d]", at("reverse_sign"), i), string(s), sides)
	}
	f.Number.problems(at("number"), report)
	f.skipProblems(path, report)
	f.columnProblems(at("columns"), report)
	f.amountProblems(path, report)
	for i, c := range f.Checks {
		if len(c.Sum) == 0 || c.Equals == "" {
			report(fmt.Sprintf("%s[%d]", at("checks"), i), "give sum (columns) and equals (a column)")
		}
	}
	f.Facts.problems(at("facts"), report)
}

func (n Number) problems(path string, report tabular.Reporter) {
	mark := n.Decimal
	if mark == "" {
		mark = "."
	}
	if utf8.RuneCountInString(mark) != 1 || strings.ContainsAny(mark, "0123456789-+() eE") {
		report(path+".decimal", "want one character, such as \".\" or \",\"")
	}
	if t := n.Thousands; t != "" && (utf8.RuneCountInString(t) != 1 || strings.ContainsAny(t, "0123456789-+()eE") || t == mark) {
		report(path+".thousands", "want one character other than the decimal mark")
	}
	for _, p := range []struct {
		field, got string
		want       []string
	}{{"blank", n.Blank, blankPolicies}, {"zero", n.Zero, zeroPolicies}, {"fraction", n.Fraction, roundings}} {
		if p.got != "" {
			tabular.Allowed(report, path+"."+p.field, p.got, p.want)
		}
	}
	if n.Multiplier < 0 || n.Multiplier > 1_000_000 {
		report(path+".multiplier", "want 1 to 1000000")
	}
}

func (f *File) skipProblems(path string, report tabular.Reporter) {
	names := map[string]bool{ruleBlankLine: true, ruleBlankRow: true, ruleTitle: true, ruleNoAmount: true}
	for i, s := range f.Skip {
		at := fmt.Sprintf("%s.skip[%d]", path, i)
		if s.Name == "" || names[s.Name] {
			report(at+".name", "give a name of its own; %q is taken or empty", s.Name)
		}
		names[s.Name] = true
		if len(s.When.Dimensions)+len(s.When.Columns) == 0 {
			report(at+".when", "an empty condition would skip every row")
		}
		s.When.rowProblems(at+".when", report)
	}
}

func (f *File) columnProblems(path string, report tabular.Reporter) {
	c := &f.Columns
	if c.Fund.Code == nil {
		report(path+".fund.code", "say which column holds the fund")
	}
	if f.Side != Revenue && c.Program.Code == nil {
		report(path+".program.code", "say which column holds the program; expenditure cannot be placed without")
	}
	values := c.values()
	for _, name := range sortedKeys(values) {
		values[name].Problems(path+"."+name, report)
	}
	seen := map[string]bool{}
	for i, s := range c.Segments {
		at := fmt.Sprintf("%s.segments[%d]", path, i)
		if s.Name == "" || seen[s.Name] {
			report(at+".name", "give a name of its own; %q is taken or empty", s.Name)
		}
		seen[s.Name] = true
		s.Value.Problems(at+".value", report)
	}
}

// values are the columns' values by their path in the mapping.
func (c *Columns) values() map[string]*tabular.Value {
	return map[string]*tabular.Value{
		"fund.code": c.Fund.Code, "fund.name": c.Fund.Name, "department.code": c.Department.Code, "department.name": c.Department.Name,
		"division.code": c.Division.Code, "division.name": c.Division.Name, "program.code": c.Program.Code, "program.name": c.Program.Name,
		"purpose": c.Purpose, "function": c.Function, "account.code": c.Account.Code, "account.name": c.Account.Name, "class": c.Class,
	}
}

func (f *File) amountProblems(path string, report tabular.Reporter) {
	if len(f.Amounts) == 0 {
		report(path+".amounts", "name at least one column of money")
	}
	keys := map[string]bool{}
	for i, a := range f.Amounts {
		at := fmt.Sprintf("%s.amounts[%d]", path, i)
		if a.Column == "" {
			report(at+".column", "give the column's name")
		}
		tabular.Allowed(report, at+".version", string(a.Version), versions)
		if a.Treatment != "" {
			tabular.Allowed(report, at+".treatment", string(a.Treatment), treatments)
		}
		if a.Key != "" && !idPattern.MatchString(a.Key) {
			report(at+".key", wantID)
		}
		if keys[a.key()] {
			report(at+".key", "%q is taken: columns of the same version each need a key", a.key())
		}
		keys[a.key()] = true
	}
}

func (a Amount) key() string {
	if a.Key != "" {
		return a.Key
	}
	return strings.ToLower(string(a.Version))
}
