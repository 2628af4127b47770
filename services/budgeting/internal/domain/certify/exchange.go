package certify

import (
	"fmt"
	"math/bits"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// rung is one unit of one claim in the order in which units are given: below base first (sign −1), by half-odd units over weight.
type rung struct {
	sign   int
	halves uint64 // 2 × units from base, to the middle of the unit
	weight wide
	claim  int // plan line, which is also the order of ids
}

// none says that r is no unit at all.
func (r *rung) none() bool { return r.halves == 0 }

// wide is an unsigned 128-bit integer.
type wide struct{ hi, lo uint64 }

// product is a × b for a, b ≥ 0.
func product(a, b int64) wide {
	hi, lo := bits.Mul64(uint64(a), uint64(b)) //nolint:gosec // what can move and its weight are non-negative
	return wide{hi, lo}
}

func (a wide) compare(b wide) int {
	switch {
	case a == b:
		return 0
	case a.hi < b.hi, a.hi == b.hi && a.lo < b.lo:
		return -1
	default:
		return 1
	}
}

// times is the 192-bit product with n, most significant word first.
func (a wide) times(n uint64) [3]uint64 {
	carry, low := bits.Mul64(n, a.lo)
	top, middle := bits.Mul64(n, a.hi)
	middle, over := bits.Add64(middle, carry, 0)
	return [3]uint64{top + over, middle, low}
}

// compareRates compares the rates at which two units lie: halves over weight.
func compareRates(r, s *rung) int {
	if r.weight.hi|s.weight.hi == 0 { // as nearly always
		rh, rl := bits.Mul64(r.halves, s.weight.lo)
		sh, sl := bits.Mul64(s.halves, r.weight.lo)
		return wide{rh, rl}.compare(wide{sh, sl})
	}
	return compareWords(s.weight.times(r.halves), r.weight.times(s.halves))
}

func compareWords(a, b [3]uint64) int {
	for i := range a {
		if a[i] != b[i] {
			if a[i] < b[i] {
				return -1
			}
			return 1
		}
	}
	return 0
}

// before is the total order of units that the method states: rate first; at equal rates the heavier claim gives up first under a shortage and
// gains first under growth; at equal weights the earlier id is the better off.
func (r *rung) before(s *rung) bool {
	if r.sign != s.sign {
		return r.sign < s.sign
	}
	c := compareRates(r, s) * r.sign
	if c == 0 {
		c = s.weight.compare(r.weight) * r.sign
	}
	if c == 0 {
		return r.claim < s.claim
	}
	return c < 0
}

// rungAt is the unit above amount x of a claim.
func (a *audit) rungAt(i int, x int64) rung {
	w := &a.work[i]
	from := a.from(w)
	if x < from {
		return rung{-1, uint64(2*(from-x) - 1), a.cutWeight(w), i} //nolint:gosec // x < from: at least 1
	}
	return rung{1, uint64(2*(x-from) + 1), a.growWeight(w, a.plan.Lines[i].Base), i} //nolint:gosec // x ≥ from: at least 1
}

// reach is, for each node, the nodes to which its payments could be moved, step by step, by paying claims from another node that may.
func (a *audit) reach() [][]bool {
	if a.leads != nil {
		return a.leads
	}
	n := len(a.nodes)
	to := make([][]bool, n)
	for k := range to {
		to[k] = make([]bool, n)
		to[k][k] = true
	}
	for _, i := range a.claims {
		w := &a.work[i]
		if len(w.nodes) > 1 {
			for _, p := range w.pays {
				for _, k := range w.nodes {
					to[p.node][k] = true
				}
			}
		}
	}
	for via := range n {
		for from := range n {
			if !to[from][via] {
				continue
			}
			for k := range n {
				if to[via][k] {
					to[from][k] = true
				}
			}
		}
	}
	a.leads = to
	return to
}

// exchange proves the plan best. Moving one unit between two claims is possible exactly when the nodes of the one lead to a node that pays the
// other; for a sum of convex terms over such a system no single exchange helps only at the optimum (Murota 2003).
func (a *audit) exchange() error {
	n := len(a.nodes)
	reach := a.reach()
	last := make([]rung, n) // the latest unit that each node pays
	for _, i := range a.claims {
		w := &a.work[i]
		if w.x == w.lo {
			continue
		}
		r := a.rungAt(i, w.x-1)
		for _, p := range w.pays {
			if last[p.node].none() || last[p.node].before(&r) {
				last[p.node] = r
			}
		}
	}
	worst := make([]rung, n) // the latest unit that money of each node could be taken from
	spare := make([]int, n)  // 1 + a node with a spare unit within reach
	for k := range n {
		for other := range n {
			if !reach[k][other] {
				continue
			}
			if a.left[other] >= a.unit {
				spare[k] = other + 1
			}
			if !last[other].none() && (worst[k].none() || worst[k].before(&last[other])) {
				worst[k] = last[other]
			}
		}
	}
	for _, i := range a.claims {
		w := &a.work[i]
		if err := a.wants(i, w, worst, spare); err != nil {
			return err
		}
	}
	return nil
}

// wants checks that a claim below its maximum has no unit to claim, and one that is not paid whole none to be paid by.
func (a *audit) wants(i int, w *working, worst []rung, spare []int) error {
	unpaid := a.unpaid(w)
	if w.x == w.hi && unpaid == 0 {
		return nil
	}
	next := rung{sign: -2} // what is not paid at all comes before everything
	if unpaid == 0 {
		next = a.rungAt(i, w.x)
	}
	for _, k := range w.nodes {
		if spare[k] > 0 {
			return a.at(i, "could have a unit that fund %q has left", a.name(spare[k]-1))
		}
		if !worst[k].none() && next.before(&worst[k]) {
			l := &a.plan.Lines[worst[k].claim]
			return a.at(i, "stands before the last unit of program %q, fund %q", l.Program, l.Fund)
		}
	}
	return nil
}

// unpaid is the units of a claim that nobody pays.
func (a *audit) unpaid(w *working) int64 {
	units := w.x
	for _, p := range w.pays {
		units -= p.units
	}
	return units
}

// restrictedFirst proves that no payment could move to more restricted money with a unit left.
func (a *audit) restrictedFirst() error {
	reach := a.reach()
	pays := make([]bool, len(a.nodes))
	for _, i := range a.claims {
		for _, p := range a.work[i].pays {
			pays[p.node] = true
		}
	}
	order := a.usedFirst()
	for at, restricted := range order {
		if a.left[restricted] < a.unit {
			continue
		}
		for _, k := range order[at+1:] {
			if pays[k] && reach[k][restricted] {
				return fmt.Errorf("fund %q pays what fund %q, which is more restricted and has %d left, may pay",
					a.name(k), a.name(restricted), a.left[restricted])
			}
		}
	}
	return nil
}

// nextUnit recomputes who gets one unit more of the ongoing money of each fund.
func (a *audit) nextUnit() error {
	if a.in.Method == model.CutLine {
		return a.nobodyNext()
	}
	reach := a.reach()
	n := len(a.nodes)
	short := make([]bool, len(a.in.Funds))
	for b := range a.plan.Blocks {
		for _, id := range a.plan.Blocks[b].Funds {
			short[a.fund[id]] = a.plan.Blocks[b].Short > 0
		}
	}
	first := make([]rung, n)
	for _, i := range a.claims {
		w := &a.work[i]
		if w.x == w.hi || a.plan.Blocks[w.block].Short > 0 {
			continue
		}
		r := a.rungAt(i, w.x)
		for _, k := range w.nodes {
			if first[k].none() || r.before(&first[k]) {
				first[k] = r
			}
		}
	}
	for k := range a.in.Funds {
		var best *rung
		for from := range n {
			if reach[from][k] && !first[from].none() && !short[k] && (best == nil || first[from].before(best)) {
				best = &first[from]
			}
		}
		var want model.LineRef
		if best != nil {
			l := &a.plan.Lines[best.claim]
			want = model.LineRef{Program: l.Program, Fund: l.Fund, OneTime: l.OneTime}
		}
		got := a.plan.Funds[k].Next
		if (got == nil) != (best == nil) || (got != nil && *got != want) {
			return fmt.Errorf("the next unit of fund %q would go to %v, not to %v", a.in.Funds[k].ID, want, got)
		}
	}
	return nil
}

// nobodyNext is for CUT_LINE, where whole programs are next in line.
func (a *audit) nobodyNext() error {
	for k := range a.plan.Funds {
		if a.plan.Funds[k].Next != nil {
			return fmt.Errorf("the next unit of fund %q would go to nobody", a.in.Funds[k].ID)
		}
	}
	return nil
}
