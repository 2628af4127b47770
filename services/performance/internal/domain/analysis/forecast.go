package analysis

import (
	"math"
	"slices"
)

// Outlook says what a forecast means for the target of its period.
type Outlook string

// Outlooks: the whole interval meets the target, none of it does, some of it does, or there is no target.
const (
	OutlookOnCourse  Outlook = "ON_COURSE"
	OutlookOffCourse Outlook = "OFF_COURSE"
	OutlookUncertain Outlook = "UNCERTAIN"
	OutlookNoTarget  Outlook = "NO_TARGET"
)

// Forecast is where the series leads if it goes on as it did, by the Theil–Sen line through at most the latest 60
// points of the latest segment: the slope is the median of the slopes between all pairs of points, which up to 29 % of
// wild values cannot spoil, as they would a least-squares line; and it needs no assumption about how errors are
// distributed. In a seasonal segment only pairs of the same period of different years count (R. Hirsch, J. Slack and R.
// Smith, Water Resources Research 1982), and each period of the year has a level of its own. It knows nothing of
// bounds: a share may be forecast beyond 100 %.
//
// The interval adds two uncertainties. Of the slope: the 90 % interval between two of the ordered slopes, by the normal
// approximation of Kendall's distribution (P. K. Sen, JASA 63, 1968), pivoted on the middle of the window, so that it
// widens with distance. Of a single value: the k-th lowest to the k-th highest residual, where k is a twentieth of n+1
// rounded down, but at least 1; a new value lies there with a chance of 1-2k/(n+1). Coverage is what is left when the
// misses of both are taken off (Bonferroni). It holds for errors that are independent of each other; where they are
// not, it is less.
type Forecast struct {
	Period              int
	Value               float64
	Low, High           float64
	Coverage            float64 // least chance, from 0 to 1, that the value lies from Low to High
	Slope               float64 // per period
	SlopeLow, SlopeHigh float64
	Points              int // points the line went through
	Outlook             Outlook
}

const (
	slopeConfidence = 0.90
	slopeZ          = 1.6448536269514722 // normal quantile of 0.95
)

// line is a Theil–Sen slope with its interval; ok says whether there are points enough for the interval.
type line struct {
	slope, low, high float64
	ok               bool
}

// theilSen takes the slopes between points that are whole multiples of step periods apart.
func theilSen(points []Point, y []float64, step int) line {
	slopes := make([]float64, 0, len(y)*(len(y)-1)/2/step+len(y))
	for i := range y {
		for j := i + 1; j < len(y); j++ {
			if apart := points[j].Period - points[i].Period; apart%step == 0 {
				slopes = append(slopes, (y[j]-y[i])/float64(apart))
			}
		}
	}
	if len(slopes) == 0 {
		return line{}
	}
	slices.Sort(slopes)
	l := line{slope: middle(slopes)}
	rank := slopeRank(len(slopes), kendallVariance(points, step), slopeZ)
	if rank >= 1 {
		l.low, l.high, l.ok = slopes[rank-1], slopes[len(slopes)-rank], true
	}
	return l
}

// slopeRank is the rank, from 1, of the ordered slope where the interval starts, rounded towards the wider; it ends as
// far from the other end.
func slopeRank(slopes int, variance, z float64) int {
	return int(math.Floor((float64(slopes) - z*math.Sqrt(variance)) / 2))
}

// kendallVariance is the variance of Kendall's S, summed over the periods of the year. Ties would make it smaller;
// leaving that out makes the interval wider.
func kendallVariance(points []Point, step int) float64 {
	sizes := make([]float64, step)
	for _, p := range points {
		sizes[p.Period%step]++
	}
	var variance float64
	for _, n := range sizes {
		variance += n * (n - 1) * (2*n + 5) / 18
	}
	return variance
}

// forecast is nil when none is asked for, when there are fewer than 5 points or too few slopes for the interval, and
// when a seasonal segment never had the season asked for.
func (a *analysis) forecast() *Forecast {
	s, ok := a.latest()
	if !ok || a.opts.ForecastTo <= a.series.Points[s.Last].Period || s.Last-s.First+1 < MinLimits {
		return nil
	}
	from := max(s.First, s.Last+1-ForecastWindow)
	points, y, step := a.series.Points[from:s.Last+1], a.y[from:s.Last+1], 1
	if s.Seasonal {
		step = a.series.Frequency.Year()
	}
	l := theilSen(points, y, step)
	if !l.ok {
		return nil
	}
	pivot := float64(points[0].Period+points[len(points)-1].Period) / 2
	residuals, level, ok := levels(points, y, l.slope, pivot, step, a.opts.ForecastTo)
	if !ok {
		return nil
	}
	n := len(residuals)
	k := max(1, (n+1)/20)
	ahead := float64(a.opts.ForecastTo) - pivot
	f := &Forecast{
		Period: a.opts.ForecastTo, Points: n, Slope: l.slope, SlopeLow: l.low, SlopeHigh: l.high,
		Value: level + l.slope*ahead, Low: level + l.low*ahead + residuals[k-1], High: level + l.high*ahead + residuals[n-k],
		Coverage: max(0, slopeConfidence-2*float64(k)/float64(n+1)),
	}
	switch t := a.scaleTarget(a.opts.ForecastTarget); {
	case !t.OK:
		f.Outlook = OutlookNoTarget
	case a.meets(t, f.Low, f.High):
		f.Outlook = OutlookOnCourse
	case a.misses(t, f.Low, f.High):
		f.Outlook = OutlookOffCourse
	default:
		f.Outlook = OutlookUncertain
	}
	return f
}

// levels are the residuals, ordered, about a line with the slope through each season's own level at the pivot, and the
// level of the season that period to belongs to; false when no point does.
func levels(points []Point, y []float64, slope, pivot float64, step, to int) (residuals []float64, level float64, ok bool) {
	residuals = make([]float64, 0, len(y))
	for season := range step {
		start := len(residuals)
		for i, p := range points {
			if p.Period%step == season {
				residuals = append(residuals, y[i]-slope*(float64(p.Period)-pivot))
			}
		}
		own := residuals[start:]
		if len(own) == 0 {
			continue
		}
		m := median(own)
		if season == to%step {
			level, ok = m, true
		}
		for i := range own {
			own[i] -= m
		}
	}
	slices.Sort(residuals)
	return residuals, level, ok
}
