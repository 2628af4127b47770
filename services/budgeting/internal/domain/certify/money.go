package certify

import (
	"fmt"
	"sort"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// node is money of one kind of one fund. Nodes 0, 1, 2 … are the ongoing money of the funds; the one-time money that lines off the top leave
// follows, in the order of its funds, and then the envelopes of later years.
type node struct {
	fund    int
	oneTime bool
	year    int64 // after the budget's: PACKAGES has an envelope for it
	have    int64 // of a later year
}

// once is the one-time money of a fund.
type once struct {
	due    int64 // one-time lines off the top
	credit int64 // one-time credits
	paid   int64 // of due, by one-time money; ongoing money pays the rest
	node   int   // of what is left, −1 for nothing
}

// money finds the nodes once the lines off the top are known.
func (a *audit) money() {
	a.nodes = make([]node, len(a.in.Funds))
	for k := range a.in.Funds {
		a.nodes[k].fund = k
	}
	for k := range a.once {
		o := &a.once[k]
		have := a.in.Funds[k].OneTime + o.credit
		o.paid, o.node = o.due, -1
		switch {
		case have > o.due:
			o.node = len(a.nodes)
			a.nodes = append(a.nodes, node{fund: k, oneTime: true})
		case have < o.due:
			o.paid = have
		}
	}
	for _, e := range a.in.Later {
		a.nodes = append(a.nodes, node{fund: a.fund[e.Fund], year: e.Year, have: e.Available})
	}
}

// name says what money a node is.
func (a *audit) name(n int) string {
	id := a.in.Funds[a.nodes[n].fund].ID
	switch {
	case a.nodes[n].oneTime:
		return id + " (one-time)"
	case a.nodes[n].year > 0:
		return fmt.Sprintf("%s (year %d)", id, a.nodes[n].year)
	default:
		return id
	}
}

// afterTop is what each node has once the fund's lines off the top and program revenue are taken away.
func (a *audit) afterTop() []int64 {
	left := make([]int64, len(a.nodes))
	for n := range a.nodes {
		k := a.nodes[n].fund
		f, o := &a.in.Funds[k], &a.once[k]
		switch {
		case a.nodes[n].oneTime:
			left[n] = f.OneTime + o.credit - o.due
			continue
		case a.nodes[n].year > 0:
			left[n] = a.nodes[n].have
			continue
		}
		ongoing := a.fixed[k] - o.due + o.credit
		left[n] = f.Available - f.OneTime - a.income[k] - ongoing - (o.due - o.paid)
	}
	return left
}

// mayPay is the money of the carrying fund, and of the program's eligible funds that compete when the carrying fund does. One-time money pays
// one-time costs only.
func (a *audit) mayPay(w *working) []int {
	if len(w.program.EligibleFunds) == 0 && (!w.oneTime || a.once[w.fund].node < 0) {
		return a.lone[w.fund : w.fund+1 : w.fund+1]
	}
	from := len(a.sets)
	enter := func(k int) {
		a.sets = append(a.sets, k)
		if n := a.once[k].node; w.oneTime && n >= 0 {
			a.sets = append(a.sets, n)
		}
	}
	enter(w.fund)
	if a.in.Funds[w.fund].InPool() {
		for _, id := range w.program.EligibleFunds {
			if k := a.places.Find(id); k != w.fund && a.in.Funds[k].InPool() {
				enter(k)
			}
		}
	}
	nodes := a.sets[from:len(a.sets):len(a.sets)]
	sort.Ints(nodes)
	return nodes
}

// usedFirst lists the nodes, the most restricted first: of a fund, later years before the budget's, and one-time money before ongoing money.
func (a *audit) usedFirst() []int {
	class := map[model.FundClass]int{}
	for i, c := range model.FundClasses() {
		class[c] = i
	}
	order := make([]int, len(a.nodes))
	for n := range order {
		order[n] = n
	}
	sort.SliceStable(order, func(i, j int) bool {
		x, y := a.nodes[order[i]], a.nodes[order[j]]
		f, g := &a.in.Funds[x.fund], &a.in.Funds[y.fund]
		switch {
		case class[f.Class] != class[g.Class]:
			return class[f.Class] < class[g.Class]
		case f.Rank != g.Rank:
			return f.Rank < g.Rank
		case x.fund != y.fund:
			return x.fund < y.fund // funds are in order of id
		case x.year != y.year:
			return x.year > y.year // money of later years pays nothing else
		default:
			return x.oneTime && !y.oneTime
		}
	})
	return order
}

// nodesOf reads the names of nodes in a plan: funds, then funds whose one-time money is meant, each list ascending. The error names the first
// that is unknown, out of order or repeated.
func (a *audit) nodesOf(ongoing, oneTime []string) (nodes []int, bad string) {
	for i, id := range ongoing {
		k, known := a.fund[id]
		if !known || (i > 0 && ongoing[i-1] >= id) {
			return nil, id
		}
		nodes = append(nodes, k)
	}
	for i, id := range oneTime {
		k, known := a.fund[id]
		if !known || a.once[k].node < 0 || (i > 0 && oneTime[i-1] >= id) {
			return nil, id
		}
		nodes = append(nodes, a.once[k].node)
	}
	return nodes, ""
}
