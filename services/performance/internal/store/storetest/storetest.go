// Package storetest holds any app.Store of performance to what its port promises.
package storetest

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var at = time.Date(2027, 1, 2, 3, 4, 5, 6000, time.UTC)

// Run runs the kit; open answers a fresh, empty store and its database.
func Run(t *testing.T, open func(t *testing.T) (app.Store, sqldb.DB)) {
	t.Helper()
	harness := func(t *testing.T) resourcetest.Harness[app.Tx] {
		t.Helper()
		store, db := open(t)
		return resourcetest.Harness[app.Tx]{Store: store, DB: db}
	}
	t.Run("measures", func(t *testing.T) { measures(t, harness) })
	t.Run("measures of the past", func(t *testing.T) { recorded(t, harness(t)) })
	t.Run("results revisions", func(t *testing.T) { revisions(t, harness) })
	t.Run("the last published is the latest", func(t *testing.T) { lastPublished(t, harness(t)) })
	t.Run("observations", func(t *testing.T) { observations(t, harness) })
	t.Run("reminders", func(t *testing.T) { reminders(t, harness) })
	t.Run("evaluations", func(t *testing.T) { evaluations(t, harness) })
	t.Run("progress reports", func(t *testing.T) { reports(t, harness) })
}

func measure(org, id string) domain.Measure {
	baseline := 0.1
	return domain.Measure{
		Meta: domain.Meta{}.Next(at), Organization: org, ID: id, DisplayName: "Response time", Description: "d", Kind: "OUTCOME", Unit: "minutes",
		Direction: domain.MaintainRange, Frequency: domain.Monthly, Baseline: &baseline,
		Targets: []domain.Target{{Start: "2027-01-01", End: "2027-12-31", Value: 1.5, Upper: 2.5}},
		Links:   []domain.Link{{Subject: "organizations/" + org + "/programs/fire", Weight: 2, Contribution: domain.Supports}},
		Owner:   "chief", Source: "dispatch", VitalSign: true,
		Benchmarks: []domain.Benchmark{{Value: 2.5, Source: "Peer cities, 2026"}},
		Rebasings:  []domain.Rebasing{{Start: "2027-01-01", Reason: "r", RecordedBy: "ann", RecordTime: at}},
		Dimensions: []domain.Dimension{
			{Dimension: "south", Kind: domain.District, DisplayName: "South side"}, {Dimension: "north", Kind: domain.Group},
		},
	}
}

func measures(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Measure]{
		In:  func(tx app.Tx) resource.Collection[domain.Measure] { return tx.Measures() },
		New: measure,
		Key: func(m domain.Measure) []string { return []string{m.Organization, m.ID} },
		Next: func(m domain.Measure) domain.Measure {
			m.Meta, m.Baseline, m.Targets = m.Meta.Next(at), nil, nil
			return m
		},
		List: app.MeasureList, Same: same[domain.Measure],
	})
}

// recorded changes and deletes a measure, a minute apart, and reads what it was at and around these moments.
func recorded(t *testing.T, h resourcetest.Harness[app.Tx]) {
	m := measure("a", "m")
	versions := []string{m.DisplayName, "Changed"}
	write(t, h, func(tx app.Tx) error { return tx.Measures().Insert(m) })
	m.Meta, m.DisplayName = m.Meta.Next(at.Add(time.Minute)), versions[1]
	write(t, h, func(tx app.Tx) error { return tx.Measures().Update(m) })
	look := func(moment time.Time) (known string) {
		err := h.Store.Read(t.Context(), func(tx app.Tx) error {
			archived, found, err := tx.Recorded(m.Name(), moment)
			for _, name := range versions {
				if found && strings.Contains(string(archived), name) {
					known = name
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return known
	}
	for moment, want := range map[time.Time]string{
		at.Add(-time.Microsecond): "", at: versions[0], at.Add(59 * time.Second): versions[0], at.Add(time.Minute): versions[1],
	} {
		if got := look(moment); got != want {
			t.Errorf("at %v it was %q, want %q", moment, got, want)
		}
	}
	write(t, h, func(tx app.Tx) error { return tx.Measures().Delete(m) })
	if got := look(at.AddDate(100, 0, 0)); got != "" {
		t.Errorf("after its deletion it was %q", got)
	}
}

// revision is one with everything that a revision can hold.
func revision(org, id string, sequence int64) domain.ResultsRevision {
	magnitude := -1504
	seen := domain.Evidence{
		Measure: "m", Period: "2027-01-01", Value: 0.1, Revision: 3, Target: 1.0 / 3, Upper: 2, Direction: domain.MaintainRange,
		Status: domain.Met, MarginPPM: -7, Variation: analysis.Improving, Assurance: analysis.HitOrMiss, StatusWord: analysis.StatusImproving,
		Basis: analysis.ByLimits, Provisional: true, Quality: 90, MagnitudeMilli: &magnitude, Usable: true, Reason: "A reason.",
		Points: 13, SeriesHash: "s",
	}
	cited := seen
	cited.Weight = 2
	return domain.ResultsRevision{
		Organization: org, ID: id, Rules: analysis.NHS1, MinQuality: domain.MinQuality, ContentHash: "h",
		EffectiveTime: at.Add(time.Duration(sequence) * time.Second), Sequence: sequence,
		Judged: []domain.Judged{{Evidence: seen, Measure: domain.Measure{
			Organization: org, ID: "m", Direction: domain.MaintainRange, Frequency: domain.Monthly,
			Targets:   []domain.Target{{Start: "2027-01-01", End: "2027-12-31", Value: 1.0 / 3, Upper: 2}},
			Rebasings: []domain.Rebasing{{Start: "2027-01-01", Reason: "a new\n\"station\""}},
		}}},
		Signals: []domain.Signal{{
			Subject: "organizations/" + org + "/programs/fire", Status: domain.Met, MetPPM: domain.PPM, KnownPPM: domain.PPM,
			Evidence: []domain.Evidence{cited}, Variation: analysis.Improving, Assurance: analysis.HitOrMiss,
			StatusWord: analysis.StatusImproving, UsablePPM: domain.PPM, Provisional: true, Quality: 90,
		}},
	}
}

func revisions(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	sequence := int64(0)
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.ResultsRevision]{
		In: func(tx app.Tx) resource.Collection[domain.ResultsRevision] { return tx.ResultsRevisions() },
		New: func(org, id string) domain.ResultsRevision {
			sequence++ // unique in the organization
			r := revision(org, id, sequence)
			usd := domain.Money{Currency: "USD", Minor: 1<<53 + 1}
			r.Money = &domain.MoneyShare{FiscalYear: 2027, Total: usd, WithSignal: usd, PPM: domain.PPM}
			return r
		},
		Key:  func(r domain.ResultsRevision) []string { return []string{r.Organization, r.ID} },
		List: app.ResultsRevisionList, Same: same[domain.ResultsRevision],
	})
}

func lastPublished(t *testing.T, h resourcetest.Harness[app.Tx]) {
	write(t, h, func(tx app.Tx) error {
		if got, err := tx.LastPublished("a"); got != (domain.Published{}) || err != nil {
			t.Errorf("before the first: %+v, %v", got, err)
		}
		for i, id := range []string{"z", "y"} {
			if err := tx.ResultsRevisions().Insert(revision("a", id, int64(i+1))); err != nil {
				return err
			}
		}
		got, err := tx.LastPublished("a")
		if want := (domain.Published{ID: "y", EffectiveTime: at.Add(2 * time.Second), Sequence: 2, ContentHash: "h"}); got != want {
			t.Errorf("last is %+v, want %+v", got, want)
		}
		if got, _ := tx.LastPublished("b"); got.Sequence != 0 {
			t.Errorf("b sees a's revision %+v", got)
		}
		return err
	})
}

func write(t *testing.T, h resourcetest.Harness[app.Tx], fn func(app.Tx) error) {
	t.Helper()
	if err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) { return nil, fn(tx) }); err != nil {
		t.Fatal(err)
	}
}

func same[T any](a, b T) bool { return reflect.DeepEqual(a, b) }
