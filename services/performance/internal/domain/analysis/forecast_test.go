package analysis

import "testing"

// P. K. Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63 (1968), section 6: slope 4,
// interval at 93 % from 26/7 to 35/8. The same numbers serve SciPy's theilslopes as a test.
func TestSen1968(t *testing.T) {
	s := Series{Direction: Increase, Frequency: Yearly}
	y := []float64{9, 15, 19, 20, 45, 55, 78}
	for i, x := range []int{1, 2, 3, 4, 10, 12, 18} {
		s.Points = append(s.Points, Point{Period: x, Value: y[i]})
	}
	near(t, "slope", theilSen(s.Points, y, 1).slope, 4, 1e-12)
	variance := kendallVariance(s.Points, 1)
	near(t, "variance", variance, 7*6*19/18.0, 1e-12)
	const z = 1.8119 // normal quantile of 1 - 0.07/2
	rank := slopeRank(21, variance, z)
	if rank != 4 { // (21 - 1.8119 × 6.658) / 2 = 4.47
		t.Fatalf("rank %d", rank)
	}
	l := theilSen(s.Points, y, 1) // at 90 %: (21 - 1.6449 × 6.658) / 2 = 5.02, so the fifth slope from either end
	if !l.ok || l.low < 26.0/7 || l.high > 35.0/8 || l.low > 4 || l.high < 4 {
		t.Errorf("interval at 90 %% is %v to %v, outside that at 93 %%", l.low, l.high)
	}
}

func TestForecast(t *testing.T) {
	line := series(Increase, Yearly, Target{}, 2, 5, 8, 11, 14, 17)
	to := begin + 10 // 2 + 3 × 10
	f := analyze(t, line, Options{ForecastTo: to}).Forecast
	if f == nil || f.Period != to || f.Points != 6 || f.Outlook != OutlookNoTarget {
		t.Fatalf("%+v", f)
	}
	near(t, "value", f.Value, 32, 1e-9)
	near(t, "slope", f.Slope, 3, 1e-12)
	near(t, "low", f.Low, 32, 1e-9)
	near(t, "high", f.High, 32, 1e-9)
	near(t, "coverage", f.Coverage, 0.9-2.0/7, 1e-12)

	line.Points[3].Value = 900 // one wild value in six
	near(t, "slope despite a wild value", analyze(t, line, Options{ForecastTo: to}).Forecast.Slope, 3, 1e-9)

	// By hand: slopes of 0 1 0 1 0 are, sorted, -1 -1 -1/3 0 0 0 0 1/3 1 1 with median 0; the variance is 5·4·15/18 =
	// 16.67, (10 - 1.645 × 4.08) / 2 = 1.64, so the interval runs from the first slope to the last: -1 to 1. Residuals
	// about the median 0 are 0 and 1. The pivot is 2, the period 5 is 3 ahead: 0 - 3 + 0 to 0 + 3 + 1.
	f = analyze(t, series(Increase, Yearly, Target{}, 0, 1, 0, 1, 0), Options{ForecastTo: begin + 5}).Forecast
	near(t, "value by hand", f.Value, 0, 1e-12)
	near(t, "low by hand", f.Low, -3, 1e-12)
	near(t, "high by hand", f.High, 4, 1e-12)
}

// Of 100 points the latest 60 count; of their residuals, all 0 but ten wild ones, the third from either end: (60+1)/20.
func TestForecastWindow(t *testing.T) {
	s := grow(series(Increase, Yearly, Target{}, make([]float64, 100)...), 1)
	for i := range 40 {
		s.Points[i].Value = 1e6
	}
	for i, wild := range []float64{-50, -40, -30, -20, -10, 10, 20, 30, 40, 50} {
		s.Points[45+5*i].Value += wild
	}
	f := analyze(t, s, Options{ForecastTo: begin + 100}).Forecast
	if f.Points != ForecastWindow {
		t.Fatalf("line through %d points", f.Points)
	}
	near(t, "slope", f.Slope, 1, 1e-9)
	near(t, "value", f.Value, 100, 1e-9)
	near(t, "coverage", f.Coverage, 0.9-6.0/61, 1e-12)
	ahead := 100 - (40+99)/2.0 // from the pivot
	near(t, "low", f.Low, 100-30-(1-f.SlopeLow)*ahead, 1e-6)
	near(t, "high", f.High, 100+30+(f.SlopeHigh-1)*ahead, 1e-6)
}

func TestNoForecast(t *testing.T) {
	six := []float64{2, 5, 8, 11, 14, 17}
	rebased := series(Increase, Yearly, Target{}, six...)
	rebased.Rebases = []Rebase{{From: begin + 3, Reason: "merged"}}
	for name, tt := range map[string]struct {
		series Series
		to     int
	}{
		"not asked":        {series(Increase, Yearly, Target{}, six...), 0},
		"past":             {series(Increase, Yearly, Target{}, six...), begin + 5},
		"four points":      {series(Increase, Yearly, Target{}, six[:4]...), begin + 9},
		"after re-basing":  {rebased, begin + 9},
		"nothing is known": {series(Increase, Yearly, Target{}), begin},
	} {
		if f := analyze(t, tt.series, Options{ForecastTo: tt.to}).Forecast; f != nil {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

func TestOutlook(t *testing.T) {
	const to = begin + 8 // 0 1 0 1 0 and so on: about 0, give or take
	for _, tt := range []struct {
		direction Direction
		target    Target
		want      Outlook
	}{
		{Increase, Target{-50, 0, true}, OutlookOnCourse},
		{Increase, Target{0.5, 0, true}, OutlookUncertain},
		{Increase, Target{50, 0, true}, OutlookOffCourse},
		{Decrease, Target{50, 0, true}, OutlookOnCourse},
		{Decrease, Target{-50, 0, true}, OutlookOffCourse},
		{MaintainRange, Target{-50, 50, true}, OutlookOnCourse},
		{MaintainRange, Target{0, 1, true}, OutlookUncertain},
		{MaintainRange, Target{40, 50, true}, OutlookOffCourse},
		{MaintainRange, Target{-50, -40, true}, OutlookOffCourse},
	} {
		f := analyze(t, series(tt.direction, Yearly, Target{}, 0, 1, 0, 1, 0, 1), Options{ForecastTo: to, ForecastTarget: tt.target}).Forecast
		if f.Outlook != tt.want {
			t.Errorf("%s to %+v: %s from %v to %v, want %s", tt.direction, tt.target, f.Outlook, f.Low, f.High, tt.want)
		}
	}
}

func TestSeasonalForecast(t *testing.T) {
	s := grow(series(Increase, Monthly, Target{}, wave(months, 60)...), 0.5)
	for _, ahead := range []int{0, 5, 11} { // January, June and December of the year after
		f := analyze(t, s, Options{ForecastTo: begin + 60 + ahead}).Forecast
		want := months[ahead] + 0.5*float64(60+ahead)
		near(t, "forecast", f.Value, want, 2)
		if f.Low > want || f.High < want || f.High-f.Low > 8 {
			t.Errorf("%d months ahead: %v to %v misses %v, or is wide", ahead, f.Low, f.High, want)
		}
	}
}
