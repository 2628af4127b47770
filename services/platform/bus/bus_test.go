package bus_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var (
	errBad = errors.New("bad")
	quiet  = slog.New(slog.DiscardHandler)
)

// publish sends one event.
func publish(ctx context.Context, b bus.Bus, e outbox.Event) error {
	done, err := b.Publish(ctx, []outbox.Event{e})
	if (done == 1) != (err == nil) {
		return errors.Join(err, fmt.Errorf("%d of 1 done", done))
	}
	return err
}

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
			if err := publish(t.Context(), b, outbox.Event{Source: "goals", Type: "goals.plan.updated"}); err != nil || got != tt.want {
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
			err := publish(t.Context(), b, outbox.Event{Source: "goals"})
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
	if err := publish(t.Context(), b, outbox.Event{Source: "goals"}); !errors.Is(err, sqldb.ErrUnavailable) {
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
	if err := publish(t.Context(), b, outbox.Event{Source: "goals"}); err != nil || cause == nil || !strings.Contains(cause.Error(), "boom") {
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
	if err := publish(ctx, b, outbox.Event{Source: "goals"}); !errors.Is(err, context.Canceled) {
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

// A subject whose event is refused stops there; the others go on, in their order, and what comes after the refused event is sent again.
func TestSubjectsGoSideBySide(t *testing.T) {
	b := bus.NewInProcess(bus.Config{Tries: 1, Logger: quiet})
	var mu sync.Mutex
	got := map[string][]int64{}
	refuse := true
	_ = b.Subscribe(bus.Subscription{Consumer: "c", Source: "goals", Handle: func(_ context.Context, e outbox.Event) error {
		mu.Lock()
		defer mu.Unlock()
		if refuse && e.Subject == "s3" && e.Sequence == 2 {
			return errBad
		}
		got[e.Subject] = append(got[e.Subject], e.Sequence)
		return nil
	}})
	var events []outbox.Event
	for sequence := range int64(3) {
		for s := range 40 {
			events = append(events, outbox.Event{Source: "goals", Subject: fmt.Sprint("s", s), Sequence: sequence + 1})
		}
	}
	done, err := b.Publish(t.Context(), events)
	if done != 43 || !errors.Is(err, errBad) {
		t.Errorf("%d done, %v; want the 43 before the one refused", done, err)
	}
	refuse = false
	if n, err := b.Publish(t.Context(), events[done:]); n != len(events)-done || err != nil {
		t.Errorf("%d done the second time, %v", n, err)
	}
	for subject, sequences := range got {
		want := []int64{1, 2, 3, 2, 3} // 2 and 3 are after the refused event, and came twice
		if subject == "s3" {
			want = want[:3]
		}
		if subject < "s3" && len(subject) == 2 {
			want = []int64{1, 2, 3, 3}
		}
		if !slices.Equal(sequences, want) {
			t.Errorf("%s came as %v, want %v", subject, sequences, want)
		}
	}
	if len(got) != 40 {
		t.Errorf("%d subjects came", len(got))
	}
}

// Spans of an effect belong to the trace of the call that made the event.
func TestHandlersJoinTheTrace(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	b := bus.NewInProcess(bus.Config{Logger: quiet})
	var got trace.SpanContext
	_ = b.Subscribe(bus.Subscription{Consumer: "c", Source: "goals", Handle: func(ctx context.Context, _ outbox.Event) error {
		got = trace.SpanContextFromContext(ctx)
		return nil
	}})
	if err := publish(t.Context(), b, outbox.Event{Source: "goals", TraceParent: parent}); err != nil {
		t.Fatal(err)
	}
	if got.TraceID().String() != parent[3:35] || got.SpanID().String() != parent[36:52] || !got.IsSampled() || !got.IsRemote() {
		t.Errorf("the span around is %+v", got)
	}
}
