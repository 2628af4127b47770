package engine

import (
	"cmp"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// purse is the money, fund by fund and node by node. A node is money of one kind of one fund: node k is the ongoing money of fund k, and funds
// that still have one-time money to share have a node for it behind those of all funds.
type purse struct {
	places  model.Places // of funds
	revenue []int64      // of each fund
	fixed   []int64      // of each fund: all lines off the top
	top     []int64      // of each fund: one-time lines off the top, without credits
	credit  []int64      // of each fund: one-time credits, ≥ 0
	topPaid []int64      // of each fund: what one-time money pays of top

	owner []int32 // of each node: its fund
	once  []int32 // of each fund: its node of one-time money, −1 for none
	left  []int64 // of each node, after program revenue and everything off the top
	order []int32 // nodes: the most restricted fund first, one-time money before the ongoing money of a fund
	set   []int32 // scratch of eligible
}

func newPurse(funds []model.Fund) purse {
	n := len(funds)
	amounts := make([]int64, 5*n)
	p := purse{
		places: model.PlacesOfFunds(funds), revenue: amounts[:n:n], fixed: amounts[n : 2*n : 2*n], top: amounts[2*n : 3*n : 3*n],
		credit: amounts[3*n : 4*n : 4*n], topPaid: amounts[4*n:], owner: make([]int32, n, 2*n), once: make([]int32, n), left: make([]int64, n, 2*n),
	}
	for k := range funds {
		p.owner[k], p.once[k] = int32(k), -1
	}
	return p
}

// place is that of a fund of the input.
func (p *purse) place(id string) int32 { return int32(p.places.Find(id)) } //nolint:gosec // funds are counted in int32

// takeOff takes a line off the top of fund k.
func (p *purse) takeOff(k int32, l *model.Line) {
	p.fixed[k] += l.Base
	switch {
	case !l.OneTime:
	case l.Base < 0:
		p.credit[k] -= l.Base
	default:
		p.top[k] += l.Base
	}
}

// open makes the nodes, once every line off the top is known: one-time lines use one-time money first.
func (p *purse) open(funds []model.Fund) {
	for k := range funds {
		f := &funds[k]
		oneTime := f.OneTime + p.credit[k]
		p.topPaid[k] = min(oneTime, p.top[k])
		oneTime -= p.topPaid[k]
		p.left[k] = f.Available - p.revenue[k] - p.fixed[k] - oneTime
		if oneTime > 0 {
			p.once[k] = int32(len(p.left)) //nolint:gosec // there are at most two nodes a fund
			p.owner = append(p.owner, int32(k))
			p.left = append(p.left, oneTime)
		}
	}
	byUse := slices.Clone(p.owner[:len(funds)])
	slices.SortFunc(byUse, func(x, y int32) int {
		f, g := &funds[x], &funds[y]
		return cmp.Or(cmp.Compare(boundness(f.Class), boundness(g.Class)), cmp.Compare(f.Rank, g.Rank), cmp.Compare(f.ID, g.ID))
	})
	p.order = make([]int32, 0, len(p.left))
	for _, k := range byUse {
		if p.once[k] >= 0 {
			p.order = append(p.order, p.once[k])
		}
		p.order = append(p.order, k)
	}
}

// boundness is the place of a class in the order of use.
func boundness(c model.FundClass) int { return slices.Index(model.FundClasses(), c) }

// isOnce says whether a node is one-time money.
func (p *purse) isOnce(node int32) bool { return int(node) >= len(p.once) }

// nodes appends the nodes of fund k that may pay a cost: one-time money pays one-time costs only.
func (p *purse) nodes(to []int32, k int32, oneTime bool) []int32 {
	if oneTime && p.once[k] >= 0 {
		to = append(to, p.once[k])
	}
	return append(to, k)
}

// kinds names nodes: whose ongoing and whose one-time money they are, by fund. Nodes ascend.
func (p *purse) kinds(in *model.Input, nodes []int32) (ongoing, oneTime []string) {
	ongoing = []string{}
	for _, k := range nodes {
		if id := in.Funds[p.owner[k]].ID; p.isOnce(k) {
			oneTime = append(oneTime, id)
		} else {
			ongoing = append(ongoing, id)
		}
	}
	return ongoing, oneTime
}
