package performance_test

import (
	"fmt"
	"testing"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
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

// BenchmarkResults is of a city with 1,000 measures of 24 months that speak for 500 programs.
func BenchmarkResults(b *testing.B) {
	f := start(b)
	ctx := f.as(b)
	for i := range 1000 {
		m := response()
		m.Links[0].Subject = fmt.Sprintf("%s/programs/p%d", parent, i%500)
		name := f.measure(b, fmt.Sprintf("m%d", i), m)
		var values rows
		for month := range int32(24) {
			values = append(values, row(name, month%12+1, []string{"", "north"}[month/12], float64(i%16)))
		}
		_, err := f.record(ctx, values)
		must(b, err)
	}
	b.Run("publish", func(b *testing.B) {
		for b.Loop() {
			_, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent, ValidateOnly: true})
			must(b, err)
		}
	})
	_, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent})
	must(b, err)
	b.Run("get", func(b *testing.B) {
		for b.Loop() {
			_, err := f.client.GetResultsRevision(ctx, &performancev1.GetResultsRevisionRequest{Name: parent + "/resultsRevisions/current"})
			must(b, err)
		}
	})
}
