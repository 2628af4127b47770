package wire

import (
	"errors"
	"fmt"
	"math"

	"google.golang.org/genproto/googleapis/type/money"
)

// MinorDigits is how many digits a currency's minor unit has (ISO 4217): 2 for USD, 0 for JPY, 3 for KWD.
func MinorDigits(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	}
	return 2
}

const nanosPerUnit = 1_000_000_000

// minorPerUnit is how many minor units one unit of the currency has.
func minorPerUnit(currency string) int64 {
	per := int64(1)
	for range MinorDigits(currency) {
		per *= 10
	}
	return per
}

// Money is an amount of minor units.
func Money(currency string, minor int64) *money.Money {
	per := minorPerUnit(currency)
	return &money.Money{CurrencyCode: currency, Units: minor / per, Nanos: int32(minor % per * (nanosPerUnit / per))}
}

// FromMoney is the amount in minor units of the currency; 0 when unset. The error says what is wrong and what would mend it.
func FromMoney(currency string, m *money.Money) (int64, error) {
	if m == nil {
		return 0, nil
	}
	per := minorPerUnit(currency)
	nanos := int64(m.GetNanos())
	switch {
	case m.GetCurrencyCode() != currency:
		return 0, fmt.Errorf("is in %q; the organization's only currency is %s", m.GetCurrencyCode(), currency)
	case nanos <= -nanosPerUnit || nanos >= nanosPerUnit:
		return 0, errors.New("has nanos beyond ±999,999,999; carry whole units over to units")
	case m.GetUnits() > 0 && nanos < 0 || m.GetUnits() < 0 && nanos > 0:
		return 0, errors.New("has units and nanos of different signs; give both the same sign")
	case nanos%(nanosPerUnit/per) != 0:
		return 0, fmt.Errorf("is not a whole number of minor units; %s has %d decimals", currency, MinorDigits(currency))
	case m.GetUnits() > math.MaxInt64/per-1 || m.GetUnits() < -(math.MaxInt64/per-1):
		return 0, fmt.Errorf("is too large; the most is %d units", math.MaxInt64/per-1)
	}
	return m.GetUnits()*per + nanos/(nanosPerUnit/per), nil
}
