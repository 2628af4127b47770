package outbox_test

import (
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, name string) sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), name+".db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func event(subject string, at time.Time) outbox.Event {
	return outbox.Event{
		Source: "throughline.goals.v1", Type: "throughline.goals.v1.goal.updated", Organization: "springfield", Subject: subject, Time: at,
		Actor: "users/ana", RequestID: "r1", EtagBefore: "1", EtagAfter: "2", TraceParent: "00-a-b-01", Data: []byte(subject),
	}
}

func appendAll(t *testing.T, db sqldb.DB, events ...outbox.Event) []outbox.Event {
	t.Helper()
	stored := make([]outbox.Event, len(events))
	if err := db.Write(t.Context(), func(tx sqldb.Tx) (err error) {
		for i, e := range events {
			if stored[i], err = outbox.Append(tx, e); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return stored
}

func TestAppendNumbersEachSubject(t *testing.T) {
	db := open(t, "goals")
	named := event("goals/b", noon)
	named.ID, named.Data = "my-id", nil
	stored := appendAll(t, db, event("goals/a", noon.Add(999)), named, event("goals/a", noon.Add(time.Hour)), event("goals/a", noon.Add(time.Minute)))
	want := []struct {
		id       string
		sequence int64
		at       time.Time
	}{
		{"goals/a@1", 1, noon}, // to the microsecond
		{"my-id", 1, noon},
		{"goals/a@2", 2, noon.Add(time.Hour)},
		{"goals/a@3", 3, noon.Add(time.Hour)}, // the clock went back; the history does not
	}
	for i, w := range want {
		if e := stored[i]; e.ID != w.id || e.Sequence != w.sequence || !e.Time.Equal(w.at) || e.Position != int64(i+1) {
			t.Errorf("event %d is %+v, want %+v", i, e, w)
		}
	}
	err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		got, err := outbox.Changes(tx, "springfield", 0, 100)
		if err == nil && !reflect.DeepEqual(got, stored) {
			t.Errorf("read back %+v,\nstored %+v", got, stored)
		}
		if got, err = outbox.Changes(tx, "springfield", 2, 1); err == nil && (len(got) != 1 || got[0].ID != "goals/a@2") {
			t.Errorf("one after position 2: %+v", got)
		}
		if other, err := outbox.Changes(tx, "shelbyville", 0, 100); err != nil || len(other) != 0 {
			t.Errorf("another organization sees %+v, %v", other, err)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestAppendRefusesHalfAnEvent(t *testing.T) {
	db := open(t, "goals")
	for name, spoil := range map[string]func(*outbox.Event){
		"no source":       func(e *outbox.Event) { e.Source = "" },
		"no type":         func(e *outbox.Event) { e.Type = "" },
		"no organization": func(e *outbox.Event) { e.Organization = "" },
		"no subject":      func(e *outbox.Event) { e.Subject = "" },
		"no time":         func(e *outbox.Event) { e.Time = time.Time{} },
	} {
		e := event("goals/a", noon)
		spoil(&e)
		err := db.Write(t.Context(), func(tx sqldb.Tx) error { _, err := outbox.Append(tx, e); return err })
		if err == nil || !strings.Contains(err.Error(), "are needed") {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestAsOf(t *testing.T) {
	db := open(t, "goals")
	appendAll(t, db, event("goals/a", noon), event("goals/b", noon.Add(time.Second)), event("goals/a", noon.Add(time.Hour)), event("goals/a", noon.Add(time.Hour)))
	tests := []struct {
		name string
		at   time.Time
		want string
	}{
		{"before it was made", noon.Add(-time.Microsecond), ""},
		{"the very moment", noon, "goals/a@1"},
		{"between", noon.Add(time.Minute), "goals/a@1"},
		{"two at one moment: the last", noon.Add(time.Hour), "goals/a@3"},
		{"later", noon.Add(1000 * time.Hour), "goals/a@3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
				e, found, err := outbox.AsOf(tx, "goals/a", tt.at)
				if e.ID != tt.want || found != (tt.want != "") {
					t.Errorf("got %q %t, want %q", e.ID, found, tt.want)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
}
