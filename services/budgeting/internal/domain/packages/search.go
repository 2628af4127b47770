package packages

import (
	"context"
	"math/bits"
)

// search is the work on one instance: the best choice so far and what is proven about it.
type search struct {
	tuning
	*instance
	ctx    context.Context //nolint:containedctx // lives for one Solve
	net    *network
	watch  [][]int32 // sets of nodes that some choice overdrew
	found  bool
	value  int64   // of pick
	pick   []int32 // option of each unit
	bound  int64   // no feasible choice is worth more
	states int64
	limit  int64 // of states
	step   int64 // that divides all values
	need   []int64
	none   bool // proven: no choice exists
	price  []int64
	shift  uint8
	tell   func()
	plain  bool // without cuts
}

// proven says whether nothing better can exist.
func (s *search) proven() bool { return s.none || s.found && s.value >= s.bound }

// budget is the scaled loss against the dual that a better choice may have.
func (s *search) budget(f *frame) int64 {
	if !s.found {
		return limit
	}
	return f.dual - (s.value+s.step)<<f.shift
}

// outcome of a pass.
type outcome int

const (
	exhausted outcome = iota // every state was looked at: nothing better than the best found exists
	cut                      // states were dropped
	redo                     // a set of nodes must be watched
)

// state is a partial choice, completed by the bases of later stages.
type state struct {
	value int64 // of all units
	lost  int64 // regrets of all units, scaled
	least int64 // loss that is certain
	past  int32 // entry of the history, -1 for none
	side  int32 // entry of the history that joins in, -1 for none
	move  int32 // of the current stage, -1 for the base
}

// list is states with their free capacities, sorted by those, most first.
type list struct {
	states []state
	x      []int64 // row by row within each state
}

func (l *list) clear() { l.states, l.x = l.states[:0], l.x[:0] }

// step is one decision on the way to a state, or a joint of two ways.
type step struct{ past, option, side int32 }

// pass runs the list over the stages of a plan.
type pass struct {
	*search
	*plan
	width   int
	rows    int
	budget  int64
	history []step
	dropped int64 // least certain loss of a dropped state
	redo    bool
	keys    []int64
	order   []int64
	at      int // stage being decided
	y, zero []int64

	next, more, shifted list
}

// run decides stage by stage with at most width states; it answers what that proves, and lowers the bound accordingly.
// With fill the pass meets in the middle of every cluster of stages.
func (s *search) run(f *frame, width, most int, fill bool) (outcome, error) {
	p := &pass{search: s, width: width, budget: s.budget(f), rows: len(f.rows), dropped: limit, y: make([]int64, len(f.rows)), zero: make([]int64, len(f.rows))}
	if p.budget < 0 {
		return exhausted, nil
	}
	p.plan = newPlan(f, p.budget, most)
	whole := most >= s.size() && !fill
	var halves map[int]int
	if fill {
		halves = p.halve()
	}
	var floors []int64
	if fill {
		floors = make([]int64, p.rows)
	} else {
		floors = p.floors()
	}
	p.outlook(floors)
	var now list
	p.offer(&now, state{value: p.plan.value, lost: p.lost, past: -1, side: -1, move: -1}, p.plan.x, &p.stages[0])
	for i := 0; i < len(p.stages)-1 && len(now.states) > 0 && !p.redo; i++ {
		if err := s.ctx.Err(); err != nil {
			return cut, err
		}
		if s.states >= s.limit {
			p.drop(&now)
			break
		}
		p.at = i
		if to, ok := halves[i]; ok {
			p.join(&now, p.side(i, to), &p.stages[to], int(p.stages[i].last))
			i = to - 1
			continue
		}
		p.expand(&now)
		p.trim(&now)
		p.remember(&now, &p.stages[i])
	}
	switch {
	case p.redo:
		return redo, nil
	case !whole:
		return cut, nil
	case p.dropped == limit:
		return exhausted, nil
	}
	s.lower(f.dual-p.dropped, f.shift)
	return cut, nil
}

// lower takes a scaled upper bound on every choice that is better than the best one.
func (s *search) lower(scaled int64, shift uint8) {
	v := scaled >> shift
	v -= ((v % s.step) + s.step) % s.step
	s.bound = min(s.bound, v)
	if s.found {
		s.bound = max(s.bound, s.value)
	}
}

// drop gives up every state of the list.
func (p *pass) drop(l *list) {
	for _, st := range l.states {
		p.dropped = min(p.dropped, st.least)
	}
	l.clear()
}

// expand replaces the list by its continuations at a stage.
func (p *pass) expand(now *list) {
	st, after := &p.stages[p.at], &p.stages[p.at+1]
	next, more := &p.next, &p.more
	next.clear()
	for k, a := range now.states {
		a.move = -1
		p.offer(next, a, now.x[k*p.rows:(k+1)*p.rows], after)
	}
	for j := range st.moves {
		mv := &st.moves[j]
		p.shifted.clear()
		for k, a := range now.states {
			x := now.x[k*p.rows : (k+1)*p.rows]
			for r := range p.y {
				p.y[r] = x[r] + mv.freed[r]
			}
			a.value += mv.value
			a.lost += mv.regret
			a.move = int32(j) //nolint:gosec // moves are few
			p.offer(&p.shifted, a, p.y, after)
		}
		p.merge(more, next, &p.shifted, after.live)
		next, more = more, next
	}
	*now, *next = *next, *now
}

// offer adds a state unless it cannot become better than the best choice; if it is itself better, it is taken.
func (p *pass) offer(l *list, a state, x []int64, after *stage) {
	p.states++
	a.least = max(p.least(a.lost-after.rest, x, after), p.split(a.lost-after.rest, x, after))
	if a.least > p.budget {
		return
	}
	feasible := true
	for r, y := range x {
		if y < 0 {
			feasible = false
			if y+after.freed[r] < 0 {
				return
			}
		}
	}
	if feasible && (!p.found || a.value > p.search.value) {
		p.take(a)
		if a.least > p.budget {
			return
		}
	}
	l.add(a, x)
}

// least is the loss that is certain: regrets, and what free or missing capacity costs in any case.
func (p *pass) least(lost int64, x []int64, after *stage) int64 {
	for r, y := range x {
		by := after.up[r]
		if y < 0 {
			y, by = -y, after.dn[r]
		}
		hi, lo := bits.Mul64(uint64(y), uint64(by)) //nolint:gosec // both ≥ 0
		if hi > 0 || lo > limit {
			return limit + 1
		}
		if lost += int64(lo); lost > limit { //nolint:gosec // at most 2^62
			return limit + 1
		}
	}
	return lost
}

// split is the loss that is certain because clusters cannot make up for each other: regrets, the rows that are settled, the row at work, and the
// floors of the clusters to come.
func (p *pass) split(lost int64, x []int64, after *stage) int64 {
	lost = min(lost+after.floor, limit)
	for r := after.live; r < p.rows; r++ {
		lost = loss{p.plan.rows[r].price, limit}.add(lost, x[r])
	}
	if after.own >= 0 {
		lost = after.inner.add(lost, x[after.own])
	}
	return lost
}
