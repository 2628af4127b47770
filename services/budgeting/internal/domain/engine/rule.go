package engine

import (
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// rule is what a method makes of the policy figures: the four methods that divide by a formula differ in nothing else.
type rule struct {
	unit        int64 // what amounts are rounded to: the budget's unit, or minor units where amounts are whole asks and floors
	spread      int64 // how much more the lowest priority gives than the highest, thousandths beyond 1
	maxCutPPM   int64 // −1: no limit but floors
	flat        bool  // growth does not ask for priority either
	fromNothing bool  // responses start from nothing instead of from base
	wholeAsk    bool  // requests count for programs without weight too
	equity      *model.EquityFloor
}

func ruleOf(in *model.Input) rule {
	r := rule{unit: in.RoundingUnit, spread: in.Params.SpreadMilli - 1000, maxCutPPM: in.Params.MaxCutPPM, equity: in.Params.EquityFloor}
	switch in.Method {
	case model.OneRate:
		r.spread, r.maxCutPPM, r.fromNothing = 0, -1, true
	case model.AcrossTheBoard:
		r.spread, r.maxCutPPM, r.flat = 0, model.Whole, true
	case model.CutLine:
		r.unit, r.spread, r.maxCutPPM, r.wholeAsk = 1, 0, -1, true
	case model.Packages:
		r.unit = 1
	case model.PriorityAdjustment, model.EqualShares, model.GreedyVotes:
	}
	return r
}

// mayLose is the share of what can move that a program may lose, and the rule that says so; −1 for no limit but floors.
func (r *rule) mayLose(p *model.Program) (ppm int64, why model.Reason) {
	if r.equity.Covers(p) && (r.maxCutPPM < 0 || r.equity.MaxCutPPM < r.maxCutPPM) {
		return r.equity.MaxCutPPM, model.AtEquity
	}
	return r.maxCutPPM, model.AtMaxCut
}

// Scores count in basis points and the spread in thousandths, so that 1 is scale in their common unit.
const (
	fullScore = 10_000
	scale     = 1000 * fullScore
)

// cutFactor and growFactor are the multipliers of a claim's weight, of scale and of fullScore.
func (r *rule) cutFactor(q int64) int64 { return scale + r.spread*(fullScore-q) }

func (r *rule) growFactor(q int64) int64 {
	if r.flat {
		return fullScore
	}
	return q
}
