package engine

import (
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
	spent   []int64 // of each node, by competing lines
	drawn   *drawn  // CUT_LINE only
}

func (d *draft) fill(plan *model.Plan) {
	d.blockOf, d.spent = make([]int32, len(d.g.Eligible)), make([]int64, len(d.left))
	for i := range d.s.Blocks {
		for _, c := range d.s.Blocks[i].Classes {
			d.blockOf[c] = int32(i) //nolint:gosec // there are no more blocks than classes
		}
	}
	plan.Blocks = make([]model.Block, len(d.s.Blocks))
	d.claimed(plan.Blocks)
	d.offTheTop()
	d.funds(plan)
	d.blocks(plan)
	if d.drawn != nil {
		plan.CutLines = d.drawn.lines
	}
}

// claimed fills the competing lines, has them paid, and adds them up by block.
func (d *draft) claimed(blocks []model.Block) {
	p := d.payer()
	for i := range d.claims {
		c, curve := &d.claims[i], &d.g.Curves[i]
		l := &d.lines[c.line]
		d.describe(l, c)
		p.carried(l, i)
		l.Odd = d.g.odd[i]
		l.Min, l.Max = l.Odd+d.g.unit*curve.Lo, l.Odd+d.g.unit*curve.Hi
		l.Amount = l.Odd + d.g.unit*d.s.Units[i]
		l.Block = d.blockOf[d.g.Class[i]]
		l.Reason = d.reason(int32(i))
		if l.Change() < 0 && l.Revenue > 0 && l.Base > 0 {
			l.RevenueLost, _ = money.MulDivHalfEven(-l.Change(), l.Revenue, l.Base) // at most Revenue
		}
		b := &blocks[l.Block]
		b.Lines++
		b.Base += l.Base
		b.Amount += l.Amount
	}
	p.rest()
}

func (d *draft) blocks(plan *model.Plan) {
	for i, from := range d.s.Blocks {
		b := &plan.Blocks[i]
		b.ID, b.Direction, b.Rate, b.Exhausted, b.Short = i, model.Held, d.rate(from.Rate), true, from.Short*d.g.unit
		switch from.Rate.Direction {
		case waterfill.Shortage:
			b.Direction = model.Shortage
		case waterfill.Growth:
			b.Direction = model.Growth
		case waterfill.Held:
		}
		b.Funds, b.OneTime = d.kinds(&d.in, from.Funds)
		for _, k := range from.Funds {
			b.Supply += d.left[k]
			b.Exhausted = b.Exhausted && d.left[k]-d.spent[k] < d.g.unit
		}
		if from.Cut != nil {
			b.Cut = &model.Cut{Demand: from.Cut.Demand * d.g.unit, Supply: from.Cut.Supply * d.g.unit}
		}
		if b.Short > 0 {
			plan.Outcome = model.ReductionShort
		}
	}
}
