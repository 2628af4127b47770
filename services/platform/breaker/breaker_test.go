package breaker_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/breaker"
)

var errAway = errors.New("away")

// dependency fails or not as it is told, and counts what reaches it.
type dependency struct {
	err   error
	calls int
}

func (d *dependency) call(context.Context) error {
	d.calls++
	return d.err
}

func TestAFailureSparesTheNextCalls(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	b := breaker.New(breaker.Config{
		Name: "thing", Rest: time.Second, Now: func() time.Time { return now }, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	d := &dependency{}
	for i, step := range []struct {
		after   time.Duration
		err     error // of the dependency
		want    error
		reached bool
	}{
		{0, nil, nil, true},
		{0, errAway, errAway, true},
		{0, nil, breaker.ErrResting, false},
		{time.Second - 1, nil, breaker.ErrResting, false},
		{1, errAway, errAway, true}, // one tries again
		{0, nil, breaker.ErrResting, false},
		{time.Second, nil, nil, true},
		{0, nil, nil, true},
	} {
		now, d.err = now.Add(step.after), step.err
		before := d.calls
		if err := b.Do(t.Context(), d.call); !errors.Is(err, step.want) || (d.calls > before) != step.reached {
			t.Errorf("step %d: %v, reached %v; want %v, %v", i, err, d.calls > before, step.want, step.reached)
		}
	}
	if text := log.String(); strings.Count(text, "\n") != 2 || !strings.Contains(text, "a dependency failed") || !strings.Contains(text, "a dependency is back") {
		t.Errorf("log:\n%s", text)
	}
}

// Of many that find the rest over, one tries and the others are spared the wait.
func TestOneTriesForAll(t *testing.T) {
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	b := breaker.New(breaker.Config{Now: func() time.Time { return now }})
	if err := b.Do(t.Context(), (&dependency{err: errAway}).call); !errors.Is(err, errAway) {
		t.Fatal(err)
	}
	now = now.Add(breaker.DefaultRest)
	err := b.Do(t.Context(), func(context.Context) error {
		if err := b.Do(t.Context(), (&dependency{}).call); !errors.Is(err, breaker.ErrResting) {
			t.Errorf("a second call while one tries: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestASilentDependencyIsGivenUp(t *testing.T) {
	b := breaker.New(breaker.Config{Timeout: time.Millisecond, Now: time.Now})
	err := b.Do(t.Context(), func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := b.Do(t.Context(), (&dependency{}).call); !errors.Is(err, breaker.ErrResting) {
		t.Error(err)
	}
}

func TestACallerThatGaveUpSaysNothing(t *testing.T) {
	b := breaker.New(breaker.Config{Now: time.Now})
	ctx, cancel := context.WithCancel(t.Context())
	err := b.Do(ctx, func(ctx context.Context) error { cancel(); return ctx.Err() })
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := b.Do(t.Context(), (&dependency{}).call); err != nil {
		t.Error(err)
	}
}
