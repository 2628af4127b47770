package analysis

// seasonality is the test's size and critical value for a number of periods in a year.
type seasonality struct {
	years    int     // fewest for which the test can tell
	critical float64 // upper 1 % of chi-squared with a degree of freedom less than periods in a year
}

var seasonalities = map[int]seasonality{
	12: {years: 3, critical: 24.725},
	4:  {years: 4, critical: 11.345},
}

// isSeasonal says whether the periods of a year clearly differ. It takes the segment's earliest 3 years (monthly) or 4
// years (quarterly) without a gap, takes off their slope between same periods of different years (see theilSen), ranks
// the periods within each year, and asks whether the ranks agree between years: Friedman's test, at 1 % (M. Friedman,
// The use of ranks to avoid the assumption of normality, JASA 1937), as census bureaus test for stable seasonality.
// Only the earliest years count, so that the answer, as the baseline, stays when values are added. Shorter segments and
// yearly ones are not seasonal.
func (a *analysis) isSeasonal(first, last int) bool {
	year := a.series.Frequency.Year()
	test, ok := seasonalities[year]
	if !ok {
		return false
	}
	length := test.years * year
	from := first
	for i := first; i <= last; i++ {
		if i > first && a.series.Points[i].Period != a.series.Points[i-1].Period+1 {
			from = i
		}
		if i-from+1 == length {
			return a.friedman(a.series.Points[from:i+1], a.y[from:i+1], year) > test.critical
		}
	}
	return false
}

// friedman is Friedman's statistic, with ties, of consecutive values of whole years; 0 when all are equal.
func (a *analysis) friedman(points []Point, y []float64, year int) float64 {
	slope := theilSen(points, y, year).slope
	years := len(y) / year
	sums := make([]float64, year) // of ranks, less their expectation
	flat := make([]float64, year)
	var ties float64 // tied pairs, counted both ways, and weighed below
	for from := 0; from < len(y); from += year {
		for i := range flat {
			flat[i] = y[from+i] - slope*float64(i)
		}
		for i, f := range flat {
			var tied float64
			for _, other := range flat {
				switch a.side(f, other) {
				case 1:
					sums[i] += 0.5
				case -1:
					sums[i] -= 0.5
				default:
					tied++
				}
			}
			ties += tied*tied - 1
		}
	}
	// A group of t ties adds t(t²-1) to ties, which is the textbook's t³-t.
	n, k := float64(years), float64(year)
	variance := (n*k*(k+1) - ties/(k-1)) / 12
	if variance <= 0 {
		return 0
	}
	var q float64
	for _, s := range sums {
		q += s * s
	}
	return q / variance
}

// chartDifferences charts each point less the same period of the year before, when the segment holds it.
func (a *analysis) chartDifferences(first, last int) {
	points, year := a.series.Points, a.series.Frequency.Year()
	before := first
	for i := first; i <= last; i++ {
		for points[before].Period < points[i].Period-year {
			before++
		}
		if points[before].Period == points[i].Period-year {
			a.chart.values, a.chart.points = append(a.chart.values, a.y[i]-a.y[before]), append(a.chart.points, i)
		}
	}
}

// yearBefore is the value of the same period of the year before a segment's last point.
func (a *analysis) yearBefore(s Segment) (float64, bool) {
	want := a.series.Points[s.Last].Period - a.series.Frequency.Year()
	for i := s.Last - 1; i >= s.First && a.series.Points[i].Period >= want; i-- {
		if a.series.Points[i].Period == want {
			return a.y[i], true
		}
	}
	return 0, false
}
