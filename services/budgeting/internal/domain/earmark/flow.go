package earmark

// flow is an integer maximum flow from classes to funds. Arcs are addressed class by class (arc) and fund by fund (into, which lists arcs).
// Funds of another part are closed: decomposition cuts the network by giving funds to parts, never by copying it.
type flow struct {
	start []int32 // first arc of each class, and one past the last
	fund  []int32 // of each arc
	class []int32 // of each arc
	into  [][]int32
	part  []int32 // of each fund
	mine  []int32 // part of each class

	paid   []int64 // along each arc
	need   []int64 // of each class, still unpaid
	room   []int64 // of each fund, still unused
	levelC []int32
	levelF []int32
	nextC  []int32 // current arc of a class, in the blocking search
	nextF  []int32 // current position in into
	queue  []int32
}

func newFlow(eligible [][]int32, funds int) *flow {
	classes := len(eligible)
	f := &flow{
		start: make([]int32, classes+1), into: make([][]int32, funds), part: make([]int32, funds), mine: make([]int32, classes),
		need: make([]int64, classes), room: make([]int64, funds),
		levelC: make([]int32, classes), levelF: make([]int32, funds), nextC: make([]int32, classes), nextF: make([]int32, funds),
	}
	for c, set := range eligible {
		for _, k := range set {
			f.into[k] = append(f.into[k], int32(len(f.fund))) //nolint:gosec // arcs are far fewer than 2^31
			f.fund = append(f.fund, k)
			f.class = append(f.class, int32(c))
		}
		f.start[c+1] = int32(len(f.fund)) //nolint:gosec // arcs are far fewer than 2^31
	}
	f.paid = make([]int64, len(f.fund))
	return f
}

// run pays the needs of the part's classes from its funds, opened in the given order; what an earlier fund pays is never taken back by a later
// one, so the flow uses as much as possible of the first fund, then of the second, and so on.
func (f *flow) run(classes, order []int32) (unpaid int64) {
	for _, c := range classes {
		for a := f.start[c]; a < f.start[c+1]; a++ {
			f.paid[a] = 0
		}
		unpaid += f.need[c]
	}
	for _, k := range order {
		unpaid -= f.direct(k)
		for unpaid > 0 && f.room[k] > 0 && f.levels(k) {
			got := f.pull(k, f.room[k])
			f.room[k] -= got
			unpaid -= got
		}
	}
	return unpaid
}

// direct pays what it can from fund k to its own classes.
func (f *flow) direct(k int32) (got int64) {
	for _, a := range f.into[k] {
		c := f.class[a]
		if f.room[k] == 0 {
			break
		}
		if f.mine[c] != f.part[k] {
			continue
		}
		d := min(f.room[k], f.need[c])
		f.paid[a] += d
		f.need[c] -= d
		f.room[k] -= d
		got += d
	}
	return got
}

// levels numbers funds and classes by their distance from fund k in the residual network, walked against the flow (Dinic 1970):
// a fund can be asked by every class that it may pay, a class can free what other funds pay it. It stops at the first unpaid class.
func (f *flow) levels(k int32) bool {
	for i := range f.levelC {
		f.levelC[i] = 0
		f.nextC[i] = f.start[i]
	}
	for i := range f.levelF {
		f.levelF[i] = 0
		f.nextF[i] = 0
	}
	f.levelF[k] = 1
	f.queue = append(f.queue[:0], k)
	for at := 0; at < len(f.queue); at++ {
		g := f.queue[at]
		found := false
		for _, a := range f.into[g] {
			c := f.class[a]
			if f.mine[c] != f.part[g] || f.levelC[c] != 0 {
				continue
			}
			f.levelC[c] = f.levelF[g] + 1
			found = found || f.need[c] > 0
			for b := f.start[c]; b < f.start[c+1]; b++ {
				if h := f.fund[b]; f.paid[b] > 0 && f.levelF[h] == 0 {
					f.levelF[h] = f.levelC[c] + 1
					f.queue = append(f.queue, h)
				}
			}
		}
		if found {
			return true
		}
	}
	return false
}

// pull brings at most want units from unpaid classes to fund g along falling distance.
func (f *flow) pull(g int32, want int64) (got int64) {
	for ; int(f.nextF[g]) < len(f.into[g]); f.nextF[g]++ {
		a := f.into[g][f.nextF[g]]
		c := f.class[a]
		if f.levelC[c] != f.levelF[g]+1 || f.mine[c] != f.part[g] {
			continue
		}
		d := f.free(c, want-got)
		f.paid[a] += d
		got += d
		if got == want {
			return got
		}
	}
	return got
}

// free finds at most want units that class c can take on: its own need, then what other funds pay it and can be filled by others.
func (f *flow) free(c int32, want int64) (got int64) {
	got = min(want, f.need[c])
	f.need[c] -= got
	for ; got < want && f.nextC[c] < f.start[c+1]; f.nextC[c]++ {
		b := f.nextC[c]
		h := f.fund[b]
		if f.levelF[h] != f.levelC[c]+1 || f.paid[b] == 0 {
			continue
		}
		d := f.pull(h, min(want-got, f.paid[b]))
		f.paid[b] -= d
		got += d
		if got == want {
			return got
		}
	}
	return got
}

// bottleneck is the largest set of classes whose needs exceed their funds the most, after run left something unpaid, with those funds:
// what unpaid classes reach in the residual network, and every class that only those funds may pay.
func (f *flow) bottleneck(classes []int32) (inClass, inFund []bool) {
	inClass, inFund = make([]bool, len(f.need)), make([]bool, len(f.room))
	f.queue = f.queue[:0]
	for _, c := range classes {
		if f.need[c] > 0 {
			inClass[c] = true
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
			for _, b := range f.into[k] {
				if d := f.class[b]; f.paid[b] > 0 && !inClass[d] {
					inClass[d] = true
					f.queue = append(f.queue, d)
				}
			}
		}
	}
	for _, c := range classes {
		inClass[c] = f.within(c, inFund)
	}
	return inClass, inFund
}

// within says whether only funds of the set may pay class c.
func (f *flow) within(c int32, inFund []bool) bool {
	for a := f.start[c]; a < f.start[c+1]; a++ {
		if k := f.fund[a]; f.part[k] == f.mine[c] && !inFund[k] {
			return false
		}
	}
	return true
}
