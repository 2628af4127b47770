package sqldb_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestExclusive(t *testing.T) {
	t.Cleanup(sqldb.SetLockPoll(20 * time.Millisecond))
	one, other := two(t)
	var inside, turns atomic.Int64
	var wg sync.WaitGroup
	for _, db := range []sqldb.DB{one, one, other, other} {
		wg.Go(func() {
			if err := db.Exclusive(t.Context(), "relay", func(ctx context.Context) error {
				if inside.Add(1) != 1 {
					t.Error("two run at the same time")
				}
				if err := db.Exclusive(ctx, "another name", func(context.Context) error { return nil }); err != nil {
					t.Error(err)
				}
				turns.Add(1)
				inside.Add(-1)
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if turns.Load() != 4 {
		t.Errorf("%d turns", turns.Load())
	}
	refused := errors.New("refused")
	if err := one.Exclusive(t.Context(), "relay", func(context.Context) error { return refused }); !errors.Is(err, refused) {
		t.Errorf("error is %v", err)
	}
}

func TestExclusiveWaitsUntilItsContextEnds(t *testing.T) {
	t.Cleanup(sqldb.SetLockPoll(20 * time.Millisecond))
	one, other := two(t)
	if err := one.Exclusive(t.Context(), "relay", func(context.Context) error {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := other.Exclusive(ctx, "relay", func(context.Context) error { t.Error("it runs beside the holder"); return nil })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error is %v", err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

func TestExclusiveEndsWithItsConnection(t *testing.T) {
	t.Cleanup(sqldb.SetLockPoll(20 * time.Millisecond))
	one, other := two(t)
	cut := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := one.Exclusive(t.Context(), "relay", func(ctx context.Context) error {
			close(cut)
			<-ctx.Done()
			return ctx.Err()
		})
		if !errors.Is(err, sqldb.ErrUnavailable) {
			t.Errorf("the claim that was lost: %v", err)
		}
	})
	<-cut
	sever(t, other)
	if err := other.Exclusive(t.Context(), "relay", func(context.Context) error { return nil }); err != nil {
		t.Errorf("the next: %v", err)
	}
	wg.Wait()
	if err := one.Exclusive(t.Context(), "relay", func(context.Context) error { return nil }); err != nil {
		t.Errorf("the first again: %v", err)
	}
}
