// Package phrase writes money, shares and lists the way people read them.
package phrase

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// Money writes minor units with separators: 1,234,567.89 USD.
func Money(currency string, minor int64) string {
	sign, s := "", strconv.FormatInt(minor, 10)
	if minor < 0 {
		sign, s = "−", s[1:]
	}
	d := model.Decimals(currency)
	for len(s) <= d {
		s = "0" + s
	}
	whole, fraction := s[:len(s)-d], s[len(s)-d:]
	var b strings.Builder
	b.WriteString(sign)
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	if d > 0 {
		b.WriteString("." + fraction)
	}
	return b.String() + " " + currency
}

// Percent writes basis points: 6250 is 62.5 %.
func Percent(bp int64) string { return decimal(bp, 100, 2) + " %" }

// Share writes parts per million: 500,000 is 50 %.
func Share(ppm int64) string { return decimal(ppm, 10_000, 4) + " %" }

// Points writes parts per million as percentage points: 10,000 is 1 point, 2,500 is 0.25 points.
func Points(ppm int64) string {
	if ppm == 10_000 {
		return "1 point"
	}
	return decimal(ppm, 10_000, 4) + " points"
}

// Count writes a number of things: 1 program, 3 programs.
func Count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}

// Verb is the form of a verb that goes with a number of things.
func Verb(n int, one, several string) string {
	if n == 1 {
		return one
	}
	return several
}

// And joins the items: a, b and c.
func And(items []string) string {
	if n := len(items); n > 1 {
		return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
	return strings.Join(items, "")
}

// List quotes the items: "a", "b" and "c".
func List(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = fmt.Sprintf("%q", s)
	}
	return And(quoted)
}

// decimal writes v ÷ by without trailing zeros.
func decimal(v, by int64, places int) string {
	s := strings.TrimSuffix(strings.TrimRight(big.NewRat(v, by).FloatString(places), "0"), ".")
	return strings.Replace(s, "-", "−", 1)
}
