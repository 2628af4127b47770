package analysis

import "math"

// Thousand is the way from the mean to a natural limit, in the thousandths that a Magnitude is counted in.
const Thousand = 1000

// MostMagnitude bounds magnitudes on both sides: a thousand times the way to the limit.
const MostMagnitude = 1_000_000

// Magnitude says how far the latest charted value lies from the mean.
type Magnitude struct {
	Milli int  // thousandths of the way from the mean to the natural limit; positive is better; within ±MostMagnitude
	OK    bool // false without limits, for MAINTAIN_RANGE, and when all values are equal
}

// magnitude is of the latest segment. Where all values of the baseline are equal, and the latest is not, any distance is
// the most there is.
func (a *analysis) magnitude() Magnitude {
	s, ok := a.latest()
	if !ok || !s.HasLimits || a.series.Direction == MaintainRange {
		return Magnitude{}
	}
	values, _ := a.chart.of(len(a.out.Segments) - 1)
	latest := values[len(values)-1]
	side, flat := a.side(latest, s.Mean), a.side(s.Upper, s.Mean) == 0
	if side == 0 {
		return Magnitude{OK: !flat}
	}
	milli := math.Inf(side)
	if !flat {
		milli = (latest - s.Mean) / (s.Upper - s.Mean) * Thousand
	}
	if a.series.Direction == Decrease {
		milli = -milli
	}
	return Magnitude{Milli: int(math.Round(max(-MostMagnitude, min(MostMagnitude, milli)))), OK: true}
}
