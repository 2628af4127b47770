package inbox_test

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
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
		if err := db.Read(t.Context(), func(tx sqldb.Tx) (err error) { l, err = inbox.Letters(tx, "c", inbox.Letter{}, 10); return err }); err != nil {
			t.Fatal(err)
		}
		return l
	}
	for _, cause := range []string{"first", "second"} {
		if err := db.Write(t.Context(), func(tx sqldb.Tx) error { return inbox.Bury(tx, "c", e, errors.New(cause)) }); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := letters(), []inbox.Letter{{Consumer: "c", Event: e, Cause: "second"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("letters are %+v,\nwant %+v", got, want)
	}
}

// Letters come a page at a time; a mark for another try stays until the event is buried again or taken out.
func TestLettersPageRetryAndDrop(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) { lettersPageRetryAndDrop(t, open(t)) })
	t.Run("PostgreSQL", func(t *testing.T) { lettersPageRetryAndDrop(t, sqldbtest.Postgres(t, nil)) })
}

func lettersPageRetryAndDrop(t *testing.T, db sqldb.DB) {
	t.Helper()
	write := func(fn func(sqldb.Tx) error) {
		t.Helper()
		if err := db.Write(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	bury := func(tx sqldb.Tx, consumer, id string, position int64) error {
		return inbox.Bury(tx, consumer, outbox.Event{Source: "s", ID: id, Position: position, Subject: id, Sequence: 1, Time: time.UnixMicro(1).UTC()}, errors.New("bad"))
	}
	write(func(tx sqldb.Tx) error {
		return errors.Join(bury(tx, "d", "y", 1), bury(tx, "c", "z", 1), bury(tx, "c", "x", 3), bury(tx, "c", "y", 2))
	})
	pages := func(consumer string) (all []string) {
		if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
			all = nil
			var last inbox.Letter
			for {
				page, err := inbox.Letters(tx, consumer, last, 2)
				if err != nil || len(page) == 0 {
					return err
				}
				for _, l := range page {
					mark := ""
					if l.Retry {
						mark = "!"
					}
					all = append(all, l.Consumer+l.Event.ID+mark)
				}
				last = page[len(page)-1]
			}
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	want := func(consumer string, want ...string) {
		t.Helper()
		if got := pages(consumer); !slices.Equal(got, want) {
			t.Errorf("letters of %q are %v, want %v", consumer, got, want)
		}
	}
	want("", "cz", "cy", "cx", "dy")
	want("d", "dy")
	count := func(want int64, fn func(sqldb.Tx) (int64, error)) {
		t.Helper()
		write(func(tx sqldb.Tx) error {
			if n, err := fn(tx); n != want || err != nil {
				t.Errorf("%d letters, %v; want %d", n, err, want)
			}
			return nil
		})
	}
	count(2, func(tx sqldb.Tx) (int64, error) { return inbox.Retry(tx, "y") })
	want("", "cz", "cy!", "cx", "dy!")
	write(func(tx sqldb.Tx) error { return bury(tx, "d", "y", 1) })
	want("d", "dy")
	count(4, func(tx sqldb.Tx) (int64, error) { return inbox.Retry(tx, "") })
	write(func(tx sqldb.Tx) error {
		marked, err := inbox.ToRetry(tx, "c", 2)
		if len(marked) != 2 || marked[0].Event.ID != "z" || marked[1].Event.ID != "y" {
			t.Errorf("to retry are %+v", marked)
		}
		return errors.Join(err, inbox.Unbury(tx, marked[0]))
	})
	count(1, func(tx sqldb.Tx) (int64, error) { return inbox.Drop(tx, "x") })
	count(0, func(tx sqldb.Tx) (int64, error) { return inbox.Drop(tx, "x") })
	want("c", "cy!")
}
