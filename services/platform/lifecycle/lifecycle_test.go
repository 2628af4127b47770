package lifecycle_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/services/platform/lifecycle"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// journal notes in which order things happen.
type journal struct {
	mu    sync.Mutex
	notes []string
}

func (j *journal) note(text string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.notes = append(j.notes, text)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.notes, " ")
}

// task runs until it is stopped, and notes that.
func (j *journal) task(name string) func(context.Context) error {
	return func(ctx context.Context) error {
		<-ctx.Done()
		j.note(name)
		return ctx.Err()
	}
}

func (j *journal) closer(name string, err error) func(context.Context) error {
	return func(context.Context) error {
		j.note(name)
		return err
	}
}

func TestPartsStopInReverse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		ctx, cancel := context.WithCancel(t.Context())
		g := lifecycle.New(ctx, time.Second)
		g.Add("store", j.closer("store", nil))
		g.Go("relay", j.task("relay"))
		g.Go("listener", j.task("listener"))
		g.Add("announce", j.closer("announce", nil))
		cancel()
		if err := g.Wait(); err != nil {
			t.Errorf("error = %v, want none for a context that ended", err)
		}
		if got, want := j.String(), "announce listener relay store"; got != want {
			t.Errorf("stopped %q, want %q", got, want)
		}
	})
}

func TestAFailedTaskStopsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		broken, disk := errors.New("broken"), errors.New("disk is full")
		g := lifecycle.New(t.Context(), time.Second)
		g.Add("store", j.closer("store", disk))
		g.Go("relay", j.task("relay"))
		g.Go("listener", func(context.Context) error { return broken })
		err := g.Wait()
		if !errors.Is(err, broken) || !errors.Is(err, disk) {
			t.Fatalf("error = %v, want the cause and the failed stop", err)
		}
		if got, want := err.Error(), "listener: broken\nstop store: disk is full"; got != want {
			t.Errorf("error = %q, want %q", got, want)
		}
		if got, want := j.String(), "relay store"; got != want {
			t.Errorf("stopped %q, want %q", got, want)
		}
	})
}

func TestAFailureWhileStoppingIsReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		drained := errors.New("2 streams were cut")
		g := lifecycle.New(t.Context(), time.Second)
		g.Go("listener", func(ctx context.Context) error {
			<-ctx.Done()
			return drained
		})
		if err := g.Close(); err == nil || err.Error() != "stop listener: 2 streams were cut" {
			t.Errorf("error = %v, want the failed stop", err)
		}
	})
}

func TestATaskMayFinishEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		g := lifecycle.New(ctx, time.Second)
		g.Go("import", func(context.Context) error { return nil })
		start := time.Now()
		if err := g.Wait(); err != nil {
			t.Error(err)
		}
		if waited := time.Since(start); waited != time.Hour {
			t.Errorf("waited %v, want the hour of the context", waited)
		}
	})
}

func TestAPartThatHangsIsLeftInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var j journal
		release := make(chan struct{})
		g := lifecycle.New(t.Context(), 3*time.Second)
		g.Add("store", j.closer("store", nil))
		g.Add("deaf", func(context.Context) error {
			<-release
			return nil
		})
		start := time.Now()
		err := g.Close()
		if err == nil || err.Error() != "stop deaf: still running after 3s" {
			t.Errorf("error = %v, want the part named", err)
		}
		if waited := time.Since(start); waited != 3*time.Second {
			t.Errorf("waited %v, want 3s", waited)
		}
		if j.String() != "store" {
			t.Error("the parts below were not stopped")
		}
		close(release)
	})
}

func TestCloseTwiceStopsOnce(t *testing.T) {
	var j journal
	g := lifecycle.New(t.Context(), time.Second)
	g.Add("store", j.closer("store", errors.New("odd")))
	first, second := g.Close(), g.Close()
	if first == nil || second == nil || first.Error() != second.Error() || j.String() != "store" {
		t.Errorf("errors = %v and %v, stopped %q, want the same error and one stop", first, second, &j)
	}
}

func TestASignalEndsTheContext(t *testing.T) {
	ctx, stop := lifecycle.Interruptible(t.Context())
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	g := lifecycle.New(ctx, time.Second)
	g.Go("listener", func(ctx context.Context) error {
		<-ctx.Done()
		return ctx.Err()
	})
	if err := g.Wait(); err != nil {
		t.Errorf("error = %v, want none for a signal", err)
	}
}
