package tabular

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Value says where a text comes from. In YAML it is a column name, or a mapping of these keys. Cells are trimmed; a value that comes
// out blank falls through to Otherwise.
type Value struct {
	Column    string            `yaml:"column"`
	Columns   []string          `yaml:"columns"`   // several columns, joined
	Join      string            `yaml:"join"`      // between them; absent: "-"
	Extract   string            `yaml:"extract"`   // regular expression (RE2); no match gives a blank value
	Template  string            `yaml:"template"`  // over its groups; absent: ${1}, or ${0} without a group
	Values    map[string]string `yaml:"values"`    // replaces whole values; others stay as they are
	Const     string            `yaml:"const"`     // the same for every row
	Otherwise *Value            `yaml:"otherwise"` // where the value is blank
}

// UnmarshalYAML accepts a column name or a mapping, and refuses unknown keys with their line.
func (v *Value) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		v.Column = n.Value
		return nil
	}
	err := KnownKeys(n, "a column name or a value", "column", "columns", "join", "extract", "template", "values", "const", "otherwise")
	if err != nil {
		return err
	}
	type plain Value // without this method
	return n.Decode((*plain)(v))
}

// KnownKeys demands a YAML mapping that has only the keys named.
func KnownKeys(n *yaml.Node, what string, keys ...string) error {
	if n.Kind != yaml.MappingNode {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: want %s", n.Line, what)}}
	}
	var bad []string
	for i := 0; i+1 < len(n.Content); i += 2 {
		if k := n.Content[i]; !slices.Contains(keys, k.Value) {
			bad = append(bad, fmt.Sprintf("line %d: unknown key %s: use one of %s", k.Line, k.Value, strings.Join(keys, ", ")))
		}
	}
	if bad != nil {
		return &yaml.TypeError{Errors: bad}
	}
	return nil
}

// ColumnsUsed lists the columns a value reads.
func (v *Value) ColumnsUsed() []string {
	if v == nil {
		return nil
	}
	used := slices.Clone(v.Columns)
	if v.Column != "" {
		used = append(used, v.Column)
	}
	return append(used, v.Otherwise.ColumnsUsed()...)
}

// Problems reports what is wrong with the value at path.
func (v *Value) Problems(path string, report Reporter) {
	if v == nil {
		return
	}
	sources := 0
	for _, set := range []bool{v.Column != "", len(v.Columns) > 0, v.Const != ""} {
		if set {
			sources++
		}
	}
	if sources != 1 {
		report(path, "give exactly one of column, columns, const")
	}
	if v.Template != "" && v.Extract == "" {
		report(path+".template", "needs extract")
	}
	if _, err := regexp.Compile(v.Extract); err != nil {
		report(path+".extract", "is not a regular expression: %v", err)
	}
	v.Otherwise.Problems(path+".otherwise", report)
}

// Getter reads a value out of one row.
type Getter func(row []string) string

// Blank reads nothing.
func Blank([]string) string { return "" }

// Bind compiles v for a header; index finds a column. The mapping has been validated and every column found.
func (v *Value) Bind(index map[string]int) Getter {
	if v == nil {
		return Blank
	}
	get := v.source(index)
	if v.Extract != "" {
		get = v.extracted(get)
	}
	if len(v.Values) > 0 {
		inner := get
		get = func(row []string) string {
			s := inner(row)
			if to, ok := v.Values[s]; ok {
				return to
			}
			return s
		}
	}
	if v.Otherwise != nil {
		inner, other := get, v.Otherwise.Bind(index)
		get = func(row []string) string {
			if s := inner(row); s != "" {
				return s
			}
			return other(row)
		}
	}
	return get
}

func (v *Value) source(index map[string]int) Getter {
	switch {
	case v.Const != "":
		return func([]string) string { return v.Const }
	case v.Column != "":
		i := index[v.Column]
		return func(row []string) string { return strings.TrimSpace(row[i]) }
	}
	at := make([]int, len(v.Columns))
	for i, c := range v.Columns {
		at[i] = index[c]
	}
	join := v.Join
	if join == "" {
		join = "-"
	}
	return func(row []string) string {
		parts, filled := make([]string, len(at)), false
		for i, a := range at {
			parts[i] = strings.TrimSpace(row[a])
			filled = filled || parts[i] != ""
		}
		if !filled {
			return ""
		}
		return strings.Join(parts, join)
	}
}

func (v *Value) extracted(get Getter) Getter {
	re := regexp.MustCompile(v.Extract) // validated
	template := v.Template
	if template == "" {
		template = "${0}"
		if re.NumSubexp() > 0 {
			template = "${1}"
		}
	}
	return func(row []string) string {
		s := get(row)
		m := re.FindStringSubmatchIndex(s)
		if m == nil {
			return ""
		}
		return strings.TrimSpace(string(re.ExpandString(nil, template, s, m)))
	}
}

// Tidy collapses every run of white space, newlines in cells included, so that padded names compare equal.
func Tidy(s string) string { return strings.Join(strings.Fields(s), " ") }
