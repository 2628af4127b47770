package analysis

import (
	"cmp"
	"math"
	"slices"
)

// Factors of XmR charts: three standard deviations of single values, and of ranges of two, in mean moving ranges (3/d2
// and D4 for samples of two; Wheeler, Understanding Variation, appendix; NHS England, Making Data Count).
const (
	limitFactor = 2.66
	rangeFactor = 3.267
)

// Charted is what the chart shows for one point of the series.
type Charted struct {
	Value    float64 // the point's value; in a seasonal segment its difference from the same period of the year before
	Range    float64 // moving range: distance from the charted value before, in the same segment
	HasValue bool    // false in a seasonal segment where the year before has no value in it
	HasRange bool    // false for the first charted value of a segment
}

// Segment is a stretch of the series with limits of its own: from one re-basing to the next.
//
// Limits come from the first charted values, as many as the baseline is long, and stay as they are when values are
// added later: mean ± 2.66 × mean moving range; 3.267 × mean moving range for the ranges. A baseline that is not full
// yet takes the values there are; with fewer than 12 the limits are provisional, with fewer than 5 there are none.
type Segment struct {
	First, Last int    // points of the series
	Reason      string // of the re-basing that began it; empty when none did
	Seasonal    bool   // see Charted
	Length      int    // charted values
	Baseline    int    // of these, how many made the limits
	HasLimits   bool
	Provisional bool    // fewer than 12 charted values
	Mean        float64 // of the baseline; 0 in a seasonal segment, where 0 is "as the year before"
	MeanRange   float64
	Lower       float64 // natural process limits
	Upper       float64
	RangeLimit  float64 // upper limit of moving ranges
}

// chart holds the charted values of all segments, one after the other.
type chart struct {
	values []float64
	points []int // points of the series that values are of
	starts []int // where each segment starts in values
}

// of is segment i's part.
func (c *chart) of(i int) (values []float64, points []int) {
	from, to := c.starts[i], len(c.values)
	if i+1 < len(c.starts) {
		to = c.starts[i+1]
	}
	return c.values[from:to], c.points[from:to]
}

// drawCharts cuts the series at its re-basings. Of several without a point between them, the last counts.
func (a *analysis) drawCharts() {
	n := len(a.y)
	a.chart = chart{values: make([]float64, 0, n), points: make([]int, 0, n)}
	a.out.Charted = make([]Charted, n)
	first, reason := 0, ""
	for _, r := range a.series.Rebases {
		from, _ := slices.BinarySearchFunc(a.series.Points, r.From, func(p Point, period int) int { return cmp.Compare(p.Period, period) })
		if from > first {
			a.addSegment(first, from-1, reason)
			first = from
		}
		reason = r.Reason
	}
	if first < n {
		a.addSegment(first, n-1, reason)
	}
}

func (a *analysis) addSegment(first, last int, reason string) {
	s := Segment{First: first, Last: last, Reason: reason, Seasonal: a.isSeasonal(first, last)}
	a.chart.starts = append(a.chart.starts, len(a.chart.values))
	if s.Seasonal {
		a.chartDifferences(first, last)
	} else {
		for i := first; i <= last; i++ {
			a.chart.values, a.chart.points = append(a.chart.values, a.y[i]), append(a.chart.points, i)
		}
	}
	values, points := a.chart.of(len(a.out.Segments))
	for i, p := range points {
		a.out.Charted[p].Value, a.out.Charted[p].HasValue = values[i], true
		if i > 0 {
			a.out.Charted[p].Range, a.out.Charted[p].HasRange = math.Abs(values[i]-values[i-1]), true
		}
	}
	s.limit(values, a.series.BaselineLength)
	a.out.Segments = append(a.out.Segments, s)
}

// limit sets what is computed from the charted values.
func (s *Segment) limit(values []float64, baseline int) {
	s.Length = len(values)
	s.Provisional = s.Length < FullLength
	s.HasLimits = s.Length >= MinLimits
	if !s.HasLimits {
		return
	}
	s.Baseline = min(s.Length, baseline)
	values = values[:s.Baseline]
	if !s.Seasonal {
		s.Mean = mean(values)
	}
	for i := 1; i < len(values); i++ {
		s.MeanRange += math.Abs(values[i]-values[i-1]) / float64(len(values)-1)
	}
	s.Lower = s.Mean - limitFactor*s.MeanRange
	s.Upper = s.Mean + limitFactor*s.MeanRange
	s.RangeLimit = rangeFactor * s.MeanRange
}
