// Package quantity reads numbers as reports write them, such as "85%", "7.9M" or "12 weeks", by declared rules.
package quantity

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// Percent says what a percent sign does: "85%" is 85 by Points, which is also what "" means, and 0.85 by Fraction.
type Percent string

// What a percent sign can do.
const (
	Points   Percent = "POINTS"
	Fraction Percent = "FRACTION"
)

// Rules are all that texts are read by; the zero value is the default of each.
type Rules struct {
	DecimalComma bool     // "1.234,5" is 1234.5; otherwise "1,234.5" is
	Percent      Percent  // "" is Points
	Units        []string // words that may follow a number and mean nothing more; letter case does not matter
	Missing      []string // texts that mean "not known", letter case does not matter; none: DefaultMissing
}

// DefaultMissing are the texts that mean "not known" where no rule declares others.
var DefaultMissing = []string{"", "-", "n/a", "na", "tbd", "tbr", "null", "#missing", "#n/a"}

// Check refuses rules that contradict themselves; field is the path of the rules in the request.
func (r Rules) Check(field string) error {
	var v fault.Violations
	for i, unit := range r.Units {
		at := fmt.Sprintf("%s.units[%d]", field, i)
		v.Check(strings.TrimSpace(unit) != "", at, "is blank; give it a word or leave it out")
		v.Check(!strings.HasPrefix(strings.TrimSpace(unit), "%"), at, "starts with a percent sign; %s.percent says what that does", field)
	}
	return v.Err()
}

// Parse reads a text. known is false for one that the rules declare to mean "not known", even if it looks like a number.
// Every other text follows this grammar (in EBNF) or is refused with an error that says what was not understood and what
// would mend it. Space around the text does not matter, and a declared unit is seen before a magnitude.
//
//	quantity  = [ sign ] amount | "(" amount ")" .          parentheses mean below zero
//	amount    = [ currency ] number [ "%" | magnitude ] [ unit ] .
//	number    = whole [ mark digit { digit } ] [ exponent ] | mark digit { digit } [ exponent ] .
//	whole     = digit { digit } | first group { group } .   first: 1 to 3 digits, not 0 at first
//	group     = separator 3 * digit .
//	exponent  = ( "e" | "E" ) [ "+" | "-" ] digit { digit } .
//	sign      = "+" | "-" | "−" .
//	currency  = "$" | "€" | "£" | "¥" .
//	magnitude = "K" | "k" | "M" | "m" | "B" | "bn" | "T" .   thousand to trillion (10¹²); bn in any letter case
//	mark      = "." .                                       "," by DecimalComma
//	separator = "," .                                       "." by DecimalComma
//	unit      = one of Rules.Units .
//
// Spaces may stand between currency, number, percent sign or magnitude, and unit. The value is the float64 nearest to
// what is written: a percent sign or a magnitude moves the decimal mark and rounds nothing.
func Parse(text string, r Rules) (value float64, known bool, err error) {
	text = strings.TrimSpace(text)
	if r.isMissing(text) {
		return 0, false, nil
	}
	var buffer [48]byte
	n := decimal{text: buffer[:0]}
	if err = n.read(text, r); err == nil {
		value, err = n.value(text)
	}
	return value, err == nil, err
}

func (r Rules) isMissing(text string) bool {
	list := r.Missing
	if len(list) == 0 {
		list = DefaultMissing
	}
	return contains(list, text)
}

func contains(list []string, text string) bool {
	return slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(strings.TrimSpace(s), text) })
}

// decimal is a number as strconv reads it, and how far its mark is moved to the right.
type decimal struct {
	text  []byte // [ "-" ] digits [ "." digits ]
	shift int
}

// maxExponent is where exponents stop to count, as they do for strconv: far beyond what any float64 has.
const maxExponent = 9999

func (d *decimal) read(text string, r Rules) error {
	rest, err := d.sign(text)
	if err != nil {
		return err
	}
	for _, symbol := range []string{"$", "€", "£", "¥"} {
		if after, ok := strings.CutPrefix(rest, symbol); ok {
			rest = strings.TrimSpace(after)
			break
		}
	}
	if rest, err = d.number(text, rest, r); err != nil {
		return err
	}
	if rest = strings.TrimSpace(rest); rest == "" || contains(r.Units, rest) {
		return nil
	}
	unit := strings.TrimSpace(d.scale(rest, r))
	if unit == "" || contains(r.Units, unit) {
		return nil
	}
	return stray(text, rest)
}

// stray says why what follows the number is refused.
func stray(text, rest string) error {
	if strings.ContainsAny(rest[:1], "0123456789.,") {
		return fmt.Errorf("%q goes on with %q after the number; send one number with one decimal mark, or set value_rules.decimal_comma "+
			"if a comma is the mark", clip(text), clip(rest))
	}
	return fmt.Errorf("%q has %q after the number; if that means nothing more, add it to value_rules.units, else send the number alone",
		clip(text), clip(rest))
}

// sign takes a sign, or the parentheses around the whole.
func (d *decimal) sign(text string) (rest string, err error) {
	if rest, ok := strings.CutPrefix(text, "("); ok {
		if rest, ok = strings.CutSuffix(rest, ")"); !ok {
			return "", fmt.Errorf("%q starts with a parenthesis and does not end with one; they mean below zero and hold the whole amount", clip(text))
		}
		d.text = append(d.text, '-')
		return strings.TrimSpace(rest), nil
	}
	for _, minus := range []string{"-", "−"} {
		if rest, ok := strings.CutPrefix(text, minus); ok {
			d.text = append(d.text, '-')
			return rest, nil
		}
	}
	return strings.TrimPrefix(text, "+"), nil
}

// number reads whole, mark, fraction and exponent from the start of rest.
func (d *decimal) number(text, rest string, r Rules) (string, error) {
	mark, separator := byte('.'), byte(',')
	if r.DecimalComma {
		mark, separator = separator, mark
	}
	whole := digits(rest)
	d.text = append(d.text, rest[:whole]...)
	rest = rest[whole:]
	if whole > 0 && len(rest) > 0 && rest[0] == separator {
		leading := d.text[len(d.text)-whole]
		for len(rest) > 0 && rest[0] == separator {
			n := digits(rest[1:])
			if whole > 3 || leading == '0' || n != 3 {
				return "", fmt.Errorf("%q has %q where it does not part groups of three digits; if it is the decimal mark, set value_rules.decimal_comma to %v",
					clip(text), separator, !r.DecimalComma)
			}
			d.text = append(d.text, rest[1:4]...)
			rest = rest[4:]
		}
	}
	if len(rest) > 1 && rest[0] == mark {
		if n := digits(rest[1:]); n > 0 {
			d.text = append(append(d.text, '.'), rest[1:1+n]...)
			whole, rest = whole+n, rest[1+n:]
		}
	}
	if whole == 0 {
		return "", fmt.Errorf(`%q does not start with a number; if it means "not known", add it to value_rules.missing, else send the number alone`, clip(text))
	}
	return d.exponent(rest), nil
}

// exponent reads "e-3"; an e that no digits follow is the start of something else.
func (d *decimal) exponent(rest string) string {
	if rest == "" || rest[0]|0x20 != 'e' {
		return rest
	}
	at, negative := 1, false
	if len(rest) > 1 && (rest[1] == '+' || rest[1] == '-') {
		at, negative = 2, rest[1] == '-'
	}
	n := digits(rest[at:])
	if n == 0 {
		return rest
	}
	for _, c := range []byte(rest[at : at+n]) {
		d.shift = min(maxExponent, 10*d.shift+int(c-'0'))
	}
	if negative {
		d.shift = -d.shift
	}
	return rest[at+n:]
}

// scale takes a percent sign or a magnitude from the start of rest.
func (d *decimal) scale(rest string, r Rules) string {
	if after, ok := strings.CutPrefix(rest, "%"); ok {
		if r.Percent == Fraction {
			d.shift -= 2
		}
		return after
	}
	size, shift := 1, 12
	switch rest[0] {
	case 'K', 'k':
		shift = 3
	case 'M', 'm':
		shift = 6
	case 'B', 'b':
		shift = 9
		switch {
		case len(rest) > 1 && rest[1]|0x20 == 'n':
			size = 2
		case rest[0] == 'b':
			return rest
		}
	case 'T':
	default:
		return rest
	}
	if after := rest[size:]; after == "" || !isWord(after[0]) { // not the first letter of a word
		d.shift += shift
		return after
	}
	return rest
}

func isWord(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c >= 0x80
}

func (d *decimal) value(text string) (float64, error) {
	if d.shift != 0 {
		d.text = strconv.AppendInt(append(d.text, 'e'), int64(d.shift), 10)
	}
	v, err := strconv.ParseFloat(string(d.text), 64)
	if err != nil { // out of range: the text is well formed
		return 0, fmt.Errorf("%q is beyond what can be kept, about ±1.8e308; use a larger unit", clip(text))
	}
	if v == 0 {
		v = 0 // zero has no sign
	}
	return v, nil
}

// digits is how many ASCII digits text starts with.
func digits(text string) int {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return n
}

// clip keeps an answer from repeating a page of nonsense.
func clip(text string) string {
	const most = 60
	if len(text) > most {
		return strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
