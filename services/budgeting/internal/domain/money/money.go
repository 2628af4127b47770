// Package money is exact integer arithmetic on minor units (cents) that reports overflow instead of wrapping.
package money

import "math/bits"

// Limit bounds every total that the engine adds up: 2^60 minor units, about 11 quadrillion units of a currency with cents.
// It leaves two bits of head-room, so that differences and doubled values cannot wrap.
const Limit int64 = 1 << 60

// Add is a + b; ok is false when the sum leaves int64.
func Add(a, b int64) (sum int64, ok bool) {
	sum = a + b
	return sum, (a >= 0) != (b >= 0) || (sum >= 0) == (a >= 0)
}

// Mul is a × b; ok is false when the product leaves int64.
func Mul(a, b int64) (product int64, ok bool) {
	hi, lo := bits.Mul64(abs(a), abs(b))
	negative := (a < 0) != (b < 0)
	switch {
	case hi != 0 || lo > 1<<63 || (lo == 1<<63 && !negative):
		return 0, false
	case negative:
		return int64(-lo), true //nolint:gosec // lo ≤ 2^63: the two's complement is exact.
	default:
		return int64(lo), true //nolint:gosec // lo < 2^63: the first case took the rest.
	}
}

// Sum adds up the values; ok is false when a partial sum leaves int64.
func Sum(values ...int64) (total int64, ok bool) {
	ok = true
	for _, v := range values {
		var fine bool
		total, fine = Add(total, v)
		ok = ok && fine
	}
	return total, ok
}

// MulDivFloor is ⌊a × b ÷ c⌋ by a 128-bit product, for a, b ≥ 0 and c > 0; ok is false for other arguments and when the quotient leaves int64.
func MulDivFloor(a, b, c int64) (quotient int64, ok bool) {
	q, _, ok := mulDiv(a, b, c)
	return q, ok
}

// MulDivHalfEven is a × b ÷ c rounded to the nearest integer, halves to even, under the same conditions as MulDivFloor.
func MulDivHalfEven(a, b, c int64) (quotient int64, ok bool) {
	q, rem, ok := mulDiv(a, b, c)
	if !ok {
		return 0, false
	}
	twice, whole := 2*rem, uint64(c) //nolint:gosec // rem < c < 2^63, and c > 0 where mulDiv is ok.
	if twice > whole || (twice == whole && q&1 == 1) {
		return Add(q, 1)
	}
	return q, true
}

func mulDiv(a, b, c int64) (quotient int64, remainder uint64, ok bool) {
	if a < 0 || b < 0 || c <= 0 {
		return 0, 0, false
	}
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	if hi >= uint64(c) {
		return 0, 0, false
	}
	q, rem := bits.Div64(hi, lo, uint64(c))
	if q > 1<<63-1 {
		return 0, 0, false
	}
	return int64(q), rem, true
}

// FloorDiv is ⌊a ÷ b⌋ for b > 0, also for a negative a.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// CeilDiv is ⌈a ÷ b⌉ for b > 0, also for a negative a.
func CeilDiv(a, b int64) int64 {
	q := a / b
	if a%b > 0 {
		q++
	}
	return q
}

// Spread splits total ≥ 0 over the shares ≥ 0 in proportion, exactly: piece i is the growth of ⌊total × (cumulative share) ÷ (all shares)⌋.
// When every share is zero the first piece takes all. The shares must add up to at most Limit.
func Spread(total int64, shares []int64) []int64 {
	return AppendSpread(make([]int64, 0, len(shares)), total, shares)
}

// AppendSpread appends the pieces of Spread; shares may be a part of pieces.
func AppendSpread(pieces []int64, total int64, shares []int64) []int64 {
	switch {
	case total == 0:
		for range shares {
			pieces = append(pieces, 0)
		}
		return pieces
	case len(shares) == 1:
		return append(pieces, total)
	}
	var all int64
	for _, s := range shares {
		all += s
	}
	if all == 0 {
		for i := range shares {
			pieces = append(pieces, total)
			if i == 0 {
				total = 0
			}
		}
		return pieces
	}
	var cumulative, given int64
	for _, s := range shares {
		cumulative += s
		upTo, _ := MulDivFloor(total, cumulative, all) // cumulative ≤ all, so the quotient is at most total
		pieces = append(pieces, upTo-given)
		given = upTo
	}
	return pieces
}

func abs(a int64) uint64 {
	if a < 0 {
		return -uint64(a) //nolint:gosec // two's complement magnitude, right for the least int64 too.
	}
	return uint64(a)
}
