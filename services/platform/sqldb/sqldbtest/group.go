package sqldbtest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/throughline/throughline/services/platform/sqldb"
)

// group runs closures so that an engine that groups commits takes them all into one: the first blocks until the others have been handed over.
// It returns each one's error. The closures start in order.
func group(t *testing.T, db sqldb.DB, fns ...func(sqldb.Tx) error) []error {
	t.Helper()
	errs := make([]error, len(fns))
	started, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := db.Write(t.Context(), func(sqldb.Tx) error {
			once.Do(func() { close(started) })
			<-release
			return nil
		}); err != nil && !errors.Is(err, sqldb.ErrUnavailable) {
			t.Errorf("the blocking closure: %v", err)
		}
	})
	<-started
	for i, fn := range fns {
		ctx := &turnContext{Context: t.Context(), asked: make(chan struct{})}
		wg.Go(func() { errs[i] = db.Write(ctx, fn); ctx.Done() })
		<-ctx.asked
		settle()
	}
	close(release)
	wg.Wait()
	return errs
}

// turnContext says when it is first asked for its end: a call does so as it begins to wait for its turn.
type turnContext struct {
	context.Context

	once  sync.Once
	asked chan struct{}
}

func (c *turnContext) Done() <-chan struct{} {
	c.once.Do(func() { close(c.asked) })
	return c.Context.Done()
}

// settle lets other goroutines run until they wait. It is a courtesy: the cases hold in any order of events, only less is tried.
func settle() {
	for range 100 {
		runtime.Gosched()
	}
}

func groupAtomicity(t *testing.T, h Harness) {
	errs := group(t, h.DB,
		insert("a", 1),
		func(tx sqldb.Tx) error { _ = insert("b", 1)(tx); return errRefused },
		insert("c", 1),
		func(tx sqldb.Tx) error { _ = insert("d", 1)(tx); panic("boom") },
		insert("a", 2),
		insert("e", 1),
	)
	for i, ok := range []bool{true, false, true, false, false, true} {
		if (errs[i] == nil) != ok {
			t.Errorf("closure %d: error is %v", i, errs[i])
		}
	}
	wantIs(t, "closure 1", errs[1], errRefused)
	wantIs(t, "closure 4", errs[4], sqldb.ErrDuplicate)
	wantIDs(t, h.DB, "a c e")
}

func groupVisibility(t *testing.T, h Harness) {
	errs := group(t, h.DB, insert("a", 1), func(tx sqldb.Tx) error {
		n, err := tx.Exec("UPDATE things SET n = n + 1 WHERE id = ?", "a")
		if err == nil && n != 1 {
			err = fmt.Errorf("updated %d rows", n)
		}
		return err
	})
	if errs[0] != nil || errs[1] != nil {
		t.Error(errs)
	}
	wantIDs(t, h.DB, "a")
}

func cancellation(t *testing.T, h Harness) {
	ctx, cancel := context.WithCancel(t.Context())
	var mine error
	started, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		mine = h.DB.Write(ctx, func(tx sqldb.Tx) error {
			close(started)
			<-release
			return insert("a", 1)(tx)
		})
	})
	<-started
	var neighbour error
	wg.Go(func() { neighbour = h.DB.Write(t.Context(), insert("b", 1)) })
	cancel()
	settle()
	close(release)
	wg.Wait()
	if mine != nil || neighbour != nil {
		t.Errorf("started closure: %v; neighbour: %v", mine, neighbour)
	}
	wantIDs(t, h.DB, "a b")
}

func withdrawal(t *testing.T, h Harness) {
	started, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
			close(started)
			<-release
			return insert("a", 1)(tx)
		}); err != nil {
			t.Error(err)
		}
	})
	<-started
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error)
	go func() { answer <- h.DB.Write(ctx, insert("b", 1)) }()
	settle()
	cancel()
	wantIs(t, "write whose caller gave up", <-answer, context.Canceled) // answered although the writer is busy
	close(release)
	wg.Wait()
	write(t, h.DB, insert("c", 1))
	wantIDs(t, h.DB, "a c")
	wantIs(t, "write with an ended context", h.DB.Write(ctx, insert("d", 1)), context.Canceled)
	wantIs(t, "read with an ended context", h.DB.Read(ctx, func(sqldb.Tx) error { return nil }), context.Canceled)
}

func deferredConstraint(t *testing.T, h Harness) {
	errs := group(t, h.DB,
		insert("a", 1),
		func(tx sqldb.Tx) error {
			_, err := tx.Exec("INSERT INTO late_parts (id, thing) VALUES ('p', 'none')")
			return err
		},
		insert("b", 1),
		func(tx sqldb.Tx) error { // the child before the parent is what deferring is for
			if _, err := tx.Exec("INSERT INTO late_parts (id, thing) VALUES ('q', 'c')"); err != nil {
				return err
			}
			return insert("c", 1)(tx)
		},
	)
	if errs[0] != nil || errs[2] != nil || errs[3] != nil {
		t.Errorf("neighbours failed: %v", errs)
	}
	wantIs(t, "closure with a child of none", errs[1], sqldb.ErrForeignKey)
	wantIDs(t, h.DB, "a b c")
}

func fullDisk(t *testing.T, h Harness) {
	if h.Fill == nil {
		t.Log("this engine is exempt: no way to fill its storage")
		return
	}
	write(t, h.DB, insert("a", 1))
	empty := h.Fill(t)
	big := func(tx sqldb.Tx) error {
		for i := range 200 {
			if _, err := tx.Exec("INSERT INTO things (id, data) VALUES (?, ?)", fmt.Sprintf("big%03d", i), make([]byte, 8000)); err != nil {
				return err
			}
		}
		return nil
	}
	small := func(tx sqldb.Tx) error { // needs no room
		_, err := tx.Exec("UPDATE things SET n = n + 1 WHERE id = 'a'")
		return err
	}
	errs := group(t, h.DB, small, big, small, func(tx sqldb.Tx) error { _ = small(tx); return errRefused }, small)
	for _, i := range []int{0, 2, 4} {
		if errs[i] != nil {
			t.Errorf("closure %d, which needs no room: %v", i, errs[i])
		}
	}
	wantIs(t, "closure that needs room", errs[1], sqldb.ErrUnavailable)
	wantIs(t, "closure that refused", errs[3], errRefused)
	empty()
	write(t, h.DB, insert("b", 1))
	wantIDs(t, h.DB, "a b")
	var n int64
	if err := h.DB.Read(t.Context(), func(tx sqldb.Tx) error {
		_, err := sqldb.QueryOne(tx, "SELECT n FROM things WHERE id = 'a'", nil, func(r sqldb.Row) error { n = r.Int(0); return nil })
		return err
	}); err != nil || n != 4 {
		t.Errorf("a counts %d, want 1 and the three small updates once each; %v", n, err)
	}
}

func increments(t *testing.T, h Harness) {
	write(t, h.DB, insert("a", 0))
	const workers, each = 16, 20
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				if err := h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
					var n int64
					if _, err := sqldb.QueryOne(tx, "SELECT n FROM things WHERE id = 'a'", nil, func(r sqldb.Row) error { n = r.Int(0); return nil }); err != nil {
						return err
					}
					_, err := tx.Exec("UPDATE things SET n = ? WHERE id = 'a'", n+1)
					return err
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	_ = h.DB.Read(t.Context(), func(tx sqldb.Tx) error {
		_, err := sqldb.QueryOne(tx, "SELECT n FROM things WHERE id = 'a'", nil, func(r sqldb.Row) error {
			if r.Int(0) != workers*each {
				t.Errorf("counted %d, want %d", r.Int(0), workers*each)
			}
			return nil
		})
		return err
	})
}

func closed(t *testing.T, h Harness) {
	write(t, h.DB, insert("a", 1))
	if err := h.DB.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
	wantIs(t, "write", h.DB.Write(t.Context(), insert("b", 1)), sqldb.ErrClosed)
	wantIs(t, "read", h.DB.Read(t.Context(), func(sqldb.Tx) error { return nil }), sqldb.ErrClosed)
	if err := h.DB.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func goexit(t *testing.T, h Harness) {
	answer := make(chan error, 1)
	go func() {
		defer close(answer)
		answer <- h.DB.Write(t.Context(), func(tx sqldb.Tx) error {
			_ = insert("a", 1)(tx)
			runtime.Goexit() // what t.FailNow does
			return nil
		})
	}()
	// The goroutine is the caller's own or another's: only then does the call return.
	if err, returned := <-answer; returned && (err == nil || !strings.Contains(err.Error(), "Goexit")) {
		t.Errorf("error is %v", err)
	}
	write(t, h.DB, insert("b", 1))
	wantIDs(t, h.DB, "b")
}
