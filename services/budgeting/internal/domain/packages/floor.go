package packages

import (
	"cmp"
	"math/bits"
	"slices"
)

// A cluster is the stages that end with one row. When no other stage loads that row, its units and its capacity lose something of their own:
// the least sum of their regrets and of what they leave of the row, whatever the rest does. Such floors add up (Lagrangian decomposition), which
// is what tells early that many small funds, each of which a few packages cannot quite use up, will not all come out even.

// floors finds the floor of every cluster, drops the moves that are out of reach because of the others', and answers the floors by row.
func (p *pass) floors() []int64 {
	out := make([]int64, p.rows)
	stages := p.stages[:len(p.stages)-1]
	if len(stages) == 0 || stages[0].last == stages[len(stages)-1].last {
		return out
	}
	var sum int64
	for from := 0; from < len(stages); {
		to := from + 1
		for to < len(stages) && stages[to].last == stages[from].last {
			to++
		}
		if row := int(stages[from].last); row >= 0 && p.alone(stages[:from], row) {
			out[row] = p.floor(stages[from:to], row)
			sum = min(sum+out[row], limit)
		}
		from = to
	}
	for s := range stages {
		st := &stages[s]
		others := sum
		if st.last >= 0 {
			others -= out[st.last]
		}
		st.moves = slices.DeleteFunc(st.moves, func(m move) bool { return p.regret[m.option] > p.budget-others })
	}
	return out
}

// alone says whether no earlier stage loads the row; later ones do not, as rows are settled last row first.
func (p *pass) alone(earlier []stage, row int) bool {
	return !slices.ContainsFunc(earlier, func(st stage) bool {
		return slices.ContainsFunc(st.moves, func(m move) bool { return m.freed[row] != 0 })
	})
}

// share is a state of one cluster: what is free of its row when the stages to come take their base, and the regrets.
type share struct{ x, lost int64 }

// floor is a lower bound on the regrets of a cluster and the price of what it leaves of its row: exact, unless the list is cut.
func (p *pass) floor(stages []stage, row int) int64 {
	const least, most = 64, 1024
	width := min(max(p.width, least), most)
	price := p.plan.rows[row].price
	best, dropped := p.budget+1, int64(limit)
	rest := make([]int64, len(stages)+1) // regrets of the bases to come
	own := make([]loss, len(stages)+1)
	own[len(stages)] = loss{min(price, limit), limit}
	for s := len(stages) - 1; s >= 0; s-- {
		rest[s] = rest[s+1] + p.regret[p.base[stages[s].unit]]
		own[s] = own[s+1].with(&stages[s], row)
	}
	certain := func(a share, s int) int64 { return own[s].add(a.lost-rest[s], a.x) }
	now := []share{{p.plan.x[row], rest[0]}}
	var next []share
	for s := range stages {
		next = append(next[:0], now...)
		for _, m := range stages[s].moves {
			for _, a := range now {
				next = append(next, share{a.x + m.freed[row], a.lost + m.regret})
			}
		}
		p.states += int64(len(next))
		slices.SortFunc(next, func(a, b share) int { return cmp.Or(cmp.Compare(b.x, a.x), cmp.Compare(a.lost, b.lost)) })
		now = now[:0]
		cheapest := int64(limit)
		for _, a := range next {
			cost := a.lost + price*a.x
			if a.x >= 0 {
				best = min(best, cost)
			}
			if cost < cheapest && certain(a, s+1) <= best {
				cheapest = cost
				now = append(now, a)
			}
		}
		if len(now) > width {
			p.keys = p.keys[:0]
			for _, a := range now {
				p.keys = append(p.keys, certain(a, s+1))
			}
			last := smallest(p.keys, width)
			now = slices.DeleteFunc(now, func(a share) bool {
				c := certain(a, s+1)
				if c >= last {
					dropped = min(dropped, c)
				}
				return c >= last
			})
		}
		if best == 0 || dropped == 0 {
			return 0
		}
	}
	return min(best, dropped)
}

// loss is what a unit of free, or of missing, capacity costs at least.
type loss struct{ up, dn int64 }

// with is the loss when a stage is still to come.
func (l loss) with(st *stage, row int) loss {
	for _, m := range st.moves {
		switch d := m.freed[row]; {
		case d < 0:
			l.up = min(l.up, max(m.regret, 0)/-d)
		case d > 0:
			l.dn = min(l.dn, max(m.regret, 0)/d)
		}
	}
	return l
}

// add is lost with the loss of capacity x, at most 2^62.
func (l loss) add(lost, x int64) int64 {
	by := l.up
	if x < 0 {
		x, by = -x, l.dn
	}
	hi, lo := bits.Mul64(uint64(x), uint64(by)) //nolint:gosec // both ≥ 0
	if hi > 0 || lo > limit {
		return limit
	}
	return min(lost+int64(lo), limit) //nolint:gosec // at most 2^62
}
