package certify

import (
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// scores recomputes every priority score and the flags of unknown alignment.
func (a *audit) scores() error {
	goals, attributes := newRater(), newRater()
	for _, g := range a.in.Goals {
		goals.add(g.ID, g.WeightPPM)
	}
	for _, w := range a.in.Params.Attributes {
		attributes.add(w.Name, w.WeightPPM)
	}
	for i := range a.in.Programs {
		enterLevels(&a.in.Programs[i], goals, attributes)
		goals.count()
		attributes.count()
	}
	goals.middle()
	attributes.middle()
	whole := goals.whole + attributes.whole
	flags := []model.Flag{}
	at := 0
	for i := range a.in.Programs {
		p := &a.in.Programs[i]
		enterLevels(p, goals, attributes)
		if p.InFormula() || a.offers(p) {
			flags = goals.unknown(flags, func(name string, halves int64) model.Flag {
				return model.Flag{Program: p.ID, Goal: name, Halves: halves}
			})
			flags = attributes.unknown(flags, func(name string, halves int64) model.Flag {
				return model.Flag{Program: p.ID, Attribute: name, Halves: halves}
			})
		}
		score := a.nearest(p, goals.sum()+attributes.sum(), 8*whole)
		if a.shop != nil {
			a.shop.points = append(a.shop.points, score)
		}
		for ; at < len(a.claims) && a.work[a.claims[at]].program == p; at++ {
			if err := a.scored(a.claims[at], score); err != nil {
				return err
			}
		}
	}
	return a.flagged(flags)
}

// scored takes over the score of a claim's program, 0 where its fund does not compete, and compares what the line says.
func (a *audit) scored(line int, score int64) error {
	w, l := &a.work[line], &a.plan.Lines[line]
	if w.score = score; w.held {
		w.score = 0
	}
	if l.ScoreBP != w.score || l.Movable != w.movable || l.Floor != w.floor {
		return a.at(line, "has score %d, floor %d, movable %d; want %d, %d, %d", l.ScoreBP, l.Floor, l.Movable, w.score, w.floor, w.movable)
	}
	return nil
}

// flagged compares the flags of the plan.
func (a *audit) flagged(want []model.Flag) error {
	if len(want) != len(a.plan.Flags) {
		return fmt.Errorf("%d unknown alignments are flagged, want %d", len(a.plan.Flags), len(want))
	}
	for i := range want {
		if want[i] != a.plan.Flags[i] {
			return fmt.Errorf("flag %d is %v, want %v", i, a.plan.Flags[i], want[i])
		}
	}
	return nil
}

// nearest is sum ÷ whole in basis points, moved by the points of results and equity, at the nearest whole point, halves to the even one.
func (a *audit) nearest(p *model.Program, sum, whole int64) int64 {
	den := whole * 1_000_000
	num := 10_000*1_000_000*sum + a.verdicts(p.Results)*whole + within(p.EquityBP, a.in.Params.EquityCapBP)*den
	if num <= 0 {
		return 0
	}
	q := num / den
	switch twice := 2 * (num % den); {
	case twice > den, twice == den && q%2 == 1:
		q++
	}
	if q > 10_000 {
		return 10_000
	}
	return q
}

// verdicts are the points of a program's measures in millionths of a basis point: the mean by weight, at the nearest whole one, halves to the even one.
// What is not certain of a verdict counts as no points.
func (a *audit) verdicts(gate *model.ResultsGate) int64 {
	if gate == nil {
		return 0
	}
	var plus, minus, weight int64 // each below 2^59, see model.Validate
	for i := range gate.Factors {
		f := &gate.Factors[i]
		weight += f.Weight
		for _, rule := range a.in.Params.Results {
			if rule.Variation != f.Variation || rule.Assurance != f.Assurance || rule.Policy != gate.Policy {
				continue
			}
			if points := within(rule.PointsBP, a.in.Params.ResultsCapBP) * f.Weight * f.CertainPPM; points > 0 {
				plus += points
			} else {
				minus -= points
			}
		}
	}
	if plus < minus {
		return -evenly(minus-plus, weight)
	}
	return evenly(plus-minus, weight)
}

// evenly is num ÷ den at the nearest whole number, halves to the even one; nothing of nothing.
func evenly(num, den int64) int64 {
	if num == 0 {
		return 0
	}
	q, rest := num/den, num%den
	if rest > den-rest || (rest == den-rest && q%2 == 1) {
		q++
	}
	return q
}

func within(v, limit int64) int64 {
	if v > limit {
		return limit
	}
	if v < -limit {
		return -limit
	}
	return v
}
