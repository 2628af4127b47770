package shares

import "math/bits"

// scan is what the supporters of a project would pay at a price. The sums of scan.go are the hot loops: no branches that money decides.
type scan struct {
	poor   int64 // money of those who cannot pay in full
	rich   int64 // weight of those who can
	spoilt int64 // slack of all whose sort or money is not certain; in a quick scan, a bound of it

	// Only in a full scan, at price ± margin:
	near  int64 // weight of the rich who might be poor
	shy   int64 // voters among the poor who might be rich
	count int64 // voters who are rich
}

// margin covers the rounding of due on both sides.
const margin = 2

// due is the payment for weight w at price q, rounded down but at least 1, so that an empty purse never passes for a full payment.
func (r *run) due(q, w int64) int64 {
	if r.bits == 0 {
		return max(q, 1)
	}
	return max(mulShift(q, w, r.bits), 1)
}

// quick reads the purses of p's supporters at price q.
func (r *run) quick(p int32, q int64) (s scan) {
	classes, weights := r.support.list(p)
	sizes := r.sizes[r.support.start[p]:r.support.start[p+1]]
	left, poor := r.left, int64(0)
	if r.bits == 0 {
		due, all := max(q, 1), int64(0)
		for i, c := range classes {
			x, n := left[c], int64(sizes[i])
			is := (x - due) >> 63 // −1 for the poor, else 0
			s.poor += x * n & is
			poor += n & is
			all += n
		}
		s.rich = all - poor
	} else {
		for i, c := range classes {
			x, n, w := left[c], int64(sizes[i]), int64(weights[i])
			is := (x - r.due(q, w)) >> 63
			s.poor += x * n & is
			poor += n & is
			s.rich += n * w &^ is
		}
	}
	hi, lo := bits.Mul64(uint64(poor), uint64(r.widest)) //nolint:gosec // both are ≥ 0
	s.spoilt = most
	if hi == 0 && lo < uint64(most) {
		s.spoilt = int64(lo) //nolint:gosec // below 2^62
	}
	return s
}

// full reads the purses of p's supporters at price q and at q ± d, with their slacks.
func (r *run) full(p int32, q, d int64) (s scan) {
	classes, weights := r.support.list(p)
	sizes := r.sizes[r.support.start[p]:r.support.start[p+1]]
	low := max(q-d, 0)
	due, over, under := max(q, 1), q+d+margin, max(low, 1)
	for i, c := range classes {
		x, e, n, w := r.left[c], r.slack[c], int64(sizes[i]), int64(1)
		if r.bits > 0 {
			w = int64(weights[i])
			due, over, under = r.due(q, w), r.due(q+d, w)+margin, r.due(low, w)
		}
		if x < due {
			s.poor += x * n
			s.spoilt += e * n
			if x+e >= under && x > 0 {
				s.shy += n
			}
			continue
		}
		s.rich += n * w
		s.count += n
		if x-e < over {
			s.near += n * w
			s.spoilt += e * n
		}
	}
	return s
}

// payer is how a supporter pays.
type payer int8

const (
	unsure payer = iota // the bounds do not tell
	empty               // has nothing left
	poor                // has less than the price: pays all
	equal               // has exactly the price
	rich                // has more
)

// sort says how class c pays for weight w at a price from low to high; high < 0 stands for no upper bound.
func (r *run) sort(c int32, w, low, high int64) payer {
	switch x, e := r.left[c], r.slack[c]; {
	case x == 0:
		return empty
	case x+e < r.due(low, w):
		return poor
	case high >= 0 && x-e >= r.due(high, w)+margin:
		return rich
	default:
		return unsure
	}
}

// mulShift is ⌊q × w ÷ 2^shift⌋, for 0 ≤ q ≤ 2^62, 0 ≤ w < 2^shift and 0 < shift < 64.
func mulShift(q, w int64, shift int) int64 {
	hi, lo := bits.Mul64(uint64(q), uint64(w)) //nolint:gosec // both are ≥ 0
	return int64(hi<<(64-shift) | lo>>shift)   //nolint:gosec // at most q
}

// compare orders the fractions a ÷ b and c ÷ d, for a, c ≥ 0 and b, d > 0, by 128-bit products.
func compare(a, b, c, d int64) int {
	ah, al := bits.Mul64(uint64(a), uint64(d)) //nolint:gosec // ≥ 0
	ch, cl := bits.Mul64(uint64(c), uint64(b)) //nolint:gosec // ≥ 0
	switch {
	case ah < ch || (ah == ch && al < cl):
		return -1
	case ah > ch || al > cl:
		return 1
	default:
		return 0
	}
}
