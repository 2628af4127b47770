package engine

import (
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// reason names the bend of the response that the claim is on.
func (d *draft) reason(i int32) model.Reason {
	switch c := &d.claims[i]; {
	case c.held:
		return model.NotNamed
	case d.rule.fromNothing:
		return d.fromNothing(i)
	case d.rule.wholeAsk:
		return d.whole(i)
	default:
		return d.fromBase(i)
	}
}

// fromBase is for the methods that start at base.
func (d *draft) fromBase(i int32) model.Reason {
	c, curve, x := &d.claims[i], &d.g.Curves[i], d.s.Units[i]
	shortage := d.s.Blocks[d.blockOf[d.g.Class[i]]].Rate.Direction == waterfill.Shortage
	switch {
	case curve.Hi < curve.Base && x == curve.Hi:
		return c.mostWhy()
	case curve.Lo > curve.Base && x == curve.Lo:
		return c.leastWhy()
	case c.movable == 0 && c.floor > 0:
		return model.AtFloor
	case c.movable == 0:
		return model.AtBase
	case x == curve.Lo && (x < curve.Base || shortage):
		return d.atLeast(i)
	case x == curve.Hi && x > curve.Base && c.most < c.base+c.request:
		return c.mostWhy()
	case x == curve.Hi && x > curve.Base:
		return model.AtRequest
	case x == curve.Base && !shortage:
		return model.AtBase
	default:
		return model.AtRate
	}
}

// atLeast names the lower bound that binds: law and hold-harmless before the limits on cuts.
func (d *draft) atLeast(i int32) model.Reason {
	c := &d.claims[i]
	if c.least > 0 && d.g.Curves[i].Lo == d.g.limit[i] {
		return c.leastWhy()
	}
	_, why := d.rule.mayLose(&d.in.Programs[c.program])
	return why
}

// fromNothing is for ONE_RATE: what is neither a lower bound nor an upper one is the rate, nothing included.
func (d *draft) fromNothing(i int32) model.Reason {
	c, curve, x := &d.claims[i], &d.g.Curves[i], d.s.Units[i]
	capped := c.most < c.base+c.request
	top := x == curve.Hi && curve.Grow > 0 // without weight the upper bound is the lower one
	switch {
	case top && capped && curve.Lo == curve.Hi:
		return c.mostWhy()
	case x == curve.Lo && x > d.g.limit[i]:
		return model.AtEquity
	case x == curve.Lo && c.least > 0:
		return c.leastWhy()
	case c.base == 0:
		return model.AtBase
	case top && capped:
		return c.mostWhy()
	case top:
		return model.AtRequest
	default:
		return model.AtRate
	}
}

// whole is for CUT_LINE, where a claim that has nothing to ask for is neither above the line nor below it.
func (d *draft) whole(i int32) model.Reason {
	c, curve := &d.claims[i], &d.g.Curves[i]
	capped := c.most < c.base+c.request
	switch place := d.drawn.place[c.program]; {
	case curve.Lo == curve.Hi && capped:
		return c.mostWhy()
	case curve.Lo == curve.Hi && c.least > c.base+c.request:
		return c.leastWhy()
	case curve.Lo == curve.Hi:
		return model.AtBase
	case place == model.AboveLine && capped:
		return c.mostWhy()
	default:
		return place
	}
}
