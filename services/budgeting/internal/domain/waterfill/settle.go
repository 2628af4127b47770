package waterfill

import "math/bits"

// settle gives the units that rounding left over, next in line first, or takes back what it gave too much, last in line first. It returns the
// last unit that is given in the end and the first that is not.
func (f *Filler) settle(missing int64, x []int64) (last, next Unit) {
	switch {
	case missing > 0:
		return f.shift(missing, 1, x)
	case missing < 0:
		next, last = f.shift(-missing, -1, x)
		return last, next
	default:
		return f.edge(-1), f.edge(1)
	}
}

// A line of shares: forwards (step 1) by the next unit of each, backwards (step −1) by its last given unit, later units first.

// halves is twice the middle of the unit with which a share stands in line.
func (s *share) halves(step int64) int64 { return 2*s.k + step }

// stands says whether the share has a unit left in line.
func (s *share) stands(step int64) bool {
	if step > 0 {
		return s.k < s.hi
	}
	return s.k > s.lo
}

// ahead says whether share a stands before share b.
func (f *Filler) ahead(a, b int32, step int64) bool {
	s, t := &f.shares[a], &f.shares[b]
	if step < 0 {
		a, b, s, t = b, a, t, s
	}
	return before(s.halves(step), s.w, f.claims[a], t.halves(step), t.w, f.claims[b], f.direction)
}

// unit is the unit with which share a stands in line.
func (f *Filler) unit(a int32, step int64) Unit {
	return Unit{f.claims[a], (f.shares[a].halves(step) + 1) / 2}
}

// edge is the unit that stands first in line.
func (f *Filler) edge(step int64) Unit {
	best := int32(-1)
	for i := range f.shares {
		if a := int32(i); f.shares[i].stands(step) && (best < 0 || f.ahead(a, best, step)) { //nolint:gosec // claims are counted in int32
			best = a
		}
	}
	if best < 0 {
		return None
	}
	return f.unit(best, step)
}

// shift moves count units by step and returns the last that moved and the first that then stands in line. Only the first count + 1 shares in
// line can have to do with it; a heap with the last of them on top picks them in one pass.
func (f *Filler) shift(count, step int64, x []int64) (moved, stays Unit) {
	f.heap = f.heap[:0]
	behind := func(a, b *place) bool { return f.first(b, a, step) }
	for i := range f.shares {
		if !f.shares[i].stands(step) {
			continue
		}
		switch a := f.place(int32(i), step); { //nolint:gosec // claims are counted in int32
		case int64(len(f.heap)) <= count:
			f.heap = append(f.heap, a)
			if int64(len(f.heap)) == count+1 {
				f.heapify(behind)
			}
		case f.first(&a, &f.heap[0], step):
			f.heap[0] = a
			f.sift(0, behind)
		}
	}
	front := func(a, b *place) bool { return f.first(a, b, step) }
	f.heapify(front)
	moved, stays = None, None
	for ; count > 0 && len(f.heap) > 0; count-- {
		a := f.heap[0].share
		s := &f.shares[a]
		moved = f.unit(a, step)
		s.k += step
		x[f.claims[a]] += step * int64(f.direction)
		if s.stands(step) {
			f.heap[0] = f.place(a, step)
		} else {
			f.heap[0] = f.heap[len(f.heap)-1]
			f.heap = f.heap[:len(f.heap)-1]
		}
		f.sift(0, front)
	}
	if len(f.heap) > 0 {
		stays = f.unit(f.heap[0].share, step)
	}
	return moved, stays
}

// place is where a share stands in line: far is the rate of its unit in fractions of 2^-64, rounded down, so that most places differ in it. Rates of
// 1 and more, which are rare, all have the same.
type place struct {
	far   uint64
	share int32
}

func (f *Filler) place(a int32, step int64) place {
	s := &f.shares[a]
	far, halves, w := ^uint64(0), uint64(s.halves(step)), uint64(s.w) //nolint:gosec // a share that stands has k ≥ 1 where step < 0, and w > 0
	if halves < w {
		far, _ = bits.Div64(halves, 0, w)
	}
	return place{far, a}
}

// first is ahead, told without products where far differs.
func (f *Filler) first(a, b *place, step int64) bool {
	if a.far != b.far {
		return (a.far < b.far) == (step > 0)
	}
	return f.ahead(a.share, b.share, step)
}

func (f *Filler) heapify(first func(a, b *place) bool) {
	for i := len(f.heap)/2 - 1; i >= 0; i-- {
		f.sift(i, first)
	}
}

func (f *Filler) sift(i int, first func(a, b *place) bool) {
	for {
		best := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(f.heap); child++ {
			if first(&f.heap[child], &f.heap[best]) {
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
