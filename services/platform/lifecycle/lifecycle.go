// Package lifecycle starts the parts of a process in order and stops them in reverse.
package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Group holds what has been started so far. Every part is stopped in the reverse of the order in which it was added:
// when its context ends, when a task fails, or at once by Close when a later part cannot start.
//
// Add parts from one goroutine, then call Wait or Close from the same.
type Group struct {
	ctx      context.Context //nolint:containedctx // The group is the scope: tasks that it starts derive from it.
	fail     context.CancelCauseFunc
	stopTime time.Duration
	parts    []part
	unwound  sync.Once
	errs     []error
}

type part struct {
	name string
	stop func(context.Context) error
}

// New makes an empty group below ctx. Each part has stopTime to stop in; one that takes longer is reported and left.
func New(ctx context.Context, stopTime time.Duration) *Group {
	ctx, fail := context.WithCancelCause(ctx)
	return &Group{ctx: ctx, fail: fail, stopTime: stopTime}
}

// Add puts something that is running already on the stack; stop ends it, and should heed its context.
func (g *Group) Add(name string, stop func(context.Context) error) {
	g.parts = append(g.parts, part{name: name, stop: stop})
}

// Go starts a task. When its turn to stop comes its context ends and it must return. Returning nil earlier is fine; an
// error before that stops the whole group. The context's own error counts as no failure.
func (g *Group) Go(name string, run func(context.Context) error) {
	// The task outlives the group's context, so that parts above it can still use it while they stop.
	ctx, cancel := context.WithCancel(context.WithoutCancel(g.ctx))
	done := make(chan *taskError, 1)
	go func() {
		err := run(ctx)
		if err == nil || ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			done <- nil
			return
		}
		failed := &taskError{task: name, err: err}
		g.fail(failed)
		done <- failed
	}()
	g.Add(name, func(stopping context.Context) error {
		cancel()
		select {
		case failed := <-done:
			// The failure that began the stopping is reported by Close; this one came later.
			if failed != nil && !errors.Is(context.Cause(g.ctx), failed) {
				return failed.err
			}
			return nil
		case <-stopping.Done():
			return stopping.Err()
		}
	})
}

// taskError tells a task's failure from the other causes that end a context, such as a signal.
type taskError struct {
	task string
	err  error
}

func (e *taskError) Error() string { return e.task + ": " + e.err.Error() }

func (e *taskError) Unwrap() error { return e.err }

// Wait blocks until the group's context ends or a task fails, then stops everything. It answers the failure joined
// with what went wrong while stopping; a context that ended is no failure.
func (g *Group) Wait() error {
	<-g.ctx.Done()
	return g.Close()
}

// Close stops everything now; later calls answer the same.
func (g *Group) Close() error {
	g.unwound.Do(func() {
		g.fail(nil) // From now on a failing task is one more problem of stopping, not the cause.
		if cause := (*taskError)(nil); errors.As(context.Cause(g.ctx), &cause) {
			g.errs = append(g.errs, cause)
		}
		for _, p := range slices.Backward(g.parts) {
			if err := g.stop(p); err != nil {
				g.errs = append(g.errs, fmt.Errorf("stop %s: %w", p.name, err))
			}
		}
	})
	return errors.Join(g.errs...)
}

// stop gives one part its time; a stop that ignores its context is left behind.
func (g *Group) stop(p part) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(g.ctx), g.stopTime)
	defer cancel()
	stopped := make(chan error, 1)
	go func() { stopped <- p.stop(ctx) }()
	select {
	case err := <-stopped:
		return err
	case <-ctx.Done():
		return fmt.Errorf("still running after %v", g.stopTime)
	}
}

// Interruptible ends its context at the first SIGINT or SIGTERM; a second one kills the process as usual.
func Interruptible(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(parent, syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	return ctx, stop
}
