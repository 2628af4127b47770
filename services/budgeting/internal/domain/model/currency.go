package model

// Decimals is how many decimals the amounts of a currency have (ISO 4217): 2 for most.
func Decimals(currency string) int {
	switch currency {
	case "BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF":
		return 0
	case "BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND":
		return 3
	case "CLF", "UYW":
		return 4
	default:
		return 2
	}
}

// CurrencyUnit is one unit of the currency in minor units.
func CurrencyUnit(currency string) int64 {
	unit := int64(1)
	for range Decimals(currency) {
		unit *= 10
	}
	return unit
}
