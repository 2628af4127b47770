package outbox

import (
	"sync/atomic"
	"time"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// Backlog is what a service has recorded and not published.
type Backlog struct {
	Events int64     // no more than MaxCounted
	Oldest time.Time // zero without events
}

// MaxCounted is where the counting of a backlog ends: more rows would take longer than the number is worth.
const MaxCounted = 100_000

// Backlog counts what is not published. Only the process whose relay runs knows: here is false in all others.
func (r *Relay) Backlog(tx sqldb.Tx) (b Backlog, here bool, err error) {
	at, here := r.progress.get()
	if !here {
		return b, false, nil
	}
	if at == unknown {
		if at, err = position(tx, r.Source); err != nil {
			return b, true, err
		}
	}
	_, err = sqldb.QueryOne(tx, "SELECT time FROM outbox WHERE position > ? ORDER BY position LIMIT 1", []any{at}, func(row sqldb.Row) error {
		b.Oldest = row.Time(0)
		return nil
	})
	if err != nil || b.Oldest.IsZero() {
		return b, true, err
	}
	_, err = sqldb.QueryOne(tx, "SELECT COUNT(*) FROM (SELECT 1 AS one FROM outbox WHERE position > ? LIMIT ?) AS waiting", []any{at, MaxCounted},
		func(row sqldb.Row) error { b.Events = row.Int(0); return nil })
	return b, true, err
}

const (
	elsewhere = -2 // the relay does not run in this process
	unknown   = -1 // it does, and has not found out yet where to go on
)

// progress is how far the relay has published, for other goroutines.
type progress struct{ at atomic.Int64 } // 0 is elsewhere, so that the zero value is

func (p *progress) set(at int64) { p.at.Store(at - elsewhere) }

func (p *progress) get() (at int64, here bool) {
	at = p.at.Load() + elsewhere
	return at, at != elsewhere
}
