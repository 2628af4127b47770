package analysis

import (
	"syscall"
	"testing"
	"time"
)

// tenYears is a monthly series of ten years, seasonal or not.
func tenYears(season []float64) (Series, Options) {
	s := series(Increase, Monthly, Target{Value: 50, OK: true}, wave(season, 120)...)
	return s, Options{Now: begin + 121, ForecastTo: begin + 131, ForecastTarget: Target{Value: 50, OK: true}}
}

// measured runs a benchmark of so many points and reports what the processor took: benchmarks share their machine.
func measured(b *testing.B, points int, run func()) {
	b.Helper()
	b.ReportAllocs()
	began := cpu()
	for b.Loop() {
		run()
	}
	used := (cpu() - began) / time.Duration(b.N)
	b.ReportMetric(float64(used)/float64(time.Millisecond), "cpu-ms/op")
	b.ReportMetric(float64(points)/used.Seconds(), "points/cpu-s")
}

func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkAnalyze(b *testing.B) {
	for name, season := range map[string][]float64{"plain": calm, "seasonal": months} {
		s, o := tenYears(season)
		b.Run(name, func(b *testing.B) { measured(b, len(s.Points), func() { analyze(b, s, o) }) })
	}
}

func BenchmarkAnalyze2000Series(b *testing.B) {
	plain, o := tenYears(calm)
	seasonal, _ := tenYears(months)
	measured(b, 2000*len(plain.Points), func() {
		for range 1000 {
			analyze(b, plain, o)
			analyze(b, seasonal, o)
		}
	})
}

func TestAllocations(t *testing.T) {
	s, o := tenYears(months)
	if n := testing.AllocsPerRun(20, func() { analyze(t, s, o) }); n > 40 {
		t.Errorf("%v allocations for 120 points: the loops allocate", n)
	}
}
