package engine

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// next is, for each node, the claim that would get one unit more of its money, or −1. The unit may arrive by a chain: the claim is paid by a
// node that another claim leaves for this one.
func (d *draft) next() []int32 {
	nodes := len(d.left)
	first := make([]int32, nodes) // best claim that the node may pay itself
	for k := range first {
		first[k] = -1
	}
	if d.rule.wholeAsk { // whole programs are next in line, not units
		return first
	}
	for i := range d.claims {
		class := d.g.Class[i]
		if d.s.Units[i] == d.g.Curves[i].Hi || d.s.Blocks[d.blockOf[class]].Short > 0 {
			continue
		}
		for _, k := range d.g.Eligible[class] {
			first[k] = d.better(first[k], int32(i))
		}
	}
	leads := d.exchanges()
	out := make([]int32, nodes)
	for k := range out {
		out[k] = -1
		short := d.shortNode(int32(k))
		for from := range first {
			if leads[from][k] && !short && first[from] >= 0 {
				out[k] = d.better(out[k], first[from])
			}
		}
	}
	return out
}

// shortNode says whether the node's next unit would only lessen what packages must find.
func (d *draft) shortNode(k int32) bool {
	for i := range d.s.Blocks {
		if d.s.Blocks[i].Short > 0 && slices.Contains(d.s.Blocks[i].Funds, k) {
			return true
		}
	}
	return false
}

// better is the claim whose next unit comes first; −1 loses to any.
func (d *draft) better(i, j int32) int32 {
	if i < 0 || (j >= 0 && waterfill.First(d.g.Curves, j, d.s.Units[j], i, d.s.Units[i])) {
		return j
	}
	return i
}

// exchanges is the closure of "a claim paid by this node may be paid by that one instead".
func (d *draft) exchanges() [][]bool {
	nodes := len(d.left)
	leads := make([][]bool, nodes)
	for k := range leads {
		leads[k] = make([]bool, nodes)
		leads[k][k] = true
	}
	for c, set := range d.g.Eligible {
		for at, k := range set {
			if d.s.Paid[c][at] > 0 {
				for _, other := range set {
					leads[k][other] = true
				}
			}
		}
	}
	for via := range leads {
		for from := range leads {
			if leads[from][via] {
				for to, ok := range leads[via] {
					leads[from][to] = leads[from][to] || ok
				}
			}
		}
	}
	return leads
}
