package packages_test

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages/packagestest"
)

// cpu is the processor time of this process so far.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkFamilies solves 20 seeds of every family and reports how many were proven, with the median and worst processor time.
func BenchmarkFamilies(b *testing.B) {
	const seeds = 20
	for _, f := range []struct {
		name                  string
		make                  func(seed uint64, groups, levels, nodes int) packages.Problem
		groups, levels, nodes int
	}{
		{"random", packagestest.Random, 3000, 4, 1},
		{"random", packagestest.Random, 3000, 4, 5},
		{"tied", packagestest.Tied, 3000, 4, 1},
		{"tied", packagestest.Tied, 3000, 4, 5},
		{"correlated", packagestest.Correlated, 300, 1, 1},
		{"correlated", packagestest.Correlated, 300, 1, 5},
		{"correlated", packagestest.Correlated, 300, 4, 5},
	} {
		b.Run(fmt.Sprintf("%s/%dx%d/nodes=%d", f.name, f.groups, f.levels, f.nodes), func(b *testing.B) {
			for b.Loop() {
				var times []float64
				proven := 0
				var gap int64
				for seed := range uint64(seeds) {
					p := f.make(seed, f.groups, f.levels, f.nodes)
					from := cpu()
					s, err := packages.Solve(b.Context(), p, packages.Options{})
					ms := float64((cpu() - from).Microseconds()) / 1000
					if err != nil || !s.Feasible {
						b.Fatal(err)
					}
					times = append(times, ms)
					if s.Proven {
						proven++
					}
					gap = max(gap, (s.Bound-s.Value)*1e9/max(s.Value, 1))
					b.Logf("seed %d: proven %v value %d gap %d states %d, %.1f ms", seed, s.Proven, s.Value, s.Bound-s.Value, s.States, ms)
				}
				slices.Sort(times)
				b.ReportMetric(times[seeds/2], "median-cpu-ms")
				b.ReportMetric(times[seeds-1], "worst-cpu-ms")
				b.ReportMetric(float64(proven), "proven")
				b.ReportMetric(float64(gap), "worst-gap-ppb")
				b.ReportMetric(0, "ns/op")
			}
		})
	}
}
