package earmark

import "slices"

// network is classes and the funds that may pay them, as arcs numbered class by class. Decomposition cuts it by giving classes and funds to
// parts, never by copying it: an arc is open while both its ends belong to one part.
type network struct {
	start []int32 // first arc of each class, and one past the last
	fund  []int32 // of each arc
	into  [][]arc // the open arcs into each fund, by class
	arcs  []arc   // holds into
	mine  []int32 // part of each class
	part  []int32 // of each fund
	parts int32
}

// arc is one arc as its fund sees it.
type arc struct{ at, class int32 }

// open lays out the network with all classes and funds in part 0; buffers of an earlier network are used again.
func (n *network) open(eligible [][]int32, funds int) {
	n.parts = 0
	n.start, n.mine = resize(n.start, len(eligible)+1), resize(n.mine, len(eligible))
	n.into, n.part = resize(n.into, funds), resize(n.part, funds)
	n.fund = n.fund[:0]
	for c, set := range eligible {
		n.fund = append(n.fund, set...)
		n.start[c+1] = int32(len(n.fund)) //nolint:gosec // arcs are far fewer than 2^31
	}
	count := make([]int32, funds)
	for _, k := range n.fund {
		count[k]++
	}
	n.arcs = resize(n.arcs, len(n.fund))
	rest := n.arcs
	for k, size := range count {
		n.into[k], rest = rest[:0:size], rest[size:]
	}
	for c := range eligible {
		n.fill(int32(c)) //nolint:gosec // classes are counted in int32
	}
}

// fill lists the arcs of class c that are open.
func (n *network) fill(c int32) {
	for a := n.start[c]; a < n.start[c+1]; a++ {
		if k := n.fund[a]; n.part[k] == n.mine[c] {
			n.into[k] = append(n.into[k], arc{at: a, class: c})
		}
	}
}

// resize is a slice of n zeroes, in the memory of s if it is large enough.
func resize[T any](s []T, n int) []T {
	s = slices.Grow(s[:0], n)[:n]
	clear(s)
	return s
}

// enter opens a part: classes and funds of one component, with every arc between them.
func (n *network) enter(p part) {
	n.parts++
	for _, k := range p.funds {
		n.part[k] = n.parts
		n.into[k] = n.into[k][:0]
	}
	for _, c := range p.classes {
		n.mine[c] = n.parts
		n.fill(c)
	}
}

// within says whether only funds of the set may pay class c.
func (n *network) within(c int32, inFund []bool) bool {
	for a := n.start[c]; a < n.start[c+1]; a++ {
		if k := n.fund[a]; n.part[k] == n.mine[c] && !inFund[k] {
			return false
		}
	}
	return true
}

// separate closes every arc between the funds of the set, with the classes that only they may pay, and the rest of a part.
func (n *network) separate(p part, inFund []bool) (tight, rest part) {
	before := n.parts
	inside, outside := before+1, before+2
	n.parts = outside
	for _, c := range p.classes {
		if n.within(c, inFund) {
			n.mine[c] = inside
		} else {
			n.mine[c] = outside
		}
	}
	for _, k := range p.funds {
		n.part[k] = outside
		if inFund[k] {
			n.part[k] = inside
		}
		n.into[k] = slices.DeleteFunc(n.into[k], func(e arc) bool { return n.mine[e.class] != n.part[k] })
	}
	classes, funds := sorted(p.classes, n.mine, before, 2), sorted(p.funds, n.part, before, 2)
	return part{classes: classes[0], funds: funds[0]}, part{classes: classes[1], funds: funds[1]}
}

// components splits a part into its connected parts, by their first class; funds that may pay none of its classes are dropped.
func (n *network) components(p part) []part {
	if len(p.classes) == 0 {
		return nil
	}
	whole, before := n.mine[p.classes[0]], n.parts
	var queue []int32
	for _, c := range p.classes {
		if n.mine[c] != whole {
			continue
		}
		n.parts++
		n.mine[c] = n.parts
		queue = append(queue[:0], c)
		for at := 0; at < len(queue); at++ {
			for a := n.start[queue[at]]; a < n.start[queue[at]+1]; a++ {
				k := n.fund[a]
				if n.part[k] != whole {
					continue
				}
				n.part[k] = n.parts
				for _, e := range n.into[k] {
					if n.mine[e.class] == whole {
						n.mine[e.class] = n.parts
						queue = append(queue, e.class)
					}
				}
			}
		}
	}
	out := make([]part, n.parts-before)
	for i, members := range sorted(p.classes, n.mine, before, len(out)) {
		out[i].classes = members
	}
	for i, members := range sorted(p.funds, n.part, before, len(out)) {
		out[i].funds = members
	}
	return out
}

// sorted lists the members of each of the count parts that follow before, in their order.
func sorted(members, part []int32, before int32, count int) [][]int32 {
	sizes := make([]int, count)
	for _, m := range members {
		if at := part[m] - before - 1; at >= 0 {
			sizes[at]++
		}
	}
	out := make([][]int32, count)
	backing := make([]int32, len(members))
	for i, size := range sizes {
		out[i], backing = backing[:0:size], backing[size:]
	}
	for _, m := range members {
		if at := part[m] - before - 1; at >= 0 {
			out[at] = append(out[at], m)
		}
	}
	return out
}
