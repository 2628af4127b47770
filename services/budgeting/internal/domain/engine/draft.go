package engine

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// draft turns a solution in units back into money.
type draft struct {
	*book
	g       *grid
	s       earmark.Solution
	blockOf []int32 // of each class
	spent   []int64 // of each fund, by competing lines
}

func newDraft(b *book, g *grid, s earmark.Solution) *draft {
	d := &draft{book: b, g: g, s: s, blockOf: make([]int32, len(g.Eligible)), spent: make([]int64, len(b.in.Funds))}
	for i, block := range s.Blocks {
		for _, c := range block.Classes {
			d.blockOf[c] = int32(i)
		}
	}
	return d
}

func (d *draft) fill(plan *model.Plan) {
	d.amounts()
	d.payments()
	d.funds(plan)
	d.blocks(plan)
}

// amounts fills the competing lines.
func (d *draft) amounts() {
	for i := range d.claims {
		c, curve := &d.claims[i], &d.g.Curves[i]
		l := &d.lines[c.line]
		d.describe(l, c)
		l.Odd = d.g.odd[i]
		l.Min, l.Max = l.Odd+d.g.unit*curve.Lo, l.Odd+d.g.unit*curve.Hi
		l.Amount = l.Odd + d.g.unit*d.s.Units[i]
		l.Change = l.Amount - l.Base
		l.Block = int(d.blockOf[d.g.Class[i]])
		l.Reason = d.reason(int32(i))
		if l.Change < 0 && l.Revenue > 0 && l.Base > 0 {
			l.RevenueLost, _ = money.MulDivHalfEven(-l.Change, l.Revenue, l.Base) // at most Revenue
		}
	}
}

// reason names the bend of the response that the claim is on.
func (d *draft) reason(i int32) model.Reason {
	c, curve, x := &d.claims[i], &d.g.Curves[i], d.s.Units[i]
	block := &d.s.Blocks[d.blockOf[d.g.Class[i]]]
	shortage := block.Rate.Direction == waterfill.Shortage
	switch {
	case c.held:
		return model.NotNamed
	case curve.Hi < curve.Base && x == curve.Hi:
		return c.mostWhy
	case curve.Lo > curve.Base && x == curve.Lo:
		return c.leastWhy
	case c.movable == 0 && c.floor > 0:
		return model.AtFloor
	case c.movable == 0:
		return model.AtBase
	case x == curve.Lo && (x < curve.Base || shortage):
		return d.atLeast(i)
	case x == curve.Hi && x > curve.Base && c.most < c.base+c.request:
		return c.mostWhy
	case x == curve.Hi && x > curve.Base:
		return model.AtRequest
	case x == curve.Base && !shortage:
		return model.AtBase
	default:
		return model.AtRate
	}
}

// atLeast names the lower bound that binds: law and hold-harmless before the limit on cuts.
func (d *draft) atLeast(i int32) model.Reason {
	if c := &d.claims[i]; c.least > 0 && d.g.Curves[i].Lo == d.g.limit[i] {
		return c.leastWhy
	}
	return model.AtMaxCut
}

// payments shares what each class gets from each fund among its claims: first from the fund that carries the claim, then from the most
// restricted one with money left.
func (d *draft) payments() {
	pays := make([][]int64, len(d.g.Eligible)) // what is left to hand out, as Solution.Paid
	for c := range pays {
		pays[c] = slices.Clone(d.s.Paid[c])
	}
	first := make([]model.Payment, len(d.claims)) // most claims have one payment only: its place is here
	own := make([]int64, len(d.claims))
	for i := range d.claims {
		class := d.g.Class[i]
		at := slices.Index(d.g.Eligible[class], d.claims[i].fund)
		own[i] = min(d.s.Units[i], pays[class][at])
		pays[class][at] -= own[i]
	}
	byUse := make([][]int32, len(d.g.Eligible)) // positions in Eligible, most restricted first
	place := make([]int32, len(d.order))
	for i, k := range d.order {
		place[k] = int32(i)
	}
	for c, set := range d.g.Eligible {
		for at := range set {
			byUse[c] = append(byUse[c], int32(at))
		}
		slices.SortFunc(byUse[c], func(a, b int32) int { return int(place[set[a]] - place[set[b]]) })
	}
	for i := range d.claims {
		l := &d.lines[d.claims[i].line]
		l.Paid = first[i : i : i+1]
		class := d.g.Class[i]
		d.pay(l, d.claims[i].fund, own[i]*d.g.unit)
		d.pay(l, d.g.oddFund[i], d.g.odd[i])
		open := d.s.Units[i] - own[i]
		for _, at := range byUse[class] {
			units := min(open, pays[class][at])
			pays[class][at] -= units
			open -= units
			d.pay(l, d.g.Eligible[class][at], units*d.g.unit)
		}
		if len(l.Paid) == 0 {
			l.Paid = nil
		}
	}
}

// pay adds a payment to a line, keeping its payments sorted by fund.
func (d *draft) pay(l *model.Line, k int32, amount int64) {
	if amount == 0 {
		return
	}
	d.spent[k] += amount
	id := d.in.Funds[k].ID
	for at := range l.Paid {
		if l.Paid[at].Fund == id {
			l.Paid[at].Amount += amount
			return
		}
		if l.Paid[at].Fund > id {
			l.Paid = slices.Insert(l.Paid, at, model.Payment{Fund: id, Amount: amount})
			return
		}
	}
	l.Paid = append(l.Paid, model.Payment{Fund: id, Amount: amount})
}

func (d *draft) funds(plan *model.Plan) {
	next := d.next()
	block := make([]int, len(d.in.Funds))
	for i := range block {
		block[i] = -1
	}
	for i, b := range d.s.Blocks {
		for _, k := range b.Funds {
			block[k] = i
		}
	}
	for k, f := range d.in.Funds {
		over := d.left[k] - d.spent[k]
		r := model.FundResult{
			Fund: f.ID, Available: f.Available, Fixed: d.fixed[k], Revenue: d.revenue[k], Competing: d.spent[k],
			Remainder: over % d.g.unit, Block: block[k],
		}
		r.Surplus = over - r.Remainder
		if i := next[k]; i >= 0 {
			l := &d.lines[d.claims[i].line]
			r.Next = &model.LineRef{Program: l.Program, Fund: l.Fund}
		}
		plan.Funds = append(plan.Funds, r)
	}
	whole := make([]model.Payment, len(d.lines)-len(d.claims))
	for i := range d.lines {
		if l := &d.lines[i]; l.Block < 0 && l.Base != 0 {
			whole[0] = model.Payment{Fund: l.Fund, Amount: l.Amount}
			l.Paid, whole = whole[:1:1], whole[1:]
		}
	}
}

func (d *draft) blocks(plan *model.Plan) {
	plan.Blocks = make([]model.Block, len(d.s.Blocks))
	for i, from := range d.s.Blocks {
		b := &plan.Blocks[i]
		*b = model.Block{ID: i, Funds: []string{}, Direction: model.Held, Rate: d.rate(from.Rate), Exhausted: true, Short: from.Short * d.g.unit}
		switch from.Rate.Direction {
		case waterfill.Shortage:
			b.Direction = model.Shortage
		case waterfill.Growth:
			b.Direction = model.Growth
		case waterfill.Held:
		}
		for _, k := range from.Funds {
			b.Funds = append(b.Funds, d.in.Funds[k].ID)
			b.Supply += d.left[k]
			b.Exhausted = b.Exhausted && plan.Funds[k].Surplus == 0
		}
		if from.Cut != nil {
			b.Cut = &model.Cut{Demand: from.Cut.Demand * d.g.unit, Supply: from.Cut.Supply * d.g.unit}
		}
		if b.Short > 0 {
			plan.Outcome = model.ReductionShort
		}
	}
	for i := range d.claims {
		l := &d.lines[d.claims[i].line]
		b := &plan.Blocks[l.Block]
		b.Lines++
		b.Base += l.Base
		b.Amount += l.Amount
	}
}
