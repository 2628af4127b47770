package waterfill

import "slices"

// Filler shares units; its buffers are reused from call to call, so one Filler serves one goroutine.
type Filler struct {
	direction Direction
	shares    []share
	claims    []int32 // of each share
	active    []int32
	heap      []place
}

// share is the change k of one claim, lo ≤ k ≤ hi, of weight w.
type share struct{ w, lo, hi, k int64 }

// Fill sets x[i], for every claim i of idx, to the one-rate division of target units, and returns the rate.
// It needs Σ Lo ≤ target ≤ Σ Hi over idx. The result does not depend on the order of idx.
func (f *Filler) Fill(curves []Curve, idx []int32, target int64, x []int64) Rate {
	var start int64
	for _, i := range idx {
		start += curves[i].Start()
	}
	return f.Move(curves, idx, target-start, x)
}

// Move is Fill for a caller who knows the amount when nothing is shared: by is what to add to Σ Start over idx, or to take from it.
func (f *Filler) Move(curves []Curve, idx []int32, by int64, x []int64) Rate {
	switch {
	case by < 0:
		f.direction = Shortage
	case by > 0:
		f.direction = Growth
	default:
		for _, i := range idx {
			x[i] = curves[i].Start()
		}
		return Rate{Last: None, Next: None}
	}
	target := max(by, -by) + f.enter(curves, idx, x)
	p, q := f.continuous(target)
	last, next := f.settle(target-f.round(p, q, x), x)
	return Rate{Direction: f.direction, Last: last, Next: next}
}

// enter makes a share of every claim that can move in the direction, and leaves the others at their start; it returns Σ lo.
func (f *Filler) enter(curves []Curve, idx []int32, x []int64) (least int64) {
	f.shares, f.claims = slices.Grow(f.shares[:0], len(idx)), slices.Grow(f.claims[:0], len(idx))
	for _, i := range idx {
		c := &curves[i]
		start := c.Start()
		x[i] = start
		s := share{w: c.Grow, lo: start - c.Base, hi: c.Hi - c.Base}
		if f.direction == Shortage {
			s = share{w: c.Cut, lo: c.Base - start, hi: c.Base - c.Lo}
		}
		if s.w > 0 && s.lo < s.hi {
			// A claim that moves starts at min(Base, Hi) ≤ Base under a shortage, at max(Base, Lo) ≥ Base under growth: lo ≥ 0 either way.
			least += s.lo
			f.shares, f.claims = append(f.shares, s), append(f.claims, i)
		}
	}
	return least
}

// continuous is the rate p ÷ q at which the clamped shares add up to target exactly when units may be split (Bitran & Hax 1981): solve without
// bounds, then fix the violators of the side that must hold, until none is left. Only comparisons of integers decide.
func (f *Filler) continuous(target int64) (p, q int64) {
	f.active = slices.Grow(f.active[:0], len(f.shares))
	for i := range f.shares {
		f.active = append(f.active, int32(i)) //nolint:gosec // claims are counted in int32
		q += f.shares[i].w
	}
	p = target
	for len(f.active) > 0 {
		// What is at each bound at p ÷ q: its bounds and its weights.
		var high, highW, low, lowW int64
		for _, i := range f.active {
			s := &f.shares[i]
			switch {
			case !less(p, q, s.hi, s.w):
				high, highW = high+s.hi, highW+s.w
			case !less(s.lo, s.w, p, q):
				low, lowW = low+s.lo, lowW+s.w
			}
		}
		// The clamped sum exceeds the target by bounds − weights·p/q.
		side := 0
		if highW+lowW > 0 {
			side = compare(high+low, highW+lowW, p, q)
		}
		switch {
		case side == 0 || (side < 0 && highW == q) || (side > 0 && lowW == q):
			return p, q // shared to the end, or every share is at a bound and the bounds add up to the target
		case side < 0:
			f.keep(func(s *share) bool { return less(p, q, s.hi, s.w) })
			p, q = p-high, q-highW
		default:
			f.keep(func(s *share) bool { return less(s.lo, s.w, p, q) })
			p, q = p-low, q-lowW
		}
	}
	return p, max(q, 1)
}

// keep drops the active shares that are fixed at a bound from now on.
func (f *Filler) keep(free func(*share) bool) {
	kept := f.active[:0]
	for _, i := range f.active {
		if free(&f.shares[i]) {
			kept = append(kept, i)
		}
	}
	f.active = kept
}

// round sets every share to its rounded, clamped value at p ÷ q, and x to match; it returns their sum. The units given are then those whose
// rate is less than p ÷ q: the first ones of the total order, whatever p ÷ q is. A good rate only makes the rest of the work short.
func (f *Filler) round(p, q int64, x []int64) (sum int64) {
	for i := range f.shares {
		s := &f.shares[i]
		s.k = max(s.lo, scaled(p, s.w, q, s.hi))
		sum += s.k
		x[f.claims[i]] += int64(f.direction) * (s.k - s.lo)
	}
	return sum
}
