package domain

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// Exponent is how many decimals the currency has: 2 for most.
func Exponent(currency string) int { return model.Decimals(currency) }

// Scale is how many minor units make one unit of the currency.
func Scale(currency string) int64 { return model.CurrencyUnit(currency) }

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
