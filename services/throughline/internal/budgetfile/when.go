package budgetfile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Patterns are the texts a condition accepts. "*" stands for any run of characters, "/…/" is a regular expression (RE2, anywhere in
// the text), a leading "!" excludes. Letter case does not count. In YAML: one pattern or a list.
type Patterns []string

// UnmarshalYAML accepts one pattern or a list of patterns.
func (p *Patterns) UnmarshalYAML(n *yaml.Node) error {
	switch n.Kind {
	case yaml.ScalarNode:
		*p = Patterns{n.Value}
		return nil
	case yaml.SequenceNode:
		for _, c := range n.Content {
			if c.Kind != yaml.ScalarNode {
				return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want a pattern", c.Line)}}
			}
			*p = append(*p, c.Value)
		}
		return nil
	}
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want a pattern or a list of patterns", n.Line)}}
}

// dimension is what a condition can look at.
type dimension int

const (
	dimFund dimension = iota
	dimFundName
	dimDepartment
	dimDepartmentName
	dimDivision
	dimDivisionName
	dimProgram
	dimProgramName
	dimFunction
	dimAccount
	dimAccountName
	dimClass
	dimAmount
	dimSide
	dimCount
)

var dimensionNames = [dimCount]string{
	"fund", "fund_name", "department", "department_name", "division", "division_name", "program",
	"program_name", "function", "account", "account_name", "class", "amount", "side",
}

// dims are the dimensions of one row, or of one amount of a row.
type dims [dimCount]string

// When is a condition: every dimension and column named must match one of its patterns. An empty condition matches everything.
type When struct {
	Dimensions map[string]Patterns
	Columns    map[string]Patterns // raw columns of the file
}

// UnmarshalYAML reads the dimensions by name and "columns", and refuses any other key with its line.
func (w *When) UnmarshalYAML(n *yaml.Node) error {
	if err := knownKeys(n, "a condition", append(slices.Clone(dimensionNames[:]), "columns")...); err != nil {
		return err
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i].Value, n.Content[i+1]
		if key == "columns" {
			if err := value.Decode(&w.Columns); err != nil {
				return err
			}
			continue
		}
		var p Patterns
		if err := value.Decode(&p); err != nil {
			return err
		}
		if w.Dimensions == nil {
			w.Dimensions = map[string]Patterns{}
		}
		w.Dimensions[key] = p
	}
	return nil
}

func (w When) problems(path string, report reporter) {
	check := func(field string, p Patterns) {
		if len(p) == 0 {
			report(field, "give at least one pattern")
		}
		for _, s := range p {
			if _, _, err := compilePattern(s); err != nil {
				report(field, "%q is not a regular expression: %v", s, err)
			}
		}
	}
	for _, k := range sortedKeys(w.Dimensions) {
		if !slices.Contains(dimensionNames[:], k) {
			report(path+"."+k, "is not a dimension: use one of %s", strings.Join(dimensionNames[:], ", "))
		}
		check(path+"."+k, w.Dimensions[k])
	}
	for _, k := range sortedKeys(w.Columns) {
		check(path+".columns."+k, w.Columns[k])
	}
}

// rowProblems are those of a condition that is asked before a row's side and amounts are known.
func (w When) rowProblems(path string, report reporter) {
	w.problems(path, report)
	for _, d := range []dimension{dimAmount, dimSide} {
		if _, ok := w.Dimensions[dimensionNames[d]]; ok {
			report(path+"."+dimensionNames[d], "is not known yet where this condition is asked")
		}
	}
}

// compilePattern turns a pattern into an expression and says whether it excludes.
func compilePattern(s string) (re *regexp.Regexp, exclude bool, err error) {
	s, exclude = strings.CutPrefix(s, "!")
	if len(s) >= 2 && strings.HasPrefix(s, "/") && strings.HasSuffix(s, "/") {
		re, err = regexp.Compile("(?is)" + s[1:len(s)-1])
		return re, exclude, err
	}
	parts := strings.Split(s, "*")
	for i := range parts {
		parts[i] = regexp.QuoteMeta(parts[i])
	}
	re, err = regexp.Compile("(?is)^" + strings.Join(parts, ".*") + "$")
	return re, exclude, err
}

// matcher tests one text; it remembers answers, because a budget file repeats few distinct codes many times.
type matcher struct {
	include, exclude []*regexp.Regexp
	seen             map[string]bool
}

const rememberAtMost = 1 << 14

func newMatcher(p Patterns) *matcher {
	m := &matcher{seen: map[string]bool{}}
	for _, s := range p {
		re, exclude, err := compilePattern(s)
		switch {
		case err != nil: // validated before
		case exclude:
			m.exclude = append(m.exclude, re)
		default:
			m.include = append(m.include, re)
		}
	}
	return m
}

func (m *matcher) match(s string) bool {
	if yes, ok := m.seen[s]; ok {
		return yes
	}
	matches := func(re *regexp.Regexp) bool { return re.MatchString(s) }
	yes := (len(m.include) == 0 || slices.ContainsFunc(m.include, matches)) && !slices.ContainsFunc(m.exclude, matches)
	if len(m.seen) < rememberAtMost {
		m.seen[s] = yes
	}
	return yes
}

// condition is a When bound to one file's header.
type condition struct {
	dims    []boundDim
	columns []boundColumn
	never   bool // the file lacks a column the condition looks at
}

type boundDim struct {
	dim dimension
	m   *matcher
}

type boundColumn struct {
	at int
	m  *matcher
}

func (w When) bind(index map[string]int) *condition {
	c := &condition{}
	for d, name := range dimensionNames {
		if p, ok := w.Dimensions[name]; ok {
			c.dims = append(c.dims, boundDim{dimension(d), newMatcher(p)})
		}
	}
	for _, name := range sortedKeys(w.Columns) {
		at, ok := index[name]
		if !ok {
			c.never = true
			continue
		}
		c.columns = append(c.columns, boundColumn{at, newMatcher(w.Columns[name])})
	}
	return c
}

func (c *condition) match(d *dims, row []string) bool {
	if c.never {
		return false
	}
	for _, b := range c.dims {
		if !b.m.match(d[b.dim]) {
			return false
		}
	}
	for _, b := range c.columns {
		if !b.m.match(tidy(row[b.at])) {
			return false
		}
	}
	return true
}

func bindAll(ws []When, index map[string]int) []*condition {
	cs := make([]*condition, len(ws))
	for i, w := range ws {
		cs[i] = w.bind(index)
	}
	return cs
}

func anyMatch(cs []*condition, d *dims, row []string) bool {
	return slices.ContainsFunc(cs, func(c *condition) bool { return c.match(d, row) })
}
