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

// Publisher takes an event and returns only once it is durable with every receiver (package bus).
type Publisher interface {
	Publish(ctx context.Context, e Event) error
}

const (
	relayBatch = 256 // events read at once
	relayLanes = 16  // subjects published at the same time
	pollEvery  = time.Second
	storeAfter = 256 // events
	firstWait  = 50 * time.Millisecond
	longestTry = 10 * time.Second
)

// Relay publishes a service's outbox. The order of each subject is kept; different subjects go side by side, so that
// receivers can share commits. The stored position moves only past events that were published, so none is skipped and some may be
// published again after a crash: it is stored when no event came for a second, after storeAfter of them, and at the end. A commit of its own for
// every event would cost as much as the event.
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
// and each second, should a Wake be lost.
func (r *Relay) Run(ctx context.Context) (err error) {
	r.init()
	// The receivers have the events: the position is stored even though ctx ends, to spare them repetitions.
	defer func() {
		if e := r.store(context.WithoutCancel(ctx)); e != nil && err == nil {
			r.Logger.WarnContext(ctx, "events will be published again", "source", r.Source, "error", e)
		}
	}()
	wait := firstWait
	for ctx.Err() == nil {
		more, err := r.pass(ctx)
		switch {
		case ctx.Err() != nil:
		case errors.Is(err, sqldb.ErrClosed):
			return err
		case err != nil:
			r.Logger.WarnContext(ctx, "events were not published; trying again", "source", r.Source, "wait", wait, "error", err)
			select {
			case <-ctx.Done():
			case <-r.After(wait):
			}
			wait = min(2*wait, longestTry)
		case !more:
			wait = firstWait
			select {
			case <-ctx.Done():
			case <-r.wake:
			case <-r.After(pollEvery):
			}
		default:
			wait = firstWait
		}
	}
	return nil
}

// pass publishes one batch; more says that the batch was full. It stores how far it came when there is nothing else to do, or much to store.
func (r *Relay) pass(ctx context.Context) (more bool, err error) {
	var events []Event
	err = r.DB.Read(ctx, func(tx sqldb.Tx) (err error) {
		if !r.known {
			if r.stored, err = position(tx, r.Source); err != nil {
				return err
			}
			r.passed, r.known = r.stored, true
		}
		events, err = since(tx, r.passed, relayBatch)
		return err
	})
	if err != nil {
		return false, err
	}
	done, err := r.publish(ctx, events)
	r.passed = max(r.passed, done)
	if len(events) == 0 || r.passed-r.stored >= storeAfter {
		err = errors.Join(err, r.store(ctx))
	}
	return len(events) == relayBatch && done > 0, err
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
		r.stored = r.passed
	}
	return err
}

// publish sends the events of each subject in order, many subjects at once, and returns the last position before which all were
// published (0 for none).
func (r *Relay) publish(ctx context.Context, events []Event) (done int64, err error) {
	var order []string
	lanes := map[string][]int{}
	for i, e := range events {
		if lanes[e.Subject] == nil {
			order = append(order, e.Subject)
		}
		lanes[e.Subject] = append(lanes[e.Subject], i)
	}
	errs := make([]error, len(events)) // of the event at which a lane stopped
	published := make([]bool, len(events))
	free := make(chan struct{}, relayLanes)
	var wg sync.WaitGroup
	for _, subject := range order {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			for _, i := range lanes[subject] {
				if errs[i] = r.Bus.Publish(ctx, events[i]); errs[i] != nil {
					errs[i] = fmt.Errorf("event %s: %w", events[i].ID, errs[i])
					return
				}
				published[i] = true
			}
		})
	}
	wg.Wait()
	for i, ok := range published {
		if !ok {
			break
		}
		done = events[i].Position
	}
	return done, errors.Join(errs...)
}
