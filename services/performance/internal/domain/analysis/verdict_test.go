package analysis

import "testing"

func TestVariation(t *testing.T) {
	high, low := steady(16), steady(4)
	tests := []struct {
		name   string
		series Series
		want   Variation
		basis  Basis
	}{
		{"high is good", series(Increase, Monthly, Target{}, high...), Improving, ByLimits},
		{"low is bad", series(Increase, Monthly, Target{}, low...), Concerning, ByLimits},
		{"high is bad", series(Decrease, Monthly, Target{}, high...), Concerning, ByLimits},
		{"low is good", series(Decrease, Monthly, Target{}, low...), Improving, ByLimits},
		{"an old signal has ended", series(Increase, Monthly, Target{}, steady(16, 9)...), CommonCause, ByLimits},
		{"towards a range above", series(MaintainRange, Monthly, Target{15, 20, true}, high...), Improving, ByLimits},
		{"away from a range below", series(MaintainRange, Monthly, Target{2, 8, true}, high...), Concerning, ByLimits},
		{"through a range, as far off as before", series(MaintainRange, Monthly, Target{12, 14, true}, high...), CommonCause, ByLimits},
		{"within a wide range", series(MaintainRange, Monthly, Target{0, 20, true}, high...), CommonCause, ByLimits},
		{"no range", series(MaintainRange, Monthly, Target{}, high...), InsufficientData, ByNothing},
		{
			"a trend towards a range", series(MaintainRange, Monthly, Target{0, 8, true}, steady(10.5, 10.2, 10, 9.9, 9.8, 9.7)...),
			Improving, ByLimits,
		},
		// 18 points: 7 below the mean of 10, the last 7 of which rise. Where it is goes before where it leads.
		{"rising, but still low", series(Increase, Monthly, Target{}, steady(6.6, 7, 7.5, 8, 8.5, 9, 9.5)...), Concerning, ByLimits},

		{"nothing", series(Increase, Monthly, Target{}), InsufficientData, ByNothing},
		{"two years", series(Increase, Yearly, Target{}, 1, 2), InsufficientData, ByNothing},
		{"three years, more", series(Increase, Yearly, Target{}, 1, 3, 2), Concerning, ByYearBefore},
		{"three years, less is better", series(Decrease, Yearly, Target{}, 1, 3, 2), Improving, ByYearBefore},
		{"three years, equal", series(Increase, Yearly, Target{}, 1, 2, 2), CommonCause, ByYearBefore},
		{"three years, nearer to the range", series(MaintainRange, Yearly, Target{5, 6, true}, 9, 9, 8), Improving, ByYearBefore},
		{"three years, in the range", series(MaintainRange, Yearly, Target{5, 6, true}, 9, 5, 6), CommonCause, ByYearBefore},
		{"five quarters", series(Increase, Quarterly, Target{}, 1, 9, 9, 9, 2), Improving, ByYearBefore},
		{"four quarters", series(Increase, Quarterly, Target{}, 1, 9, 9, 9), InsufficientData, ByNothing},
		{"eight months", series(Increase, Monthly, Target{}, 1, 2, 1, 2, 1, 2, 1, 2), CommonCause, ByProvisionalLimits},
		{"a year back by a gap", gap(series(Increase, Monthly, Target{}, 1, 2, 3), 1, 10), Improving, ByYearBefore},
		{"four months", series(Increase, Monthly, Target{}, 1, 2, 1, 2), InsufficientData, ByNothing},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := analyze(t, tt.series, Options{})
			if got.Variation != tt.want || got.Basis != tt.basis || got.VariationReason == "" {
				t.Errorf("%s by %s (%s), want %s by %s; signals %+v", got.Variation, got.Basis, got.VariationReason, tt.want, tt.basis, got.Signals)
			}
			if want := len(tt.series.Points) < FullLength; got.Provisional != want {
				t.Errorf("provisional: %v", got.Provisional)
			}
		})
	}
}

// gap moves the points from at on to so many periods later.
func gap(s Series, at, periods int) Series {
	for i := at; i < len(s.Points); i++ {
		s.Points[i].Period += periods
	}
	return s
}

// Limits of steady are 4.68 and 15.32.
func TestAssurance(t *testing.T) {
	tests := []struct {
		name      string
		direction Direction
		target    Target
		values    []float64
		want      Assurance
	}{
		{"below the limits", Increase, Target{4, 0, true}, steady(), ReliablyMet},
		{"on the lower limit", Increase, Target{4.68, 0, true}, steady(), ReliablyMet},
		{"on the upper limit", Increase, Target{15.32, 0, true}, steady(), HitOrMiss},
		{"above the limits", Increase, Target{16, 0, true}, steady(), ReliablyMissed},
		{"less is better, above", Decrease, Target{16, 0, true}, steady(), ReliablyMet},
		{"less is better, between", Decrease, Target{10, 0, true}, steady(), HitOrMiss},
		{"less is better, below", Decrease, Target{4, 0, true}, steady(), ReliablyMissed},
		{"range around the limits", MaintainRange, Target{4, 16, true}, steady(), ReliablyMet},
		{"range within the limits", MaintainRange, Target{8, 12, true}, steady(), HitOrMiss},
		{"range above the limits", MaintainRange, Target{16, 20, true}, steady(), ReliablyMissed},
		{"range below the limits", MaintainRange, Target{0, 4, true}, steady(), ReliablyMissed},
		{"no target", Increase, Target{}, steady(), NoTarget},
		{"nothing", Increase, Target{5, 0, true}, nil, NoTarget},
		{"two are few", Increase, Target{5, 0, true}, []float64{9, 9}, HitOrMiss},
		{"three met", Increase, Target{5, 0, true}, []float64{1, 5, 6, 7}, ReliablyMet},
		{"three missed", Increase, Target{5, 0, true}, []float64{6, 4, 3, 2}, ReliablyMissed},
		{"one of three met", Increase, Target{5, 0, true}, []float64{6, 4, 5, 2}, HitOrMiss},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := analyze(t, series(tt.direction, Yearly, tt.target, tt.values...), Options{})
			if got.Assurance != tt.want || got.AssuranceReason == "" {
				t.Errorf("%s (%s), want %s", got.Assurance, got.AssuranceReason, tt.want)
			}
		})
	}
}

func TestShortSeriesTakeEachPeriodsTarget(t *testing.T) {
	s := series(Increase, Yearly, Target{Value: 8, OK: true}, 4, 6, 8)
	s.Points[0].Target.Value, s.Points[1].Target.Value = 4, 6
	if got := analyze(t, s, Options{}).Assurance; got != ReliablyMet {
		t.Errorf("each year met its target, but assurance is %s", got)
	}
	s.Points[1].Target = Target{} // now judged by the latest
	if got := analyze(t, s, Options{}).Assurance; got != HitOrMiss {
		t.Errorf("a year without target fell short of the latest, but assurance is %s", got)
	}
	s.Points[2].Target = Target{}
	if got := analyze(t, s, Options{}).Assurance; got != NoTarget {
		t.Errorf("the latest year has no target, but assurance is %s", got)
	}
}

func TestStatusTable(t *testing.T) {
	assurances := []Assurance{ReliablyMet, HitOrMiss, ReliablyMissed, NoTarget}
	for variation, row := range map[Variation][]Status{
		Improving:        {StatusOnTrack, StatusImproving, StatusImproving, StatusImproving},
		CommonCause:      {StatusOnTrack, StatusWatch, StatusOffTrack, StatusStable},
		Concerning:       {StatusWatch, StatusAtRisk, StatusOffTrack, StatusAtRisk},
		InsufficientData: {StatusUnknown, StatusUnknown, StatusUnknown, StatusUnknown},
	} {
		for i, want := range row {
			if got := StatusOf(variation, assurances[i]); got != want {
				t.Errorf("%s, %s: %s, want %s", variation, assurances[i], got, want)
			}
		}
	}
}
