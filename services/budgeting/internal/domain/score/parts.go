package score

import "github.com/throughline/throughline/services/budgeting/internal/domain/model"

// Score is one program of the input, with its parts.
func (s *Scorer) Score(p *model.Program) Score {
	var out Score
	var weighted int64
	walk(s.in.Goals, p.Alignment, goalID, alignedGoal, func(i int, a *model.Alignment) {
		g := &s.in.Goals[i]
		part := GoalPart{Goal: g.ID, Title: g.Title, WeightPPM: g.WeightPPM, Halves: s.goalMedian[i], Unknown: a == nil}
		if a != nil {
			part.Halves = 2 * a.Level
		}
		part.MilliBP = s.milli(part.WeightPPM * part.Halves)
		weighted += part.WeightPPM * part.Halves
		out.Goals = append(out.Goals, part)
	})
	walk(s.in.Params.Attributes, p.Attributes, weighedName, attributeName, func(i int, a *model.Attribute) {
		w := &s.in.Params.Attributes[i]
		part := AttributePart{Name: w.Name, WeightPPM: w.WeightPPM, Halves: s.attrMedian[i], Unknown: a == nil}
		if a != nil {
			part.Halves = 2 * a.Level
		}
		part.MilliBP = s.milli(part.WeightPPM * part.Halves)
		weighted += part.WeightPPM * part.Halves
		out.Attributes = append(out.Attributes, part)
	})
	out.Results = s.table.part(p.Results)
	out.EquityBP = s.equity(p)
	out.BP, out.Clamped = s.round(weighted, s.table.moved(p.Results), out.EquityBP)
	return out
}

// milli is a weighted level in thousandths of a basis point; below 5,000,000 ppm × 8 × 10^7 it stays under 2^59.
func (s *Scorer) milli(weighted int64) int64 {
	return halfEven(weighted*Full*1000, fullHalves*s.weight)
}

// Flags lists where a median stands in for an unknown alignment or weighed attribute of a competing program, by program, goals before attributes.
func Flags(in model.Input) []model.Flag { return New(in).Flags() }

// Flags lists where a median stands in for an unknown alignment or weighed attribute of a competing program, by program, goals before attributes.
func (s *Scorer) Flags() []model.Flag {
	flags := []model.Flag{}
	competing := s.in.Competing()
	for i := range s.in.Programs {
		p := &s.in.Programs[i]
		if !competing[i] || (len(p.Alignment) == len(s.in.Goals) && len(s.in.Params.Attributes) == 0) { // goals are named once
			continue
		}
		walk(s.in.Goals, p.Alignment, goalID, alignedGoal, func(j int, a *model.Alignment) {
			if a == nil && s.in.Goals[j].WeightPPM > 0 {
				flags = append(flags, model.Flag{Program: p.ID, Goal: s.in.Goals[j].ID, Halves: s.goalMedian[j]})
			}
		})
		walk(s.in.Params.Attributes, p.Attributes, weighedName, attributeName, func(j int, a *model.Attribute) {
			if w := &s.in.Params.Attributes[j]; a == nil && w.WeightPPM > 0 {
				flags = append(flags, model.Flag{Program: p.ID, Attribute: w.Name, Halves: s.attrMedian[j]})
			}
		})
	}
	return flags
}

// Of scores program i of a normalized, valid input, with its parts.
func Of(in model.Input, i int) Score { return New(in).Score(&in.Programs[i]) }
