package measurefile

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/throughline/internal/tabular"
)

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }

// cellProblem is what is wrong with one cell of a row.
type cellProblem struct{ column, value, remedy string }

// chooser is a Choice bound to a header.
type chooser struct {
	name   string // of what is chosen
	choice *Choice
	words  []string
	rules  []func(row []string) bool
	from   tabular.Getter
	column string
}

func (c *Choice) bind(name string, words []string, index map[string]int) chooser {
	b := chooser{name: name, choice: c, words: words, from: c.From.Bind(index), column: label(c.From)}
	for _, r := range c.Rules {
		b.rules = append(b.rules, r.When.Bind(index))
	}
	return b
}

// label names the columns of a value, for people.
func label(v *tabular.Value) string {
	return strings.Join(v.ColumnsUsed(), ", ")
}

func (c *chooser) choose(row []string) (string, *cellProblem) {
	for i, match := range c.rules {
		if match(row) {
			return c.choice.Rules[i].Is, nil
		}
	}
	text := tabular.Tidy(c.from(row))
	if word, ok := c.choice.Values[text]; ok {
		return word, nil
	}
	switch {
	case slices.Contains(c.words, text):
		return text, nil
	case text == "" && c.choice.Otherwise != "":
		return c.choice.Otherwise, nil
	case text == "":
		return "", &cellProblem{c.column, "", "the " + c.name + " is blank: fill it in, or state otherwise"}
	default:
		return "", &cellProblem{c.column, text, fmt.Sprintf("is no %s: say under values what it means, as one of %s", c.name, strings.Join(c.words, ", "))}
	}
}

// boundLink is a Link bound to a header.
type boundLink struct {
	link *Link
	id   tabular.Getter
	when func(row []string) bool
}

// boundFacts reads what a row says about its measure.
type boundFacts struct {
	m                                                 *Mapping
	id, displayName, description, unit, owner, source tabular.Getter
	kind, direction, frequency                        chooser
	links                                             []boundLink
}

func bindFacts(m *Mapping, index map[string]int) *boundFacts {
	f := &m.Measure
	b := &boundFacts{
		m: m, id: f.ID.Bind(index), displayName: f.DisplayName.Bind(index), description: f.Description.Bind(index), unit: f.Unit.Bind(index),
		owner: f.Owner.Bind(index), source: f.Source.Bind(index), kind: f.Kind.bind("kind", kinds, index),
		direction: f.Direction.bind("direction", directions, index), frequency: f.Frequency.bind("frequency", frequencies, index),
	}
	for i := range m.Links {
		l := &m.Links[i]
		b.links = append(b.links, boundLink{l, l.ID.Bind(index), l.When.Bind(index)})
	}
	return b
}

// read reads a row's facts.
func (b *boundFacts) read(row []string, code string) (Facts, []cellProblem) {
	f := Facts{
		Code: code, DisplayName: tabular.Tidy(b.displayName(row)), Description: strings.TrimSpace(b.description(row)),
		Unit: tabular.Tidy(b.unit(row)), Owner: tabular.Tidy(b.owner(row)), Source: tabular.Tidy(b.source(row)),
	}
	var bad []cellProblem
	for _, blank := range []struct {
		text, what string
		value      *tabular.Value
	}{{f.DisplayName, "display name", b.m.Measure.DisplayName}, {f.Unit, "unit", b.m.Measure.Unit}} {
		if blank.text == "" {
			bad = append(bad, cellProblem{label(blank.value), "", "the " + blank.what + " is blank: fill it in, give otherwise, or skip such rows by a rule"})
		}
	}
	for _, c := range []struct {
		chooser *chooser
		into    *string
	}{{&b.kind, &f.Kind}, {&b.direction, &f.Direction}, {&b.frequency, &f.Frequency}} {
		word, problem := c.chooser.choose(row)
		if problem != nil {
			bad = append(bad, *problem)
		}
		*c.into = word
	}
	id, problem := identified(b.m.Measure.IDPrefix, code, label(&b.m.Measure.ID), "measure")
	if problem != nil {
		bad = append(bad, *problem)
	}
	f.ID = id
	f.Links, bad = b.subjects(row, bad)
	return f, bad
}

// identified makes an id of a text, or takes it as it is.
func identified(prefix, text, column, what string) (string, *cellProblem) {
	switch {
	case text == "":
		return "", &cellProblem{column, "", "the id of the " + what + " is blank: fill it in, give otherwise, or skip such rows by a rule"}
	case prefix != "":
		return tabular.ResourceID(prefix, text), nil
	case !tabular.IsResourceID(text):
		return "", &cellProblem{column, text, "is no id of a " + what + " (lower-case letters, digits and hyphens): give id_prefix, which makes one of any text"}
	default:
		return text, nil
	}
}

func (b *boundFacts) subjects(row []string, bad []cellProblem) ([]Subject, []cellProblem) {
	var out []Subject
	for _, l := range b.links {
		if !l.when(row) {
			continue
		}
		name := l.link.Subject
		if l.link.ID != nil {
			text := tabular.Tidy(l.id(row))
			if text == "" {
				continue
			}
			id, problem := identified(l.link.IDPrefix, text, label(l.link.ID), "subject")
			if problem != nil {
				bad = append(bad, *problem)
				continue
			}
			name = strings.Replace(name, "{id}", id, 1)
		}
		if !slices.ContainsFunc(out, func(s Subject) bool { return s.Name == name }) { // the first link to a subject wins
			out = append(out, Subject{name, max(l.link.Weight, 1), l.link.Contribution})
		}
	}
	return out, bad
}

// differs tells what makes next another measure than f, though it has its id.
func (f *Facts) differs(next *Facts) (what, was, is string) {
	for _, d := range []struct{ what, was, is string }{
		{"id made from", f.Code, next.Code},
		{"unit", f.Unit, next.Unit},
		{"kind", f.Kind, next.Kind},
		{"direction", f.Direction, next.Direction},
		{"frequency", f.Frequency, next.Frequency},
	} {
		if d.was != d.is {
			return d.what, d.was, d.is
		}
	}
	return "", "", ""
}

// drifts tells which descriptions differ between rows of one measure; the first stays.
func (f *Facts) drifts(next *Facts) []string {
	var out []string
	for _, d := range []struct{ what, was, is string }{
		{"display_name", f.DisplayName, next.DisplayName},
		{"description", f.Description, next.Description},
		{"owner", f.Owner, next.Owner},
		{"source", f.Source, next.Source},
	} {
		if d.was != d.is {
			out = append(out, d.what)
		}
	}
	if !slices.Equal(f.Links, next.Links) {
		out = append(out, "links")
	}
	return out
}
