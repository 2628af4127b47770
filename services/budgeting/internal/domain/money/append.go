package money

import (
	"encoding/binary"
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
	from := len(b)
	b = b[:from+digits(u)]
	to := b[from:]
	for ; u >= 100; u /= 100 {
		to = to[:len(to)-2]
		binary.LittleEndian.PutUint16(to[len(to):len(to)+2], pairs[u%100])
	}
	if u >= 10 {
		binary.LittleEndian.PutUint16(to, pairs[u])
	} else {
		to[0] = '0' + byte(u)
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

// pairs are the numbers below a hundred in two digits, the first in the low byte.
var pairs = func() (p [100]uint16) {
	for n := range p {
		p[n] = uint16('0'+n/10) | uint16('0'+n%10)<<8 //nolint:gosec // two digits
	}
	return p
}()
