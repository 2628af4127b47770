package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// crowd is more than one statement holds.
const crowd = 150

func assignmentsOf(t *testing.T, h Harness) {
	elsewhere := assignment("a", "elsewhere")
	elsewhere.Objective = "other"
	write(t, h, func(tx app.Tx) error {
		if err := tx.Objectives().Insert(objective("a", "other")); err != nil {
			return err
		}
		for _, a := range []domain.Assignment{assignment("a", "two"), assignment("a", "one"), elsewhere, assignment("b", "one")} {
			if err := tx.Assignments().Insert(a); err != nil {
				return err
			}
		}
		return nil
	})
	read(t, h, func(tx app.Tx) error {
		got, err := tx.AssignmentsOf(app.ObjectiveKey{Organization: "a", Strategy: "parent", Objective: "parent"})
		if want := []domain.Assignment{assignment("a", "one"), assignment("a", "two")}; !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
		return err
	})
}

// manyEmployees counts on the harness's clock: seeding is at 11, the writes here at 12 (noon) and 13.
func manyEmployees(t *testing.T, h Harness) {
	first := make([]domain.Employee, crowd)
	for i := range first {
		first[i] = Employee("a", fmt.Sprintf("n%03d", i))
	}
	write(t, h, func(tx app.Tx) error { return tx.SaveStaff(first) })
	second := []domain.Employee{ended(first[7]), Employee("a", "new"), ended(first[140])}
	write(t, h, func(tx app.Tx) error { return tx.SaveStaff(second) })
	want := map[string]domain.Employee{"e-parent": Employee("a", "parent")}
	for _, e := range slices.Concat(first, second) {
		want[e.ID] = e
	}
	got := map[string]domain.Employee{}
	read(t, h, func(tx app.Tx) error {
		clear(got)
		return tx.Staff().Each([]string{"a"}, func(e domain.Employee) error {
			got[e.ID] = e
			return nil
		})
	})
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%d employees stored, %d wanted, or they differ", len(got), len(want))
	}
	for at, etag := range map[time.Time]string{noon.Add(-time.Minute): "", noon: "1", noon.Add(time.Hour): "2"} {
		if e, _ := asOf(t, h, first[7].Name(), at); e.EtagAfter != etag {
			t.Errorf("at %v the history has version %q, want %q", at, e.EtagAfter, etag)
		}
	}
	if e, found := asOf(t, h, first[8].Name(), noon.Add(24*time.Hour)); !found || e.Sequence != 1 {
		t.Errorf("somebody unchanged has the event %+v", e)
	}
}

// asOf is the last event of a resource at a moment.
func asOf(t *testing.T, h Harness, subject string, at time.Time) (e outbox.Event, found bool) {
	t.Helper()
	if err := h.DB.Read(t.Context(), func(tx sqldb.Tx) (err error) {
		e, found, err = outbox.AsOf(tx, subject, at)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return e, found
}

func bulkRollback(t *testing.T, h Harness) {
	no := errors.New("no")
	one := Employee("a", "one")
	err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
		if err := tx.SaveStaff([]domain.Employee{one}); err != nil {
			return nil, err
		}
		return nil, no
	})
	if !errors.Is(err, no) {
		t.Fatalf("error %v, want the closure's", err)
	}
	if err := h.Store.Read(t.Context(), func(tx app.Tx) error { return tx.SaveStaff([]domain.Employee{one}) }); err == nil {
		t.Error("a Read wrote employees")
	}
	read(t, h, func(tx app.Tx) error {
		_, found, err := tx.Staff().Find("a", one.ID)
		if found {
			t.Error("it left a row")
		}
		return err
	})
	if e, found := asOf(t, h, one.Name(), noon.Add(time.Hour)); found {
		t.Errorf("it left the event %+v", e)
	}
}

func syncs(t *testing.T, h Harness) {
	done := domain.SyncRecord{
		Organization: "a", ID: "monday", PayloadHash: "abc", Time: noon,
		Result: domain.SyncResult{Created: 1, Rejected: 1, Errors: []domain.RowError{
			{Row: 1, ExternalID: "x", Field: "title", Reason: "TOO_LONG", Message: "is too long"},
		}},
	}
	write(t, h, func(tx app.Tx) error { return tx.RecordSync(done) })
	read(t, h, func(tx app.Tx) error {
		got, found, err := tx.FindSync("a", "monday")
		if err != nil || !found || !reflect.DeepEqual(got, done) {
			t.Errorf("%+v, want %+v", got, done)
		}
		if _, found, err = tx.FindSync("b", "monday"); found {
			t.Error("b sees a's sync")
		}
		return err
	})
	err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) { return nil, tx.RecordSync(done) })
	if !errors.Is(err, sqldb.ErrDuplicate) {
		t.Errorf("recorded twice: %v", err)
	}
}
