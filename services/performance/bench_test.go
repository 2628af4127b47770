package performance_test

import (
	"fmt"
	"testing"
)

// BenchmarkRecord sends full messages of new values, of values already known, and of changed ones; ns/op is of 1,000 rows.
func BenchmarkRecord(b *testing.B) {
	f := start(b)
	name := f.measure(b, "rt", response())
	ctx := f.as(b)
	message := func(dimension int, value float64) rows {
		m := make(rows, 1000)
		for i := range m {
			m[i] = row(name, int32(i%12)+1, fmt.Sprintf("d%d-%d", dimension, i/12), value)
		}
		return m
	}
	n := 0
	for _, c := range []struct {
		name string
		next func() rows
	}{
		{"new", func() rows { n++; return message(n, 1) }},
		{"duplicate", func() rows { return message(1, 1) }},
		{"revised", func() rows { n++; return message(1, float64(n)) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				r, err := f.record(ctx, c.next())
				must(b, err)
				if r.GetRejected() > 0 {
					b.Fatal(r)
				}
			}
		})
	}
}
