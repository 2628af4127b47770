package explain

import (
	"math/big"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// points writes thousandths of a basis point as points of 100.
func points(milliBP int64) string { return trim(big.NewRat(milliBP, 100_000).FloatString(2)) }

// signed is points with a plus where they add.
func signed(milliBP int64) string {
	if milliBP > 0 {
		return "+" + points(milliBP)
	}
	return points(milliBP)
}

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
