package engine

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// next is, for each fund, the claim that would get one unit more of its money, or −1. The unit may arrive by a chain: the claim is paid by a
// fund that another claim leaves for this one.
func (d *draft) next() []int32 {
	funds := len(d.in.Funds)
	first := make([]int32, funds) // best claim that the fund may pay itself
	for k := range first {
		first[k] = -1
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
	out := make([]int32, funds)
	for k := range out {
		out[k] = -1
		short := d.shortFund(int32(k))
		for from := range first {
			if leads[from][k] && !short && first[from] >= 0 {
				out[k] = d.better(out[k], first[from])
			}
		}
	}
	return out
}

// shortFund says whether the fund's next unit would only lessen what packages must find.
func (d *draft) shortFund(k int32) bool {
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

// exchanges is the closure of "a claim paid by this fund may be paid by that one instead".
func (d *draft) exchanges() [][]bool {
	funds := len(d.in.Funds)
	leads := make([][]bool, funds)
	for k := range leads {
		leads[k] = make([]bool, funds)
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
