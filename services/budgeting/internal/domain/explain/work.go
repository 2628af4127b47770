package explain

import (
	"math/big"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// work follows the rule by hand: rate × D × multiplier (ONE_RATE: rate × base × score), then the nearest rounding unit.
func work(in model.Input, l *Line) {
	rate, ok := new(big.Rat).SetString(l.Block.Rate.Num + "/" + l.Block.Rate.Den)
	weighs, before := l.Movable, l.Base
	if in.Method == model.OneRate {
		weighs, before = l.Base, l.Odd
	}
	if !ok || weighs == 0 || l.Block.Short > 0 || in.Method == model.CutLine {
		return
	}
	multiplier, sign := multiplier(in, l)
	exact := new(big.Rat).Mul(rate, multiplier)
	exact.Mul(exact, new(big.Rat).SetInt64(sign*weighs))
	l.Rate, l.Multiplier, l.Exact = rate.FloatString(9), trim(multiplier.FloatString(7)), exact.FloatString(4)
	units := new(big.Rat).Quo(new(big.Rat).Abs(exact), new(big.Rat).SetInt64(in.RoundingUnit))
	twice := new(big.Rat).Mul(units, big.NewRat(2, 1))
	floor := new(big.Int).Quo(units.Num(), units.Denom())
	l.Half = twice.IsInt() && twice.Num().Bit(0) == 1
	up := new(big.Rat).Sub(units, new(big.Rat).SetInt(floor)).Cmp(big.NewRat(1, 2))
	got := (l.Amount - before) * sign / in.RoundingUnit
	if up > 0 || (l.Half && floor.IsInt64() && got > floor.Int64()) {
		floor.Add(floor, big.NewInt(1))
	}
	if floor.IsInt64() {
		l.Rounded = sign * floor.Int64() * in.RoundingUnit
	}
}

// multiplier is what the rate is multiplied with beside money, and −1 when the result is a cut.
func multiplier(in model.Input, l *Line) (m *big.Rat, sign int64) {
	m, sign = big.NewRat(l.ScoreBP, 10_000), 1
	if l.Direction == model.Shortage {
		sign = -1
		spread := big.NewRat(in.Params.SpreadMilli-1000, 1000)
		m.Sub(big.NewRat(1, 1), m).Mul(m, spread).Add(m, big.NewRat(1, 1))
	}
	if in.Method == model.AcrossTheBoard {
		m = big.NewRat(1, 1)
	}
	return m, sign
}

// trim drops trailing zeros of a decimal.
func trim(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
