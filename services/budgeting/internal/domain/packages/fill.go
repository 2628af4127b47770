package packages

import (
	"cmp"
	"slices"
)

// Filling meets in the middle (Horowitz and Sahni 1974): the stages that end with one row are split into two halves, each half makes a list of its
// own, and every state of the first is joined with the states of the second that use up the row best. Two lists of some thousand states so reach
// tens of millions of sums, among them one that fits exactly where only a few choices in a million do. It finds choices and proves nothing.

// halve puts every second stage of a cluster, in order of deviation, after the others, and says where the second halves start and end.
func (p *plan) halve() map[int]int {
	halves := map[int]int{}
	stages := p.stages[:len(p.stages)-1]
	for from := 0; from < len(stages); {
		to := from
		for to < len(stages) && stages[to].last == stages[from].last {
			to++
		}
		cluster := slices.Clone(stages[from:to])
		first := (len(cluster) + 1) / 2
		for i, st := range cluster {
			stages[from+i%2*first+i/2] = st
		}
		if to-from > 1 && stages[from].last >= 0 {
			halves[from+first] = to
		}
		from = to
	}
	return halves
}

// side is the list of the sums that a range of stages makes of its moves, the closest to no change at all.
func (p *pass) side(from, to int) list {
	now, next, more := list{}, list{}, list{}
	now.states = append(now.states, state{past: -1, move: -1})
	now.x = append(now.x, p.zero...)
	for i := from; i < to && p.states < p.search.limit && p.ctx.Err() == nil; i++ {
		next.clear()
		for k, a := range now.states {
			a.move = -1
			next.add(a, now.x[k*p.rows:(k+1)*p.rows])
		}
		for j := range p.stages[i].moves {
			mv := &p.stages[i].moves[j]
			p.shifted.clear()
			for k, a := range now.states {
				a.value += mv.value
				a.lost += mv.regret
				a.least = a.lost
				a.move = int32(j) //nolint:gosec // moves are few
				for r := range p.y {
					p.y[r] = now.x[k*p.rows+r] + mv.freed[r]
				}
				if a.lost <= p.budget {
					p.shifted.add(a, p.y)
				}
			}
			p.states += int64(len(now.states))
			p.merge(&more, &next, &p.shifted, p.rows)
			next, more = more, next
		}
		now, next = next, now
		p.trim(&now)
		p.remember(&now, &p.stages[i])
	}
	return now
}

func (l *list) add(a state, x []int64) {
	l.states = append(l.states, a)
	l.x = append(l.x, x...)
}

// join continues every state with the members of a side that leave the least of the row which ends here, and the few that miss it by the least.
func (p *pass) join(now *list, side list, after *stage, row int) {
	const few = 3
	order := make([]int32, len(side.states)) // by capacity freed, least first
	for k := range order {
		order[k] = int32(k) //nolint:gosec // lists are far shorter than 2^31
	}
	freed := func(k int32) int64 { return side.x[int(k)*p.rows+row] }
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(freed(a), freed(b)) })
	best := make([]int32, len(order)) // of this and all later ones, position of the least loss
	loss := func(i int32) int64 { return side.states[order[i]].lost + p.plan.rows[row].price*freed(order[i]) }
	for i := int32(len(order)) - 1; i >= 0; i-- { //nolint:gosec // lists are far shorter than 2^31
		best[i] = i
		if int(i)+1 < len(order) && loss(best[i+1]) <= loss(i) {
			best[i] = best[i+1]
		}
	}
	var out list
	for k, a := range now.states {
		x := now.x[k*p.rows : (k+1)*p.rows]
		least, _ := slices.BinarySearchFunc(order, -x[row], func(b int32, want int64) int { return cmp.Compare(freed(b), want) })
		for i := least; i < min(len(order), least+few+1); i++ {
			b := int32(i) //nolint:gosec // lists are far shorter than 2^31
			if i == least+few {
				b = best[least]
			}
			b = order[b]
			other := &side.states[b]
			for r := range p.y {
				p.y[r] = x[r] + side.x[int(b)*p.rows+r]
			}
			c := state{value: a.value + other.value, lost: a.lost + other.lost, past: a.past, side: other.past, move: -1}
			p.offer(&out, c, p.y, after)
		}
	}
	for k := range out.states {
		if a := &out.states[k]; a.side >= 0 {
			p.history = append(p.history, step{past: a.past, option: -1, side: a.side})
			a.past, a.side = int32(len(p.history)-1), -1 //nolint:gosec // the limit of states keeps it small
		}
	}
	p.sort(now, &out)
	p.trim(now)
}

// sort copies states in the order of lists, without repeats.
func (p *pass) sort(to, from *list) {
	order := make([]int, len(from.states))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int {
		for r := range p.rows {
			if c := cmp.Compare(from.x[b*p.rows+r], from.x[a*p.rows+r]); c != 0 {
				return c
			}
		}
		return cmp.Compare(from.states[b].value, from.states[a].value)
	})
	to.clear()
	for _, k := range order {
		if x := from.x[k*p.rows : (k+1)*p.rows]; !p.dominated(to, &from.states[k], x, p.rows) {
			to.add(from.states[k], x)
		}
	}
}
