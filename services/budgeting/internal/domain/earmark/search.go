package earmark

// search is one blocking search of Dinic (1970) for a fund with room: funds in layers by the number of exchanges between them and that fund,
// walked against the flow up to the first layer with a hungry fund. It serves the unpaid classes of one fund, the goal: the first hungry one in
// the order in which a breadth-first walk over arcs meets funds. What cannot lead there is left out, which changes nothing in what is found.
type search struct {
	layers []set // by distance
	useful []set // of each layer: what leads to an unpaid class of the goal
	reach  set   // all layers
	last   int   // the goal's layer
	goal   int32
	next   []int32 // by slot: the arc in into that the search has come to
}

// layer makes room for one more layer, empty.
func (f *flow) layer(at int) {
	s := &f.search
	if at == len(s.layers) {
		two := sets(2, f.width)
		s.layers, s.useful = append(s.layers, two[0]), append(s.useful, two[1])
	}
	clear(s.layers[at])
	clear(s.useful[at])
}

// aim lays out the shortest exchanges that let fund k pay an unpaid class; false if there are none.
func (f *flow) aim(k int32) bool {
	s := &f.search
	f.layer(0)
	s.layers[0].add(f.slot[k])
	copy(s.reach, s.layers[0])
	for s.last = 0; !s.layers[s.last].meets(f.hungry); s.last++ {
		f.layer(s.last + 1)
		if !f.spread(s.layers[s.last], s.layers[s.last+1]) {
			return false
		}
	}
	for i, word := range s.layers[s.last] {
		s.useful[s.last][i] = word & f.hungry[i]
	}
	f.trace()
	s.goal = k
	for layer := 1; layer <= s.last; layer++ {
		s.goal = f.asked(s.goal, s.useful[layer])
	}
	f.neighbours()
	f.trace()
	clear(s.next)
	return true
}

// spread fills the layer that follows; false if it stays empty.
func (f *flow) spread(from, to set) (found bool) {
	from.each(func(g int) {
		for i, word := range f.linked[g] {
			to[i] |= word &^ f.search.reach[i]
		}
	})
	for i, word := range to {
		f.search.reach[i] |= word
		found = found || word != 0
	}
	return found
}

// trace finds what leads to the useful funds of the last layer.
func (f *flow) trace() {
	s := &f.search
	for at := s.last - 1; at >= 0; at-- {
		clear(s.useful[at])
		s.layers[at].each(func(g int) {
			if f.linked[g].meets(s.useful[at+1]) {
				s.useful[at].add(int32(g)) //nolint:gosec // funds are counted in int32
			}
		})
	}
}

// asked is the first fund of the set that pays a class which fund g may pay.
func (f *flow) asked(g int32, of set) int32 {
	for _, e := range f.into[g] {
		for a := f.start[e.class]; a < f.start[e.class+1]; a++ {
			if k := f.fund[a]; f.paid[a] > 0 && of.has(f.slot[k]) {
				return k
			}
		}
	}
	return g // not reached: a linked fund pays such a class
}

// neighbours marks the goal's unpaid classes, and leaves as useful, in the last layer, the funds that may pay one.
func (f *flow) neighbours() {
	s := &f.search
	clear(s.useful[s.last])
	f.now++
	for _, e := range f.into[s.goal][f.firstUnpaid(s.goal):] {
		if f.need[e.class] == 0 {
			continue
		}
		f.seen[e.class] = f.now
		for a := f.start[e.class]; a < f.start[e.class+1]; a++ {
			if k := f.fund[a]; f.part[k] == f.mine[e.class] && s.layers[s.last].has(f.slot[k]) {
				s.useful[s.last].add(f.slot[k])
			}
		}
	}
}

// firstUnpaid is where the unpaid classes of fund k start; needs only fall, so it never goes back.
func (f *flow) firstUnpaid(k int32) int32 {
	at := f.first[k]
	for int(at) < len(f.into[k]) && f.need[f.into[k][at].class] == 0 {
		at++
	}
	f.first[k] = at
	return at
}

// pull brings at most want units from unpaid classes of the goal to fund g of a layer.
func (f *flow) pull(g int32, layer int, want int64) (got int64) {
	s := &f.search
	if layer == s.last {
		return f.serve(g, want)
	}
	next := &s.next[f.slot[g]]
	for ; int(*next) < len(f.into[g]) && f.unpaid[s.goal] > 0; *next++ {
		e := f.into[g][*next]
		if d := f.free(e.class, layer, want-got); d > 0 {
			f.pay(e, g, d)
			got += d
			if got == want {
				break
			}
		}
	}
	return got
}

// free finds at most want units that funds of the next layer pay class c and can pay elsewhere instead.
func (f *flow) free(c int32, layer int, want int64) (got int64) {
	useful := f.search.useful[layer+1]
	if by := f.payers[c]; by.count == 0 || (by.count == 1 && !useful.has(f.slot[by.sum])) {
		return 0
	}
	for a := f.start[c]; a < f.start[c+1] && got < want; a++ {
		k := f.fund[a]
		if f.paid[a] == 0 || !useful.has(f.slot[k]) {
			continue
		}
		if d := f.pull(k, layer+1, min(want-got, f.paid[a])); d > 0 {
			f.release(c, a, k, d)
			got += d
		}
	}
	return got
}

// serve has fund k of the last layer pay unpaid classes of the goal.
func (f *flow) serve(k int32, want int64) (got int64) {
	next := &f.search.next[f.slot[k]]
	for *next = max(*next, f.firstUnpaid(k)); int(*next) < len(f.into[k]); *next++ {
		e := f.into[k][*next]
		if f.need[e.class] == 0 || f.seen[e.class] != f.now {
			continue
		}
		d := min(want-got, f.need[e.class])
		f.feed(e.class, d)
		f.pay(e, k, d)
		got += d
		if got == want {
			break
		}
	}
	return got
}
