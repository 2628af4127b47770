package certify

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// scores recomputes every priority score and the flags of unknown alignment.
func (a *audit) scores() error {
	goals, attributes := a.goalMedians(), a.attributeMedians()
	var whole int64
	for _, g := range a.in.Goals {
		whole += g.WeightPPM
	}
	for _, w := range a.in.Params.Attributes {
		whole += w.WeightPPM
	}
	flags := []model.Flag{}
	at := 0
	for i := range a.in.Programs {
		p := &a.in.Programs[i]
		sum, unknown := a.goalSum(p, goals)
		flags = append(flags, unknown...)
		score := a.nearest(p, sum+a.attributeSum(p, attributes), 8*whole)
		for ; at < len(a.claims) && a.work[a.claims[at]].program == p; at++ {
			if err := a.scored(a.claims[at], score); err != nil {
				return err
			}
		}
	}
	return a.flagged(flags)
}

// goalSum is the program's half levels by goal, weighted in ppm; the median stands in for an unknown one, which is flagged where it counts.
func (a *audit) goalSum(p *model.Program, medians map[string]int64) (sum int64, unknown []model.Flag) {
	levels := map[string]int64{}
	for _, al := range p.Alignment {
		levels[al.Goal] = 2 * al.Level
	}
	for _, g := range a.in.Goals {
		halves, known := levels[g.ID]
		if !known {
			halves = medians[g.ID]
			if g.WeightPPM > 0 && p.InFormula() {
				unknown = append(unknown, model.Flag{Program: p.ID, Goal: g.ID, Halves: halves})
			}
		}
		sum += g.WeightPPM * halves
	}
	return sum, unknown
}

// attributeSum is the program's half levels by attribute, weighted in ppm; the median stands in for an unknown one.
func (a *audit) attributeSum(p *model.Program, medians map[string]int64) (sum int64) {
	rated := map[string]int64{}
	for _, v := range p.Attributes {
		rated[v.Name] = 2 * v.Level
	}
	for _, w := range a.in.Params.Attributes {
		halves, known := rated[w.Name]
		if !known {
			halves = medians[w.Name]
		}
		sum += w.WeightPPM * halves
	}
	return sum
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
	var results int64 // millionths of a basis point
	if r := p.Results; r != nil {
		for _, rule := range a.in.Params.Results {
			if rule.Signal == r.Signal && rule.Policy == r.Policy {
				results = within(rule.PointsBP, a.in.Params.ResultsCapBP) * r.CertainPPM
			}
		}
	}
	den := whole * 1_000_000
	num := 10_000*1_000_000*sum + results*whole + within(p.EquityBP, a.in.Params.EquityCapBP)*den
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

func within(v, limit int64) int64 {
	if v > limit {
		return limit
	}
	if v < -limit {
		return -limit
	}
	return v
}

func (a *audit) goalMedians() map[string]int64 {
	known := map[string][]int64{}
	for i := range a.in.Programs {
		for _, al := range a.in.Programs[i].Alignment {
			known[al.Goal] = append(known[al.Goal], al.Level)
		}
	}
	out := map[string]int64{}
	for _, g := range a.in.Goals {
		out[g.ID] = twiceMedian(known[g.ID])
	}
	return out
}

func (a *audit) attributeMedians() map[string]int64 {
	known := map[string][]int64{}
	for i := range a.in.Programs {
		for _, v := range a.in.Programs[i].Attributes {
			known[v.Name] = append(known[v.Name], v.Level)
		}
	}
	out := map[string]int64{}
	for _, w := range a.in.Params.Attributes {
		out[w.Name] = twiceMedian(known[w.Name])
	}
	return out
}

// twiceMedian is 4, the middle of the scale, when nothing is known.
func twiceMedian(levels []int64) int64 {
	n := len(levels)
	if n == 0 {
		return 4
	}
	slices.Sort(levels)
	return levels[(n-1)/2] + levels[n/2]
}
