package measurefile

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/performance"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// Formats of files.
const (
	Delimited = "DELIMITED"
	JSONLines = "JSON_LINES"
)

var (
	formats       = []string{Delimited, JSONLines}
	kinds         = []string{"INPUT", "OUTPUT", "EFFICIENCY", "OUTCOME"}
	directions    = []string{"INCREASE", "DECREASE", "MAINTAIN_RANGE"}
	frequencies   = []string{"MONTHLY", "QUARTERLY", "YEARLY"}
	contributions = []string{"CONTRIBUTES", "SUPPORTS"}
	cellKinds     = []string{"VALUE", "TARGET", "TARGET_UPPER"}
	percents      = []string{"POINTS", "FRACTION"}
	dimensions    = []string{"DISTRICT", "GROUP"}
	yearNames     = []string{"START", "END"}
)

const wantPrefix = "want lower-case letters and digits, beginning with a letter, at most 24"

var (
	prefixPattern  = regexp.MustCompile(`^[a-z][a-z0-9]{0,23}$`)
	subjectPattern = regexp.MustCompile(`^(programs/[^/]+|plans/[^/]+/goals/[^/]+|strategies/[^/]+/objectives/[^/]+)$`)
	subjectPart    = regexp.MustCompile(`^[A-Za-z0-9._~-]+$`)
)

// Validate lists everything that is wrong with the mapping itself; what only a file can show is found by Read. The error is a fault of
// kind Invalid, reason MAPPING_INVALID.
func (m Mapping) Validate() error { return tabular.Validated(m.problems) }

func (m Mapping) problems(report tabular.Reporter) {
	if !tabular.IsResourceID(m.Name) {
		report("name", "want lower-case letters, digits and inner hyphens, beginning with a letter, at most 63")
	}
	if m.Organization != "" && !tabular.IsResourceID(m.Organization) {
		report("organization", "want the id of an organization, such as riverbend")
	}
	m.layoutProblems(report)
	if m.FiscalYear.Starts < 0 || m.FiscalYear.Starts > 12 {
		report("fiscal_year.starts", "want a month, 1 to 12")
	}
	if m.FiscalYear.Starts > 1 {
		tabular.Allowed(report, "fiscal_year.named", m.FiscalYear.Named, yearNames)
	} else if m.FiscalYear.Named != "" {
		report("fiscal_year.named", "is for a fiscal year that does not start in January")
	}
	tabular.SkipProblems(m.Skip, []string{RuleBlankLine, RuleBlankRow, RuleTitle}, report)
	m.Measure.problems(report)
	for i := range m.Links {
		m.Links[i].problems(fmt.Sprintf("links[%d]", i), report)
	}
	if m.Dimension != nil {
		m.Dimension.Value.Problems("dimension.value", report)
		if m.Dimension.Kind != "" {
			tabular.Allowed(report, "dimension.kind", m.Dimension.Kind, dimensions)
		}
	}
	m.cellProblems(report)
	m.ValueRules.problems(report)
}

func (m Mapping) layoutProblems(report tabular.Reporter) {
	m.Layout.Problems("", report)
	if m.Format == "" {
		return
	}
	tabular.Allowed(report, "format", m.Format, formats)
	if m.Format != JSONLines {
		return
	}
	for _, k := range []struct {
		key string
		set bool
	}{
		{"encoding", m.Encoding != "" && !strings.EqualFold(m.Encoding, "utf-8")},
		{"delimiter", m.Delimiter != ""},
		{"loose_quotes", m.LooseQuotes},
		{"header", m.Header.SkipLines != 0 || len(m.Header.Names) > 0},
	} {
		if k.set {
			report(k.key, "is for delimited files; JSON lines are UTF-8 and name their members")
		}
	}
}

func (m *Measure) problems(report tabular.Reporter) {
	prefix("measure.id_prefix", m.IDPrefix, report)
	m.ID.Problems("measure.id", report)
	for _, v := range []struct {
		path     string
		value    *tabular.Value
		required bool
	}{
		{"display_name", m.DisplayName, true},
		{"unit", m.Unit, true},
		{"description", m.Description, false},
		{"owner", m.Owner, false},
		{"source", m.Source, false},
	} {
		if v.required && v.value == nil {
			report("measure."+v.path, "say which column holds it, or give const")
		}
		v.value.Problems("measure."+v.path, report)
	}
	m.Kind.problems("measure.kind", kinds, report)
	m.Direction.problems("measure.direction", directions, report)
	m.Frequency.problems("measure.frequency", frequencies, report)
}

func prefix(path, text string, report tabular.Reporter) {
	if text != "" && !prefixPattern.MatchString(text) {
		report(path, wantPrefix)
	}
}

func (c *Choice) problems(path string, words []string, report tabular.Reporter) {
	c.From.Problems(path+".from", report)
	if c.From == nil && c.Otherwise == "" {
		report(path+".otherwise", "nothing is assumed: state it, or give from; use one of %s", strings.Join(words, ", "))
	}
	if c.Otherwise != "" {
		tabular.Allowed(report, path+".otherwise", c.Otherwise, words)
	}
	if c.From == nil && len(c.Values) > 0 {
		report(path+".values", "needs from")
	}
	for _, text := range slices.Sorted(maps.Keys(c.Values)) {
		tabular.Allowed(report, path+".values."+text, c.Values[text], words)
	}
	for i, r := range c.Rules {
		at := fmt.Sprintf("%s.rules[%d]", path, i)
		tabular.Allowed(report, at+".is", r.Is, words)
		if len(r.When) == 0 {
			report(at+".when", "an empty condition would decide on every row: use otherwise")
		}
		r.When.Problems(at+".when", report)
	}
}

func (l *Link) problems(path string, report tabular.Reporter) {
	prefix(path+".id_prefix", l.IDPrefix, report)
	whole := strings.Replace(l.Subject, "{id}", "x", 1)
	switch {
	case !subjectPattern.MatchString(whole) || slices.ContainsFunc(strings.Split(whole, "/"), func(p string) bool { return !subjectPart.MatchString(p) }):
		report(path+".subject", "%q names no program, goal or objective: use programs/{id}, plans/…/goals/{id} or strategies/…/objectives/{id}", l.Subject)
	case (whole != l.Subject) != (l.ID != nil):
		report(path+".id", "goes with {id} in subject: give both or neither")
	}
	l.ID.Problems(path+".id", report)
	if l.Weight < 0 || l.Weight > 1000 {
		report(path+".weight", "want 1 to 1000")
	}
	tabular.Allowed(report, path+".contribution", l.Contribution, contributions)
	l.When.Problems(path+".when", report)
}

func (m Mapping) cellProblems(report tabular.Reporter) {
	if len(m.Cells) == 0 {
		report("cells", "name at least one column of values or targets")
	}
	seen := map[string]int{}
	for i := range m.Cells {
		c, at := &m.Cells[i], fmt.Sprintf("cells[%d]", i)
		if c.Column == "" {
			report(at+".column", "give the column's name")
		} else if first, twice := seen[c.Column]; twice {
			report(at+".column", "is read by cells[%d] already", first)
		} else {
			seen[c.Column] = i
		}
		tabular.Allowed(report, at+".is", c.Is, cellKinds)
		c.Period.Problems(at+".period", report)
		c.When.Problems(at+".when", report)
		f, err := newFormat(c.Format)
		if err != nil {
			report(at+".format", "%q %v", c.Format, err)
			continue
		}
		if _, quarter := f.has["Q"]; quarter && max(m.FiscalYear.Starts, 1)%3 != 1 {
			report(at+".format", "has a quarter, and the quarters of this fiscal year are none of the calendar: use a format with a month")
		}
	}
}

func (r ValueRules) problems(report tabular.Reporter) {
	if r.Percent != "" {
		tabular.Allowed(report, "value_rules.percent", r.Percent, percents)
	}
	if _, err := performance.ValueReader(r.Proto()); err != nil {
		if f, ok := fault.As(err); ok {
			for _, v := range f.Violations {
				report(v.Field, "%s", v.Detail)
			}
		}
	}
}

// columnsUsed lists every column that the mapping reads, with the path that reads it.
func (m Mapping) columnsUsed() map[string][]string {
	used := map[string][]string{}
	add := func(path string, columns ...string) { used[path] = append(used[path], columns...) }
	for i, s := range m.Skip {
		add(fmt.Sprintf("skip[%d].when", i), s.When.Used()...)
	}
	f := &m.Measure
	add("measure.id", f.ID.ColumnsUsed()...)
	for path, v := range map[string]*tabular.Value{
		"display_name": f.DisplayName, "description": f.Description, "unit": f.Unit, "owner": f.Owner, "source": f.Source,
	} {
		add("measure."+path, v.ColumnsUsed()...)
	}
	for path, c := range map[string]*Choice{"kind": &f.Kind, "direction": &f.Direction, "frequency": &f.Frequency} {
		add("measure."+path+".from", c.From.ColumnsUsed()...)
		for i, r := range c.Rules {
			add(fmt.Sprintf("measure.%s.rules[%d].when", path, i), r.When.Used()...)
		}
	}
	for i := range m.Links {
		add(fmt.Sprintf("links[%d].id", i), m.Links[i].ID.ColumnsUsed()...)
		add(fmt.Sprintf("links[%d].when", i), m.Links[i].When.Used()...)
	}
	if m.Dimension != nil {
		add("dimension.value", m.Dimension.Value.ColumnsUsed()...)
	}
	for i := range m.Cells {
		add(fmt.Sprintf("cells[%d].column", i), m.Cells[i].Column)
		add(fmt.Sprintf("cells[%d].when", i), m.Cells[i].When.Used()...)
		add(fmt.Sprintf("cells[%d].period", i), m.Cells[i].Period.ColumnsUsed()...)
	}
	return used
}
