//go:build unix

package earmark

import (
	"fmt"
	"math"
	"syscall"
	"testing"
	"time"
)

func BenchmarkSolve(b *testing.B) {
	for _, c := range []city{
		{funds: 1, claims: 3000},
		{funds: 1, claims: 30_000},
		{funds: 1, claims: 300_000},
		{funds: 1, claims: 1_000_000},
		{funds: 20, claims: 3000, spread: 1},
		{funds: 20, claims: 3000, spread: 19, all: true},
		{funds: 20, claims: 3000, spread: 19, all: true, uneven: 150},
		{funds: 100, claims: 100_000, spread: 5},
		{funds: 100, claims: 100_000, spread: 99},
		{funds: 100, claims: 100_000, spread: 5, uneven: 150},
		{funds: 100, claims: 100_000, spread: 99, uneven: 150},
	} {
		p := c.problem()
		b.Run(fmt.Sprintf("%d_funds_%d_claims_%d_classes_%d_uneven", c.funds, c.claims, len(p.Eligible), c.uneven), func(b *testing.B) {
			b.ReportAllocs()
			blocks := 0
			spent := cpu(b)
			for b.Loop() {
				blocks = len(solve(b, p).Blocks)
			}
			b.ReportMetric(float64(cpu(b)-spent)/float64(b.N), "cpu-ns/op")
			b.ReportMetric(float64(blocks), "blocks")
		})
	}
}

// BenchmarkGrowth reports by how much the processor time of a million claims on 20 funds exceeds that of 3,000, as a share of what n log n allows:
// at most 1 is wanted.
func BenchmarkGrowth(b *testing.B) {
	const small, large = 3000, 1_000_000
	p, q := city{funds: 20, claims: small, spread: 1}.problem(), city{funds: 20, claims: large, spread: 1}.problem()
	var few, many time.Duration
	for b.Loop() {
		const times = 200
		start := cpu(b)
		for range times {
			solve(b, p)
		}
		middle := cpu(b)
		solve(b, q)
		few, many = few+(middle-start)/times, many+cpu(b)-middle
	}
	b.ReportMetric(float64(few)/float64(b.N), "small-cpu-ns")
	b.ReportMetric(float64(many)/float64(b.N), "large-cpu-ns")
	b.ReportMetric(float64(many)/float64(few)/(large*math.Log(large)/(small*math.Log(small))), "of-nlogn")
}

// cpu is the processor time that the process has used.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
