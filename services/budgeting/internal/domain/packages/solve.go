package packages

import (
	"context"
	"math"
)

// Solve finds the choice of the greatest value. Errors are Validate's, an Invalid fault where links tie more packages together than MaxLinked and
// MaxBranches allow, and the context's.
//
// The same problem and options give the same solution on every machine: work is counted, not timed. Among choices of the same value no other order
// is promised, and packages or nodes in another order may give another of them. Progress tells of one case at a time where links make several.
func Solve(ctx context.Context, p Problem, o Options) (Solution, error) {
	if err := p.Validate(); err != nil {
		return Solution{}, err
	}
	return solve(ctx, p, o, tuning{few: 96, narrow: 64, grow: 8, linked: MaxLinked})
}

// tuning is how wide lists are: the first one looks at few units and keeps narrow states, later ones at all units with grow times as many.
// Linked is how many combinations a unit of linked groups may have.
type tuning struct{ few, narrow, grow, linked int }

// solve takes the best of all cases that links make necessary; mostly that is one.
func solve(ctx context.Context, p Problem, o Options, t tuning) (Solution, error) {
	cases, err := explore(ctx, p, t.linked)
	if err != nil {
		return Solution{}, err
	}
	w := &work{tuning: t, p: p, limit: o.States, progress: o.Progress, net: newNetwork(p.Eligible, p.Capacity)}
	if w.limit <= 0 {
		w.limit = DefaultStates
	}
	all := w.limit
	out := w.infeasible(nil)
	bound := int64(math.MinInt64)
	for i, in := range cases {
		w.limit = w.states + (all-w.states)/int64(len(cases)-i)
		s, err := w.solve(ctx, in)
		if err != nil {
			return Solution{}, err
		}
		if s.Feasible || !s.Proven {
			bound = max(bound, s.Bound)
		}
		proven := out.Proven && s.Proven
		if i == 0 || s.Feasible && (!out.Feasible || s.Value > out.Value) {
			out = s
		}
		out.Proven = proven
	}
	if len(cases) > 1 {
		out.Short = nil // of one case only
		if out.Feasible || !out.Proven {
			out.Bound = min(bound, out.DualBound)
		}
		out.Proven = out.Proven || out.Feasible && out.Value == out.Bound
	}
	out.States = w.states
	return out, nil
}

// work is one Solve.
type work struct {
	tuning
	p        Problem
	net      *network
	limit    int64
	states   int64
	progress func(Progress)
}

// solve treats every part on its own: they share the states, and prices are brought to one scale.
func (w *work) solve(ctx context.Context, in *instance) (Solution, error) {
	if short, ok := w.unpayable(in); ok {
		return w.infeasible(short), nil
	}
	parts := in.parts()
	out := Solution{Feasible: true, Proven: true, Chosen: make([]int32, len(w.p.Groups))}
	prices, shifts := make([][]int64, len(parts)), make([]uint8, len(parts))
	left := int64(in.size())
	for i, part := range parts {
		s := &search{
			instance: part, tuning: w.tuning, ctx: ctx, net: newNetwork(part.eligible, part.capacity), limit: w.limit - w.states,
		}
		if size := int64(part.size()); size < left {
			s.limit = s.limit / left * size
		}
		left -= int64(part.size())
		if w.progress != nil {
			s.tell = func() {
				w.progress(Progress{States: w.states + s.states, Value: out.Value + s.value, Bound: out.Bound + s.bound})
			}
		}
		err := s.solve()
		w.states += s.states
		if err != nil {
			return Solution{}, err
		}
		if !s.found && s.proven() {
			return w.infeasible(nil), nil
		}
		prices[i], shifts[i] = s.price, s.shift
		out.Feasible = out.Feasible && s.found
		out.Proven = out.Proven && s.proven()
		out.Value += s.value
		out.Bound += s.bound
		for u, o := range s.pick {
			for j, l := range part.levels(int32(u), o) { //nolint:gosec // units are far fewer than 2^31
				out.Chosen[part.members[u][j]] = l
			}
		}
	}
	out.Prices, out.Shift = w.p.publish(prices, shifts)
	out.DualBound = w.p.dual(out.Prices, out.Shift)
	out.Bound = min(out.Bound, out.DualBound)
	out.States = w.states
	if !out.Feasible {
		out.Chosen, out.Value, out.Proven = nil, 0, false
	}
	return out, nil
}

// solve works on one part: prices from the relaxation, then a list over few units to find a good choice, then cuts where they help, then wider
// and wider lists, which now meet in the middle to find a choice and now keep what they can to prove it.
func (s *search) solve() error {
	for _, v := range s.instance.value {
		s.step = gcd(s.step, v)
	}
	s.step = max(s.step, 1)
	s.need = make([]int64, len(s.eligible))
	known := s.connected(func(k int32) bool { return s.capacity[k] > 0 })
	s.price, s.shift = s.fixed(s.relax(s.net, known))
	given := view{s.instance, s.price, s.shift, newFrame(s.instance, s.price, s.shift, nil)}
	s.bound = given.dual >> s.shift
	s.lower(given.dual, s.shift)
	s.begin()
	for most := s.few; !s.proven() && s.states < s.limit; most *= 4 {
		before, had := s.value, s.found
		if err := s.attempt(&given, s.narrow, most, false); err != nil {
			return err
		}
		if s.found && (!had || s.value > before) || most >= s.size() {
			break
		}
	}
	if err := s.attempt(&given, s.narrow, s.size(), false); err != nil {
		return err
	}
	tight := given
	if !s.proven() && !s.plain {
		in, err := s.strengthen(given.frame)
		if err != nil {
			return err
		}
		if in != nil {
			tight = s.tighten(in, known)
		}
	}
	for width := s.narrow * s.grow; !s.proven() && s.states < s.limit; width = min(width*s.grow, widest) {
		if err := s.attempt(&given, width, s.size(), true); err != nil {
			return err
		}
		if err := s.attempt(&tight, width, s.size(), false); err != nil {
			return err
		}
	}
	return nil
}

// begin takes the cheapest option of every unit, if that can be paid.
func (s *search) begin() {
	pick := make([]int32, s.size())
	for u := range pick {
		pick[u] = s.first[u]
		for o := s.first[u]; o < s.first[u+1]; o++ {
			if a, b := s.total(o), s.total(pick[u]); a < b || a == b && s.instance.value[o] > s.instance.value[pick[u]] {
				pick[u] = o
			}
		}
		s.demand(pick[u], s.need)
	}
	if s.net.pay(s.need) == 0 {
		s.adopt(pick)
	}
}

// view is an instance, with or without cuts, and its frame.
type view struct {
	in    *instance
	price []int64
	shift uint8
	*frame
}

// tighten prices an instance with cuts.
func (s *search) tighten(in *instance, known [][]int32) view {
	for k := len(s.capacity); k < len(in.capacity); k++ {
		known = append(known, []int32{int32(k)}) //nolint:gosec // nodes are far fewer than 2^31
	}
	v := view{in: in}
	v.price, v.shift = in.fixed(in.relax(newNetwork(in.eligible, in.capacity), known))
	v.frame = newFrame(in, v.price, v.shift, s.watch)
	s.lower(v.dual, v.shift)
	return v
}

// attempt runs a pass, again whenever a set of nodes must be watched, and draws the conclusion.
func (s *search) attempt(v *view, width, most int, fill bool) error {
	for !s.proven() && s.states < s.limit {
		got, err := s.run(v.frame, width, most, fill)
		if err != nil {
			return err
		}
		switch {
		case got == redo:
			v.frame = newFrame(v.in, v.price, v.shift, s.watch)
			continue
		case got == exhausted && s.found:
			s.bound = s.value
		case got == exhausted:
			s.none = true
		}
		break
	}
	if s.tell != nil {
		s.tell()
	}
	return nil
}
