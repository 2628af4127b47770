package certify

import (
	"fmt"
	"sort"

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
		levels := map[string]int64{}
		for _, al := range p.Alignment {
			levels[al.Goal] = 2 * al.Level
		}
		rated := map[string]int64{}
		for _, v := range p.Attributes {
			rated[v.Name] = 2 * v.Level
		}
		var sum int64 // ppm × half levels
		for _, g := range a.in.Goals {
			halves, known := levels[g.ID]
			if !known {
				halves = goals[g.ID]
				if g.WeightPPM > 0 && p.InFormula() {
					flags = append(flags, model.Flag{Program: p.ID, Goal: g.ID, Halves: halves})
				}
			}
			sum += g.WeightPPM * halves
		}
		for _, w := range a.in.Params.Attributes {
			halves, known := rated[w.Name]
			if !known {
				halves = attributes[w.Name]
			}
			sum += w.WeightPPM * halves
		}
		want := a.nearest(p, sum, 8*whole)
		for ; at < len(a.claims) && a.work[a.claims[at]].program == p; at++ {
			w, line := &a.work[a.claims[at]], a.claims[at]
			if w.score = want; w.held {
				w.score = 0
			}
			if l := &a.plan.Lines[line]; l.ScoreBP != w.score || l.Movable != w.movable || l.Floor != w.floor {
				return a.at(line, "has score %d, floor %d, movable %d; want %d, %d, %d", l.ScoreBP, l.Floor, l.Movable, w.score, w.floor, w.movable)
			}
		}
	}
	if len(flags) != len(a.plan.Flags) {
		return fmt.Errorf("%d unknown alignments are flagged, want %d", len(a.plan.Flags), len(flags))
	}
	for i := range flags {
		if flags[i] != a.plan.Flags[i] {
			return fmt.Errorf("flag %d is %v, want %v", i, a.plan.Flags[i], flags[i])
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
	sort.Slice(levels, func(i, j int) bool { return levels[i] < levels[j] })
	return levels[(n-1)/2] + levels[n/2]
}
