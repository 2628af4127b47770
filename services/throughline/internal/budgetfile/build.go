package budgetfile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

// builder gathers what the files say, across files.
type builder struct {
	m             *Mapping
	out           *Parsed
	overflow      bool
	funds         names
	departments   names
	programNames  names
	programs      map[string]*programInfo
	sums          map[LineTotals]*LineTotals // keyed with zero Lines and Amount
	rules         map[ruleKey]*RuleTotals
	cost          map[string]map[costKey]*CostLine
	alignmentUsed []bool
}

type ruleKey struct {
	rule      string
	treatment Treatment
}

type costKey struct {
	fund, class string
	treatment   Treatment
}

// programInfo is what the program's first row says, and what its rows answer together.
type programInfo struct {
	Program
	alignment map[string]int
	facts     facts
	conflicts map[string]bool // what its rows disagree about
}

// names remembers the first name of every code and all that came after.
type names map[string][]string

func (n names) add(code, name string) {
	if code == "" {
		return
	}
	known, ok := n[code]
	if !ok || name != "" && !slices.Contains(known, name) {
		if name == "" {
			n[code] = nil
			return
		}
		n[code] = append(known, name)
	}
}

func (n names) first(code string) string {
	if len(n[code]) == 0 {
		return code
	}
	return n[code][0]
}

func newBuilder(m *Mapping) *builder {
	return &builder{
		m: m, out: &Parsed{Mapping: *m}, funds: names{}, departments: names{}, programNames: names{},
		programs: map[string]*programInfo{}, sums: map[LineTotals]*LineTotals{}, rules: map[ruleKey]*RuleTotals{},
		cost: map[string]map[costKey]*CostLine{}, alignmentUsed: make([]bool, len(m.Alignment)),
	}
}

// add sums with a check; an overflow fails the whole reading at its end.
func (b *builder) add(to *int64, v int64) {
	sum := *to + v
	if (v > 0) != (sum > *to) && v != 0 {
		b.overflow = true
		return
	}
	*to = sum
}

func (b *builder) reject(e RowError)   { b.out.RowErrors = append(b.out.RowErrors, e) }
func (b *builder) mismatch(m Mismatch) { b.out.Mismatches = append(b.out.Mismatches, m) }
func (b *builder) register(d *dims) {
	b.funds.add(d[dimFund], d[dimFundName])
	b.departments.add(d[dimDepartment], d[dimDepartmentName])
}

func (b *builder) notice(code, format string, args ...any) {
	b.out.Notices = append(b.out.Notices, Notice{code, fmt.Sprintf(format, args...)})
}

func (b *builder) closeFile(t FileTotals, skipped map[string]*SkippedTotals) {
	b.out.ControlTotals.Files = append(b.out.ControlTotals.Files, t)
	for _, rule := range sortedKeys(skipped) {
		b.out.ControlTotals.Skipped = append(b.out.ControlTotals.Skipped, *skipped[rule])
	}
}

// program registers an expenditure row's program; align is asked on its first row only.
func (b *builder) program(d *dims, purpose string, f facts, align func() map[string]int) {
	code := d[dimProgram]
	b.programNames.add(code, d[dimProgramName])
	p, ok := b.programs[code]
	if !ok {
		b.programs[code] = &programInfo{
			Program: Program{
				ID: tabular.ResourceID("p", code), Code: code, Purpose: purpose, Function: d[dimFunction],
				DepartmentCode: d[dimDepartment], DivisionCode: d[dimDivision], DivisionName: d[dimDivisionName],
			},
			alignment: align(), facts: f, conflicts: map[string]bool{},
		}
		return
	}
	if p.DepartmentCode != d[dimDepartment] {
		p.conflicts["department"] = true
	}
	for a, score := range f.attributes {
		if known, ok := p.facts.attributes[a]; !ok {
			p.facts.attributes[a] = score
		} else if known != score {
			p.conflicts[a] = true
		}
	}
	p.claim(&p.facts.mandate, f.mandate, "mandate claim")
	p.claim(&p.facts.serviceLevel, f.serviceLevel, "service level")
	if f.fteMilli != nil {
		sum := *f.fteMilli
		if p.facts.fteMilli != nil {
			b.add(&sum, *p.facts.fteMilli)
		}
		p.facts.fteMilli = &sum
	}
}

func (p *programInfo) claim(have *Claim, c Claim, what string) {
	switch {
	case c.Answer == Unknown:
	case have.Answer == Unknown:
		*have = c
	case have.Answer != c.Answer:
		p.conflicts[what] = true
	}
}

// line keeps a line item and adds it to the sums.
func (b *builder) line(l LineItem) {
	b.out.LineItems = append(b.out.LineItems, l)
	key := LineTotals{Side: l.Side, Kind: l.Kind, Version: l.Version, FundCode: l.FundCode}
	t := b.sums[key]
	if t == nil {
		t = &LineTotals{Side: l.Side, Kind: l.Kind, Version: l.Version, FundCode: l.FundCode}
		b.sums[key] = t
	}
	t.Lines++
	b.add(&t.Amount, l.Amount)
	if l.Side != Expenditure || l.Version != b.m.Version {
		return
	}
	r := b.rules[ruleKey{l.Rule, l.Treatment}]
	if r == nil {
		r = &RuleTotals{Rule: l.Rule, Treatment: l.Treatment}
		b.rules[ruleKey{l.Rule, l.Treatment}] = r
	}
	r.Lines++
	b.add(&r.Amount, l.Amount)
	if b.cost[l.ProgramCode] == nil {
		b.cost[l.ProgramCode] = map[costKey]*CostLine{}
	}
	ck := costKey{l.FundCode, l.Class, l.Treatment}
	c := b.cost[l.ProgramCode][ck]
	if c == nil {
		c = &CostLine{FundID: tabular.ResourceID("f", l.FundCode), FundCode: l.FundCode, Class: l.Class, Treatment: l.Treatment}
		b.cost[l.ProgramCode][ck] = c
	}
	c.Lines++
	b.add(&c.Amount, l.Amount)
}

// finish puts everything in order and checks what can be checked only at the end.
func (b *builder) finish() (*Parsed, error) {
	b.totals()
	if err := b.makeFunds(); err != nil {
		return nil, err
	}
	for _, code := range sortedKeys(b.departments) {
		b.out.Departments = append(b.out.Departments, Department{tabular.ResourceID("d", code), code, b.departments.first(code)})
	}
	b.makePrograms()
	b.expectations()
	b.lookAt()
	if b.overflow {
		return nil, fault.New(fault.Invalid, "AMOUNT_OVERFLOW", "a total is beyond 64 bits of minor units: correct the amounts")
	}
	return b.out, nil
}

func (b *builder) totals() {
	c := &b.out.ControlTotals
	for t := range maps.Values(b.sums) {
		c.Lines = append(c.Lines, *t)
	}
	slices.SortFunc(c.Lines, func(x, y LineTotals) int {
		return cmp.Or(cmp.Compare(x.Side, y.Side), cmp.Compare(x.Kind, y.Kind), cmp.Compare(x.Version, y.Version), cmp.Compare(x.FundCode, y.FundCode))
	})
	for _, r := range b.m.Treatments {
		t := RuleTotals{Rule: r.Name, Treatment: r.Treatment}
		if got := b.rules[ruleKey{r.Name, r.Treatment}]; got != nil {
			t = *got
		}
		c.Rules = append(c.Rules, t)
	}
	for _, t := range treatments {
		if got := b.rules[ruleKey{"", Treatment(t)}]; got != nil {
			c.Rules = append(c.Rules, *got)
		}
	}
}

func (b *builder) makePrograms() {
	for _, code := range sortedKeys(b.programs) {
		p := b.programs[code]
		p.Name = b.programNames.first(code)
		b.out.Programs = append(b.out.Programs, p.Program)
		if len(p.conflicts) > 0 {
			about := strings.Join(sortedKeys(p.conflicts), ", ")
			b.notice("conflict", "rows of program %s disagree about %s; the first answer is kept", code, about)
		}
		costs := b.cost[code]
		if costs == nil {
			continue
		}
		r := ProgramRequest{
			ProgramID: p.ID, ProgramCode: code, Alignment: p.alignment, Attributes: p.facts.attributes,
			Mandate: p.facts.mandate, ServiceLevel: p.facts.serviceLevel, FTEMilli: p.facts.fteMilli,
		}
		for _, c := range costs {
			r.CostLines = append(r.CostLines, *c)
			b.add(&r.Base, c.Amount)
		}
		slices.SortFunc(r.CostLines, func(x, y CostLine) int {
			return cmp.Or(cmp.Compare(x.FundCode, y.FundCode), cmp.Compare(x.Treatment, y.Treatment), cmp.Compare(x.Class, y.Class))
		})
		b.out.Requests = append(b.out.Requests, r)
	}
	for i := range b.out.LineItems {
		if l := &b.out.LineItems[i]; b.programs[l.ProgramCode] == nil {
			l.ProgramCode = ""
		}
	}
}
