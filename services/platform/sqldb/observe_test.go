package sqldb_test

import (
	"context"
	"errors"
	"maps"
	"testing"
	"testing/fstest"
	"time"

	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
	"github.com/throughline/throughline/services/platform/telemetry/telemetrytest"
)

func TestObserveTellsFailuresOfStorageFromRefusals(t *testing.T) {
	meters, read := telemetrytest.Meter(t)
	db, err := sqldb.Observe(sqldbtest.SQLite(t, nil), meters, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	refused := errors.New("the plan is closed")
	for _, err := range []error{nil, refused, sqldb.ErrUnavailable} {
		if got := db.Write(t.Context(), func(sqldb.Tx) error { return err }); !errors.Is(got, err) {
			t.Errorf("Write answered %v, want %v", got, err)
		}
	}
	_ = db.Read(t.Context(), func(sqldb.Tx) error { return refused })
	_ = db.Read(late, func(sqldb.Tx) error { return nil })
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	_ = db.Read(t.Context(), func(sqldb.Tx) error { return nil })
	const name = "throughline.db.tx.duration"
	if got, want := read(), map[string]float64{
		name + "{kind=read,outcome=ok}": 1, name + "{kind=read,outcome=failed}": 2, name + "{kind=write,outcome=ok}": 2, name + "{kind=write,outcome=failed}": 1,
	}; !maps.Equal(got, want) {
		t.Errorf("measured %v, want %v", got, want)
	}
}

// A write whose row another has changed since it was read runs again.
func TestObserveCountsRepetitions(t *testing.T) {
	things := fstest.MapFS{"00001_things.sql": {Data: []byte("-- +goose Up\nCREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, n BIGINT NOT NULL);\n-- +goose Down\nDROP TABLE things;\n")}}
	meters, read := telemetrytest.Meter(t)
	db, err := sqldb.Observe(sqldbtest.Postgres(t, things), meters, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	add := func(tx sqldb.Tx) error { _, err := tx.Exec("UPDATE things SET n = n + 1"); return err }
	insert := func(tx sqldb.Tx) error { _, err := tx.Exec("INSERT INTO things (id, n) VALUES ('a', 0)"); return err }
	if err := db.Write(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	runs := 0
	err = db.Write(t.Context(), func(tx sqldb.Tx) error {
		runs++
		if _, err := sqldb.QueryOne(tx, "SELECT n FROM things", nil, func(sqldb.Row) error { return nil }); err != nil {
			return err
		}
		if runs == 1 {
			other := make(chan error)
			go func() { other <- db.Write(context.WithoutCancel(t.Context()), add) }()
			if err := <-other; err != nil {
				return err
			}
		}
		return add(tx)
	})
	if err != nil || runs != 2 {
		t.Fatalf("ran %d times, error %v", runs, err)
	}
	if got := read(); got["throughline.db.retries"] != 1 || got["throughline.db.tx.duration{kind=write,outcome=ok}"] != 3 {
		t.Errorf("measured %v, want one retry among three writes", got)
	}
}
