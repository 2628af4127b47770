// Package sqldbtest is the conformance kit that every engine behind sqldb must pass.
package sqldbtest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Harness is one fresh, empty database with the tables of Migrations.
type Harness struct {
	DB sqldb.DB
	// Fill makes the storage refuse to grow until the returned func is called. Nil exempts the engine from the full-disk cases.
	Fill func(t *testing.T) (empty func())
}

// Migrations make the tables that the kit uses.
var Migrations = fstest.MapFS{"00001_kit.sql": {Data: []byte(`-- +goose Up
CREATE TABLE things (
    id      TEXT    NOT NULL PRIMARY KEY,
    n       BIGINT  NOT NULL DEFAULT 0,
    flag    INTEGER NOT NULL DEFAULT 0,
    ratio   REAL,
    at      BIGINT,
    data    BLOB
);
CREATE TABLE parts (
    id    TEXT NOT NULL PRIMARY KEY,
    thing TEXT NOT NULL REFERENCES things (id)
);
CREATE TABLE late_parts (
    id    TEXT NOT NULL PRIMARY KEY,
    thing TEXT NOT NULL REFERENCES things (id) DEFERRABLE INITIALLY DEFERRED
);
`)}}

var errRefused = errors.New("refused by the closure")

// Run tries every promise of sqldb.DB; open gives each case its own database, which the kit closes. conns bounds the closures that an engine of
// several connections runs at the same time, 0 for as many as it likes: with one, Writes run in the order of their calls on every engine.
func Run(t *testing.T, open func(t *testing.T, conns int) Harness) {
	cases := []struct {
		name string
		run  func(t *testing.T, h Harness)
	}{
		{"values come back as they were stored", values},
		{"rows stream", streaming},
		{"a callback's error ends the query and is returned as it is", callbackError},
		{"statements inside a callback fail", noStatementWhileStreaming},
		{"duplicates and foreign keys have their sentinels", sentinels},
		{"a failed statement spoils the closure", spoiled},
		{"a transaction is dead after its closure", deadTx},
		{"an error leaves no trace", errorRollsBack},
		{"a panic becomes an error and leaves no trace", panicRollsBack},
		{"readers see committed rows only, and one snapshot", snapshot},
		{"a read cannot write", readOnly},
		{"nested calls fail", nested},
		{"one group: each failure undoes itself only", groupAtomicity},
		{"one group: a later closure sees an earlier one's rows", groupVisibility},
		{"a started closure outlives its caller's context", cancellation},
		{"one group: a waiting closure whose caller gave up never runs", withdrawal},
		{"one group: a broken deferred constraint fails its own closure only", deferredConstraint},
		{"one group: a full disk fails those who need room and loses nobody else", fullDisk},
		{"increments from many goroutines are serializable", increments},
		{"a closed database says so", closed},
		{"a closure that ends its goroutine does not stop the writer", goexit},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conns := 0
			if strings.HasPrefix(c.name, "one group") {
				conns = 1
			}
			h := open(t, conns)
			t.Cleanup(func() { _ = h.DB.Close() })
			c.run(t, h)
		})
	}
}

func insert(id string, n int64) func(sqldb.Tx) error {
	return func(tx sqldb.Tx) error {
		_, err := tx.Exec("INSERT INTO things (id, n) VALUES (?, ?)", id, n)
		return err
	}
}

func write(t *testing.T, db sqldb.DB, fn func(sqldb.Tx) error) {
	t.Helper()
	if err := db.Write(t.Context(), fn); err != nil {
		t.Fatalf("write: %v", err)
	}
}

// ids are the committed things, in order, joined by spaces.
func ids(t *testing.T, db sqldb.DB) string {
	t.Helper()
	var all []string
	err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		all = nil
		return tx.Query("SELECT id FROM things ORDER BY id", nil, func(r sqldb.Row) error {
			all = append(all, r.Text(0))
			return nil
		})
	})
	if err != nil {
		t.Fatalf("read ids: %v", err)
	}
	return strings.Join(all, " ")
}

func wantIDs(t *testing.T, db sqldb.DB, want string) {
	t.Helper()
	if got := ids(t, db); got != want {
		t.Errorf("things are %q, want %q", got, want)
	}
}

func wantIs(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error is %v, want %v", what, err, want)
	}
}

// named string and number types stand for a domain's.
type (
	thingID string
	cents   int32
)

func values(t *testing.T, h Harness) {
	at := time.Date(2026, 7, 1, 12, 30, 0, 123456000, time.UTC)
	write(t, h.DB, func(tx sqldb.Tx) error {
		if _, err := tx.Exec("INSERT INTO things (id, n, flag, ratio, at, data) VALUES (?, ?, ?, ?, ?, ?)", thingID("a\u2028é"), cents(-7), true, 0.25, at.In(time.FixedZone("x", 3600)), []byte{0, 255}); err != nil {
			return err
		}
		_, err := tx.Exec("INSERT INTO things (id, n, flag, ratio, at, data) VALUES (?, ?, ?, ?, ?, ?)", "b", uint32(4e9), false, nil, nil, []byte{})
		return err
	})
	err := h.DB.Read(t.Context(), func(tx sqldb.Tx) error {
		found, err := sqldb.QueryOne(tx, "SELECT id, n, flag, ratio, at, data FROM things WHERE id = ?", []any{"a\u2028é"}, func(r sqldb.Row) error {
			if r.Text(0) != "a\u2028é" || r.Int(1) != -7 || !r.Bool(2) || r.Float(3) != 0.25 || !r.Time(4).Equal(at) || r.Time(4).Location() != time.UTC || string(r.Bytes(5)) != "\x00\xff" {
				t.Errorf("row a is %q %d %t %g %s %x", r.Text(0), r.Int(1), r.Bool(2), r.Float(3), r.Time(4), r.Bytes(5))
			}
			if b := r.Append(r.Append([]byte("="), 0), 5); string(b) != "=a\u2028é\x00\xff" {
				t.Errorf("appended to =, text and bytes are %q", b)
			}
			return nil
		})
		if err != nil || !found {
			t.Errorf("row a: found %t, %v", found, err)
		}
		found, err = sqldb.QueryOne(tx, "SELECT n, flag, ratio, at, data FROM things WHERE id = ?", []any{"b"}, func(r sqldb.Row) error {
			if r.Int(0) != 4e9 || r.Bool(1) || !r.Null(2) || r.Float(2) != 0 || !r.Time(3).IsZero() || r.Null(4) || len(r.Bytes(4)) != 0 {
				t.Errorf("row b is %d %t %g %s %v", r.Int(0), r.Bool(1), r.Float(2), r.Time(3), r.Bytes(4))
			}
			if b := r.Append([]byte("="), 4); string(b) != "=" {
				t.Errorf("appended to =, no bytes are %q", b)
			}
			return nil
		})
		if err != nil || !found {
			t.Errorf("row b: found %t, %v", found, err)
		}
		found, err = sqldb.QueryOne(tx, "SELECT id FROM things WHERE id = ?", []any{"none"}, func(sqldb.Row) error { return nil })
		if err != nil || found {
			t.Errorf("absent row: found %t, %v", found, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	for name, args := range map[string][]any{"too few": {"x"}, "a struct": {"x", struct{}{}}, "a pointer": {"x", new(int)}, "not a number": {"x", fmt.Sprint}, "a text with NUL": {"a\x00b", 1}, "a defined text with NUL": {thingID("a\x00b"), 1}} {
		if err := h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
			_, err := tx.Exec("INSERT INTO things (id, n) VALUES (?, ?)", args...)
			return err
		}); err == nil {
			t.Errorf("arguments %s were accepted", name)
		}
	}
}

func streaming(t *testing.T, h Harness) {
	const rows = 1000
	write(t, h.DB, func(tx sqldb.Tx) error {
		all := make([][]any, rows)
		for i := range all {
			all[i] = []any{fmt.Sprintf("%04d", i), i}
		}
		n, err := sqldb.InsertRows(tx, "things", []string{"id", "n"}, all, "ON CONFLICT DO NOTHING")
		if n != rows {
			t.Errorf("inserted %d rows, want %d", n, rows)
		}
		return err
	})
	next := int64(0)
	err := h.DB.Read(t.Context(), func(tx sqldb.Tx) error {
		return tx.Query("SELECT n FROM things ORDER BY id", nil, func(r sqldb.Row) error {
			if r.Int(0) != next {
				return fmt.Errorf("row %d came as number %d", r.Int(0), next)
			}
			next++
			return nil
		})
	})
	if err != nil || next != rows {
		t.Errorf("streamed %d rows, %v", next, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	err = h.DB.Read(ctx, func(tx sqldb.Tx) error {
		return tx.Query("SELECT n FROM things", nil, func(sqldb.Row) error {
			seen++
			cancel()
			return nil
		})
	})
	wantIs(t, "read whose caller gave up", err, context.Canceled)
	if seen == rows {
		t.Error("the read streamed on to the end after its caller gave up")
	}
}

func callbackError(t *testing.T, h Harness) {
	write(t, h.DB, insert("a", 1))
	write(t, h.DB, func(tx sqldb.Tx) error {
		err := tx.Query("SELECT id FROM things", nil, func(sqldb.Row) error { return errRefused })
		if err != errRefused { //nolint:errorlint // the very same
			t.Errorf("query answered %v", err)
		}
		return insert("b", 1)(tx) // a callback's error does not spoil the closure
	})
	wantIDs(t, h.DB, "a b")
}

func noStatementWhileStreaming(t *testing.T, h Harness) {
	write(t, h.DB, insert("a", 1))
	err := h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
		return tx.Query("SELECT id FROM things", nil, func(sqldb.Row) error {
			_, err := tx.Exec("DELETE FROM things")
			return err
		})
	})
	if err == nil || !strings.Contains(err.Error(), "gather the rows first") {
		t.Errorf("error is %v", err)
	}
	wantIDs(t, h.DB, "a")
}

func sentinels(t *testing.T, h Harness) {
	write(t, h.DB, insert("a", 1))
	wantIs(t, "same key", h.DB.Write(t.Context(), insert("a", 2)), sqldb.ErrDuplicate)
	wantIs(t, "absent parent", h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
		_, err := tx.Exec("INSERT INTO parts (id, thing) VALUES ('p', 'none')")
		return err
	}), sqldb.ErrForeignKey)
	if err := h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
		_, err := tx.Exec("INSERT INTO nothing (id) VALUES (1)")
		return err
	}); err == nil || errors.Is(err, sqldb.ErrUnavailable) || errors.Is(err, sqldb.ErrDuplicate) {
		t.Errorf("unknown table: error is %v", err)
	}
}

func spoiled(t *testing.T, h Harness) {
	write(t, h.DB, insert("a", 1))
	err := h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
		_ = insert("b", 1)(tx)
		_ = insert("a", 2)(tx) // fails, and is ignored
		wantIs(t, "statement after a failed one", insert("c", 1)(tx), sqldb.ErrDuplicate)
		return nil
	})
	wantIs(t, "write that ignored an error", err, sqldb.ErrDuplicate)
	wantIDs(t, h.DB, "a")
}

func deadTx(t *testing.T, h Harness) {
	var kept sqldb.Tx
	write(t, h.DB, func(tx sqldb.Tx) error { kept = tx; return nil })
	if err := insert("a", 1)(kept); err == nil {
		t.Error("a transaction kept after its closure still works")
	}
	wantIDs(t, h.DB, "")
}

func errorRollsBack(t *testing.T, h Harness) {
	err := h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
		_ = insert("a", 1)(tx)
		return errRefused
	})
	wantIs(t, "write", err, errRefused)
	wantIDs(t, h.DB, "")
}

func panicRollsBack(t *testing.T, h Harness) {
	err := h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
		_ = insert("a", 1)(tx)
		return tx.Query("SELECT id FROM things", nil, func(sqldb.Row) error { panic("boom") })
	})
	if err == nil || !strings.Contains(err.Error(), "boom") || fault.Is(err, fault.Unavailable) {
		t.Errorf("write: error is %v", err)
	}
	err = h.DB.Read(t.Context(), func(sqldb.Tx) error { panic("bang") })
	if err == nil || !strings.Contains(err.Error(), "bang") {
		t.Errorf("read: error is %v", err)
	}
	write(t, h.DB, insert("b", 1))
	wantIDs(t, h.DB, "b")
}

func snapshot(t *testing.T, h Harness) {
	write(t, h.DB, insert("a", 1))
	count := func(tx sqldb.Tx) (n int64) {
		if err := tx.Query("SELECT count(*) FROM things", nil, func(r sqldb.Row) error { n = r.Int(0); return nil }); err != nil {
			t.Error(err)
		}
		return n
	}
	wrote, reading, proceed := make(chan struct{}), make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_ = h.DB.Read(t.Context(), func(tx sqldb.Tx) error {
			if n := count(tx); n != 1 {
				t.Errorf("snapshot begins with %d rows", n)
			}
			close(reading)
			<-proceed
			if n := count(tx); n != 1 {
				t.Errorf("snapshot grew to %d rows", n)
			}
			return nil
		})
	})
	<-reading
	wg.Go(func() {
		_ = h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
			err := insert("b", 1)(tx)
			close(wrote)
			<-proceed
			return err
		})
	})
	<-wrote
	wantIDs(t, h.DB, "a") // the write is not committed
	close(proceed)
	wg.Wait()
	wantIDs(t, h.DB, "a b")
}

func readOnly(t *testing.T, h Harness) {
	if err := h.DB.Read(t.Context(), insert("a", 1)); err == nil {
		t.Error("a read wrote")
	}
	wantIDs(t, h.DB, "")
}

func nested(t *testing.T, h Harness) {
	idle := func(sqldb.Tx) error { return nil }
	calls := map[string]func(context.Context, func(sqldb.Tx) error) error{"read": h.DB.Read, "write": h.DB.Write}
	for outer, call := range calls {
		for inner, again := range calls {
			err := call(t.Context(), func(sqldb.Tx) error {
				wantIs(t, inner+" in "+outer, again(t.Context(), idle), sqldb.ErrNested)
				return nil
			})
			if err != nil {
				t.Errorf("%s in %s spoiled the outer one: %v", inner, outer, err)
			}
		}
	}
}
