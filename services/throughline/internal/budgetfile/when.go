package budgetfile

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

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
	Dimensions map[string]tabular.Patterns
	Columns    tabular.Columns // raw columns of the file
}

// UnmarshalYAML reads the dimensions by name and "columns", and refuses any other key with its line.
func (w *When) UnmarshalYAML(n *yaml.Node) error {
	if err := tabular.KnownKeys(n, "a condition", append(slices.Clone(dimensionNames[:]), "columns")...); err != nil {
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
		var p tabular.Patterns
		if err := value.Decode(&p); err != nil {
			return err
		}
		if w.Dimensions == nil {
			w.Dimensions = map[string]tabular.Patterns{}
		}
		w.Dimensions[key] = p
	}
	return nil
}

func (w When) problems(path string, report tabular.Reporter) {
	for _, k := range sortedKeys(w.Dimensions) {
		if !slices.Contains(dimensionNames[:], k) {
			report(path+"."+k, "is not a dimension: use one of %s", strings.Join(dimensionNames[:], ", "))
		}
		w.Dimensions[k].Problems(path+"."+k, report)
	}
	w.Columns.Problems(path+".columns", report)
}

// rowProblems are those of a condition that is asked before a row's side and amounts are known.
func (w When) rowProblems(path string, report tabular.Reporter) {
	w.problems(path, report)
	for _, d := range []dimension{dimAmount, dimSide} {
		if _, ok := w.Dimensions[dimensionNames[d]]; ok {
			report(path+"."+dimensionNames[d], "is not known yet where this condition is asked")
		}
	}
}

// condition is a When bound to one file's header.
type condition struct {
	dims    []boundDim
	columns func(row []string) bool
}

type boundDim struct {
	dim dimension
	m   *tabular.Matcher
}

func (w When) bind(index map[string]int) *condition {
	c := &condition{columns: w.Columns.Bind(index)}
	for d, name := range dimensionNames {
		if p, ok := w.Dimensions[name]; ok {
			c.dims = append(c.dims, boundDim{dimension(d), tabular.NewMatcher(p)})
		}
	}
	return c
}

func (c *condition) match(d *dims, row []string) bool {
	for _, b := range c.dims {
		if !b.m.Match(d[b.dim]) {
			return false
		}
	}
	return c.columns(row)
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
