package money

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestSumsAndProductsReportOverflow(t *testing.T) {
	tests := []struct {
		name string
		got  func() (int64, bool)
		want int64
		ok   bool
	}{
		{"sum", func() (int64, bool) { return Add(2, -5) }, -3, true},
		{"sum beyond", func() (int64, bool) { return Add(math.MaxInt64, 1) }, 0, false},
		{"sum below", func() (int64, bool) { return Add(math.MinInt64, -1) }, 0, false},
		{"sum of many", func() (int64, bool) { return Sum(1, 2, 3) }, 6, true},
		{"sum of many beyond", func() (int64, bool) { return Sum(math.MaxInt64, 1, -1) }, 0, false},
		{"product", func() (int64, bool) { return Mul(-3, 7) }, -21, true},
		{"least product", func() (int64, bool) { return Mul(math.MinInt64, 1) }, math.MinInt64, true},
		{"product beyond", func() (int64, bool) { return Mul(math.MinInt64, -1) }, 0, false},
		{"share", func() (int64, bool) { return MulDivFloor(7, 3, 2) }, 10, true},
		{"share of a large sum", func() (int64, bool) { return MulDivFloor(math.MaxInt64, 5, 10) }, math.MaxInt64 / 2, true},
		{"share by nothing", func() (int64, bool) { return MulDivFloor(1, 1, 0) }, 0, false},
		{"share beyond", func() (int64, bool) { return MulDivFloor(math.MaxInt64, 2, 1) }, 0, false},
		{"half to even, down", func() (int64, bool) { return MulDivHalfEven(5, 1, 2) }, 2, true},
		{"half to even, up", func() (int64, bool) { return MulDivHalfEven(7, 1, 2) }, 4, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := tc.got()
			if ok != tc.ok || (ok && got != tc.want) {
				t.Fatalf("got %d, %t; want %d, %t", got, ok, tc.want, tc.ok)
			}
		})
	}
}

func TestArithmeticAgreesWithBigIntegers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		sum, ok := Add(a, b)
		agree(t, new(big.Int).Add(big.NewInt(a), big.NewInt(b)), sum, ok)
		product, ok := Mul(a, b)
		agree(t, new(big.Int).Mul(big.NewInt(a), big.NewInt(b)), product, ok)
		c := rapid.Int64Range(1, math.MaxInt64).Draw(t, "c")
		down := FloorDiv(a, c)
		up := CeilDiv(a, c)
		floor := new(big.Int).Div(big.NewInt(a), big.NewInt(c)) // Euclidean: floor for c > 0
		agree(t, floor, down, true)
		if a%c != 0 {
			floor.Add(floor, big.NewInt(1))
		}
		agree(t, floor, up, true)
	})
}

func agree(t *rapid.T, want *big.Int, got int64, ok bool) {
	if want.IsInt64() != ok || (ok && want.Int64() != got) {
		t.Fatalf("got %d, %t; want %s", got, ok, want)
	}
}

func TestSpreadIsExactAndFair(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shares := rapid.SliceOfN(rapid.Int64Range(0, 1<<50), 1, 9).Draw(t, "shares")
		total := rapid.Int64Range(0, Limit).Draw(t, "total")
		pieces := Spread(total, shares)
		var sum, all int64
		for _, s := range shares {
			all += s
		}
		for i, p := range pieces {
			sum += p
			if all > 0 {
				exact, _ := MulDivFloor(total, shares[i], all)
				if p < exact || p > exact+1 {
					t.Fatalf("piece %d is %d of %d, its share is %d", i, p, total, exact)
				}
			}
		}
		if sum != total {
			t.Fatalf("pieces add up to %d of %d", sum, total)
		}
	})
	if got := Spread(7, []int64{0, 0}); !slices.Equal(got, []int64{7, 0}) {
		t.Fatalf("no shares at all: %v", got)
	}
}
