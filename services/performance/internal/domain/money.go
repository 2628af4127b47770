package domain

import (
	"math"
	"time"
)

// Money is an exact amount.
type Money struct {
	Currency string // ISO 4217, such as USD
	Minor    int64  // in minor units of the currency, such as cents
}

// Adopted is the money that an adopted allocation gives to programs. It takes the place of what the same budget, or the
// same election of it, had adopted before.
type Adopted struct {
	Organization string
	Allocation   string // name
	Budget       string // name
	Election     string // name of the election whose result it is; empty for the budget itself
	FiscalYear   int
	Time         time.Time
	Programs     []ProgramMoney // each program once
}

// ProgramMoney is what one program gets.
type ProgramMoney struct {
	Program string // name
	Money
}

// MoneyIn is the money that an adopted allocation gives to a program.
type MoneyIn struct {
	Allocation string // name
	FiscalYear int
	Program    string // name
	Money
	Time time.Time // of the adoption
}

// total adds amounts of one currency. What cannot be added (two currencies, or more than 64 bits hold) has no total but a
// reason.
func total(all []MoneyIn) (sum *Money, why string) {
	for _, in := range all {
		switch {
		case sum == nil:
			sum = &Money{Currency: in.Currency}
		case sum.Currency != in.Currency:
			return nil, "The money is in " + sum.Currency + " and in " + in.Currency + ", which cannot be added."
		}
		if in.Minor > 0 && sum.Minor > math.MaxInt64-in.Minor || in.Minor < 0 && sum.Minor < math.MinInt64-in.Minor {
			return nil, "The money is too much to be added."
		}
		sum.Minor += in.Minor
	}
	return sum, ""
}
