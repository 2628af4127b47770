package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// Publisher takes events in outbox order and returns once the first done of them are durable with every receiver (package bus). Later
// ones may be durable too; they are published again. All are done when err is nil.
type Publisher interface {
	Publish(ctx context.Context, events []Event) (done int, err error)
}

// Keeper is a Publisher that keeps what it took, outside of this process, and may lose it.
type Keeper interface {
	Publisher
	// Position is that of the last event of the source that it has, 0 for none. Publish refuses whatever does not follow on from the last
	// answer and what was published since.
	Position(ctx context.Context, source string) (int64, error)
}

const (
	relayBatch = 256 // events read at once
	pollEvery  = time.Second
	storeAfter = 256             // events
	noteAfter  = 16 * storeAfter // with a Keeper, which needs no stored position
	firstWait  = 50 * time.Millisecond
	longestTry = 10 * time.Second
)

// Relay publishes a service's outbox in order, in one process at a time. The stored position moves only past events that were
// published, so none is skipped and some may be published again after a crash: it is stored when no event came for a second, after storeAfter
// of them, and at the end. A commit of its own for every event would cost as much as the event.
//
// Of a Keeper the relay asks where it stands, at the start, after every failure and when idle, and goes on from there: what it lost is
// published again. The stored position then only tells how far the relay is.
type Relay struct {
	DB     sqldb.DB
	Bus    Publisher
	Source string       // names the stored position
	Logger *slog.Logger // nil means slog.Default()
	// After is the timer for retries and polls; nil means time.After.
	After func(time.Duration) <-chan time.Time

	once sync.Once
	wake chan struct{}

	known          bool  // the two below
	stored, passed int64 // positions: in the database, and up to which all is published
	unstored       int   // events published since
	progress       progress
}

func (r *Relay) init() {
	r.once.Do(func() {
		r.wake = make(chan struct{}, 1)
		if r.After == nil {
			r.After = time.After
		}
		if r.Logger == nil {
			r.Logger = slog.Default()
		}
	})
}

// Wake says that events may have been committed; call it after a Write. It never blocks.
func (r *Relay) Wake() {
	r.init()
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// Run publishes until ctx ends, and then returns nil. It starts with what earlier runs left, and looks again at every Wake
// and each second, should a Wake be lost. While another process publishes this outbox, it waits.
func (r *Relay) Run(ctx context.Context) error {
	r.init()
	wait := firstWait
	for ctx.Err() == nil {
		err := r.DB.Exclusive(ctx, "relay "+r.Source, func(ctx context.Context) error {
			wait = firstWait
			return r.run(ctx)
		})
		if errors.Is(err, sqldb.ErrClosed) {
			return err
		}
		if err != nil && ctx.Err() == nil {
			r.pause(ctx, "events cannot be published here; trying again", &wait, err)
		}
	}
	return nil
}

// pause logs the failure and waits, twice as long each time.
func (r *Relay) pause(ctx context.Context, message string, wait *time.Duration, err error) {
	r.Logger.WarnContext(ctx, message, "source", r.Source, "wait", *wait, "error", err)
	select {
	case <-ctx.Done():
	case <-r.After(*wait):
	}
	*wait = min(2**wait, longestTry)
}

// run publishes until ctx ends or the database is closed.
func (r *Relay) run(ctx context.Context) (err error) {
	r.known = false // another process may have published since
	r.progress.set(unknown)
	defer r.progress.set(elsewhere)
	// The receivers have the events: the position is stored even though ctx ends, to spare them repetitions.
	defer func() {
		if e := r.store(context.WithoutCancel(ctx)); e != nil && err == nil {
			r.Logger.WarnContext(ctx, "events will be published again", "source", r.Source, "error", e)
		}
	}()
	wait, idle := firstWait, false
	for ctx.Err() == nil {
		more, err := r.pass(ctx, idle)
		idle = false
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, sqldb.ErrClosed):
			return err
		case err != nil:
			r.pause(ctx, "events were not published; trying again", &wait, err)
		case !more:
			wait = firstWait
			select {
			case <-ctx.Done():
			case <-r.wake:
			case <-r.After(pollEvery):
				idle = true
			}
		default:
			wait = firstWait
		}
	}
	return nil
}

// pass publishes one batch; more says that there is more to do at once. It stores how far it came after an idle second, or when there is much
// to store: a Wake whose event an earlier pass took is not worth a commit.
func (r *Relay) pass(ctx context.Context, idle bool) (more bool, err error) {
	if err := r.locate(ctx); err != nil {
		return false, err
	}
	var events []Event
	if err := r.DB.Read(ctx, func(tx sqldb.Tx) (err error) { events, err = since(tx, r.passed, relayBatch); return err }); err != nil {
		return false, err
	}
	if len(events) == 0 {
		if !idle {
			return false, nil
		}
		lost, err := r.lost(ctx)
		if err != nil || lost {
			return lost, err
		}
		return false, r.store(ctx)
	}
	done, err := r.Bus.Publish(ctx, events)
	if done > 0 {
		r.passed = events[done-1].Position
		r.unstored += done
		r.progress.set(r.passed)
	}
	after := storeAfter
	if _, keeps := r.Bus.(Keeper); keeps {
		after, r.known = noteAfter, err == nil
	}
	if r.unstored >= after {
		err = errors.Join(err, r.store(ctx))
	}
	return len(events) == relayBatch && done > 0, err
}

// locate finds out where to go on, unless that is known.
func (r *Relay) locate(ctx context.Context) error {
	if r.known {
		return nil
	}
	keeper, keeps := r.Bus.(Keeper)
	var kept int64
	if keeps {
		var err error
		if kept, err = keeper.Position(ctx, r.Source); err != nil {
			return err
		}
	}
	err := r.DB.Read(ctx, func(tx sqldb.Tx) (err error) {
		if r.stored, err = position(tx, r.Source); err != nil || !keeps || kept == 0 {
			return err
		}
		ours, err := sqldb.QueryOne(tx, "SELECT position FROM outbox WHERE position = ?", []any{kept}, func(sqldb.Row) error { return nil })
		if err == nil && !ours {
			err = fmt.Errorf("the bus holds events of %s up to position %d, which this outbox does not have: was an older copy of the database put in place? "+
				"Delete the events of this source from the bus, and all are published again", r.Source, kept)
		}
		return err
	})
	if err != nil {
		return err
	}
	r.passed, r.known = r.stored, true
	if keeps {
		r.passed = kept
	}
	r.progress.set(r.passed)
	return nil
}

// lost says whether the bus no longer has all that was published, and if so goes back.
func (r *Relay) lost(ctx context.Context) (bool, error) {
	keeper, keeps := r.Bus.(Keeper)
	if !keeps {
		return false, nil
	}
	at, err := keeper.Position(ctx, r.Source)
	if err != nil || at == r.passed {
		return false, err
	}
	r.Logger.WarnContext(ctx, "the bus lost events; they are published again", "source", r.Source, "published", r.passed, "kept", at)
	r.known = false
	return true, nil
}

// position is where the relay of a source stood when it was stored last, 0 for never.
func position(tx sqldb.Tx, source string) (at int64, err error) {
	_, err = sqldb.QueryOne(tx, "SELECT position FROM outbox_position WHERE relay = ?", []any{source}, func(row sqldb.Row) error {
		at = row.Int(0)
		return nil
	})
	return at, err
}

// store stores how far the relay came.
func (r *Relay) store(ctx context.Context) error {
	if r.passed == r.stored {
		return nil
	}
	err := r.DB.Write(ctx, func(tx sqldb.Tx) error {
		_, err := tx.Exec("INSERT INTO outbox_position (relay, position) VALUES (?, ?) ON CONFLICT (relay) DO UPDATE SET position = excluded.position", r.Source, r.passed)
		return err
	})
	if err == nil {
		r.stored, r.unstored = r.passed, 0
	}
	return err
}
