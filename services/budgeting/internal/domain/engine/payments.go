package engine

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// payer shares what each class gets from each node among its claims: first from the fund that carries the claim, its one-time money before
// its ongoing money, then from the most restricted one with money left.
type payer struct {
	*draft
	pays  [][]int64       // what is left to hand out, as Solution.Paid
	first []model.Payment // places for the first payment of each line
	own   []int64         // of each claim: units from the carrying fund
}

func (d *draft) payer() *payer {
	p := &payer{draft: d, pays: make([][]int64, len(d.g.Eligible)), first: d.sheet.payments(len(d.lines)), own: zeroed(&d.memory.own, len(d.claims))}
	for c := range p.pays {
		p.pays[c] = slices.Clone(d.s.Paid[c])
	}
	return p
}

// carried has claim i paid by its carrying fund as far as that goes.
func (p *payer) carried(l *model.Line, i int) {
	c := &p.claims[i]
	l.Paid = p.first[c.line : c.line : c.line+1]
	if c.oneTime && p.once[c.fund] >= 0 {
		p.own[i] = p.carry(l, i, p.once[c.fund], p.s.Units[i])
	}
	p.own[i] += p.carry(l, i, c.fund, p.s.Units[i]-p.own[i])
}

// rest pays what is open of all claims, and their odd minor units.
func (p *payer) rest() {
	byUse := placesByUse(p.g.Eligible, p.order)
	for i := range p.claims {
		open := p.s.Units[i] - p.own[i]
		if open == 0 && p.g.odd[i] == 0 && p.own[i] > 0 {
			continue // most are paid by now
		}
		l, class := &p.lines[p.claims[i].line], p.g.Class[i]
		p.pay(l, p.g.oddNode[i], p.g.odd[i])
		for _, at := range byUse[class] {
			units := min(open, p.pays[class][at])
			p.pays[class][at] -= units
			open -= units
			p.pay(l, p.g.Eligible[class][at], units*p.g.unit)
		}
		if len(l.Paid) == 0 {
			l.Paid = nil
		}
	}
}

// carry pays at most open units of claim i from a node of its carrying fund, if the part that it is in still has the node.
func (p *payer) carry(l *model.Line, i int, node int32, open int64) int64 {
	class := p.g.Class[i]
	at := slices.Index(p.g.Eligible[class], node)
	units := min(open, p.pays[class][at])
	p.pays[class][at] -= units
	p.pay(l, node, units*p.g.unit)
	return units
}

// placesByUse is, for each class, the places of its nodes, the most restricted first.
func placesByUse(eligible [][]int32, order []int32) [][]int32 {
	out := make([][]int32, len(eligible))
	place := make([]int32, len(order))
	for i, k := range order {
		place[k] = int32(i)
	}
	for c, set := range eligible {
		for at := range set {
			out[c] = append(out[c], int32(at))
		}
		slices.SortFunc(out[c], func(a, b int32) int { return int(place[set[a]] - place[set[b]]) })
	}
	return out
}

// pay adds a payment to a line, keeping its payments sorted by fund.
func (d *draft) pay(l *model.Line, node int32, amount int64) {
	if amount == 0 {
		return
	}
	d.spent[node] += amount
	p := model.Payment{Fund: d.in.Funds[d.owner[node]].ID, Amount: amount}
	if d.isOnce(node) {
		p.OneTime = amount
	}
	for at := range l.Paid {
		if l.Paid[at].Fund == p.Fund {
			l.Paid[at].Amount += amount
			l.Paid[at].OneTime += p.OneTime
			return
		}
		if l.Paid[at].Fund > p.Fund {
			l.Paid = slices.Insert(l.Paid, at, p)
			return
		}
	}
	l.Paid = append(l.Paid, p)
}

// offTheTop pays the lines that do not compete, each by its own fund: one-time ones with one-time money, in line order, as long as there is some.
func (d *draft) offTheTop() {
	first := d.sheet.payments(len(d.lines))
	for i := range d.lines {
		l := &d.lines[i]
		if l.Block >= 0 || l.Base == 0 {
			continue
		}
		first[i] = d.fromTheTop(l, d.lineIn[i])
		l.Paid = first[i : i+1 : i+1]
	}
}

// fromTheTop is what fund k pays of a line of its own; lines must come in their order.
func (p *purse) fromTheTop(l *model.Line, k int32) model.Payment {
	out := model.Payment{Fund: l.Fund, Amount: l.Base}
	switch {
	case !l.OneTime:
	case l.Base < 0:
		out.OneTime = l.Base
	default:
		out.OneTime = min(l.Base, p.topPaid[k])
		p.topPaid[k] -= out.OneTime
	}
	return out
}

// funds balances every fund.
func (d *draft) funds(plan *model.Plan) {
	block := make([]int, len(d.in.Funds))
	for i := range block {
		block[i] = -1
	}
	for i, b := range d.s.Blocks {
		for _, k := range b.Funds {
			if !d.isOnce(k) {
				block[k] = i
			}
		}
	}
	next := d.next()
	plan.Funds = make([]model.FundResult, len(d.in.Funds))
	for k := range d.in.Funds {
		f, r := &d.in.Funds[k], &plan.Funds[k]
		over := d.left[k] - d.spent[k]
		*r = model.FundResult{
			Fund: f.ID, Available: f.Available, Fixed: d.fixed[k], Revenue: d.revenue[k], Competing: d.spent[k],
			Remainder: over % d.g.unit, Block: block[k], OneTime: f.OneTime,
		}
		r.Surplus = over - r.Remainder
		r.OneTimeUsed = f.OneTime
		if n := d.once[k]; n >= 0 {
			over := d.left[n] - d.spent[n]
			r.Competing += d.spent[n]
			r.Remainder += over % d.g.unit
			r.Surplus += over - over%d.g.unit
			r.OneTimeUsed -= over
		}
		if i := next[k]; i >= 0 {
			l := &d.lines[d.claims[i].line]
			r.Next = &model.LineRef{Program: l.Program, Fund: l.Fund, OneTime: l.OneTime}
		}
	}
}
