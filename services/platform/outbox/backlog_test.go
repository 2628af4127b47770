package outbox_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// reluctant publishes nothing before it may, and tells of each attempt.
type reluctant struct{ tried, may chan struct{} }

func (r reluctant) Publish(_ context.Context, events []outbox.Event) (int, error) {
	r.tried <- struct{}{}
	select {
	case <-r.may:
		return len(events), nil
	default:
		return 0, errors.New("away")
	}
}

func TestBacklog(t *testing.T) {
	sqldbtest.Engines(t, nil, func(t *testing.T, open func(testing.TB) sqldb.DB) {
		db := open(t)
		bus := reluctant{make(chan struct{}), make(chan struct{})}
		again := make(chan time.Time)
		r := newRelay(db, bus, func(time.Duration) <-chan time.Time { return again })
		backlog := func() (b outbox.Backlog, here bool) {
			t.Helper()
			if err := db.Read(t.Context(), func(tx sqldb.Tx) (err error) { b, here, err = r.Backlog(tx); return err }); err != nil {
				t.Fatal(err)
			}
			return b, here
		}
		want := func(when string, want outbox.Backlog, wantHere bool) {
			t.Helper()
			if got, here := backlog(); got != want || here != wantHere {
				t.Errorf("%s: %+v, here %v; want %+v, %v", when, got, here, want, wantHere)
			}
		}
		appendAll(t, db, event("a", noon), event("b", noon.Add(time.Minute)))
		want("before the relay runs", outbox.Backlog{}, false)
		stop := run(t, r)
		await(bus.tried, 1)
		want("while the bus is away", outbox.Backlog{Events: 2, Oldest: noon}, true)
		close(bus.may)
		again <- time.Time{}
		await(bus.tried, 1)
		again <- time.Time{} // it waits again
		want("when all is published", outbox.Backlog{}, true)
		stop()
		want("after the relay has ended", outbox.Backlog{}, false)
	})
}
