package certify

import (
	"errors"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// follower walks a CUT_LINE plan program by program, in the order of scores, and keeps its own account of what is paid.
type follower struct {
	*audit
	r      *route
	of     []int  // demand of each claim, by place in claims; −1 where only short money may pay it
	lined  []bool // nodes whose line is drawn
	closed []bool // nodes that cannot even pay what must be paid
	next   int    // of plan.CutLines
}

// cutLines proves every program in its place. What lines above the line get is paid, as other checks show, so that it is enough to prove of each
// program that is not paid whole that it could not be, or that it could draw on money whose line was drawn before.
func (a *audit) cutLines() error {
	f := &follower{audit: a, closed: make([]bool, len(a.nodes))}
	a.stands = make([]model.Reason, len(a.plan.Lines))
	f.floors()
	for k, closed := range f.closed {
		if short := a.inShortBlock(k); short != closed {
			return fmt.Errorf("fund %q is said to be short of what must be paid: %t, want %t", a.name(k), short, closed)
		}
	}
	for _, program := range f.ranked() {
		if err := f.program(program); err != nil {
			return err
		}
	}
	if f.next < len(a.plan.CutLines) {
		return fmt.Errorf("a line is drawn at program %q, which it does not stop", a.plan.CutLines[f.next].Program)
	}
	return nil
}

// inShortBlock says whether a node is in a block that is short.
func (a *audit) inShortBlock(n int) bool {
	for i := range a.plan.Blocks {
		b := &a.plan.Blocks[i]
		list := b.Funds
		if a.nodes[n].oneTime {
			list = b.OneTime
		}
		if b.Short > 0 && slices.Contains(list, a.in.Funds[a.nodes[n].fund].ID) {
			return true
		}
	}
	return false
}

// floors pays what every claim must get. Nodes that are too short for it are closed, and leave the account.
func (f *follower) floors() {
	f.account()
	f.r.search(f.r.settle(), false)
	for _, k := range f.r.queue {
		f.closed[k] = true
	}
	f.lined = slices.Clone(f.closed)
	if len(f.r.queue) > 0 {
		f.account()
		f.r.settle()
	}
}

// account opens the account with the lower bounds of all claims that open nodes may pay.
func (f *follower) account() {
	room := f.afterTop()
	for k := range room {
		if room[k] = max(0, room[k]); f.closed[k] {
			room[k] = 0
		}
	}
	f.r, f.of = newRoute(room), make([]int, len(f.claims))
	known := map[string]int{}
	var name []byte
	for j, i := range f.claims {
		name = setName(name[:0], f.work[i].nodes)
		d, ok := known[string(name)]
		if !ok {
			d = -1
			if nodes := f.open(f.work[i].nodes); len(nodes) > 0 {
				d = f.r.add(nodes)
			}
			known[string(name)] = d
		}
		if f.of[j] = d; d >= 0 {
			f.r.demands[d].open += f.work[i].lo
		}
	}
}

// open is the nodes that are not closed.
func (f *follower) open(nodes []int) (open []int) {
	for _, k := range nodes {
		if !f.closed[k] {
			open = append(open, k)
		}
	}
	return open
}

// ranked is the places in claims of the programs that ask for more than they must get: the highest score first, then by id.
func (f *follower) ranked() [][]int {
	var out [][]int
	var last *model.Program
	for j, i := range f.claims {
		w := &f.work[i]
		if w.lo == w.hi {
			continue
		}
		if w.program != last {
			out, last = append(out, nil), w.program
		}
		out[len(out)-1] = append(out[len(out)-1], j)
	}
	slices.SortStableFunc(out, func(x, y []int) int {
		return int(f.work[f.claims[y[0]]].score - f.work[f.claims[x[0]]].score)
	})
	return out
}

// program proves one program in its place.
func (f *follower) program(places []int) error {
	first := f.claims[places[0]]
	whole := f.work[first].x == f.work[first].hi
	barred := -1
	for _, j := range places {
		i := f.claims[j]
		w := &f.work[i]
		if (whole && w.x != w.hi) || (!whole && w.x != w.lo) {
			return f.at(i, "gets %d, neither all that the program asks for nor what it must get", f.plan.Lines[i].Amount)
		}
		for _, k := range w.nodes {
			if f.lined[k] {
				barred = k
			}
		}
	}
	place := model.BelowLine
	switch {
	case barred >= 0 && whole:
		return f.at(first, "is paid above the line that is drawn for fund %q", f.name(barred))
	case whole:
		place = model.AboveLine
		f.raise(places)
	case barred < 0:
		place = model.AtLine
		if err := f.stopped(places); err != nil {
			return err
		}
	}
	for _, j := range places {
		f.stands[f.claims[j]] = place
	}
	return nil
}

// raise demands all that a program asks for; it is settled with the next line, or never: what is paid together could be paid in any order.
func (f *follower) raise(places []int) {
	for _, j := range places {
		w := &f.work[f.claims[j]]
		f.r.demands[f.of[j]].open += w.hi - w.lo
	}
}

// stopped proves that a program could not be paid whole, and that the line is drawn for the money that was too short: all that its demand leads
// to, which is the smallest set that is short by the most.
func (f *follower) stopped(places []int) error {
	program := f.work[f.claims[places[0]]].program.ID
	if f.next == len(f.plan.CutLines) || f.plan.CutLines[f.next].Program != program {
		return fmt.Errorf("program %q is not paid whole, and no line is drawn at it", program)
	}
	line := &f.plan.CutLines[f.next]
	f.next++
	if len(f.r.settle()) > 0 {
		return errors.New("programs above the line cannot be paid together")
	}
	supply := f.afterTop()
	f.raise(places)
	open := f.r.settle()
	if len(open) == 0 {
		return fmt.Errorf("program %q is not paid whole, but could be", program)
	}
	f.r.search(open, false)
	reached := slices.Clone(f.r.seen)
	var demand, have int64
	for d := range f.r.demands {
		if v := &f.r.demands[d]; !slices.ContainsFunc(v.nodes, func(k int) bool { return !reached[k] }) {
			demand += v.open
			for _, paid := range v.pays {
				demand += paid
			}
		}
	}
	nodes, bad := f.nodesOf(line.Funds, line.OneTime)
	for _, k := range nodes {
		if !reached[k] {
			bad = f.name(k)
		}
		have += supply[k]
	}
	if bad != "" || len(nodes) != len(f.r.queue) {
		return fmt.Errorf("the line at program %q is drawn for other money than what is too short (%q)", program, bad)
	}
	if line.Demand != demand || line.Supply != have {
		return fmt.Errorf("the line at program %q is said to ask %d of %d, want %d of %d", program, line.Demand, line.Supply, demand, have)
	}
	for _, k := range nodes {
		f.lined[k] = true
	}
	for _, j := range places {
		w := &f.work[f.claims[j]]
		f.r.drop(f.of[j], w.hi-w.lo)
	}
	return nil
}
