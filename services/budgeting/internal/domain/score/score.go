// Package score turns alignment, attributes, results and equity into one priority score per program, exactly and rounded once.
package score

import (
	"math"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// Full is the highest score: 100 % in basis points.
const Full = 10_000

// Score is a program's priority q in basis points with everything that made it. Contributions are thousandths of a basis point,
// each rounded half to even for display; BP is rounded once from the exact sum.
type Score struct {
	BP         int64
	Goals      []GoalPart
	Attributes []AttributePart
	Results    ResultsPart
	EquityBP   int64 // points after the cap
	Clamped    bool  // the exact sum lay outside 0–10,000
}

// GoalPart is what one goal gives: weight × alignment. Halves is twice the alignment, so that a median between two levels stays whole.
type GoalPart struct {
	Goal      string
	Title     string
	WeightPPM int64
	Halves    int64
	Unknown   bool // Halves is the median of the known alignments with this goal
	MilliBP   int64
}

// AttributePart is what one configured attribute gives.
type AttributePart struct {
	Name      string
	WeightPPM int64
	Halves    int64
	Unknown   bool
	MilliBP   int64
}

// neutralHalves stands in for an alignment that nobody knows: the middle of the 0–4 scale.
const neutralHalves = 4

// fullHalves is twice the highest level.
const fullHalves = 8

// Points scores every program of a normalized, valid input, in its order.
func Points(in model.Input) []int64 { return New(in).Points() }

// Points scores every program, in the order of the input.
func (s *Scorer) Points() []int64 {
	out := make([]int64, len(s.in.Programs))
	for i := range s.in.Programs {
		p := &s.in.Programs[i]
		out[i], _ = s.round(s.weighted(i), s.table.moved(p.Results), s.equity(p))
	}
	return out
}

// Scorer holds what all programs of one input share.
type Scorer struct {
	in         model.Input
	goalMedian []int64 // by goal, halves
	attrMedian []int64 // by configured attribute
	weight     int64   // goals and attributes together, ppm
	table      Table
	halves     []int8 // twice the levels of each program, by goal and then by configured attribute
}

// unknown is no level.
const unknown = math.MinInt8

// New reads a normalized, valid input once.
func New(in model.Input) *Scorer {
	s := &Scorer{in: in, table: Results(in.Params)}
	for _, g := range in.Goals {
		s.weight += g.WeightPPM
	}
	for _, a := range in.Params.Attributes {
		s.weight += a.WeightPPM
	}
	s.read()
	s.goalMedian, s.attrMedian = s.medians()
	return s
}

// read pairs the levels of every program with goals and attributes, once for all that is asked of them.
func (s *Scorer) read() {
	s.halves = make([]int8, 0, len(s.in.Programs)*(len(s.in.Goals)+len(s.in.Params.Attributes)))
	for i := range s.in.Programs {
		p := &s.in.Programs[i]
		walk(s.in.Goals, p.Alignment, goalID, alignedGoal, func(_ int, a *model.Alignment) {
			if a == nil {
				s.halves = append(s.halves, unknown)
			} else {
				s.halves = append(s.halves, int8(2*a.Level)) //nolint:gosec // levels of a valid input are 0 to 4
			}
		})
		walk(s.in.Params.Attributes, p.Attributes, weighedName, attributeName, func(_ int, a *model.Attribute) {
			if a == nil {
				s.halves = append(s.halves, unknown)
			} else {
				s.halves = append(s.halves, int8(2*a.Level)) //nolint:gosec // and of attributes −4 to 4
			}
		})
	}
}

// medians is twice the median level of each goal and attribute over the programs where it is known.
func (s *Scorer) medians() (goals, attrs []int64) {
	of := len(s.in.Goals) + len(s.in.Params.Attributes)
	counts := make([]histogram, of)
	for i := range s.in.Programs {
		for j, halves := range s.halves[i*of : (i+1)*of] {
			if halves != unknown {
				counts[j].add(int64(halves / 2))
			}
		}
	}
	medians := make([]int64, of)
	for j := range counts {
		medians[j] = counts[j].medianHalves()
	}
	return medians[:len(s.in.Goals)], medians[len(s.in.Goals):]
}

// histogram counts levels −4 to 4.
type histogram [9]int

func (h *histogram) add(level int64) { h[level+4]++ }

func (h *histogram) medianHalves() int64 {
	n := 0
	for _, c := range h {
		n += c
	}
	if n == 0 {
		return neutralHalves
	}
	return h.at((n-1)/2) + h.at(n/2)
}

func (h *histogram) at(rank int) int64 {
	for level, c := range h {
		if rank < c {
			return int64(level) - 4
		}
		rank -= c
	}
	return 0
}

// walk pairs each wanted item with its given one, or with nil; both are sorted by key, so that no map is needed.
func walk[W, G any](wanted []W, given []G, wantedKey func(*W) string, givenKey func(*G) string, visit func(int, *G)) {
	next := 0
	for i := range wanted {
		key := wantedKey(&wanted[i])
		for next < len(given) && givenKey(&given[next]) != key && givenKey(&given[next]) < key {
			next++
		}
		if next < len(given) && givenKey(&given[next]) == key {
			visit(i, &given[next])
			next++
		} else {
			visit(i, nil)
		}
	}
}

func goalID(g *model.Goal) string                 { return g.ID }
func alignedGoal(a *model.Alignment) string       { return a.Goal }
func weighedName(a *model.AttributeWeight) string { return a.Name }
func attributeName(a *model.Attribute) string     { return a.Name }

// weighted is Σ weight × halves of program i.
func (s *Scorer) weighted(i int) int64 {
	of := len(s.in.Goals) + len(s.in.Params.Attributes)
	halves := s.halves[i*of : (i+1)*of]
	var sum int64
	for j := range s.in.Goals {
		sum += s.in.Goals[j].WeightPPM * known(halves[j], s.goalMedian[j])
	}
	for j := range s.in.Params.Attributes {
		sum += s.in.Params.Attributes[j].WeightPPM * known(halves[len(s.in.Goals)+j], s.attrMedian[j])
	}
	return sum
}

func known(halves int8, median int64) int64 {
	if halves == unknown {
		return median
	}
	return int64(halves)
}

func (s *Scorer) equity(p *model.Program) int64 { return clamp(p.EquityBP, s.in.Params.EquityCapBP) }

func clamp(v, most int64) int64 { return max(-most, min(most, v)) }

// round is the score of exact parts: weighted ÷ (8 × weight) of the full score, millionths of a basis point of results, basis points of equity.
// Weights come to at most 5,000,000 ppm, so the common denominator stays below 2^46 and the numerator below 2^60.
func (s *Scorer) round(weighted, resultsPPM, equityBP int64) (bp int64, clamped bool) {
	whole := fullHalves * s.weight
	den := whole * model.Whole
	bp = halfEven(Full*weighted*model.Whole+resultsPPM*whole+equityBP*den, den)
	return max(0, min(Full, bp)), bp < 0 || bp > Full
}

// halfEven is a ÷ b rounded to the nearest integer, halves to even, for b > 0.
func halfEven(a, b int64) int64 {
	q, rem := a/b, a%b
	if rem < 0 {
		q, rem = q-1, rem+b
	}
	if 2*rem > b || (2*rem == b && q&1 != 0) {
		q++
	}
	return q
}
