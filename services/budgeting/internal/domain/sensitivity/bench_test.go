package sensitivity

import (
	"context"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// Both report how many allocations an answer took: nearly all of the time is theirs.
func BenchmarkGoalOfALargeCity(b *testing.B) {
	in := modeltest.City(20, 3000, engine.Version)
	for b.Loop() {
		s, err := Goal(context.Background(), in, "g2", 200_000, 400_000, Options{Points: 21, Solves: 100})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(s.Coverage.Solves), "solves/op")
	}
}

func BenchmarkFragilityOfALargeCity(b *testing.B) {
	in := modeltest.City(20, 3000, engine.Version)
	plan, _, err := engine.Allocate(context.Background(), in)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		f, err := Fragility(context.Background(), in, plan, 1_000_000, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(f.Solves), "solves/op")
	}
}
