package progress

import "math/big"

// OfMeasure is how far a measure has come from its baseline to its target, exactly worked out and rounded down. It is not known when target and
// baseline are the same, or when one of the numbers is none.
func OfMeasure(baseline, target, value float64) Value {
	from, to, at := new(big.Rat).SetFloat64(baseline), new(big.Rat).SetFloat64(target), new(big.Rat).SetFloat64(value)
	if from == nil || to == nil || at == nil || from.Cmp(to) == 0 {
		return Value{}
	}
	way := to.Sub(to, from)
	share := at.Sub(at, from).Quo(at, way)
	switch {
	case share.Sign() <= 0:
		return Exactly(0)
	case share.Cmp(big.NewRat(1, 1)) >= 0:
		return Complete
	}
	share.Mul(share, big.NewRat(Whole, 1))
	return Exactly(new(big.Int).Quo(share.Num(), share.Denom()).Int64())
}
