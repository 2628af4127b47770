package analysis

import "testing"

// wave repeats a season for some periods, with noise of -1, 0 or 1 that does not repeat with the year.
func wave(season []float64, periods int) []float64 {
	v := make([]float64, periods)
	for i := range v {
		v[i] = season[i%len(season)] + float64(i*i%7%3-1)
	}
	return v
}

var (
	months   = []float64{40, 42, 50, 60, 72, 80, 85, 83, 70, 58, 48, 41}
	quarters = []float64{20, 35, 60, 30}
	calm     = []float64{50}
)

func TestSeasonality(t *testing.T) {
	tests := []struct {
		name   string
		series Series
		want   bool
	}{
		{"months", series(Increase, Monthly, Target{}, wave(months, 36)...), true},
		{"months that grow", grow(series(Increase, Monthly, Target{}, wave(months, 36)...), 3), true},
		{"less than three years", series(Increase, Monthly, Target{}, wave(months, 35)...), false},
		{"three years with a gap", gap(series(Increase, Monthly, Target{}, wave(months, 36)...), 7, 12), false},
		{"three years after a gap", gap(series(Increase, Monthly, Target{}, wave(months, 48)...), 12, 12), true},
		{"quarters", series(Increase, Quarterly, Target{}, wave(quarters, 16)...), true},
		{"less than four years", series(Increase, Quarterly, Target{}, wave(quarters, 15)...), false},
		{"noise by months", series(Increase, Monthly, Target{}, wave(calm, 60)...), false},
		{"noise by quarters", series(Increase, Quarterly, Target{}, wave(calm, 60)...), false},
		{"growth alone", grow(series(Increase, Monthly, Target{}, make([]float64, 60)...), 2), false},
		{"nothing changes", series(Increase, Monthly, Target{}, make([]float64, 60)...), false},
		{"years", series(Increase, Yearly, Target{}, wave(quarters, 60)...), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := analyze(t, tt.series, Options{}).Segments[0].Seasonal; got != tt.want {
				t.Errorf("seasonal: %v", got)
			}
		})
	}
}

func grow(s Series, by float64) Series {
	for i := range s.Points {
		s.Points[i].Value += by * float64(i)
	}
	return s
}

// Friedman's 1937 test by hand: 4 years of 4 quarters that always rank 1, 3, 4, 2 give sums 4, 12, 16, 8 about 10, so
// 12/(4·4·5) × (36+4+36+4) = 12, the most there can be: 4 × (4-1).
func TestFriedman(t *testing.T) {
	s := series(Increase, Quarterly, Target{}, 1, 3, 4, 2, 1, 3, 4, 2, 1, 3, 4, 2, 1, 3, 4, 2)
	a := analysis{series: s}
	a.y, a.scaled = scale(s.Points)
	near(t, "statistic", a.friedman(s.Points, a.y, 4), 12, 1e-9)

	// With ties, ranks 1.5, 3, 4, 1.5 each year: sums 6, 12, 16, 6 about 10, squares 16+4+36+16 = 72. Each year has one
	// pair, which takes (2³-2)/(4-1) = 2 off 4·5: 72 / (4 × (20-2) / 12) = 12.
	for i := range a.y {
		a.y[i] = []float64{1, 3, 4, 1}[i%4]
	}
	near(t, "statistic with ties", a.friedman(s.Points, a.y, 4), 12, 1e-9)
}

func TestSeasonalVerdicts(t *testing.T) {
	target := Target{Value: 41, OK: true}
	stable := series(Increase, Monthly, target, wave(months, 60)...)
	r := analyze(t, stable, Options{})
	if r.Basis != BySeasonalLimits || r.Variation != CommonCause || r.Provisional || r.Segments[0].Length != 48 || r.Segments[0].Mean != 0 {
		t.Errorf("a stable season: %s by %s; signals %v", r.Variation, r.Basis, r.Signals)
	}
	if c := r.Charted[12]; r.Charted[11].HasValue || !c.HasValue || c.HasRange || c.Value != stable.Points[12].Value-stable.Points[0].Value {
		t.Errorf("the second year starts with %+v", c)
	}
	if r.Assurance != HitOrMiss {
		t.Errorf("winters are near the target, but assurance is %s (%s)", r.Assurance, r.AssuranceReason)
	}
	for _, want := range []struct {
		target float64
		is     Assurance
	}{{30, ReliablyMet}, {60, HitOrMiss}, {95, ReliablyMissed}} {
		if got := analyze(t, series(Increase, Monthly, Target{want.target, 0, true}, wave(months, 60)...), Options{}).Assurance; got != want.is {
			t.Errorf("target %v: %s, want %s", want.target, got, want.is)
		}
	}
	for i := 53; i < 60; i++ {
		stable.Points[i].Value += 12
	}
	if got := analyze(t, stable, Options{}); got.Variation != Improving {
		t.Errorf("seven months better than the year before: %s (%s)", got.Variation, got.VariationReason)
	}
	stable.Direction = Decrease
	if got := analyze(t, stable, Options{}); got.Variation != Concerning {
		t.Errorf("less is better: %s (%s)", got.Variation, got.VariationReason)
	}
	stable.Direction = MaintainRange
	for i := range stable.Points {
		stable.Points[i].Target = Target{Value: 90, Upper: 99, OK: true}
	}
	if got := analyze(t, stable, Options{}); got.Variation != Improving {
		t.Errorf("nearer to a range than the year before: %s (%s)", got.Variation, got.VariationReason)
	}
}
