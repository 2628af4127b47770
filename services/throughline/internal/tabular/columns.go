package tabular

import (
	"maps"
	"slices"
)

// Columns is a condition on the columns of a row: each must match one of its patterns. An empty one holds for every row.
type Columns map[string]Patterns

// Problems reports what is wrong with the condition at path.
func (c Columns) Problems(path string, report Reporter) {
	for _, name := range c.Used() {
		c[name].Problems(path+"."+name, report)
	}
}

// Used lists the columns that are looked at, by name.
func (c Columns) Used() []string { return slices.Sorted(maps.Keys(c)) }

// Bind compiles the condition for a header; index finds a column. A condition on a column that the header lacks never holds.
func (c Columns) Bind(index map[string]int) func(row []string) bool {
	var bound []boundColumn
	for _, name := range c.Used() {
		at, ok := index[name]
		if !ok {
			return func([]string) bool { return false }
		}
		bound = append(bound, boundColumn{at, NewMatcher(c[name])})
	}
	return func(row []string) bool {
		for _, b := range bound {
			if !b.m.Match(Tidy(row[b.at])) {
				return false
			}
		}
		return true
	}
}

type boundColumn struct {
	at int
	m  *Matcher
}
