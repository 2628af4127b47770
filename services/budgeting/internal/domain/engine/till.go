package engine

// till pays classes out of nodes, one demand after the other, and moves what it has paid before where that makes room (augmenting paths, Edmonds
// & Karp 1972). It takes a demand back as easily, so that asking whether a program fits costs no more than paying it.
type till struct {
	eligible [][]int32
	paid     [][]int64 // class by position in eligible
	room     []int64   // of each node
	closed   []bool    // nodes that are out of reach: too short for what must be paid
	into     [][]arc   // of each node
	seen     []bool    // nodes reached, in queue
	came     []hop     // how
	queue    []int32
	short    []int64 // scratch of raise
}

// arc is a class that a node may pay, and the place of the node in its list.
type arc struct{ class, at int32 }

// hop is how the search came to a node: by moving what node from pays to a class. The first nodes have from −1.
type hop struct{ from, class, at, back int32 }

func newTill(eligible [][]int32, capacity []int64) *till {
	n := len(capacity)
	t := &till{
		eligible: eligible, paid: make([][]int64, len(eligible)), room: append([]int64(nil), capacity...), closed: make([]bool, n),
		into: make([][]arc, n), seen: make([]bool, n), came: make([]hop, n),
	}
	for c, set := range eligible {
		t.paid[c] = make([]int64, len(set))
		for at, k := range set {
			t.into[k] = append(t.into[k], arc{int32(c), int32(at)}) //nolint:gosec // arcs are far fewer than 2^31
		}
	}
	return t
}

// reserve pays what every class must get. Nodes that cannot are lined and closed: they belong to what is short.
func (t *till) reserve(g *grid, lined []bool) {
	least := make([]int64, len(g.Eligible))
	for i := range g.Curves {
		least[g.Class[i]] += g.Curves[i].Lo
	}
	var bad []int32
	for c := range least {
		if t.pay(int32(c), least[c]) > 0 { //nolint:gosec // there are fewer than 2^31 classes
			bad = append(bad, int32(c)) //nolint:gosec // there are fewer than 2^31 classes
		}
	}
	t.reach(bad)
	for _, k := range t.queue {
		lined[k], t.closed[k] = true, true
	}
}

// raise pays claims up to what they ask. When they do not all fit it pays nothing, and leaves the nodes that are too short in queue.
func (t *till) raise(g *grid, claims []int32) bool {
	t.short = t.short[:0]
	var bad []int32
	for _, i := range claims {
		unpaid := t.pay(g.Class[i], g.Curves[i].Hi-g.Curves[i].Lo)
		t.short = append(t.short, unpaid)
		if unpaid > 0 {
			bad = append(bad, g.Class[i])
		}
	}
	if len(bad) == 0 {
		return true
	}
	t.reach(bad)
	for j, i := range claims {
		t.back(g.Class[i], g.Curves[i].Hi-g.Curves[i].Lo-t.short[j])
	}
	return false
}

// pay pays units to a class and answers what could not be paid.
func (t *till) pay(class int32, units int64) (unpaid int64) {
	for at, k := range t.eligible[class] {
		if units == 0 {
			return 0
		}
		if t.closed[k] {
			continue
		}
		d := min(units, t.room[k])
		t.paid[class][at] += d
		t.room[k] -= d
		units -= d
	}
	for units > 0 {
		got := t.augment(class, units)
		if got == 0 {
			break
		}
		units -= got
	}
	return units
}

// back takes units from a class.
func (t *till) back(class int32, units int64) {
	for at, k := range t.eligible[class] {
		d := min(units, t.paid[class][at])
		t.paid[class][at] -= d
		t.room[k] += d
		units -= d
	}
}

// augment pays at most units to a class along one shortest path to a node with room.
func (t *till) augment(class int32, units int64) int64 {
	t.start()
	t.enter(class, -1, 0)
	for at := 0; at < len(t.queue); at++ { //nolint:intrange // the queue grows
		k := t.queue[at]
		if t.room[k] > 0 {
			return t.along(k, min(units, t.room[k]))
		}
		t.leave(k)
	}
	return 0
}

// along moves payments back from node k, which has room, to where the search began.
func (t *till) along(k int32, units int64) int64 {
	for n := k; t.came[n].from >= 0; n = t.came[n].from {
		units = min(units, t.paid[t.came[n].class][t.came[n].back])
	}
	t.room[k] -= units
	for n := k; ; n = t.came[n].from {
		h := t.came[n]
		t.paid[h.class][h.at] += units
		if h.from < 0 {
			return units
		}
		t.paid[h.class][h.back] -= units
	}
}

// reach fills queue with every node that the unpaid classes lead to: the smallest set of nodes that is short by the most.
func (t *till) reach(unpaid []int32) {
	t.start()
	for _, c := range unpaid {
		t.enter(c, -1, 0)
	}
	for at := 0; at < len(t.queue); at++ { //nolint:intrange // the queue grows
		t.leave(t.queue[at])
	}
}

func (t *till) start() {
	for _, k := range t.queue {
		t.seen[k] = false
	}
	t.queue = t.queue[:0]
}

// leave enters every class that node k pays.
func (t *till) leave(k int32) {
	for _, a := range t.into[k] {
		if t.paid[a.class][a.at] > 0 {
			t.enter(a.class, k, a.at)
		}
	}
}

// enter reaches the open nodes that may pay a class.
func (t *till) enter(class, from, back int32) {
	for at, k := range t.eligible[class] {
		if !t.seen[k] && !t.closed[k] {
			t.seen[k], t.came[k] = true, hop{from, class, int32(at), back} //nolint:gosec // a class has few nodes
			t.queue = append(t.queue, k)
		}
	}
}

// within says whether only nodes of the set may pay a class, closed ones aside; a class of closed nodes only is in no set.
func (t *till) within(class int32, inside []bool) bool {
	some := false
	for _, k := range t.eligible[class] {
		if !t.closed[k] && !inside[k] {
			return false
		}
		some = some || inside[k]
	}
	return some
}
