package score

import "github.com/throughline/throughline/services/budgeting/internal/domain/model"

// ResultsPart is what the published results of a program's measures give.
type ResultsPart struct {
	Policy  model.Policy
	Factors []ResultsFactor
	Weight  int64  // of all factors
	MilliBP int64  // of all factors together, rounded for display
	Reason  string // why council's policy does not count, or why there are no factors
}

// ResultsFactor is what one measure gives.
type ResultsFactor struct {
	model.ResultsFactor
	PointsBP int64 // of the published table, after the cap
	MilliBP  int64 // of it, what counts by its certain share and its share of the weight
}

// Table is what verdicts are worth: the results part of the policy figures.
type Table struct {
	rules []model.ResultRule
	capBP int64
}

// Results is the table of these figures.
func Results(p model.Params) Table { return Table{p.Results, p.ResultsCapBP} }

// Moves says whether results move the score of a program, be it by less than a basis point.
func (t Table) Moves(p *model.Program) bool { return t.moved(p.Results) != 0 }

// moved is what results move a score by, in millionths of a basis point: the points of each measure by what is certain of them, averaged by weight
// over all measures, and rounded once, half to even. A measure that nothing is known of keeps its weight, so that the others move less. Points are
// at most 500, certain parts 10^6, weights 10^6 and measures 1,000: the sum stays below 5 × 10^17, the weight below 10^9 and the mean below 5 × 10^8.
func (t Table) moved(r *model.ResultsGate) int64 {
	if r == nil || r.Policy == model.Neutral {
		return 0
	}
	sum, weight := int64(0), int64(0)
	for i := range r.Factors {
		f := &r.Factors[i]
		sum += f.Weight * t.points(r.Policy, f) * f.CertainPPM
		weight += f.Weight
	}
	if sum == 0 {
		return 0
	}
	return halfEven(sum, weight)
}

// part is moved with what made it.
func (t Table) part(r *model.ResultsGate) ResultsPart {
	if r == nil {
		return ResultsPart{Policy: model.Neutral}
	}
	part := ResultsPart{Policy: r.Policy, Reason: r.Reason, MilliBP: halfEven(t.moved(r), model.Whole/1000)}
	for i := range r.Factors {
		part.Weight += r.Factors[i].Weight
	}
	for i := range r.Factors {
		f := ResultsFactor{ResultsFactor: r.Factors[i], PointsBP: t.points(r.Policy, &r.Factors[i])}
		f.MilliBP = halfEven(f.Weight*f.PointsBP*f.CertainPPM, part.Weight*(model.Whole/1000))
		part.Factors = append(part.Factors, f)
	}
	return part
}

// points are those of the table, within the cap; a pair that the table leaves out moves nothing.
func (t Table) points(policy model.Policy, f *model.ResultsFactor) int64 {
	for i := range t.rules {
		if r := &t.rules[i]; r.Variation == f.Variation && r.Assurance == f.Assurance && r.Policy == policy {
			return clamp(r.PointsBP, t.capBP)
		}
	}
	return 0
}
