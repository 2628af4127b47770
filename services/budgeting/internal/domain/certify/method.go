package certify

import (
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// unit is what the method rounds to: CUT_LINE and PACKAGES give whole amounts, to the minor unit.
func unit(in *model.Input) int64 {
	if in.Method == model.CutLine || in.Method == model.Packages {
		return 1
	}
	return in.RoundingUnit
}

// cutWeight is the weight of a claim under a shortage, ×10,000,000.
func (a *audit) cutWeight(w *working) wide {
	spread := a.in.Params.SpreadMilli
	if a.in.Method == model.AcrossTheBoard {
		spread = 1000
	}
	return product(w.movable, 10_000_000+(spread-1000)*(10_000-w.score))
}

// growWeight is the weight of a claim under growth, ×10,000.
func (a *audit) growWeight(w *working, base int64) wide {
	switch a.in.Method {
	case model.OneRate:
		return product(base, w.score)
	case model.AcrossTheBoard:
		return product(w.movable, 10_000)
	default:
		return product(w.movable, w.score)
	}
}

// asks is the most that a claim may come to before it is put on the grid.
func (a *audit) asks(w *working, base int64) int64 {
	if w.held {
		return base
	}
	top := base
	if a.in.Method == model.CutLine || a.growWeight(w, base) != (wide{}) {
		top += w.request
	}
	return min(w.most, max(top, w.least))
}

// keeps is the share of what can move that a claim may lose, and what says so; none says that only floors do.
func (a *audit) keeps(w *working) (ppm int64, why model.Reason, none bool) {
	switch a.in.Method {
	case model.PriorityAdjustment:
		ppm = a.in.Params.MaxCutPPM
	case model.AcrossTheBoard:
		ppm = 1_000_000
	default:
		none = true
	}
	why = model.AtMaxCut
	if e := a.in.Params.EquityFloor; e != nil && w.program.EquityBP >= e.MinBP && (none || e.MaxCutPPM < ppm) {
		return e.MaxCutPPM, model.AtEquity, false
	}
	return ppm, why, none
}

// grid is base and bounds in whole units above odd: lower bounds up, upper ones down, law before caps, caps before the limits on cuts. A claim
// without weight under ONE_RATE gets its lower bound.
func (a *audit) grid(l *model.Line, w *working, top int64) {
	if l.Base > w.odd {
		w.base = (l.Base - w.odd) / a.unit
	}
	if w.held {
		w.lo, w.hi = w.base, w.base
		return
	}
	if w.least > w.odd { // else law is 0, as it was
		w.law = money.CeilDiv(w.least-w.odd, a.unit)
	}
	w.lo, w.hi = w.law, w.law
	if top > w.odd {
		w.hi = max(w.law, (top-w.odd)/a.unit)
	}
	if ppm, _, none := a.keeps(w); !none {
		lose, _ := money.MulDivFloor(w.movable, ppm, 1_000_000)
		w.lo = max(w.law, min(w.hi, w.base-lose/a.unit))
	}
	if a.idle(w, l.Base) {
		w.hi = w.lo
	}
}

// from is where the response of a claim starts: at base, or at nothing.
func (a *audit) from(w *working) int64 {
	if a.in.Method == model.OneRate {
		return 0
	}
	return w.base
}

// idle says whether a claim of ONE_RATE has no weight.
func (a *audit) idle(w *working, base int64) bool {
	return a.in.Method == model.OneRate && !w.held && a.growWeight(w, base) == (wide{})
}

// reason is what stopped the claim, from where it stands.
func (a *audit) reason(i int) model.Reason {
	w := &a.work[i]
	switch {
	case w.held:
		return model.NotNamed
	case a.in.Method == model.OneRate:
		return a.rateReason(i)
	case a.in.Method == model.CutLine:
		return a.lineReason(i)
	default:
		return a.baseReason(i)
	}
}

// baseReason is for claims that start at base.
func (a *audit) baseReason(i int) model.Reason {
	w, b := &a.work[i], &a.plan.Blocks[a.work[i].block]
	lowered, raised := w.x < w.base, w.x > w.base
	switch {
	case lowered && w.x == w.hi:
		return w.capped
	case raised && w.x == w.lo:
		return w.lifted
	case w.movable == 0 && w.floor > 0:
		return model.AtFloor
	case w.movable == 0:
		return model.AtBase
	case w.x == w.lo && (lowered || b.Direction == model.Shortage):
		if w.least > 0 && w.odd+a.unit*(w.lo-1) < w.least {
			return w.lifted
		}
		_, why, _ := a.keeps(w)
		return why
	case raised && w.x == w.hi && w.most < a.plan.Lines[i].Base+w.request:
		return w.capped
	case raised && w.x == w.hi:
		return model.AtRequest
	case !lowered && !raised && b.Direction != model.Shortage:
		return model.AtBase
	default:
		return model.AtRate
	}
}

// rateReason is for claims of ONE_RATE.
func (a *audit) rateReason(i int) model.Reason {
	w, l := &a.work[i], &a.plan.Lines[i]
	low, high := w.x == w.lo, w.x == w.hi && !a.idle(w, l.Base)
	switch {
	case low && high && w.most < l.Base+w.request:
		return w.capped
	case low && w.lo > w.law:
		return model.AtEquity
	case low && w.least > 0:
		return w.lifted
	case l.Base == 0:
		return model.AtBase
	case high && w.most < l.Base+w.request:
		return w.capped
	case high:
		return model.AtRequest
	default:
		return model.AtRate
	}
}

// lineReason is for claims of CUT_LINE.
func (a *audit) lineReason(i int) model.Reason {
	w := &a.work[i]
	ask := a.plan.Lines[i].Base + w.request
	switch {
	case w.lo == w.hi && w.most < ask:
		return w.capped
	case w.lo == w.hi && w.least > ask:
		return w.lifted
	case w.lo == w.hi:
		return model.AtBase
	case a.stands[i] == model.AboveLine && w.most < ask:
		return w.capped
	default:
		return a.stands[i]
	}
}
