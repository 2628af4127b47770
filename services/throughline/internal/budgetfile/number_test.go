package budgetfile

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNumber(t *testing.T) {
	american := Number{Thousands: ",", Parentheses: true, DashZero: true, Currency: "$"}
	tests := []struct {
		name   string
		number Number
		cell   string
		want   int64 // cents
	}{
		{"plain", Number{}, "1234", 123400},
		{"decimals", Number{}, "1234.5", 123450},
		{"trailing zeros beyond cents", Number{}, "8670.000", 867000},
		{"minus", Number{}, "-12.34", -1234},
		{"typographic minus", Number{}, "−12.34", -1234},
		{"padding", american, "  156,432 ", 15643200},
		{"parentheses", american, " (3,420)", -342000},
		{"lone dash", american, " -   ", 0},
		{"currency", american, "$1,200", 120000},
		{"currency and parentheses", american, "($1,200.50)", -120050},
		{"currency outside parentheses", american, "$ (1,200)", -120000},
		{"minus before currency", american, "-$5", -500},
		{"currency behind", Number{Decimal: ",", Thousands: ".", Currency: "€"}, "1.234,56 €", 123456},
		{"group mark as point", Number{Decimal: ",", Thousands: "."}, "8.670", 867000},
		{"no-break space groups", Number{Decimal: ",", Thousands: " "}, "1\u00a0234\u202f567,89", 123456789},
		{"loose groups", Number{Thousands: ",", LooseGroups: true}, "-,637.00", -63700},
		{"exponent", Number{Exponent: true}, "1.5E3", 150000},
		{"exponent dust rounds to zero", Number{Exponent: true, Fraction: "ROUND"}, "-2.91038E-11", 0},
		{"half cent to even, down", Number{Fraction: "ROUND"}, "0.125", 12},
		{"half cent to even, up", Number{Fraction: "ROUND"}, "0.135", 14},
		{"negative half cent to even", Number{Fraction: "ROUND"}, "-0.125", -12},
		{"thousands of currency units", Number{Multiplier: 1000}, "1.25", 125000},
		{"leading zeros", Number{}, "000.10", 10},
		{"no whole part", Number{}, ".5", 50},
		{"largest", Number{}, "10000000000000", 1_000_000_000_000_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := tt.number.parse(tt.cell)
			if err != nil {
				t.Fatalf("parse(%q): %v", tt.cell, err)
			}
			got, _, err := d.scaled(2, max(tt.number.Multiplier, 1), tt.number.Fraction == "ROUND")
			if err != nil || got != tt.want {
				t.Errorf("%q is %d, %v; want %d", tt.cell, got, err, tt.want)
			}
		})
	}
}

func TestNumberRefused(t *testing.T) {
	tests := []struct {
		name   string
		number Number
		cell   string
		want   string
	}{
		{"blank", Number{}, "  ", "is blank"},
		{"missing word", Number{Missing: []string{"#Missing"}}, "#Missing", "is blank"},
		{"words", Number{}, "n/a", "is not a number"},
		{"group mark not declared", Number{}, "1,234", "is not a number"},
		{"group mark in an odd place", Number{Thousands: ","}, "12,34", "odd places"},
		{"parentheses not declared", Number{}, "(5)", "is not a number"},
		{"parentheses and minus", Number{Parentheses: true}, "(-5)", "both parentheses and a minus"},
		{"dash not declared", Number{}, "-", "is not a number"},
		{"point alone", Number{}, ".", "is not a number"},
		{"exponent not declared", Number{}, "1E3", "is not a number"},
		{"exponent beyond limits", Number{Exponent: true}, "1E999999999", "exponent"},
		{"parts of a cent", Number{}, "1.005", "parts of a minor unit"},
		{"beyond the limit", Number{}, "10000000000000.01", "beyond the limit"},
		{"very long", Number{}, strings.Repeat("9", 65), "longer than"},
		{"digits of another script", Number{}, "١٢", "is not a number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d, err := tt.number.parse(tt.cell)
			if err == nil {
				_, _, err = d.scaled(2, 1, false)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q gives %v; want an error with %q", tt.cell, err, tt.want)
			}
		})
	}
}

// Whatever an accountant's format makes of an amount reads back as the same amount.
func TestNumberRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cents := rapid.Int64Range(-maxMinorUnits, maxMinorUnits).Draw(t, "cents")
		whole, part := new(big.Int).QuoRem(new(big.Int).Abs(big.NewInt(cents)), big.NewInt(100), new(big.Int))
		digits := whole.String()
		for i := len(digits) - 3; i > 0; i -= 3 {
			digits = digits[:i] + "," + digits[i:]
		}
		cell := fmt.Sprintf("$%s.%02d", digits, part.Int64())
		if cents < 0 {
			cell = "(" + cell + ")"
		}
		d, err := Number{Thousands: ",", Parentheses: true, Currency: "$"}.parse(cell)
		if err != nil {
			t.Fatalf("parse(%q): %v", cell, err)
		}
		if got, rounded, err := d.scaled(2, 1, false); got != cents || rounded || err != nil {
			t.Fatalf("%q is %d, %v, %v; want %d", cell, got, rounded, err, cents)
		}
	})
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"", "-", "(3,420)", "$1,200", "8670.000", "1.16415E-10", "-,637.00", "1e40", "((5))", "- -5", "\u00a05"} {
		f.Add(s)
	}
	formats := []Number{{}, {Thousands: ",", Parentheses: true, DashZero: true, Currency: "$", Exponent: true, LooseGroups: true, Fraction: "ROUND"}}
	f.Fuzz(func(t *testing.T, s string) {
		for _, n := range formats {
			d, err := n.parse(s)
			if err != nil {
				continue
			}
			v, _, err := d.scaled(2, 1000, n.Fraction == "ROUND")
			if err == nil && (v > maxMinorUnits || v < -maxMinorUnits) {
				t.Errorf("%q is %d, beyond the limit", s, v)
			}
		}
	})
}
