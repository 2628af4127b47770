package packages

import (
	"cmp"
	"slices"
)

// Strongly correlated values (each worth its cost and a constant) leave a gap to the linear relaxation that no search closes: the relaxation
// takes a part of a package where only a whole one counts. The remedy is a rounding cut (Gomory 1958): value·q − cost·p is a multiple of some g
// for every option, so within any set of nodes the sum of its g-parts is at most a whole number K. That makes one more node of capacity K,
// paid by one more class of cost, and nothing else changes.

// surplus is what options are worth beyond their cost at rate p/q, in multiples of the greatest common divisor.
func (in *instance) surplus() (parts []int64, ok bool) {
	p, q, ok := in.slope()
	if !ok {
		return nil, false
	}
	parts = make([]int64, len(in.value))
	var of int64
	for o := range in.value {
		cost := in.total(int32(o)) //nolint:gosec // far fewer than 2^31
		if in.value[o] > limit/q || cost > limit/max(p, 1) {
			return nil, false
		}
		if parts[o] = in.value[o]*q - cost*p; parts[o] < 0 {
			return nil, false
		}
		of = gcd(of, parts[o])
	}
	for o := range parts {
		parts[o] /= max(of, 1)
	}
	return parts, of > 1
}

func (in *instance) total(o int32) (sum int64) {
	for _, c := range in.of(o) {
		sum += c.Units
	}
	return sum
}

// slope is the rate p/q at which value grows with cost between options of the same rank in neighbouring units, if one rate is common.
func (in *instance) slope() (p, q int64, ok bool) {
	const share = 5 // one in so many pairs
	seen := map[[2]int64]int{}
	var best [2]int64
	const sample = 1000
	pairs := 0
	for u := 1; u < in.size() && pairs < sample; u++ {
		a, b := in.first[u-1], in.first[u]
		for ; a < in.first[u] && b < in.first[u+1]; a, b = a+1, b+1 {
			value, cost := in.value[b]-in.value[a], in.total(b)-in.total(a)
			if cost < 0 {
				value, cost = -value, -cost
			}
			if of := gcd(value, cost); cost > 0 && value >= 0 {
				pairs++
				rate := [2]int64{value / of, cost / of}
				if seen[rate]++; seen[rate] > seen[best] {
					best = rate
				}
			}
		}
	}
	return best[0], best[1], seen[best] > 1 && seen[best]*share >= pairs
}

// strengthen adds a cut for every priced row of a frame, smaller ones first, and answers the instance with them.
func (s *search) strengthen(f *frame) (*instance, error) {
	parts, ok := s.surplus()
	if !ok {
		return nil, nil
	}
	rows := slices.Clone(f.rows)
	slices.SortStableFunc(rows, func(a, b row) int { return cmp.Compare(len(a.nodes), len(b.nodes)) })
	out := s.instance
	for _, r := range rows {
		count := func(o int32) int64 {
			if slices.ContainsFunc(s.of(o), func(c Cost) bool { return !r.inside[c.Class] }) {
				return 0
			}
			return parts[o]
		}
		most, err := s.atMost(out, count)
		if err != nil {
			return nil, err
		}
		out = out.with(count, most)
	}
	return out, nil
}

// atMost is a bound on the sum of counts of the chosen options.
func (s *search) atMost(in *instance, count func(int32) int64) (int64, error) {
	const states = 100_000
	sub := newInstance(in.eligible, in.capacity)
	for u := range in.size() {
		sub.option(0, nil, nil)
		for o := in.first[u]; o < in.first[u+1]; o++ {
			if n := count(o); n > 0 {
				sub.option(n, nil, in.of(o))
			}
		}
		sub.unit(nil)
	}
	t := &search{tuning: s.tuning, instance: sub, ctx: s.ctx, net: newNetwork(sub.eligible, sub.capacity), limit: min(states, s.limit-s.states), plain: true}
	err := t.solve()
	s.states += t.states
	return t.bound, err
}

// with is the instance with one more node and one more class, of which every option takes its count.
func (in *instance) with(count func(int32) int64, capacity int64) *instance {
	node, class := int32(len(in.capacity)), int32(len(in.eligible)) //nolint:gosec // far fewer than 2^31
	out := newInstance(append(slices.Clip(in.eligible), []int32{node}), append(slices.Clip(in.capacity), capacity))
	for u := range in.size() {
		for o := in.first[u]; o < in.first[u+1]; o++ {
			costs := in.of(o)
			if n := count(o); n > 0 {
				costs = append(slices.Clip(costs), Cost{Class: class, Units: n})
			}
			out.option(in.value[o], in.levels(int32(u), o), costs) //nolint:gosec // far fewer than 2^31
		}
		out.unit(in.members[u])
	}
	return out
}
