package export

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
)

// Escape makes a text cell of CSV that no spreadsheet takes for a formula (OWASP, CSV Injection): a text that begins with = + - @, their full-width
// forms, tab, or a line break, also after blanks, gets a single quote before it. So does one that begins so after single quotes, so that Unescape
// gives every text back. Line breaks become \n, and bytes that are not UTF-8 the replacement character. Numbers are not escaped.
func Escape(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.Contains(s, "\r") {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	}
	if dangerous(s) {
		return "'" + s
	}
	return s
}

// Unescape takes the quote of Escape off.
func Unescape(s string) string {
	if rest, quoted := strings.CutPrefix(s, "'"); quoted && dangerous(rest) {
		return rest
	}
	return s
}

func dangerous(s string) bool {
	s = strings.TrimLeft(s, "' \u00A0\u200B\u3000\uFEFF")
	for _, first := range s {
		return strings.ContainsRune("=+-@\t\n\r＝＋－＠", first)
	}
	return false
}

// decimal writes an amount with the currency's digits and nothing else: "-1234.50".
func decimal(amount int64, exponent int) string {
	var room [24]byte
	digits := strconv.AppendInt(room[:0], amount, 10)
	if exponent == 0 {
		return string(digits)
	}
	sign := ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	for len(digits) <= exponent {
		digits = append([]byte{'0'}, digits...)
	}
	point := len(digits) - exponent
	return sign + string(digits[:point]) + "." + string(digits[point:])
}

// scoreDecimals is how many decimals points of 100 have: scores are basis points.
const scoreDecimals = 2

// table writes RFC 4180: commas, CRLF, quotes where they are needed. Texts go through Escape, numbers do not.
type table struct {
	w        *csv.Writer
	row      []string
	exponent int // of the currency
}

func newTable(w io.Writer, currency string, columns []string) (*table, error) {
	t := &table{w: csv.NewWriter(w), row: make([]string, 0, len(columns)), exponent: domain.Exponent(currency)}
	t.w.UseCRLF = true
	return t, t.w.Write(columns)
}

func (t *table) text(texts ...string) *table {
	for _, s := range texts {
		t.row = append(t.row, Escape(s))
	}
	return t
}

func (t *table) money(amounts ...int64) *table {
	for _, a := range amounts {
		t.row = append(t.row, decimal(a, t.exponent))
	}
	return t
}

func (t *table) int(n int64) *table {
	t.row = append(t.row, strconv.FormatInt(n, 10))
	return t
}

func (t *table) end() error {
	err := t.w.Write(t.row)
	t.row = t.row[:0]
	return err
}

func (t *table) flush() error {
	t.w.Flush()
	return t.w.Error()
}
