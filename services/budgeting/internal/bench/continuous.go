package main

import (
	"math"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
)

// thousand is the cents in the peers' unit of money: with figures of that size their tolerances are far below a dollar.
const thousand = 100_000

// continuous is a core as the peers state it. The amount of a claim is base − cut + growth, each with its own square over its weight; the money
// flows from funds to classes, which keeps the rows few. All money that law lets be spent is spent.
type continuous struct {
	linear
	core   earmark.Problem
	spend  float64   // dollars
	scale  float64   // of the weights: their mean is made the mean base, so that costs are of the size of amounts
	pieces [][2]span // of each claim: the columns of its cut and of its growth
	slack  float64   // most by which pieces of straight line overstate the cost of any division
}

// span is columns first … first+count−1, whose sum above lower is the amount; count 0 is fixed at lower.
type span struct {
	first, count int32
	lower        float64
}

// newContinuous states the core as a quadratic program (segments 0), or as a linear one whose every square is that many straight pieces.
func newContinuous(p earmark.Problem, spend int64, segments int) *continuous {
	c := &continuous{core: p, spend: thousands(spend), pieces: make([][2]span, len(p.Curves))}
	var weight, base float64
	for _, curve := range p.Curves {
		weight += float64(curve.Cut)
		base += thousands(curve.Base)
	}
	c.scale = weight / base
	inClass := make([]int32, len(p.Eligible))
	for k := range inClass {
		inClass[k] = c.row(0, 0)
	}
	inFund := make([]int32, len(p.Capacity))
	total := c.row(c.spend, c.spend)
	for k, capacity := range p.Capacity {
		inFund[k] = c.row(0, 0)
		used := c.column(0, 0, 0, thousands(capacity), false)
		c.put(inFund[k], used, -1)
		c.put(total, used, 1)
	}
	for k, set := range p.Eligible {
		for _, fund := range set {
			arc := c.column(0, 0, 0, math.Inf(1), false)
			c.put(inClass[k], arc, 1)
			c.put(inFund[fund], arc, 1)
		}
	}
	for i, curve := range p.Curves {
		row := inClass[p.Class[i]]
		c.rowLower[row] += thousands(curve.Base)
		c.pieces[i][0] = c.side(row, 1, curve.Base-curve.Hi, curve.Base-curve.Lo, curve.Cut, segments)
		c.pieces[i][1] = c.side(row, -1, curve.Lo-curve.Base, curve.Hi-curve.Base, curve.Grow, segments)
	}
	copy(c.rowUpper[:len(inClass)], c.rowLower)
	return c
}

// side adds the columns by which a claim moves one way, from least to most cents.
func (c *continuous) side(row int32, sign float64, least, most, weight int64, segments int) span {
	lower, upper := thousands(max(0, least)), thousands(max(0, most))
	s := span{first: int32(len(c.cost)), lower: lower}
	if lower == upper {
		c.rowLower[row] -= sign * lower
		return s
	}
	w := float64(weight) / c.scale
	if segments == 0 {
		s.count, s.lower = 1, 0
		c.put(row, c.column(0, 1/w, lower, upper, false), sign)
		return s
	}
	s.count = int32(segments)
	width := (upper - lower) / float64(segments)
	c.rowLower[row] -= sign * lower
	c.slack += width * width / (4 * w)
	for k := range segments {
		from := lower + float64(k)*width
		c.put(row, c.column((2*from+width)/w, 0, 0, width, false), sign)
	}
	return s
}

// amounts are what each claim gets in a peer's answer.
func (c *continuous) amounts(x []float64) []float64 {
	out := make([]float64, len(c.pieces))
	for i, sides := range c.pieces {
		out[i] = thousands(c.core.Curves[i].Base) - sides[0].amount(x) + sides[1].amount(x)
	}
	return out
}

func (s span) amount(x []float64) float64 {
	sum := s.lower
	for _, v := range x[s.first : s.first+s.count] {
		sum += v
	}
	return sum
}

// value is the objective at these amounts: the squares of what each claim loses or gains over its weight.
func (c *continuous) value(amounts []float64) float64 {
	var sum float64
	for i, x := range amounts {
		curve := &c.core.Curves[i]
		switch d := x - thousands(curve.Base); {
		case d < 0 && curve.Cut > 0:
			sum += d * d * c.scale / float64(curve.Cut)
		case d > 0 && curve.Grow > 0:
			sum += d * d * c.scale / float64(curve.Grow)
		}
	}
	return sum
}

func thousands(cents int64) float64 { return float64(cents) / thousand }
