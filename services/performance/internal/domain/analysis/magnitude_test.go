package analysis

import "testing"

// Of steady values with mean 10, limits are 5.32 away.
func TestMagnitude(t *testing.T) {
	flat := make([]float64, 12)
	for i := range flat {
		flat[i] = 0.1
	}
	huge := steady(14)
	for i := range huge {
		huge[i] *= 1e307
	}
	year := func(v []float64) []float64 { return append(v[:12:12], v...) }
	for _, tt := range []struct {
		name   string
		d      Direction
		values []float64
		want   Magnitude
	}{
		{"above, more is better", Increase, steady(14), Magnitude{752, true}},
		{"above, less is better", Decrease, steady(14), Magnitude{-752, true}},
		{"beyond the limit below", Decrease, steady(2), Magnitude{1504, true}},
		{"on the mean", Increase, steady(10), Magnitude{0, true}},
		{"a range", MaintainRange, steady(14), Magnitude{}},
		{"too few for limits", Increase, []float64{1, 2, 1, 2}, Magnitude{}},
		{"nothing", Increase, nil, Magnitude{}},
		{"all equal", Increase, flat, Magnitude{}},
		{"equal but for rounding", Increase, append(flat[:12:12], 0.1+1e-17), Magnitude{}},
		{"equal but the latest", Decrease, append(flat[:12:12], 0.2), Magnitude{-MostMagnitude, true}},
		{"far beyond", Increase, steady(1e12), Magnitude{MostMagnitude, true}},
		{"near the largest numbers", Increase, huge, Magnitude{752, true}},
		{"seasonal, as the year before", Increase, year(year(months)), Magnitude{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := series(tt.d, Monthly, Target{Value: 9, Upper: 11, OK: true}, tt.values...)
			if got := analyze(t, s, Options{}).Magnitude; got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}
