package analysis

import (
	"fmt"
	"strings"
)

// Variation says what the process does.
type Variation string

// Variations. COMMON_CAUSE is noise: no reason to act on the latest value. INSUFFICIENT_DATA is no low mark: it is
// unknown.
const (
	Improving        Variation = "IMPROVING"
	Concerning       Variation = "CONCERNING"
	CommonCause      Variation = "COMMON_CAUSE"
	InsufficientData Variation = "INSUFFICIENT_DATA"
)

// Basis says what the variation was judged by.
type Basis string

// Bases.
const (
	ByLimits            Basis = "LIMITS"             // 12 points or more: signals against the natural limits
	BySeasonalLimits    Basis = "SEASONAL_LIMITS"    // the same, of differences from the same period of the year before
	ByYearBefore        Basis = "YEAR_OVER_YEAR"     // 3 to 11 points: the latest against the same period of the year before
	ByProvisionalLimits Basis = "PROVISIONAL_LIMITS" // 5 to 11 points without that period: signals against provisional limits
	ByNothing           Basis = "NONE"               // too few points, or a range to maintain without a target
)

// judgeVariation looks at the latest point, as NHS England's icons do: an old signal that has ended says nothing about
// now.
func (a *analysis) judgeVariation() {
	a.out.Basis, a.out.Variation = ByNothing, InsufficientData
	s, ok := a.latest()
	a.out.Provisional = !ok || s.Provisional
	points := s.Last - s.First + 1
	switch {
	case !ok:
		a.out.VariationReason = "There is no value."
		return
	case a.series.Direction == MaintainRange && !a.target().OK:
		a.out.VariationReason = "The latest point has no target range, so nothing is nearer to it or farther from it."
		return
	case points < MinComparison:
		a.out.VariationReason = fmt.Sprintf("%d of at least %d values are there.", points, MinComparison)
		return
	}
	before, hasYear := a.yearBefore(s)
	switch {
	case s.Seasonal:
		a.out.Basis = BySeasonalLimits
	case !s.Provisional:
		a.out.Basis = ByLimits
	case hasYear:
		a.out.Basis = ByYearBefore
		a.compareYears(before, a.y[s.Last])
		return
	case s.HasLimits:
		a.out.Basis = ByProvisionalLimits
	default:
		a.out.VariationReason = fmt.Sprintf("%d of at least %d values are there, and none of the year before.", points, MinLimits)
		return
	}
	a.readSignals(s)
}

// readSignals takes the current signals of a segment. They differ seldom; then what tells of the level goes before what
// tells of the way it moves: OUTSIDE_LIMITS, NEAR_LIMIT, SHIFT, TREND.
func (a *analysis) readSignals(s Segment) {
	a.out.Variation, a.out.VariationReason = CommonCause, "No signal reaches the latest point: the process varies as it usually does."
	for _, rule := range []Rule{OutsideLimits, NearLimit, Shift, Trend} {
		for _, g := range a.out.Signals {
			if g.Rule != rule || !g.Current || g.Segment != len(a.out.Segments)-1 {
				continue
			}
			if rule == Shift && !s.Provisional && g.Last-g.First+1 >= FullLength {
				a.out.RebaseAdvised = true
			}
			if g.Favour == Neutral {
				if a.out.Variation == CommonCause {
					a.out.VariationReason = fmt.Sprintf("The current %s signal (%s) leads neither towards the target range nor away from it.", rule, g.Side)
				}
				continue
			}
			if a.out.Variation != CommonCause {
				continue
			}
			a.out.Variation = Concerning
			if g.Favour == Favourable {
				a.out.Variation = Improving
			}
			a.out.VariationReason = fmt.Sprintf("The %s signal (%s) over %s is current and %s.", rule, g.Side,
				points(g.Last-g.First+1), strings.ToLower(string(g.Favour)))
		}
	}
}

func (a *analysis) compareYears(before, now float64) {
	switch a.better(before, now) {
	case 1:
		a.out.Variation = Improving
		a.out.VariationReason = "The latest value is better than that of the same period of the year before; too few values tell whether that is noise."
	case -1:
		a.out.Variation = Concerning
		a.out.VariationReason = "The latest value is worse than that of the same period of the year before; too few values tell whether that is noise."
	default:
		a.out.Variation, a.out.VariationReason = CommonCause, "The latest value is as good as that of the same period of the year before."
	}
}

// better is 1 when value b is better than value a, -1 when worse, 0 when neither is. In a range all values are equally
// good.
func (a *analysis) better(was, is float64) int {
	switch a.series.Direction {
	case Increase:
		return a.side(is, was)
	case Decrease:
		return a.side(was, is)
	default:
		t := a.target()
		if !t.OK {
			return 0
		}
		return a.side(distance(t, was), distance(t, is))
	}
}

// distance is how far outside a range f lies.
func distance(t Target, f float64) float64 { return max(0, t.Value-f, f-t.Upper) }

// favour judges a signal. A high signal is good where more is better; for a range, the means of the signal's points
// with and without the signal are compared: what they are, and what they would be on the chart's mean. A trend compares
// its ends.
func (a *analysis) favour(s Segment, g Signal) Favour {
	var was, is float64
	switch {
	case a.series.Direction != MaintainRange:
		is = 1
		if g.Side == Low {
			is = -1
		}
		if a.series.Direction == Decrease {
			is = -is
		}
		if is > 0 {
			return Favourable
		}
		return Unfavourable
	case g.Rule == Trend:
		was, is = a.y[g.First], a.y[g.Last]
	default:
		var n float64
		for i := g.First; i <= g.Last; i++ {
			if c := a.out.Charted[i]; c.HasValue {
				n++
				is += (a.y[i] - is) / n
				was += (a.y[i] - (c.Value - s.Mean) - was) / n
			}
		}
	}
	switch a.better(was, is) {
	case 1:
		return Favourable
	case -1:
		return Unfavourable
	default:
		return Neutral
	}
}

// points is a number of points in words.
func points(n int) string {
	if n == 1 {
		return "1 point"
	}
	return fmt.Sprintf("%d points", n)
}
