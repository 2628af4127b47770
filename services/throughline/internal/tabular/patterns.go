package tabular

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

// Problems reports what is wrong with the patterns at path.
func (p Patterns) Problems(path string, report Reporter) {
	if len(p) == 0 {
		report(path, "give at least one pattern")
	}
	for _, s := range p {
		if _, _, err := compilePattern(s); err != nil {
			report(path, "%q is not a regular expression: %v", s, err)
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

// Matcher tests one text; it remembers answers, because files repeat few distinct codes many times.
type Matcher struct {
	include, exclude []*regexp.Regexp
	seen             map[string]bool
}

const rememberAtMost = 1 << 14

// NewMatcher compiles patterns that Problems found nothing wrong with.
func NewMatcher(p Patterns) *Matcher {
	m := &Matcher{seen: map[string]bool{}}
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

// Match says whether s is accepted.
func (m *Matcher) Match(s string) bool {
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
