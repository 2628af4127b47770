package sqldb

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"sync"
	"time"
)

// lockPoll is how often a claim is tried again, and the connection of those that are held: another process takes over within it. Only tests
// change it.
var lockPoll = time.Second

// lockAnswer bounds the wait for the server's answer. With lockPoll it is well below what the server takes to give the locks of a lost connection
// to others (lockParams).
const lockAnswer = 5 * time.Second

// lockParams make the server notice within half a minute that the holder of locks has vanished without a word.
var lockParams = map[string]string{"tcp_keepalives_idle": "15", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}

// errClaim ends the context of an Exclusive whose lock may be another's by now.
var errClaim = unavailable(errors.New("the claim was lost with the connection that held it"))

// pgLocks are this process's claims: session advisory locks, all on one connection of their own.
type pgLocks struct {
	db *pgDB

	mu      sync.Mutex // held during round trips
	session *pgSession // nil while there is none
	held    map[string]*claim
}

// claim is one Exclusive that has its turn.
type claim struct {
	name string
	lose context.CancelCauseFunc
}

// Exclusive holds a session advisory lock while fn runs, and tries its connection every second. A fn that was cut short because the claim was
// lost answers ErrUnavailable.
func (db *pgDB) Exclusive(ctx context.Context, name string, fn func(context.Context) error) error {
	if nested() {
		return ErrNested
	}
	inner, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	c := &claim{name: name, lose: lose}
	if err := db.locks.await(ctx, c); err != nil {
		return err
	}
	done := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { db.locks.watch(c, done) })
	defer func() {
		close(done)
		watching.Wait()
		db.locks.release(c)
	}()
	err := fn(inner)
	if cause := context.Cause(inner); errors.Is(cause, errClaim) && (err == nil || errors.Is(err, context.Canceled)) {
		return fmt.Errorf("%s: %w", name, cause)
	}
	return err
}

// await tries until the claim is ours or ctx ends. An unreachable server is waited for as any other holder is.
func (l *pgLocks) await(ctx context.Context, c *claim) error {
	for complained := false; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		ok, err := l.try(ctx, c)
		if ok || errors.Is(err, ErrClosed) {
			return err
		}
		if err != nil && ctx.Err() == nil && !complained {
			complained = true
			l.db.logger.WarnContext(ctx, "no turn can be had; trying again until the database answers", "name", c.name, "error", err)
		}
		select {
		case <-time.After(lockPoll/2 + l.db.jitter(lockPoll)):
		case <-ctx.Done():
		case <-l.db.closed:
		}
	}
}

func (l *pgLocks) try(ctx context.Context, c *claim) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.db.closed:
		return false, ErrClosed
	default:
	}
	if l.held[c.name] != nil {
		return false, nil
	}
	if l.session == nil {
		config := l.db.config.Copy()
		maps.Copy(config.RuntimeParams, lockParams)
		s, err := newSession(ctx, l.db, config)
		if err != nil {
			return false, err
		}
		l.session, l.held = s, map[string]*claim{}
	}
	got, err := l.ask("SELECT pg_try_advisory_lock(?)", l.key(c.name))
	if err != nil || !got {
		return false, err
	}
	l.held[c.name] = c
	return true, nil
}

// key is the lock's number: advisory locks are the whole database's.
func (l *pgLocks) key(name string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(l.db.config.RuntimeParams["search_path"] + " " + name))
	return int64(h.Sum64()) //nolint:gosec // any number will do
}

// watch tries the connection until done.
func (l *pgLocks) watch(c *claim, done <-chan struct{}) {
	tick := time.NewTicker(lockPoll)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			l.mu.Lock()
			if l.held[c.name] == c {
				_, _ = l.ask("SELECT TRUE") // loses the claims should it fail
			}
			l.mu.Unlock()
		}
	}
}

func (l *pgLocks) release(c *claim) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[c.name] != c { // lost, and perhaps claimed again
		return
	}
	delete(l.held, c.name)
	_, _ = l.ask("SELECT pg_advisory_unlock(?)", l.key(c.name)) // a failure gives it up as well
}

// ask asks a yes-or-no question; every claim is lost when the connection does not answer.
func (l *pgLocks) ask(query string, args ...any) (yes bool, err error) {
	limit := time.AfterFunc(lockAnswer, l.session.breakOff)
	err = l.session.run(nil, query, args, func(r Row) error { yes = r.Bool(0); return nil }) //nolint:staticcheck // nil: not to be cancelled
	if !limit.Stop() || err != nil || !l.session.whole() {
		l.drop()
		if err == nil {
			err = errClaim
		}
	}
	return yes && err == nil, err
}

// drop leaves the connection and tells those who relied on it.
func (l *pgLocks) drop() {
	if l.session == nil {
		return
	}
	for _, c := range l.held {
		c.lose(errClaim)
	}
	l.db.bury(l.session)
	l.session, l.held = nil, nil
}

// close gives every claim up.
func (l *pgLocks) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.drop()
}
