package earmark

// flow is an integer maximum flow from the classes of a part to its funds. Funds are few, so what matters of the residual network is kept
// between funds: link[g][h] counts the classes that g may pay and h does pay, which h can leave to g.
type flow struct {
	network
	paid []int64 // along each arc
	need []int64 // of each class, still unpaid
	room []int64 // of each fund, still unused

	payers []payers
	slot   []int32 // of each fund: its place among the funds of its component
	width  int     // funds of the largest component
	link   []int32 // by slots, width × width
	linked []set   // by slot: the funds of row g that are above 0
	hungry set     // funds that may pay an unpaid class
	unpaid []int32 // of each fund: the unpaid classes that it may pay
	first  []int32 // of each fund: no arc in into before this has an unpaid class

	search search
	queue  []int32
	seen   []int32 // of each class: when it was last seen
	now    int32
}

// payers is how many funds pay a class, and the sum of their numbers: the fund itself, mostly.
type payers struct{ count, sum int32 }

// open lays out the network; number must follow.
func (f *flow) open(eligible [][]int32, funds int) {
	f.network.open(eligible, funds)
	f.paid = make([]int64, len(f.fund)) // goes into the solution
	f.payers = resize(f.payers, len(eligible))
	f.need, f.seen = resize(f.need, len(eligible)), resize(f.seen, len(eligible))
	f.room, f.slot = resize(f.room, funds), resize(f.slot, funds)
	f.unpaid, f.first = resize(f.unpaid, funds), resize(f.first, funds)
	f.now = 0
}

// number gives the funds of each component their slots; later parts keep them. It takes 4 bytes for each pair of funds of the largest.
func (f *flow) number(components []part) {
	width := 0
	for _, p := range components {
		width = max(width, len(p.funds))
		for i, k := range p.funds {
			f.slot[k] = int32(i) //nolint:gosec // funds are counted in int32
		}
	}
	f.width = width
	f.link = resize(f.link, width*width)
	f.linked = sets(width, width)
	f.hungry = sets(1, width)[0]
	f.search = search{reach: sets(1, width)[0], next: make([]int32, width)}
}

// run pays the needs of the part's classes from its funds, opened in the given order; what an earlier fund pays is never taken back by a later
// one, so the flow uses as much as possible of the first fund, then of the second, and so on.
func (f *flow) run(classes, order []int32) (unpaid int64) {
	unpaid = f.reset(classes, order)
	for _, k := range order {
		if unpaid == 0 {
			break
		}
		unpaid -= f.direct(k)
		for unpaid > 0 && f.room[k] > 0 && f.aim(k) {
			got := f.pull(k, 0, f.room[k])
			f.room[k] -= got
			unpaid -= got
		}
	}
	return unpaid
}

func (f *flow) reset(classes, funds []int32) (unpaid int64) {
	for _, k := range funds {
		row := int(f.slot[k])
		clear(f.link[row*f.width : (row+1)*f.width])
		clear(f.linked[row])
		f.unpaid[k], f.first[k] = 0, 0
	}
	clear(f.hungry)
	for _, c := range classes {
		f.payers[c] = payers{}
		for a := f.start[c]; a < f.start[c+1]; a++ {
			f.paid[a] = 0
			if k := f.fund[a]; f.need[c] > 0 && f.part[k] == f.mine[c] {
				f.unpaid[k]++
				f.hungry.add(f.slot[k])
			}
		}
		unpaid += f.need[c]
	}
	return unpaid
}

// direct pays what it can from fund k to its own classes.
func (f *flow) direct(k int32) (got int64) {
	for _, e := range f.into[k] {
		if f.room[k] == 0 {
			break
		}
		if d := min(f.room[k], f.need[e.class]); d > 0 {
			f.feed(e.class, d)
			f.pay(e, k, d)
			f.room[k] -= d
			got += d
		}
	}
	return got
}

// feed lessens what class c needs.
func (f *flow) feed(c int32, d int64) {
	f.need[c] -= d
	if f.need[c] > 0 {
		return
	}
	for a := f.start[c]; a < f.start[c+1]; a++ {
		if k := f.fund[a]; f.part[k] == f.mine[c] {
			f.unpaid[k]--
			if f.unpaid[k] == 0 {
				f.hungry.remove(f.slot[k])
			}
		}
	}
}

// pay has fund k pay d > 0 more along an arc into it.
func (f *flow) pay(e arc, k int32, d int64) {
	if f.paid[e.at] == 0 {
		f.relate(e.class, k, 1)
	}
	f.paid[e.at] += d
}

// release has fund k pay d > 0 less along arc a of class c.
func (f *flow) release(c, a, k int32, d int64) {
	f.paid[a] -= d
	if f.paid[a] == 0 {
		f.relate(c, k, -1)
	}
}

// relate notes that fund h pays class c, or no longer does: c can, or cannot, move from h to any of its funds.
func (f *flow) relate(c, h, by int32) {
	f.payers[c].count += by
	f.payers[c].sum += by * h
	to := f.slot[h]
	for a := f.start[c]; a < f.start[c+1]; a++ {
		g := f.fund[a]
		if g == h || f.part[g] != f.mine[c] {
			continue
		}
		from := f.slot[g]
		count := &f.link[int(from)*f.width+int(to)]
		*count += by
		switch *count {
		case 0:
			f.linked[from].remove(to)
		case by: // the first
			f.linked[from].add(to)
		}
	}
}

// bottleneck is the funds of the largest set of classes whose needs exceed their funds the most, after run left something unpaid: what unpaid
// classes reach in the residual network. The classes are all those that only these funds may pay.
func (f *flow) bottleneck(classes []int32) (inFund []bool) {
	inFund = make([]bool, len(f.room))
	f.now++
	f.queue = f.queue[:0]
	for _, c := range classes {
		if f.need[c] > 0 {
			f.seen[c] = f.now
			f.queue = append(f.queue, c)
		}
	}
	for at := 0; at < len(f.queue); at++ {
		c := f.queue[at]
		for a := f.start[c]; a < f.start[c+1]; a++ {
			k := f.fund[a]
			if inFund[k] || f.part[k] != f.mine[c] {
				continue
			}
			inFund[k] = true
			for _, e := range f.into[k] {
				if f.paid[e.at] > 0 && f.seen[e.class] != f.now {
					f.seen[e.class] = f.now
					f.queue = append(f.queue, e.class)
				}
			}
		}
	}
	return inFund
}
