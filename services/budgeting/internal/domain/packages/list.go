package packages

import "slices"

// merge joins two sorted lists without states that another one dominates: one that is worth at least as much, and leaves at least as much capacity
// in every row that still matters. Value decides, not regret: regret leaves out what unused capacity is worth. With one row left the comparison
// is complete; with more each state is compared with the few before it, which keeps more than it must and never drops too much.
func (p *pass) merge(out, a, b *list, live int) {
	out.clear()
	i, j := 0, 0
	for i < len(a.states) || j < len(b.states) {
		var from *list
		var k int
		if j == len(b.states) || i < len(a.states) && p.before(a, i, b, j, live) {
			from, k = a, i
			i++
		} else {
			from, k = b, j
			j++
		}
		x := from.x[k*p.rows : (k+1)*p.rows]
		if !p.dominated(out, &from.states[k], x, live) {
			out.states = append(out.states, from.states[k])
			out.x = append(out.x, x...)
		}
	}
}

// before orders states by free capacity, row by row, then by value.
func (p *pass) before(a *list, i int, b *list, j, live int) bool {
	for r := range live {
		if d, e := a.x[i*p.rows+r], b.x[j*p.rows+r]; d != e {
			return d > e
		}
	}
	return a.states[i].value >= b.states[j].value
}

func (p *pass) dominated(l *list, a *state, x []int64, live int) bool {
	const window = 16
	n := len(l.states)
	first := n - 1
	if live > 1 {
		first = n - window
	}
next:
	for k := n - 1; k >= max(first, 0); k-- {
		if l.states[k].value < a.value {
			continue
		}
		for r := range live {
			if l.x[k*p.rows+r] < x[r] {
				continue next
			}
		}
		return true
	}
	return false
}

// trim keeps the most promising states: by the loss that is certain and a part of what their free or missing capacity is worth.
func (p *pass) trim(l *list) {
	if len(l.states) <= p.width {
		return
	}
	p.keys = p.keys[:0]
	for k, a := range l.states {
		far := p.distance(l.x[k*p.rows:(k+1)*p.rows], nil)
		p.keys = append(p.keys, a.least+far>>6)
	}
	p.order = append(p.order[:0], p.keys...)
	last := smallest(p.order, p.width)
	equal := p.width
	for _, k := range p.keys {
		if k < last {
			equal--
		}
	}
	n := 0
	for k, key := range p.keys {
		if key > last || key == last && equal == 0 {
			p.dropped = min(p.dropped, l.states[k].least)
			continue
		}
		if key == last {
			equal--
		}
		l.states[n] = l.states[k]
		copy(l.x[n*p.rows:(n+1)*p.rows], l.x[k*p.rows:(k+1)*p.rows])
		n++
	}
	l.states, l.x = l.states[:n], l.x[:n*p.rows]
}

// smallest is the n-th smallest key (Hoare 1961); it reorders them. Keys of sorted lists fall and rise again, so pivots are taken from
// scattered places, by a generator that always starts alike.
func smallest(keys []int64, n int) int64 {
	scatter := uint64(1)
	for lo, hi := 0, len(keys)-1; lo < hi; {
		scatter = scatter*6364136223846793005 + 1442695040888963407
		mid := keys[lo+int(scatter>>33%uint64(hi-lo+1))] //nolint:gosec // lo < hi
		i, j := lo, hi
		for i <= j {
			for keys[i] < mid {
				i++
			}
			for keys[j] > mid {
				j--
			}
			if i <= j {
				keys[i], keys[j] = keys[j], keys[i]
				i++
				j--
			}
		}
		switch {
		case n-1 <= j:
			hi = j
		case n-1 >= i:
			lo = i
		default:
			return keys[n-1]
		}
	}
	return keys[n-1]
}

// remember writes the moves of a stage into the history.
func (p *pass) remember(l *list, st *stage) {
	for k := range l.states {
		a := &l.states[k]
		if a.move >= 0 {
			p.history = append(p.history, step{past: a.past, option: st.moves[a.move].option, side: -1})
			a.past, a.move = int32(len(p.history)-1), -1 //nolint:gosec // the limit of states keeps it small
		}
	}
}

// take makes a state the best choice, completed by the bases, unless it overdraws a set of nodes that is not watched yet.
func (p *pass) take(a state) {
	pick := slices.Clone(p.base)
	set := func(o int32) { pick[p.owner[o]] = o }
	if a.move >= 0 {
		set(p.stages[p.at].moves[a.move].option)
	}
	for ways := []int32{a.past, a.side}; len(ways) > 0; {
		at := ways[len(ways)-1]
		ways = ways[:len(ways)-1]
		for ; at >= 0; at = p.history[at].past {
			if step := p.history[at]; step.option >= 0 {
				set(step.option)
			} else {
				ways = append(ways, step.side)
			}
		}
	}
	if p.adopt(pick) {
		p.budget = p.search.budget(p.frame)
	} else {
		p.redo = true
	}
}

// adopt makes a choice the best one if its needs can be paid; otherwise the overdrawn sets of nodes are watched from now on.
func (s *search) adopt(pick []int32) bool {
	clear(s.need)
	var value int64
	for _, o := range pick {
		s.demand(o, s.need)
		value += s.instance.value[o]
	}
	if s.net.pay(s.need) > 0 {
		s.watch = append(s.watch, s.net.overdrawn()...)
		return false
	}
	if !s.found || value > s.value {
		s.found, s.value, s.pick = true, value, pick
	}
	return true
}
