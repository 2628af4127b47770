package waterfill

import "slices"

// Filler shares units; its buffers are reused from call to call, so one Filler serves one goroutine.
type Filler struct {
	shares []share
	active []int32
	heap   []int32
}

// share is one claim's change k, lo ≤ k ≤ hi, of weight w.
type share struct {
	w, lo, hi, k int64
	claim        int32
}

// Fill sets x[i], for every claim i of idx, to the one-rate division of target units, and returns the rate.
// It needs Σ Lo ≤ target ≤ Σ Hi over idx. The result does not depend on the order of idx.
func (f *Filler) Fill(curves []Curve, idx []int32, target int64, x []int64) Rate {
	var atBase int64
	for _, i := range idx {
		x[i] = curves[i].start()
		atBase += x[i]
	}
	switch {
	case target < atBase:
		return f.fill(curves, idx, atBase-target, Shortage, x)
	case target > atBase:
		return f.fill(curves, idx, target-atBase, Growth, x)
	default:
		return Rate{Last: None, Next: None}
	}
}

// fill moves all units in one direction. Claims that cannot move that way keep their start.
func (f *Filler) fill(curves []Curve, idx []int32, move int64, d Direction, x []int64) Rate {
	f.shares = slices.Grow(f.shares[:0], len(idx))
	target := move
	for _, i := range idx {
		c := &curves[i]
		s := share{claim: i}
		if d == Shortage {
			s.w, s.lo, s.hi = c.Cut, c.Base-x[i], c.Base-c.Lo
		} else {
			s.w, s.lo, s.hi = c.Grow, x[i]-c.Base, c.Hi-c.Base
		}
		if s.w > 0 && s.lo < s.hi {
			// A claim that moves starts at min(Base, Hi) ≤ Base here, or at max(Base, Lo) ≥ Base: lo ≥ 0 either way.
			target += s.lo
			f.shares = append(f.shares, s)
		}
	}
	p, q := f.continuous(target)
	f.round(p, q, target, d)
	last, next := int32(-1), int32(-1)
	for at := range f.shares {
		i, s := int32(at), &f.shares[at]
		x[s.claim] = curves[s.claim].Base + int64(d)*s.k
		if s.k > s.lo && (last < 0 || f.given(last, i, d)) {
			last = i
		}
		if s.k < s.hi && (next < 0 || f.next(i, next, d)) {
			next = i
		}
	}
	return Rate{Direction: d, Last: f.unit(last, 0), Next: f.unit(next, 1)}
}

// unit is the last unit of a share, or one further.
func (f *Filler) unit(i int32, further int64) Unit {
	if i < 0 {
		return None
	}
	return Unit{f.shares[i].claim, f.shares[i].k + further}
}

// continuous is the rate p ÷ q at which the clamped shares add up to target exactly when units may be split (Bitran & Hax 1981): solve without
// bounds, then fix the violators of the side that must hold, until none is left. Only comparisons of integers decide.
func (f *Filler) continuous(target int64) (p, q int64) {
	f.active = slices.Grow(f.active[:0], len(f.shares))
	for i := range f.shares {
		f.active = append(f.active, int32(i))
		q += f.shares[i].w
	}
	p = target
	for len(f.active) > 0 {
		var bound, weight int64
		for _, i := range f.active {
			s := &f.shares[i]
			switch {
			case compare(p, q, s.hi, s.w) >= 0:
				bound, weight = bound+s.hi, weight+s.w
			case compare(p, q, s.lo, s.w) <= 0:
				bound, weight = bound+s.lo, weight+s.w
			}
		}
		// The clamped sum exceeds the target by bound − weight·p/q.
		side := 0
		if weight > 0 {
			side = compare(bound, weight, p, q)
		}
		if side == 0 {
			return p, q
		}
		nextP, nextQ := p, q
		kept := f.active[:0]
		for _, i := range f.active {
			s := &f.shares[i]
			switch {
			case side < 0 && compare(p, q, s.hi, s.w) >= 0:
				nextP, nextQ = nextP-s.hi, nextQ-s.w
			case side > 0 && compare(p, q, s.lo, s.w) <= 0:
				nextP, nextQ = nextP-s.lo, nextQ-s.w
			default:
				kept = append(kept, i)
			}
		}
		f.active = kept
		if len(kept) == 0 {
			return p, q // every share is at a bound and the bounds add up to the target
		}
		p, q = nextP, nextQ
	}
	return p, max(q, 1)
}

// round sets every share to its rounded, clamped value at p ÷ q, then gives or takes the few units by which the sum misses the target,
// next in line first. The result is the one Webster division whatever p ÷ q was: a good rate only makes the repair short.
func (f *Filler) round(p, q, target int64, d Direction) {
	var sum int64
	for i := range f.shares {
		s := &f.shares[i]
		s.k = max(s.lo, scaled(p, s.w, q, s.hi))
		sum += s.k
	}
	switch {
	case sum < target:
		f.repair(target-sum, 1, func(a, b int32) bool { return f.next(a, b, d) }, func(s *share) bool { return s.k < s.hi })
	case sum > target:
		f.repair(sum-target, -1, func(a, b int32) bool { return f.given(b, a, d) }, func(s *share) bool { return s.k > s.lo })
	}
}

// repair moves count units by step, always at the share that comes first, by a heap of the shares that can move.
func (f *Filler) repair(count, step int64, first func(a, b int32) bool, can func(*share) bool) {
	f.heap = slices.Grow(f.heap[:0], len(f.shares))
	for i := range f.shares {
		if can(&f.shares[i]) {
			f.heap = append(f.heap, int32(i))
		}
	}
	for i := len(f.heap)/2 - 1; i >= 0; i-- {
		f.sift(i, first)
	}
	for ; count > 0 && len(f.heap) > 0; count-- {
		s := &f.shares[f.heap[0]]
		s.k += step
		if !can(s) {
			f.heap[0] = f.heap[len(f.heap)-1]
			f.heap = f.heap[:len(f.heap)-1]
		}
		f.sift(0, first)
	}
}

func (f *Filler) sift(i int, first func(a, b int32) bool) {
	for {
		best := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(f.heap); child++ {
			if first(f.heap[child], f.heap[best]) {
				best = child
			}
		}
		if best == i {
			return
		}
		f.heap[i], f.heap[best] = f.heap[best], f.heap[i]
		i = best
	}
}

// next says whether a's next unit comes before b's.
func (f *Filler) next(a, b int32, d Direction) bool {
	s, t := &f.shares[a], &f.shares[b]
	return before(2*s.k+1, s, 2*t.k+1, t, d)
}

// given says whether a's last unit came before b's.
func (f *Filler) given(a, b int32, d Direction) bool {
	s, t := &f.shares[a], &f.shares[b]
	return before(2*s.k-1, s, 2*t.k-1, t, d)
}

// before is the total order of units: by rate, then the heavier claim, then the index that leaves the earlier claim better off.
func before(a int64, s *share, b int64, t *share, d Direction) bool {
	if c := compare(a, s.w, b, t.w); c != 0 {
		return c < 0
	}
	if s.w != t.w {
		return s.w > t.w
	}
	if d == Shortage {
		return s.claim > t.claim
	}
	return s.claim < t.claim
}
