package listing

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Bounds on filters, which callers write.
const (
	maxFilter     = 2000 // bytes
	maxConditions = 20
)

// condition is one comparison of a column, with its argument: as its column stores it, or a LIKE pattern for `:`.
type condition struct {
	column, op string
	arg        any
}

func (c condition) sql() string {
	switch c.op {
	case ":":
		return "lower(" + c.column + `) LIKE ? ESCAPE '!'`
	case hasName: // behind a line feed each name lies between two
		return "lower('\n' || " + c.column + `) LIKE ? ESCAPE '!'`
	case "!=":
		return c.column + " <> ?"
	}
	return c.column + " " + c.op + " ?"
}

// hasName is `:` of Names.
const hasName = ":name"

// operators by the character they start with would be shorter, but the longest must win.
var operators = []string{"!=", "<=", ">=", "=", "<", ">", ":"}

// parseFilter reads `field op value [AND ...]`, the part of AIP-160 that lists promise.
func parseFilter(text string, s Schema) ([]condition, error) {
	if len(text) > maxFilter {
		return nil, fmt.Errorf("is longer than %d bytes", maxFilter)
	}
	p := parser{rest: strings.TrimSpace(text)}
	var conds []condition
	for p.rest != "" {
		if len(conds) == maxConditions {
			return nil, fmt.Errorf("has more than %d conditions", maxConditions)
		}
		if len(conds) > 0 {
			if w := p.word(); w != "AND" {
				return nil, fmt.Errorf("has %q where AND was expected; only conditions joined by AND are supported", show(w, p.rest))
			}
		}
		c, err := p.condition(s)
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	return conds, nil
}

// parser consumes the filter from the left.
type parser struct{ rest string }

func (p *parser) condition(s Schema) (condition, error) {
	name := p.word()
	f, ok := s.Fields[name]
	switch {
	case name == "" || name == "NOT":
		return condition{}, fmt.Errorf("has %q where a field was expected; write field, operator, value: neither NOT, - nor parentheses are supported", show(name, p.rest))
	case !ok || !f.Filterable:
		return condition{}, fmt.Errorf("%q cannot be filtered by; use %s", name, choices(s.filterable()))
	}
	op := p.operator()
	if allowed := f.operators(); !slices.Contains(allowed, op) {
		if op == "" {
			return condition{}, fmt.Errorf("%s is followed by %q where an operator was expected; use one of %s", name, show("", p.rest), strings.Join(allowed, " "))
		}
		return condition{}, fmt.Errorf("%s cannot be compared by %s; use one of %s", name, op, strings.Join(allowed, " "))
	}
	value, err := p.value()
	if err != nil {
		return condition{}, fmt.Errorf("%s: %w", name, err)
	}
	arg, err := f.parse(value)
	if err != nil {
		return condition{}, fmt.Errorf("%s: %w", name, err)
	}
	switch {
	case op == ":" && f.Type == Names:
		op, arg = hasName, pattern("\n"+value+"\n")
	case op == ":":
		arg = pattern(value)
	}
	return condition{f.Column, op, arg}, nil
}

// operators that make sense for the field's type.
func (f Field) operators() []string {
	switch f.Type {
	case Text:
		return operators
	case Bool, Enum:
		return []string{"=", "!="}
	case Names:
		return []string{":"}
	default:
		return operators[:len(operators)-1]
	}
}

// parse makes the column's value of a filter's text.
func (f Field) parse(text string) (any, error) {
	switch f.Type {
	case Int:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a whole number", text)
		}
		return n, nil
	case Bool:
		if text != "true" && text != "false" {
			return nil, fmt.Errorf("%q is neither true nor false", text)
		}
		return text == "true", nil
	case Time:
		t, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return nil, fmt.Errorf("%q is not a time such as \"2026-07-01T00:00:00Z\"", text)
		}
		return t.UnixMicro(), nil
	case Date:
		if _, err := time.Parse(time.DateOnly, text); err != nil {
			return nil, fmt.Errorf("%q is not a date such as \"2026-07-01\"", text)
		}
		return text, nil
	case Enum:
		word := strings.TrimPrefix(text, f.Prefix)
		if word == "UNSPECIFIED" {
			word = ""
		}
		if word != "" && !slices.Contains(f.Values, word) {
			return nil, fmt.Errorf("%q is not one of %s%s", text, f.Prefix, strings.Join(f.Values, ", "+f.Prefix))
		}
		return word, nil
	default:
		return text, nil
	}
}

// pattern makes a LIKE pattern that ignores the case of ASCII letters: contains the text, or starts with it if it ends in *.
func pattern(text string) string {
	text, prefix := strings.CutSuffix(text, "*")
	var b strings.Builder
	if !prefix {
		b.WriteByte('%')
	}
	for i := range len(text) {
		c := text[i]
		switch {
		case c == '!' || c == '%' || c == '_':
			b.WriteByte('!')
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	b.WriteByte('%')
	return b.String()
}

// word takes letters, digits, _ and dots.
func (p *parser) word() string {
	return p.take(func(c byte) bool {
		return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	})
}

func (p *parser) operator() string {
	for _, op := range operators {
		if rest, ok := strings.CutPrefix(p.rest, op); ok {
			p.rest = strings.TrimLeft(rest, " \t\r\n")
			return op
		}
	}
	return ""
}

// value takes a quoted string, in which \ escapes the next character, or a bare word that ends at a space.
func (p *parser) value() (string, error) {
	if p.rest == "" {
		return "", fmt.Errorf("the value is missing")
	}
	quote := p.rest[0]
	if quote != '"' && quote != '\'' {
		v := p.take(func(c byte) bool { return !strings.ContainsRune(" \t\r\n()\"'=<>!,", rune(c)) })
		if v == "" {
			return "", fmt.Errorf("%q is not a value; put text in double quotes", show("", p.rest))
		}
		return v, nil
	}
	var b strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch c := p.rest[i]; {
		case c == '\\' && i+1 < len(p.rest):
			i++
			b.WriteByte(p.rest[i])
		case c == quote:
			p.rest = strings.TrimLeft(p.rest[i+1:], " \t\r\n")
			return b.String(), nil
		default:
			b.WriteByte(c)
		}
	}
	return "", fmt.Errorf("the quoted text is not closed")
}

func (p *parser) take(ok func(byte) bool) string {
	i := 0
	for i < len(p.rest) && ok(p.rest[i]) {
		i++
	}
	taken := p.rest[:i]
	p.rest = strings.TrimLeft(p.rest[i:], " \t\r\n")
	return taken
}

// show is the offending word, or the start of what could not be read.
func show(word, rest string) string {
	if word != "" {
		return word
	}
	if rest == "" {
		return "the end"
	}
	return strings.ToValidUTF8(rest[:min(len(rest), 20)], "")
}
