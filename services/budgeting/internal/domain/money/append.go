package money

import (
	"math/bits"
	"slices"
)

// Append is strconv.AppendInt for the amounts that plans and lines are full of: it writes them where they stand, two digits at a time.
func Append(b []byte, v int64) []byte {
	u := uint64(v) //nolint:gosec // the two's complement of a negative one is mended below
	if v < 0 {
		b = append(b, '-')
		u = -u
	}
	if u < 10 {
		return append(b, '0'+byte(u))
	}
	if cap(b)-len(b) < len(tens) {
		b = slices.Grow(b, len(tens))
	}
	b = b[:len(b)+digits(u)]
	at := len(b)
	for ; u >= 100; u /= 100 {
		at -= 2
		pair := u % 100 * 2
		b[at], b[at+1] = pairs[pair], pairs[pair+1]
	}
	if u >= 10 {
		b[at-2], b[at-1] = pairs[2*u], pairs[2*u+1]
	} else {
		b[at-1] = '0' + byte(u)
	}
	return b
}

// digits counts those of u > 0: binary digits times the logarithm of 2 is the count, or one short of it.
func digits(u uint64) int {
	n := bits.Len64(u) * 1233 >> 12
	if u >= tens[n] {
		n++
	}
	return n
}

// tens are the powers of ten below 2^64.
var tens = [...]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

const pairs = "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849" +
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899"
