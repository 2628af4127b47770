package budgetfile

import (
	"fmt"
	"math/big"
	"slices"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

func (m Mapping) ruleProblems(report tabular.Reporter) {
	for i, w := range m.Transfers {
		w.problems(fmt.Sprintf("transfers[%d]", i), report)
	}
	names := map[string]bool{}
	for i, r := range m.Treatments {
		at := fmt.Sprintf("treatments[%d]", i)
		if r.Name == "" || names[r.Name] {
			report(at+".name", "give a name of its own; %q is taken or empty", r.Name)
		}
		names[r.Name] = true
		tabular.Allowed(report, at+".treatment", string(r.Treatment), treatments)
		r.When.problems(at+".when", report)
	}
	if len(m.Funds) == 0 {
		report("funds", "say of what kind the funds are; a last rule without when holds for all others")
	}
	for i, r := range m.Funds {
		at := fmt.Sprintf("funds[%d]", i)
		tabular.Allowed(report, at+".kind", string(r.Kind), fundKinds)
		proprietary := slices.Contains([]FundKind{"ENTERPRISE", "INTERNAL_SERVICE", "FIDUCIARY"}, r.Kind)
		if proprietary && r.GASB54 != "" {
			report(at+".gasb54", "GASB 54 classes are for governmental funds: leave it out for %s", r.Kind)
		}
		if !proprietary {
			tabular.Allowed(report, at+".gasb54", r.GASB54, gasb54Classes)
		}
		r.When.problems(at+".when", report)
		for _, d := range sortedKeys(r.When.Dimensions) {
			if d != "fund" && d != "fund_name" {
				report(at+".when."+d, "a fund is known by fund and fund_name only")
			}
		}
		if len(r.When.Columns) > 0 {
			report(at+".when.columns", "a fund is known by fund and fund_name only")
		}
	}
	m.alignmentProblems(report)
	for i, e := range m.Expect {
		at := fmt.Sprintf("expect[%d]", i)
		tabular.Allowed(report, at+".side", string(e.Side), sides)
		tabular.Allowed(report, at+".version", string(e.Version), versions)
		if _, err := (Number{}).parse(e.Total); err != nil {
			report(at+".total", "%q %v: write a plain number", e.Total, err)
		}
	}
}

func (m Mapping) alignmentProblems(report tabular.Reporter) {
	for i, r := range m.Alignment {
		at := fmt.Sprintf("alignment[%d]", i)
		r.When.problems(at+".when", report)
		if len(r.Goals) == 0 {
			report(at+".goals", "name at least one goal")
		}
		for _, g := range sortedKeys(r.Goals) {
			if !slices.Contains(m.Goals, g) {
				report(at+".goals."+g, "is not listed in goals")
			}
			if s := r.Goals[g]; s < 0 || s > 4 {
				report(at+".goals."+g, "want 0 to 4, not %d", s)
			}
		}
	}
}

func (p *ProgramFact) problems(path string, report tabular.Reporter) {
	p.FTE.Problems(path+".fte", report)
	p.FTEWhen.rowProblems(path+".fte_when", report)
	p.Mandate.problems(path+".mandate", report)
	p.ServiceLevel.problems(path+".service_level", report)
	for i := range p.Attributes {
		p.Attributes[i].problems(fmt.Sprintf("%s.attributes[%d]", path, i), report)
	}
}

func (q *Question) problems(path string, report tabular.Reporter) {
	if q == nil {
		return
	}
	q.Answer.Problems(path+".answer", report)
	q.Source.Problems(path+".source", report)
	q.Citation.Problems(path+".citation", report)
	if len(q.Yes)+len(q.No) == 0 {
		report(path, "say which texts mean yes and which mean no")
	}
	for _, y := range q.Yes {
		if slices.Contains(q.No, y) {
			report(path+".yes", "%q cannot mean both yes and no", y)
		}
	}
}

func (r *AttributeRule) problems(path string, report tabular.Reporter) {
	tabular.Allowed(report, path+".attribute", r.Attribute, attributes)
	r.When.rowProblems(path+".when", report)
	r.From.Problems(path+".from", report)
	score := func(field string, s int) {
		low := 0
		if r.Attribute == "demand_change" {
			low = -4
		}
		if s < low || s > 4 {
			report(path+"."+field, "want %d to 4, not %d", low, s)
		}
	}
	if r.Score != nil {
		score("score", *r.Score)
		if r.From != nil || len(r.Values)+len(r.Anchors) > 0 {
			report(path, "a fixed score takes neither from, values nor anchors")
		}
		return
	}
	if r.From == nil || (len(r.Values) > 0) == (len(r.Anchors) > 0) {
		report(path, "give score, or from with either values or anchors")
	}
	for _, v := range sortedKeys(r.Values) {
		score("values."+v, r.Values[v])
	}
	if r.Otherwise != nil {
		score("otherwise", *r.Otherwise)
	}
	var last *big.Rat
	for i, a := range r.Anchors {
		field := fmt.Sprintf("anchors[%d]", i)
		score(field, a.Score)
		bound, ok := a.bound()
		if !ok || (a.AtLeast == "") == (a.Above == "") {
			report(path+"."+field, "give a number as either at_least or above")
			continue
		}
		if last != nil && bound.Cmp(last) >= 0 {
			report(path+"."+field, "anchors go from the highest to the lowest")
		}
		last = bound
	}
}

// columnsUsed lists every column that the file's own part of the mapping reads, with the path that reads it.
func (f *File) columnsUsed() map[string][]string {
	used := map[string][]string{}
	add := func(path string, columns ...string) { used[path] = append(used[path], columns...) }
	for path, v := range f.Columns.values() {
		add("columns."+path, v.ColumnsUsed()...)
	}
	for i := range f.Columns.Segments {
		add(fmt.Sprintf("columns.segments[%d]", i), f.Columns.Segments[i].Value.ColumnsUsed()...)
	}
	for i, a := range f.Amounts {
		add(fmt.Sprintf("amounts[%d].column", i), a.Column)
	}
	for i, s := range f.Skip {
		add(fmt.Sprintf("skip[%d].when.columns", i), s.When.Columns.Used()...)
	}
	for i, w := range f.Revenue {
		add(fmt.Sprintf("revenue[%d].columns", i), w.Columns.Used()...)
	}
	for i, c := range f.Checks {
		add(fmt.Sprintf("checks[%d]", i), append(slices.Clone(c.Sum), c.Equals)...)
	}
	add("facts.fte", f.Facts.FTE.ColumnsUsed()...)
	add("facts.fte_when", f.Facts.FTEWhen.Columns.Used()...)
	for path, q := range map[string]*Question{"facts.mandate": f.Facts.Mandate, "facts.service_level": f.Facts.ServiceLevel} {
		if q != nil {
			add(path, slices.Concat(q.Answer.ColumnsUsed(), q.Source.ColumnsUsed(), q.Citation.ColumnsUsed())...)
		}
	}
	for i := range f.Facts.Attributes {
		a := &f.Facts.Attributes[i]
		add(fmt.Sprintf("facts.attributes[%d]", i), append(a.From.ColumnsUsed(), a.When.Columns.Used()...)...)
	}
	return used
}

// ruleColumns lists the columns that mapping-wide rules look at; each must be in at least one file.
func (m Mapping) ruleColumns() map[string][]string {
	used := map[string][]string{}
	add := func(path string, w When) {
		if len(w.Columns) > 0 {
			used[path] = w.Columns.Used()
		}
	}
	for i, w := range m.Transfers {
		add(fmt.Sprintf("transfers[%d].columns", i), w)
	}
	for i, r := range m.Treatments {
		add(fmt.Sprintf("treatments[%d].when.columns", i), r.When)
	}
	for i, r := range m.Alignment {
		add(fmt.Sprintf("alignment[%d].when.columns", i), r.When)
	}
	return used
}
