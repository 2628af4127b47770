package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/outbox"
)

// Defaults of redelivery.
const (
	defaultTries   = 5
	defaultBackoff = 20 * time.Millisecond
)

// Config tunes the in-process bus; its zero value is good.
type Config struct {
	Tries   int                                  // of Handle before the dead letter; 0 means 5
	Backoff time.Duration                        // before the second try, doubled before each next; 0 means 20 ms
	After   func(time.Duration) <-chan time.Time // nil means time.After
	Logger  *slog.Logger                         // nil means slog.Default()
}

// InProcess is the bus of a single process: Publish calls every matching subscriber and returns when all have committed.
type InProcess struct {
	cfg  Config
	mu   sync.RWMutex
	subs []Subscription
}

var _ Bus = (*InProcess)(nil)

// NewInProcess makes a bus without subscribers.
func NewInProcess(cfg Config) *InProcess {
	if cfg.Tries <= 0 {
		cfg.Tries = defaultTries
	}
	if cfg.Backoff <= 0 {
		cfg.Backoff = defaultBackoff
	}
	if cfg.After == nil {
		cfg.After = time.After
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &InProcess{cfg: cfg}
}

// Subscribe adds a consumer; a second subscription of a consumer to a source would share its inbox, and is refused.
func (b *InProcess) Subscribe(s Subscription) error {
	if s.Consumer == "" || s.Source == "" || s.Handle == nil {
		return errors.New("subscribe: consumer, source and handle are needed")
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, old := range b.subs {
		if old.Consumer == s.Consumer && old.Source == s.Source {
			return fmt.Errorf("subscribe: consumer %s already subscribed to %s; list all types in one subscription", s.Consumer, s.Source)
		}
	}
	b.subs = append(b.subs, s)
	return nil
}

// Publish hands the event to each matching subscriber in turn. A subscriber that keeps failing does not keep the event from the others.
func (b *InProcess) Publish(ctx context.Context, e outbox.Event) error {
	b.mu.RLock()
	subs := b.subs
	b.mu.RUnlock()
	var errs []error
	for _, s := range subs {
		if s.wants(e) {
			if err := b.deliver(ctx, s, e); err != nil {
				errs = append(errs, fmt.Errorf("consumer %s: %w", s.Consumer, err))
			}
		}
	}
	return errors.Join(errs...)
}

func (b *InProcess) deliver(ctx context.Context, s Subscription, e outbox.Event) error {
	wait := b.cfg.Backoff
	var err error
	for try := 1; ; try++ {
		if err = handle(ctx, s, e); err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if try >= b.cfg.Tries {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-b.cfg.After(wait):
		}
		wait *= 2
	}
	if s.DeadLetter == nil || fault.Is(err, fault.Unavailable) {
		return err
	}
	b.cfg.Logger.ErrorContext(ctx, "an event became a dead letter", "consumer", s.Consumer, "event", e.ID, "type", e.Type, "error", err)
	if buryErr := s.DeadLetter(ctx, e, err); buryErr != nil {
		return errors.Join(err, fmt.Errorf("dead letter: %w", buryErr))
	}
	return nil
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
