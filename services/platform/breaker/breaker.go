// Package breaker spares callers a dependency that has just failed.
package breaker

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"
)

// Defaults of Config: what a call may wait for something that it can do without.
const (
	DefaultTimeout = 50 * time.Millisecond
	DefaultRest    = time.Second
)

// ErrResting is the error of a call that was not made, because one failed a moment ago.
var ErrResting = errors.New("it failed a moment ago and is not asked again yet")

// Config of a breaker. Now is needed; the rest has defaults.
type Config struct {
	Name    string // of the dependency, in the log
	Timeout time.Duration
	Rest    time.Duration // after a failure, until one call tries again
	Now     func() time.Time
	Logger  *slog.Logger // takes one line when the dependency fails and one when it is back; nil discards
}

// Breaker makes calls to one dependency. Once a call has failed, the calls of the next Rest fail at once; then one call
// tries, and the others go on failing at once until it has succeeded. So a dependency that is away, or silent, costs one
// call in a Rest its Timeout and the others nothing.
type Breaker struct {
	config Config
	until  atomic.Int64 // nanoseconds since 1970 when the rest ends; 0 while all is well
}

// New makes a breaker for a dependency that is taken to be well.
func New(c Config) *Breaker {
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.Rest <= 0 {
		c.Rest = DefaultRest
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Breaker{config: c}
}

// Do makes the call with a context that ends after the timeout, which the call must heed, unless the dependency rests. A call
// that its own caller gave up says nothing about the dependency.
func (b *Breaker) Do(ctx context.Context, call func(context.Context) error) error {
	now, until := b.config.Now().UnixNano(), b.until.Load()
	rested := now + int64(b.config.Rest)
	if until > now || until > 0 && !b.until.CompareAndSwap(until, rested) { // one of many finds the rest over
		return ErrResting
	}
	bounded, cancel := context.WithTimeout(ctx, b.config.Timeout)
	defer cancel()
	err := call(bounded)
	switch {
	case err == nil:
		if until > 0 && b.until.Swap(0) > 0 {
			b.config.Logger.InfoContext(ctx, "a dependency is back", "dependency", b.config.Name)
		}
	case ctx.Err() == nil:
		if b.until.Swap(rested) == 0 {
			b.config.Logger.WarnContext(ctx, "a dependency failed; calls go on without it", "dependency", b.config.Name, "error", err)
		}
	}
	return err
}
