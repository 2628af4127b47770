package domain

import "math/big"

// MoneyShare is how much of the adopted money goes to programs that a signal can be used for.
type MoneyShare struct {
	FiscalYear int // of the adopted budgets
	Total      Money
	WithSignal Money
	PPM        int // WithSignal in parts of Total, rounded down
}

// ShareOf says how much of the money goes to programs with a usable signal. adopted is what the budgets of one fiscal year
// give. Nil when that is nothing, or cannot be added.
func ShareOf(adopted []MoneyIn, signals []Signal) *MoneyShare {
	usable := make(map[string]bool, len(signals))
	for _, s := range signals {
		usable[s.Subject] = s.UsablePPM > 0
	}
	var with []MoneyIn
	for _, in := range adopted {
		if in.Minor < 0 { // no allocation takes money from a program; shares of such a total would mean nothing
			return nil
		}
		if usable[in.Program] {
			with = append(with, in)
		}
	}
	all, _ := total(adopted)
	if all == nil || all.Minor == 0 {
		return nil
	}
	s := &MoneyShare{FiscalYear: adopted[0].FiscalYear, Total: *all, WithSignal: Money{Currency: all.Currency}}
	if sum, _ := total(with); sum != nil {
		s.WithSignal = *sum
	}
	ppm := new(big.Int).Mul(big.NewInt(s.WithSignal.Minor), big.NewInt(PPM))
	s.PPM = int(ppm.Div(ppm, big.NewInt(s.Total.Minor)).Int64()) // at most PPM, for a part of the total
	return s
}
