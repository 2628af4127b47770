package packages

import (
	"cmp"
	"slices"
)

// stage is one unit that the list still decides on.
type stage struct {
	unit  int32
	last  int32 // last row that its options load differently
	moves []move

	rest   int64   // regrets of the bases of this and all later stages
	up, dn []int64 // least loss per unit of free, or missing, capacity in this and all later stages
	freed  []int64 // most capacity that this and all later stages can free
	live   int     // rows that this or a later stage loads: the first ones
	floor  int64   // least loss of the clusters that start with or after this stage
	own    int     // row of the cluster that has started already, -1 for none
	inner  loss    // of a unit of the cluster's row while this and the cluster's later stages are to come
}

// move is an option against the base of its unit.
type move struct {
	option        int32
	value, regret int64
	freed         []int64 // capacity of each row, may be negative
}

// plan is what a pass starts from: the units left to decide, in order, and the state in which every unit takes its base.
type plan struct {
	*frame
	base   []int32
	stages []stage
	x      []int64 // free capacity of each row, may be negative
	value  int64
	lost   int64 // regrets
}

// newPlan keeps the options whose regret is within the budget, at most so many units of them, and starts from a rounded choice.
func newPlan(f *frame, budget int64, most int) *plan {
	p := &plan{frame: f, base: slices.Clone(f.best), x: make([]int64, len(f.rows))}
	for i, r := range f.rows {
		p.x[i] = r.capacity
	}
	type open struct {
		order int64
		unit  int32
	}
	var units []open
	d := make([]int64, len(f.rows))
	for u, best := range f.best {
		f.load(best, -1, p.x)
		if order := p.deviation(u, budget, d); order >= 0 {
			units = append(units, open{order, int32(u)}) //nolint:gosec // units are far fewer than 2^31
		}
	}
	slices.SortFunc(units, func(a, b open) int { return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.unit, b.unit)) })
	for _, u := range units[:min(most, len(units))] {
		p.stages = append(p.stages, stage{unit: u.unit, last: -1})
	}
	p.round(budget)
	for _, o := range p.base {
		p.value += f.value[o]
		p.lost += f.regret[o]
	}
	p.choices(budget)
	slices.SortStableFunc(p.stages, func(a, b stage) int { return cmp.Compare(b.last, a.last) })
	p.stages = append(p.stages, stage{last: -1})
	return p
}

// deviation is the least change of prices, as a part of them, at which the unit changes its choice; -1 if it has none within the budget.
func (p *plan) deviation(u int, budget int64, d []int64) int64 {
	least := int64(-1)
	for o := p.first[u]; o < p.first[u+1]; o++ {
		if o == p.best[u] || p.regret[o] > budget {
			continue
		}
		p.difference(o, p.best[u], d)
		var weight int64
		for i, r := range p.rows {
			weight = saturate(weight, r.weight, max(d[i], -d[i]))
		}
		if by := ratio(p.regret[o], weight); least < 0 || by < least {
			least = by
		}
	}
	return least
}

// difference is the capacity of each row that an option frees against a base.
func (p *plan) difference(option, base int32, d []int64) {
	clear(d)
	p.load(base, 1, d)
	p.load(option, -1, d)
}

// round lets units take another base, in order of price deviation, where that brings capacities closer to being just used up.
func (p *plan) round(budget int64) {
	d := make([]int64, len(p.rows))
	for _, st := range p.stages {
		best, least := p.best[st.unit], p.distance(p.x, nil)
		for o := p.first[st.unit]; o < p.first[st.unit+1]; o++ {
			if p.regret[o] > budget || o == p.best[st.unit] {
				continue
			}
			p.difference(o, p.best[st.unit], d)
			if far := p.distance(p.x, d); far < least && p.regret[o] < least-far {
				best, least = o, far+p.regret[o]
			}
		}
		if best != p.best[st.unit] {
			p.base[st.unit] = best
			p.difference(best, p.best[st.unit], d)
			for i := range d {
				p.x[i] += d[i]
			}
		}
	}
}

// distance is what the capacity that x + d leaves free or lacks is worth.
func (p *plan) distance(x, d []int64) (sum int64) {
	for i, r := range p.rows {
		y := x[i]
		if d != nil {
			y += d[i]
		}
		if y > 0 {
			sum += r.price * y
		} else {
			sum -= r.weight * y
		}
	}
	return sum
}

// choices lists the moves of every stage.
func (p *plan) choices(budget int64) {
	for s := range p.stages {
		st := &p.stages[s]
		base := p.base[st.unit]
		for o := p.first[st.unit]; o < p.first[st.unit+1]; o++ {
			if o == base || p.regret[o] > budget {
				continue
			}
			m := move{option: o, value: p.frame.value[o] - p.frame.value[base], regret: p.regret[o] - p.regret[base], freed: make([]int64, len(p.rows))}
			p.difference(o, base, m.freed)
			for i, d := range m.freed {
				if d != 0 {
					st.last = max(st.last, int32(i)) //nolint:gosec // rows are few
				}
			}
			st.moves = append(st.moves, m)
		}
	}
}

// outlook fills in what each stage knows about itself and the later ones. The losses per unit hold together: no move of these stages would win
// anything if, at once, free capacity were cheaper and missing capacity dearer by that much; so whatever capacity is free or missing now costs
// at least that in the end, be it by being left or by being moved (the dual bound at those prices).
func (p *plan) outlook(floors []int64) {
	m := len(p.rows)
	rest, freed, live := int64(0), make([]int64, m), 0
	none := make([]int64, m)
	for i := range none {
		none[i] = limit
	}
	every := 1 + len(p.stages)/400
	end := &p.stages[len(p.stages)-1]
	end.up, end.dn, end.freed, end.own = p.capped(none), none, make([]int64, m), -1
	for s := len(p.stages) - 2; s >= 0; s-- {
		st := &p.stages[s]
		rest += p.regret[p.base[st.unit]]
		live = max(live, int(st.last)+1)
		for i := range m {
			best := int64(0)
			for _, mv := range st.moves {
				best = max(best, mv.freed[i])
			}
			freed[i] += best
		}
		st.rest, st.freed, st.live = rest, slices.Clone(freed), live
		p.ahead(s, floors)
	}
	for s := range len(p.stages) - 1 {
		if s%every > 0 { // what holds for more stages holds for fewer
			p.stages[s].up, p.stages[s].dn = p.stages[s-1].up, p.stages[s-1].dn
			continue
		}
		up, dn := p.losses(p.stages[s : len(p.stages)-1])
		p.stages[s].up, p.stages[s].dn = p.capped(up), dn
	}
}

// ahead fills in what the clusters to come lose at least.
func (p *plan) ahead(s int, floors []int64) {
	st, after := &p.stages[s], &p.stages[s+1]
	st.floor, st.own = after.floor, -1
	if st.last < 0 {
		return
	}
	row := int(st.last)
	start := loss{p.rows[row].price, limit}
	if after.last == st.last && s+1 < len(p.stages)-1 {
		start = after.inner
	}
	st.inner = start.with(st, row)
	if s > 0 && p.stages[s-1].last == st.last {
		st.own = row
		return
	}
	st.floor = min(st.floor+floors[row], limit)
}

// capped limits the loss per unit of free capacity to its price.
func (p *plan) capped(up []int64) []int64 {
	out := slices.Clone(up)
	for i, r := range p.rows {
		out[i] = min(out[i], r.price)
	}
	return out
}

// losses finds losses per unit that hold together: first in proportion to the prices, then each row takes what is left, last rows first.
func (p *plan) losses(stages []stage) (up, dn []int64) {
	up, dn = make([]int64, len(p.rows)), make([]int64, len(p.rows))
	if part := p.part(stages); part < 1<<30 {
		for i, r := range p.rows {
			up[i] = mulShift(r.weight, part)
			dn[i] = up[i]
		}
	}
	for i := len(p.rows) - 1; i >= 0; i-- {
		moreUp, moreDn := int64(limit), int64(limit)
		for s := range stages {
			for _, mv := range stages[s].moves {
				switch d := mv.freed[i]; {
				case d < 0:
					moreUp = min(moreUp, mv.left(up, dn)/-d)
				case d > 0:
					moreDn = min(moreDn, mv.left(up, dn)/d)
				}
			}
		}
		up[i], dn[i] = min(up[i]+moreUp, limit), min(dn[i]+moreDn, limit)
	}
	return up, dn
}

// part is the share of the prices, times 2^20, by which all may change before a move wins anything.
func (p *plan) part(stages []stage) int64 {
	least := int64(limit)
	for s := range stages {
		for _, mv := range stages[s].moves {
			var weight int64
			for i, d := range mv.freed {
				weight = saturate(weight, p.rows[i].weight, max(d, -d))
			}
			if weight > 0 {
				least = min(least, ratio(max(mv.regret, 0), weight))
			}
		}
	}
	return least
}

// left is the regret of a move that losses per unit do not use up yet.
func (m *move) left(up, dn []int64) int64 {
	left := m.regret
	for i, d := range m.freed {
		if d < 0 {
			left += up[i] * d // takes capacity, which is cheaper
		} else {
			left -= dn[i] * d
		}
	}
	return max(left, 0)
}
