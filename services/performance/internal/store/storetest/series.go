package storetest

import (
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
)

// eachSeries reads all of history, and of two more measures: one that has values for a district alone, one like m.
func eachSeries(t *testing.T, h resourcetest.Harness[app.Tx]) {
	of := func(id string, o domain.Observation) domain.Observation { o.Measure = id; return o }
	write(t, h, func(tx app.Tx) error {
		for _, id := range []string{"district", "m-2", "none"} {
			if err := tx.Measures().Insert(measure("a", id)); err != nil {
				return err
			}
		}
		return tx.Observations().Append(domain.Recorded{Organization: "a", Observations: []domain.Observation{
			of("district", observation("a", 1, "north", 1, 0)), of("m-2", observation("a", 1, "", 1, 2)), of("m-2", observation("a", 3, "", 1, 0)),
		}})
	})
	january, february := observation("a", 1, "", 3, 2), observation("a", 2, "", 1, 1)
	first, third := of("m-2", observation("a", 1, "", 1, 2)), of("m-2", observation("a", 3, "", 1, 0))
	type all = map[string][]domain.Observation
	for _, tt := range []struct {
		name  string
		org   string
		until domain.Date
		at    time.Time
		want  all
	}{
		{"now", "a", "", time.Time{}, all{"m": {january, february}, "m-2": {first, third}}},
		{"a minute in", "a", "", at.Add(time.Minute), all{"m": {observation("a", 1, "", 2, 1), february}, "m-2": {third}}},
		{"until a period's first day", "a", "2027-02-01", time.Time{}, all{"m": {january, february}, "m-2": {first}}},
		{"until the day before", "a", "2027-01-31", time.Time{}, all{"m": {january}, "m-2": {first}}},
		{"early and as known at first", "a", "2027-01-31", at, all{"m": {observation("a", 1, "", 1, 0)}}},
		{"before everything", "a", "", at.Add(-time.Microsecond), all{}},
		{"another organization", "b", "", time.Time{}, all{"m": {observation("b", 9, "", 1, 0)}}},
		{"nobody", "c", "", time.Time{}, all{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := all{}
			err := h.Store.Read(t.Context(), func(tx app.Tx) error {
				return tx.Observations().EachSeries(tt.org, tt.until, tt.at, func(id string, series []domain.Observation) error {
					if got[id] != nil {
						t.Errorf("%s was visited twice", id)
					}
					got[id] = series
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			for _, series := range tt.want {
				for i := range series {
					series[i].Source, series[i].RecordedBy = "", "" // not asked for
				}
			}
			if !same(got, tt.want) {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
	refused := errors.New("refused")
	seen := map[string]bool{}
	err := h.Store.Read(t.Context(), func(tx app.Tx) error {
		return tx.Observations().EachSeries("a", "", time.Time{}, func(id string, _ []domain.Observation) error {
			seen[id] = true
			return refused
		})
	})
	if !errors.Is(err, refused) || len(seen) != 1 {
		t.Errorf("went on to %v after an error: %v", slices.Sorted(maps.Keys(seen)), err)
	}
}
