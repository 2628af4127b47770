package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/outbox"
)

// Defaults of redelivery.
const (
	defaultTries   = 5
	defaultBackoff = 20 * time.Millisecond
)

// width is how many subjects are handled at the same time.
const width = 16

// Config tunes how events are handed to subscribers; its zero value is good.
type Config struct {
	Tries   int                                  // of Handle before the dead letter; 0 means 5
	Backoff time.Duration                        // before the second try, doubled before each next; 0 means 20 ms
	After   func(time.Duration) <-chan time.Time // nil means time.After
	Logger  *slog.Logger                         // nil means slog.Default()
	Meter   metric.MeterProvider                 // nil measures nothing
}

// courier hands events to subscribers.
type courier struct {
	Config

	letters metric.Int64Counter
}

func newCourier(c Config) (courier, error) {
	if c.Tries <= 0 {
		c.Tries = defaultTries
	}
	if c.Backoff <= 0 {
		c.Backoff = defaultBackoff
	}
	if c.After == nil {
		c.After = time.After
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Meter == nil {
		c.Meter = noop.NewMeterProvider()
	}
	letters, err := c.meter().Int64Counter("throughline.events.dead_letters",
		metric.WithDescription("Events that a consumer refused every time and that were set aside."), metric.WithUnit("{event}"))
	return courier{Config: c, letters: letters}, err
}

func (c *Config) meter() metric.Meter {
	return c.Meter.Meter("github.com/throughline/throughline/services/platform/bus")
}

// of labels what is counted of a subscription.
func of(s Subscription) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("consumer", s.Consumer), attribute.String("source", s.Source))
}

// deliver tries until the subscriber has taken in the event, or it is a dead letter; else it answers why neither is so.
func (c *courier) deliver(ctx context.Context, s Subscription, e outbox.Event) error {
	ctx = withTrace(ctx, e)
	wait := c.Backoff
	var err error
	for try := 1; ; try++ {
		if err = handle(ctx, s, e); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if try >= c.Tries {
			break
		}
		if err := c.pause(ctx, wait); err != nil {
			return err
		}
		wait *= 2
	}
	if s.DeadLetter == nil || fault.Is(err, fault.Unavailable) {
		return err
	}
	c.Logger.ErrorContext(ctx, "an event became a dead letter", "consumer", s.Consumer, "event", e.ID, "type", e.Type, "error", err)
	if buryErr := s.DeadLetter(ctx, e, err); buryErr != nil {
		return errors.Join(err, fmt.Errorf("dead letter: %w", buryErr))
	}
	c.letters.Add(ctx, 1, of(s))
	return nil
}

// pause waits, or answers why ctx ended.
func (c *courier) pause(ctx context.Context, wait time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-c.After(wait):
		return nil
	}
}

// withTrace puts the span that made the event into ctx, so that spans of its effects join that trace.
func withTrace(ctx context.Context, e outbox.Event) context.Context {
	if e.TraceParent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": e.TraceParent})
}

// handle contains a panic: a poisoned event must not end the process.
func handle(ctx context.Context, s Subscription, e outbox.Event) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return s.Handle(ctx, e)
}

// lanes does the events of each subject in order and many subjects side by side, so that receivers can share commits. A subject stops at its
// first failure and holds no other up. done says for each event whether it was done.
func lanes(events []outbox.Event, do func(outbox.Event) error) (done []bool, err error) {
	var order []string
	bySubject := map[string][]int{}
	for i, e := range events {
		if bySubject[e.Subject] == nil {
			order = append(order, e.Subject)
		}
		bySubject[e.Subject] = append(bySubject[e.Subject], i)
	}
	done = make([]bool, len(events))
	errs := make([]error, len(events)) // of the event at which a lane stopped
	free := make(chan struct{}, width)
	var wg sync.WaitGroup
	for _, subject := range order {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			for _, i := range bySubject[subject] {
				if err := do(events[i]); err != nil {
					errs[i] = fmt.Errorf("event %s: %w", events[i].ID, err)
					return
				}
				done[i] = true
			}
		})
	}
	wg.Wait()
	return done, errors.Join(errs...)
}
