package inbox_test

import (
	"errors"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func open(t *testing.T) sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), "inbox.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func TestOnce(t *testing.T) {
	db := open(t)
	steps := []struct {
		name, consumer, source, subject string
		sequence                        int64
		fresh                           bool
	}{
		{"first", "c", "s", "a", 1, true},
		{"again", "c", "s", "a", 1, false},
		{"next, some in between were not asked for", "c", "s", "a", 4, true},
		{"late", "c", "s", "a", 3, false},
		{"another subject", "c", "s", "b", 1, true},
		{"another source", "c", "s2", "a", 1, true},
		{"another consumer", "c2", "s", "a", 1, true},
	}
	for _, s := range steps {
		if err := db.Write(t.Context(), func(tx sqldb.Tx) error {
			fresh, err := inbox.Once(tx, s.consumer, outbox.Event{Source: s.source, Subject: s.subject, Sequence: s.sequence})
			if fresh != s.fresh {
				t.Errorf("%s: fresh is %t", s.name, fresh)
			}
			return err
		}); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
	if err := db.Write(t.Context(), func(tx sqldb.Tx) error {
		_, err := inbox.Once(tx, "c", outbox.Event{Source: "s", Subject: "a"})
		return err
	}); err == nil {
		t.Error("an event without sequence was accepted")
	}
}

func TestFailedEffectIsTriedAgain(t *testing.T) {
	db := open(t)
	e := outbox.Event{Source: "s", Subject: "a", Sequence: 1}
	for _, fails := range []bool{true, false} {
		var fresh bool
		_ = db.Write(t.Context(), func(tx sqldb.Tx) (err error) {
			if fresh, err = inbox.Once(tx, "c", e); err == nil && fails {
				err = errors.New("no effect")
			}
			return err
		})
		if !fresh {
			t.Errorf("not fresh, although no effect was committed (fails: %t)", fails)
		}
	}
}

func TestBuriedEventsComeBackWhole(t *testing.T) {
	db := open(t)
	e := outbox.Event{
		Position: 7, ID: "a@2", Source: "s", Type: "t", Organization: "o", Subject: "a", Sequence: 2, Time: time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
		Actor: "u", RequestID: "r", EtagBefore: "1", EtagAfter: "2", TraceParent: "00", Data: []byte{1},
	}
	letters := func() (l []inbox.Letter) {
		t.Helper()
		if err := db.Read(t.Context(), func(tx sqldb.Tx) (err error) { l, err = inbox.Letters(tx, "c", 10); return err }); err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, cause := range []string{"first", "second"} {
		if err := db.Write(t.Context(), func(tx sqldb.Tx) error { return inbox.Bury(tx, "c", e, errors.New(cause)) }); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := letters(), []inbox.Letter{{Event: e, Cause: "second"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("letters are %+v,\nwant %+v", got, want)
	}
}
