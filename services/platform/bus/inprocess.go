package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/throughline/throughline/services/platform/outbox"
)

// InProcess is the bus of a single process: Publish calls every matching subscriber and returns when all have committed.
type InProcess struct {
	courier courier
	mu      sync.RWMutex
	subs    []Subscription
}

var _ Bus = (*InProcess)(nil)

// NewInProcess makes a bus without subscribers.
func NewInProcess(cfg Config) *InProcess {
	c, err := newCourier(cfg)
	if err != nil { // an instrument that refuses its own name counts nothing
		c.Logger.Warn("dead letters are not counted", "error", err)
	}
	return &InProcess{courier: c}
}

// Subscribe adds a consumer.
func (b *InProcess) Subscribe(s Subscription) (err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	subs, err := add(b.subs, s)
	if err == nil {
		b.subs = subs
	}
	return err
}

// Publish hands each event to each matching subscriber in turn, many subjects at once. A subscriber that keeps failing does not keep
// an event from the others, and a subject whose event fails holds no other up.
func (b *InProcess) Publish(ctx context.Context, events []outbox.Event) (int, error) {
	b.mu.RLock()
	subs := b.subs
	b.mu.RUnlock()
	done, err := lanes(events, func(e outbox.Event) error {
		var errs []error
		for _, s := range subs {
			if !s.wants(e) {
				continue
			}
			if err := b.courier.deliver(ctx, s, e); err != nil {
				errs = append(errs, fmt.Errorf("consumer %s: %w", s.Consumer, err))
			}
		}
		return errors.Join(errs...)
	})
	if first := slices.Index(done, false); first >= 0 {
		return first, err
	}
	return len(events), nil
}
