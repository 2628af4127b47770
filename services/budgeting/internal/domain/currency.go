package domain

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// exponents are the currencies whose minor unit is not a hundredth (ISO 4217).
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0, "VND": 0,
	"VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// Exponent is how many decimals the currency has: 2 for most.
func Exponent(currency string) int {
	if e, ok := exponents[currency]; ok {
		return e
	}
	return 2
}

// Scale is how many minor units make one unit of the currency.
func Scale(currency string) int64 {
	scale := int64(1)
	for range Exponent(currency) {
		scale *= 10
	}
	return scale
}

// MaxAmount bounds every amount taken, in minor units.
const MaxAmount = money.Limit

// Money writes an amount of minor units for people: "1,234.50 USD", "−1,234 JPY".
func Money(amount int64, currency string) string {
	digits := strconv.FormatUint(magnitude(amount), 10)
	e := Exponent(currency)
	if pad := e + 1 - len(digits); pad > 0 {
		digits = strings.Repeat("0", pad) + digits
	}
	whole, fraction := digits[:len(digits)-e], digits[len(digits)-e:]
	var b strings.Builder
	if amount < 0 {
		b.WriteString("−")
	}
	for i, d := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	if e > 0 {
		b.WriteString("." + fraction)
	}
	b.WriteString(" " + currency)
	return b.String()
}

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a) //nolint:gosec // two's complement magnitude, right for the least int64 too.
	}
	return uint64(a)
}
