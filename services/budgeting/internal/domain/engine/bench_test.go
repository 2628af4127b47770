package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

func BenchmarkAllocate(b *testing.B) {
	for _, size := range []struct{ funds, programs int }{{1, 3000}, {20, 3000}, {100, 100_000}} {
		in := modeltest.City(size.funds, size.programs, engine.Version)
		b.Run(fmt.Sprintf("%d_funds_%d_programs", size.funds, size.programs), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := engine.Allocate(context.Background(), in); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
