package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// gap of measure m, reminded of at a minute after at.
func gap(org string, kind domain.GapKind, due domain.Date, minute int) domain.Gap {
	return domain.Gap{
		GapKey: domain.GapKey{Measure: "m", Kind: kind, Due: due}, Organization: org, DisplayName: "Response time", Detail: "d",
		Reminded: at.Add(time.Duration(minute) * time.Minute),
	}
}

func reminders(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	stale, owner := gap("a", domain.GapStale, "2027-02-01", 0), gap("a", domain.GapNoOwner, "", 1)
	ofB := gap("b", domain.GapNoOwner, "", 2)
	for name, check := range map[string]func(*testing.T, resourcetest.Harness[app.Tx]){
		"each organization has its own": func(t *testing.T, h resourcetest.Harness[app.Tx]) {
			wantSent(t, h, "a", stale, owner)
			wantSent(t, h, "b", ofB)
			wantSent(t, h, "c")
		},
		"each is told by an event that is none of its measure": func(t *testing.T, h resourcetest.Harness[app.Tx]) {
			const m = "organizations/a/measures/m"
			err := h.DB.Read(t.Context(), func(tx sqldb.Tx) error {
				for _, subject := range []string{m + "/gaps/STALE", m + "/gaps/NO_OWNER"} {
					e, found, err := outbox.AsOf(tx, subject, at.Add(time.Hour))
					if err != nil || !found || e.Type != "throughline.performance.v1.measure.reminded" || len(e.Data) == 0 {
						t.Errorf("%s is told by %+v, %v", subject, e, err)
					}
				}
				e, _, err := outbox.AsOf(tx, m, at.Add(time.Hour))
				if e.Type != "throughline.performance.v1.measure.created" {
					t.Errorf("what the measure was like is told by %+v", e)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
		},
		"none is sent twice": func(t *testing.T, h resourcetest.Harness[app.Tx]) {
			again := gap("a", domain.GapNoOwner, "", 9)
			err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
				return nil, tx.Reminders().Send([]domain.Gap{gap("a", domain.GapNoTarget, "", 9), again})
			})
			if err == nil {
				t.Error("a reminder was sent twice")
			}
			wantSent(t, h, "a", stale, owner)
		},
		"what is forgotten can be sent again": func(t *testing.T, h resourcetest.Harness[app.Tx]) {
			again := gap("a", domain.GapNoOwner, "", 9)
			write(t, h, func(tx app.Tx) error {
				if err := tx.Reminders().Forget("a", []domain.GapKey{owner.GapKey, {Measure: "none", Kind: domain.GapStale}}); err != nil {
					return err
				}
				return tx.Reminders().Send([]domain.Gap{again})
			})
			wantSent(t, h, "a", stale, again)
			wantSent(t, h, "b", ofB)
		},
		"they go with their measure": func(t *testing.T, h resourcetest.Harness[app.Tx]) {
			write(t, h, func(tx app.Tx) error { return tx.Measures().Delete(measure("a", "m")) })
			wantSent(t, h, "a")
			wantSent(t, h, "b", ofB)
		},
		"a failed write leaves no trace": func(t *testing.T, h resourcetest.Harness[app.Tx]) {
			refused := errors.New("refused")
			err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
				return nil, errors.Join(tx.Reminders().Forget("a", []domain.GapKey{stale.GapKey}), refused)
			})
			if !errors.Is(err, refused) {
				t.Fatal(err)
			}
			wantSent(t, h, "a", stale, owner)
		},
		"a measure that does not exist has none": func(t *testing.T, h resourcetest.Harness[app.Tx]) {
			err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
				return nil, tx.Reminders().Send([]domain.Gap{gap("c", domain.GapNoOwner, "", 0)})
			})
			if err == nil {
				t.Error("a reminder of no measure was sent")
			}
		},
		"a read sends nothing": func(t *testing.T, h resourcetest.Harness[app.Tx]) {
			err := h.Store.Read(t.Context(), func(tx app.Tx) error {
				return tx.Reminders().Send([]domain.Gap{gap("a", domain.GapNoTarget, "", 0)})
			})
			if err == nil {
				t.Error("a read sent a reminder")
			}
		},
		"organizations that have measures": func(t *testing.T, h resourcetest.Harness[app.Tx]) {
			write(t, h, func(tx app.Tx) error {
				if err := tx.Measures().Insert(measure("a", "other")); err != nil {
					return err
				}
				got, err := tx.OrganizationsWithMeasures()
				if err == nil && !same(got, []string{"a", "b"}) {
					t.Errorf("organizations %v", got)
				}
				return err
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			write(t, h, func(tx app.Tx) error {
				for _, org := range []string{"a", "b"} {
					if err := tx.Measures().Insert(measure(org, "m")); err != nil {
						return err
					}
				}
				if err := tx.Reminders().Send([]domain.Gap{stale, owner}); err != nil {
					return err
				}
				return tx.Reminders().Send([]domain.Gap{ofB})
			})
			check(t, h)
		})
	}
}

func wantSent(t *testing.T, h resourcetest.Harness[app.Tx], organization string, gaps ...domain.Gap) {
	t.Helper()
	want := map[domain.GapKey]time.Time{}
	for _, g := range gaps {
		want[g.GapKey] = g.Reminded
	}
	err := h.Store.Read(t.Context(), func(tx app.Tx) error {
		got, err := tx.Reminders().Sent(organization)
		if err == nil && !same(got, want) {
			t.Errorf("%s was reminded of %v, want %v", organization, got, want)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func latestPeriods(t *testing.T, h resourcetest.Harness[app.Tx]) {
	write(t, h, func(tx app.Tx) error {
		if err := tx.Measures().Insert(measure("a", "bare")); err != nil {
			return err
		}
		if err := tx.Observations().Append(domain.Recorded{Organization: "a", Observations: []domain.Observation{observation("a", 5, "north", 1, 0)}}); err != nil {
			return err
		}
		for org, want := range map[string]map[string]domain.Date{
			"a": {"m": "2027-02-01"}, "b": {"m": "2027-09-01"}, "c": {}, // neither another dimension's nor another organization's
		} {
			got, err := tx.Observations().LatestPeriods(org)
			if err != nil {
				return err
			}
			if !same(got, want) {
				t.Errorf("latest periods of %s are %v, want %v", org, got, want)
			}
		}
		return nil
	})
}

func dimensions(t *testing.T, h resourcetest.Harness[app.Tx]) {
	type series = map[string][]domain.Observation
	for _, tt := range []struct {
		name     string
		org      string
		at       time.Time
		measure  string
		want     series
		sequence []string
	}{
		{"now", "a", time.Time{}, "m", series{
			"": {observation("a", 1, "", 3, 2), observation("a", 2, "", 1, 1)}, "north": {observation("a", 1, "north", 1, 0)},
			"south": {observation("a", 2, "south", 1, 0)},
		}, []string{"", "north", "south"}},
		{"at first", "a", at, "m", series{
			"": {observation("a", 1, "", 1, 0)}, "north": {observation("a", 1, "north", 1, 0)}, "south": {observation("a", 2, "south", 1, 0)},
		}, []string{"", "north", "south"}},
		{"before", "a", at.Add(-time.Microsecond), "m", series{}, nil},
		{"another organization", "b", time.Time{}, "m", series{"": {observation("b", 9, "", 1, 0)}}, []string{""}},
		{"another measure", "a", time.Time{}, "none", series{}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, sequence := series{}, []string(nil)
			err := h.Store.Read(t.Context(), func(tx app.Tx) error {
				return tx.Observations().Dimensions(tt.org, tt.measure, tt.at, func(dimension string, values []domain.Observation) error {
					got[dimension], sequence = values, append(sequence, dimension)
					return nil
				})
			})
			if err != nil || !same(got, tt.want) || !same(sequence, tt.sequence) {
				t.Errorf("%v in order %q, %v; want %v", got, sequence, err, tt.want)
			}
		})
	}
	enough := errors.New("enough")
	err := h.Store.Read(t.Context(), func(tx app.Tx) error {
		return tx.Observations().Dimensions("a", "m", time.Time{}, func(string, []domain.Observation) error { return enough })
	})
	if !errors.Is(err, enough) {
		t.Errorf("what the visitor answers is %v", err)
	}
}
