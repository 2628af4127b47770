package domain

import (
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
)

// Exponent is how many decimals the currency has: 2 for most.
func Exponent(currency string) int { return model.Decimals(currency) }

// Scale is how many minor units make one unit of the currency.
func Scale(currency string) int64 { return model.CurrencyUnit(currency) }

// MaxAmount bounds every amount taken, in minor units.
const MaxAmount = money.Limit

// Money writes an amount of minor units for people: "1,234.50 USD", "−1,234 JPY".
func Money(amount int64, currency string) string { return phrase.Money(currency, amount) }

func magnitude(a int64) uint64 {
	if a < 0 {
		return -uint64(a) //nolint:gosec // two's complement magnitude, right for the least int64 too.
	}
	return uint64(a)
}
