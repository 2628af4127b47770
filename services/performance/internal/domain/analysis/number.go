package analysis

import (
	"math"
	"slices"
)

// scaled is how numbers are kept: times a power of two, so that sums and differences of the largest float64 stay finite.
type scaled struct {
	scale     float64
	tolerance float64 // numbers closer than this are equal
}

// Larger values are scaled down, by a power of two that leaves their bits as they are.
const (
	largest   = 0x1p960
	scaleDown = 0x1p-64
	relative  = 1e-12 // rounding errors of the sums here are a thousand times smaller
)

func scale(points []Point) ([]float64, scaled) {
	s := scaled{scale: 1}
	var most float64
	for _, p := range points {
		most = max(most, math.Abs(p.Value))
	}
	if most > largest {
		s.scale = scaleDown
	}
	s.tolerance = most * s.scale * relative
	y := make([]float64, len(points))
	for i, p := range points {
		y[i] = p.Value * s.scale
	}
	return y, s
}

// scaleTarget clamps, because a target may be enormous where the values are not.
func (s scaled) scaleTarget(t Target) Target {
	t.Value = max(-largest, min(largest, t.Value*s.scale))
	t.Upper = max(-largest, min(largest, t.Upper*s.scale))
	return t
}

// real is the inverse of scaling, kept finite.
func (s scaled) real(f float64) float64 {
	return max(-math.MaxFloat64, min(math.MaxFloat64, f/s.scale))
}

// side is 1 when f is above of, -1 when below, 0 when they are equal.
func (s scaled) side(f, of float64) int {
	switch d := f - of; {
	case d > s.tolerance:
		return 1
	case d < -s.tolerance:
		return -1
	default:
		return 0
	}
}

// unscale turns the numbers of the result into the series' own.
func (a *analysis) unscale() {
	if a.scale == 1 {
		return
	}
	for i := range a.out.Charted {
		c := &a.out.Charted[i]
		c.Value, c.Range = a.real(c.Value), a.real(c.Range)
	}
	for i := range a.out.Segments {
		s := &a.out.Segments[i]
		for _, f := range []*float64{&s.Mean, &s.MeanRange, &s.Lower, &s.Upper, &s.RangeLimit} {
			*f = a.real(*f)
		}
	}
	if f := a.out.Forecast; f != nil {
		for _, n := range []*float64{&f.Value, &f.Low, &f.High, &f.Slope, &f.SlopeLow, &f.SlopeHigh} {
			*n = a.real(*n)
		}
	}
}

// mean adds differences from the first number, so that equal numbers have exactly themselves as mean.
func mean(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	var sum float64
	for _, f := range v {
		sum += f - v[0]
	}
	return v[0] + sum/float64(len(v))
}

// median sorts v. It must not be empty.
func median(v []float64) float64 {
	slices.Sort(v)
	return middle(v)
}

// middle is the median of sorted numbers.
func middle(v []float64) float64 {
	low, high := v[(len(v)-1)/2], v[len(v)/2]
	return low + (high-low)/2
}
