package storetest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// observation of measure m, recorded minute minutes after at, with a value that tells its revision.
func observation(org string, month int, dimension string, revision int64, minute int) domain.Observation {
	return domain.Observation{
		Organization: org, Cell: domain.Cell{Measure: "m", Period: domain.Date(fmt.Sprintf("2027-%02d-01", month)), Dimension: dimension},
		Value: float64(revision) + 0.1, Source: "s", Revision: revision, RecordTime: at.Add(time.Duration(minute) * time.Minute), RecordedBy: "ann",
	}
}

// history is two months of "a", of which January was revised twice, and a value of "b".
func history(tx app.Tx) error {
	for org, all := range map[string][]domain.Observation{
		"a": {
			observation("a", 1, "", 1, 0), observation("a", 1, "north", 1, 0), observation("a", 2, "south", 1, 0),
			observation("a", 1, "", 2, 1), observation("a", 2, "", 1, 1), observation("a", 1, "", 3, 2),
		},
		"b": {observation("b", 9, "", 1, 0)},
	} {
		if err := tx.Measures().Insert(measure(org, "m")); err != nil {
			return err
		}
		if err := tx.Observations().Append(domain.Recorded{Organization: org, Accepted: int64(len(all)), Observations: all}); err != nil {
			return err
		}
	}
	return nil
}

func observations(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	for name, check := range map[string]func(*testing.T, resourcetest.Harness[app.Tx]){
		"current values are the latest revisions": current,
		"pages are as of a moment":                asOf,
		"series by period":                        series,
		"all series in one read":                  eachSeries,
		"the latest periods of all measures":      latestPeriods,
		"the dimensions of a measure":             dimensions,
		"terms of the measures that exist":        terms,
		"one journal entry tells of many":         journal,
		"a failed write leaves no trace":          rollback,
		"rows are never overwritten":              never,
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			write(t, h, history)
			check(t, h)
		})
	}
}

func current(t *testing.T, h resourcetest.Harness[app.Tx]) {
	write(t, h, func(tx app.Tx) error {
		next := observation("a", 2, "", 2, 3)
		if err := tx.Observations().Append(domain.Recorded{Organization: "a", Observations: []domain.Observation{next}}); err != nil {
			return err
		}
		cells := []domain.Cell{next.Cell, observation("a", 1, "", 0, 0).Cell, observation("a", 9, "", 0, 0).Cell}
		for i := range 600 { // more than one statement's worth
			cells = append(cells, domain.Cell{Measure: fmt.Sprintf("none%d", i), Period: "2027-01-01"})
		}
		got, err := tx.Observations().Current("a", cells)
		want := make([]domain.Known, len(cells))
		for i, o := range []domain.Observation{next, observation("a", 1, "", 3, 2)} {
			want[i] = domain.Known{Value: o.Value, Revision: o.Revision, RecordTime: o.RecordTime}
		}
		if err == nil && !same(got, want) {
			t.Errorf("current %+v, want %+v", got, want)
		}
		return err
	})
}

func asOf(t *testing.T, h resourcetest.Harness[app.Tx]) {
	for _, tt := range []struct {
		name   string
		at     time.Time
		every  bool
		filter string
		order  string
		want   []domain.Observation
	}{
		{"now", time.Time{}, false, "", "", []domain.Observation{
			observation("a", 1, "", 3, 2), observation("a", 1, "north", 1, 0), observation("a", 2, "", 1, 1), observation("a", 2, "south", 1, 0),
		}},
		{"a minute in", at.Add(time.Minute), false, "", "period_start desc", []domain.Observation{
			observation("a", 2, "south", 1, 0), observation("a", 2, "", 1, 1), observation("a", 1, "north", 1, 0), observation("a", 1, "", 2, 1),
		}},
		{"at first, the whole city", at, false, `dimension = ""`, "", []domain.Observation{observation("a", 1, "", 1, 0)}},
		{"before", at.Add(-time.Microsecond), false, "", "", nil},
		{"every revision", time.Time{}, true, "", "", []domain.Observation{
			observation("a", 1, "", 1, 0), observation("a", 1, "", 2, 1), observation("a", 1, "", 3, 2), observation("a", 1, "north", 1, 0),
			observation("a", 2, "", 1, 1), observation("a", 2, "south", 1, 0),
		}},
		{"every revision a minute in, the last period first", at.Add(time.Minute), true, "", "period_start desc", []domain.Observation{
			observation("a", 2, "south", 1, 0), observation("a", 2, "", 1, 1), observation("a", 1, "north", 1, 0),
			observation("a", 1, "", 1, 0), observation("a", 1, "", 2, 1),
		}},
		{"every revision of the whole city at first", at, true, `dimension = ""`, "", []domain.Observation{observation("a", 1, "", 1, 0)}},
		{"every revision before", at.Add(-time.Microsecond), true, "", "", nil},
	} {
		for _, size := range []int32{1, 3, 50} {
			t.Run(fmt.Sprintf("%s, pages of %d", tt.name, size), func(t *testing.T) {
				var got []domain.Observation
				request, schema := listing.Request{PageSize: size, Filter: tt.filter, OrderBy: tt.order}, app.ObservationList
				if tt.every {
					schema = app.RevisionList
				}
				for more := true; more; more = request.PageToken != "" {
					q, err := listing.Parse(request, schema)
					if err != nil {
						t.Fatal(err)
					}
					var page []domain.Observation
					err = h.Store.Read(t.Context(), func(tx app.Tx) (err error) {
						page, request.PageToken, err = tx.Observations().List("a", "m", tt.at, tt.every, q)
						return err
					})
					if err != nil || len(page) > int(size) {
						t.Fatalf("page of %d: %v", len(page), err)
					}
					got = append(got, page...)
				}
				if !same(got, tt.want) {
					t.Errorf("got %+v, want %+v", got, tt.want)
				}
			})
		}
	}
}

func terms(t *testing.T, h resourcetest.Harness[app.Tx]) {
	write(t, h, func(tx app.Tx) error {
		for _, m := range []domain.Measure{measure("b", "other"), measure("a", "unused")} {
			if err := tx.Measures().Insert(m); err != nil {
				return err
			}
		}
		got, err := tx.Observations().Terms("a", []string{"m", "other", "unused", "none"})
		dimensions := []string{"north", "south"}
		if err == nil && !same(got, map[string]domain.Terms{
			"m":      {Frequency: domain.Monthly, Dimensions: dimensions, Last: "2027-02-01"},
			"unused": {Frequency: domain.Monthly, Dimensions: dimensions},
		}) {
			t.Errorf("terms %v", got)
		}
		used, err := tx.Observations().Any("a", "m")
		if !used {
			t.Error("m has no observations")
		}
		if unused, _ := tx.Observations().Any("b", "other"); unused {
			t.Error("other has observations")
		}
		return err
	})
}

func journal(t *testing.T, h resourcetest.Harness[app.Tx]) {
	err := h.DB.Read(t.Context(), func(tx sqldb.Tx) error {
		changes, err := outbox.Changes(tx, "a", 0, 100)
		if err != nil {
			return err
		}
		if n := len(changes); n != 2 || changes[1].Subject != "organizations/a" {
			t.Errorf("%d changes: %+v", n, changes)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func rollback(t *testing.T, h resourcetest.Harness[app.Tx]) {
	refused := errors.New("refused")
	next := observation("a", 5, "", 1, 3)
	err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
		err := tx.Observations().Append(domain.Recorded{Organization: "a", Observations: []domain.Observation{next}})
		return nil, errors.Join(err, refused)
	})
	if !errors.Is(err, refused) {
		t.Fatal(err)
	}
	write(t, h, func(tx app.Tx) error {
		got, err := tx.Observations().Current("a", []domain.Cell{next.Cell})
		if !same(got, []domain.Known{{}}) {
			t.Errorf("left %+v", got)
		}
		return err
	})
	journal(t, h)
}

func never(t *testing.T, h resourcetest.Harness[app.Tx]) {
	for name, o := range map[string]domain.Observation{
		"a revision that exists": observation("a", 1, "", 3, 9), "a measure of another organization": observation("c", 1, "", 1, 0),
	} {
		err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
			return nil, tx.Observations().Append(domain.Recorded{Organization: o.Organization, Observations: []domain.Observation{o}})
		})
		if err == nil {
			t.Errorf("%s was recorded", name)
		}
	}
	err := h.Store.Read(t.Context(), func(tx app.Tx) error {
		return tx.Observations().Append(domain.Recorded{Organization: "a", Observations: []domain.Observation{observation("a", 7, "", 1, 0)}})
	})
	if err == nil {
		t.Error("a read recorded")
	}
}

func series(t *testing.T, h resourcetest.Harness[app.Tx]) {
	for name, c := range map[string]struct {
		dimension string
		at        time.Time
		want      []domain.Observation
	}{
		"now":              {"", time.Time{}, []domain.Observation{observation("a", 1, "", 3, 2), observation("a", 2, "", 1, 1)}},
		"a minute in":      {"", at.Add(time.Minute), []domain.Observation{observation("a", 1, "", 2, 1), observation("a", 2, "", 1, 1)}},
		"at first":         {"", at, []domain.Observation{observation("a", 1, "", 1, 0)}},
		"another district": {"south", time.Time{}, []domain.Observation{observation("a", 2, "south", 1, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			err := h.Store.Read(t.Context(), func(tx app.Tx) error {
				got, err := tx.Observations().Series("a", "m", c.dimension, c.at)
				if !same(got, c.want) {
					t.Errorf("got %+v, want %+v", got, c.want)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		})
	}
}
