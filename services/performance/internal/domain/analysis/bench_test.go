package analysis

import "testing"

// tenYears is a monthly series of ten years, seasonal or not.
func tenYears(season []float64) (Series, Options) {
	s := series(Increase, Monthly, Target{Value: 50, OK: true}, wave(season, 120)...)
	return s, Options{Now: begin + 121, ForecastTo: begin + 131, ForecastTarget: Target{Value: 50, OK: true}}
}

func BenchmarkAnalyze(b *testing.B) {
	for name, season := range map[string][]float64{"plain": calm, "seasonal": months} {
		s, o := tenYears(season)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				analyze(b, s, o)
			}
		})
	}
}

func BenchmarkAnalyze2000Series(b *testing.B) {
	plain, o := tenYears(calm)
	seasonal, _ := tenYears(months)
	b.ReportAllocs()
	for b.Loop() {
		for range 1000 {
			analyze(b, plain, o)
			analyze(b, seasonal, o)
		}
	}
}

func TestAllocations(t *testing.T) {
	s, o := tenYears(months)
	if n := testing.AllocsPerRun(20, func() { analyze(t, s, o) }); n > 40 {
		t.Errorf("%v allocations for 120 points: the loops allocate", n)
	}
}
