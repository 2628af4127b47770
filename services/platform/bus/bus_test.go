package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var (
	errBad = errors.New("bad")
	quiet  = slog.New(slog.DiscardHandler)
)

func accept(context.Context, outbox.Event) error { return nil }

// waits records the pauses asked for, and ends each at once.
func waits(log *[]time.Duration) func(time.Duration) <-chan time.Time {
	return func(d time.Duration) <-chan time.Time {
		*log = append(*log, d)
		c := make(chan time.Time, 1)
		c <- time.Time{}
		return c
	}
}

func TestEventsReachThoseWhoAsked(t *testing.T) {
	tests := []struct {
		name   string
		source string
		types  []string
		want   bool
	}{
		{"all of the source", "goals", nil, true},
		{"another source", "budgeting", nil, false},
		{"exact type", "goals", []string{"x", "goals.plan.updated"}, true},
		{"another type", "goals", []string{"goals.plan.deleted"}, false},
		{"prefix", "goals", []string{"goals.plan.*"}, true},
		{"longer prefix", "goals", []string{"goals.planner.*"}, false},
		{"star only after a dot", "goals", []string{"goals.plan.upd*"}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, got := bus.NewInProcess(bus.Config{}), false
			if err := b.Subscribe(bus.Subscription{Consumer: "c", Source: tt.source, Types: tt.types, Handle: func(context.Context, outbox.Event) error { got = true; return nil }}); err != nil {
				t.Fatal(err)
			}
			if err := b.Publish(t.Context(), outbox.Event{Source: "goals", Type: "goals.plan.updated"}); err != nil || got != tt.want {
				t.Errorf("delivered: %t, %v", got, err)
			}
		})
	}
}

func TestRedelivery(t *testing.T) {
	tests := []struct {
		name     string
		failures int
		letter   func(context.Context, outbox.Event, error) error
		tries    int
		waits    []time.Duration
		err      string // part of Publish's
	}{
		{"at once", 0, nil, 1, nil, ""},
		{"third time", 2, nil, 3, []time.Duration{10, 20}, ""},
		{"never, with a dead letter", 99, func(context.Context, outbox.Event, error) error { return nil }, 4, []time.Duration{10, 20, 40}, ""},
		{"never, without one", 99, nil, 4, []time.Duration{10, 20, 40}, "consumer c: bad"},
		{"never, and the dead letter fails", 99, func(context.Context, outbox.Event, error) error { return errors.New("no room") }, 4, []time.Duration{10, 20, 40}, "no room"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var slept []time.Duration
			b := bus.NewInProcess(bus.Config{Tries: 4, Backoff: 10, After: waits(&slept), Logger: quiet})
			tries, others := 0, 0
			for _, s := range []bus.Subscription{
				{Consumer: "c", Source: "goals", DeadLetter: tt.letter, Handle: func(context.Context, outbox.Event) error {
					tries++
					if tries <= tt.failures {
						return errBad
					}
					return nil
				}},
				{Consumer: "other", Source: "goals", Handle: func(context.Context, outbox.Event) error { others++; return nil }},
			} {
				if err := b.Subscribe(s); err != nil {
					t.Fatal(err)
				}
			}
			err := b.Publish(t.Context(), outbox.Event{Source: "goals"})
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error is %v, want %q", err, tt.err)
			}
			if tries != tt.tries || !slices.Equal(slept, tt.waits) || others != 1 {
				t.Errorf("%d tries after waits %v; the other consumer got it %d times", tries, slept, others)
			}
		})
	}
}

// Storage that is busy or full says nothing about the event: it stays with the publisher until the consumer can take it in.
func TestNothingIsBuriedForLackOfStorage(t *testing.T) {
	var slept []time.Duration
	b := bus.NewInProcess(bus.Config{Tries: 2, After: waits(&slept), Logger: quiet})
	_ = b.Subscribe(bus.Subscription{
		Consumer: "c", Source: "goals", Handle: func(context.Context, outbox.Event) error { return fmt.Errorf("begin: %w", sqldb.ErrUnavailable) },
		DeadLetter: func(context.Context, outbox.Event, error) error { t.Error("buried"); return nil },
	})
	if err := b.Publish(t.Context(), outbox.Event{Source: "goals"}); !errors.Is(err, sqldb.ErrUnavailable) {
		t.Errorf("error is %v", err)
	}
}

func TestPanickingHandlerIsBuried(t *testing.T) {
	var slept []time.Duration
	var cause error
	b := bus.NewInProcess(bus.Config{After: waits(&slept), Logger: quiet})
	_ = b.Subscribe(bus.Subscription{
		Consumer: "c", Source: "goals", Handle: func(context.Context, outbox.Event) error { panic("boom") },
		DeadLetter: func(_ context.Context, _ outbox.Event, err error) error { cause = err; return nil },
	})
	if err := b.Publish(t.Context(), outbox.Event{Source: "goals"}); err != nil || cause == nil || !strings.Contains(cause.Error(), "boom") {
		t.Errorf("published: %v; cause: %v", err, cause)
	}
}

func TestShutdownBuriesNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	b := bus.NewInProcess(bus.Config{After: func(time.Duration) <-chan time.Time { cancel(); return nil }, Logger: quiet})
	_ = b.Subscribe(bus.Subscription{
		Consumer: "c", Source: "goals", Handle: func(context.Context, outbox.Event) error { return errBad },
		DeadLetter: func(context.Context, outbox.Event, error) error { t.Error("buried"); return nil },
	})
	if err := b.Publish(ctx, outbox.Event{Source: "goals"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestSubscribeRefusals(t *testing.T) {
	b := bus.NewInProcess(bus.Config{})
	for i, s := range []bus.Subscription{{Source: "s", Handle: accept}, {Consumer: "c", Handle: accept}, {Consumer: "c", Source: "s"}} {
		if err := b.Subscribe(s); err == nil {
			t.Errorf("subscription %d was accepted", i)
		}
	}
	full := bus.Subscription{Consumer: "c", Source: "s", Handle: accept}
	if err := b.Subscribe(full); err != nil {
		t.Error(err)
	}
	if err := b.Subscribe(full); err == nil || !strings.Contains(err.Error(), "already subscribed") {
		t.Errorf("second subscription: %v", err)
	}
	full.Source = "another"
	if err := b.Subscribe(full); err != nil {
		t.Error(err)
	}
}
