package explain

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// amount writes minor units with separators: 1,234,567.89 USD.
func amount(currency string, minor int64) string {
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
	for i, r := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	if d > 0 {
		b.WriteString("." + fraction)
	}
	return sign + b.String() + " " + currency
}

// percent writes basis points: 6250 is 62.5 %.
func percent(bp int64) string { return trim(big.NewRat(bp, 100).FloatString(2)) + " %" }

// share writes parts per million: 500,000 is 50 %.
func share(ppm int64) string { return trim(big.NewRat(ppm, 10_000).FloatString(4)) + " %" }

// points writes thousandths of a basis point as points of 100.
func points(milliBP int64) string { return trim(big.NewRat(milliBP, 100_000).FloatString(2)) }

// ratePercent writes an exact fraction as a percentage with six digits.
func ratePercent(r model.Rate) string {
	v, ok := new(big.Rat).SetString(r.Num + "/" + r.Den)
	if !ok {
		return "?"
	}
	return trim(v.Mul(v, big.NewRat(100, 1)).FloatString(6)) + " %"
}

// level writes an alignment in halves: 7 is 3.5.
func level(halves int64) string { return trim(big.NewRat(halves, 2).FloatString(1)) }

// list writes a, b and c.
func list(items []string) string {
	switch n := len(items); n {
	case 0:
		return ""
	case 1:
		return items[0]
	default:
		return strings.Join(items[:n-1], ", ") + " and " + items[n-1]
	}
}

func quoted(items []string) string {
	out := make([]string, len(items))
	for i, s := range items {
		out[i] = fmt.Sprintf("%q", s)
	}
	return list(out)
}
