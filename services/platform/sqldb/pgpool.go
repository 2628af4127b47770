package sqldb

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// acquire waits for its turn and takes a connection.
func (db *pgDB) acquire(ctx context.Context) (*pgSession, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-db.closed:
		return nil, ErrClosed
	default:
	}
	select {
	case db.tokens <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-db.closed:
		return nil, ErrClosed
	}
	if s := db.lastUsed(); s != nil {
		return s, nil
	}
	s, err := db.connect(ctx)
	if err != nil {
		<-db.tokens
		return nil, err
	}
	return s, nil
}

func (db *pgDB) lastUsed() *pgSession {
	db.mu.Lock()
	defer db.mu.Unlock()
	n := len(db.idle)
	if n == 0 {
		return nil
	}
	s := db.idle[n-1]
	db.idle = db.idle[:n-1]
	return s
}

// release gives a connection back; one that is not known to be whole is left, and with a lost one all that idle: they are of the same server.
func (db *pgDB) release(s *pgSession, whole bool) {
	db.mu.Lock()
	defer db.mu.Unlock()
	switch {
	case whole && s.whole():
		db.idle = append(db.idle, s)
	case s.raw.IsClosed():
		db.buryLocked(s)
		for _, other := range db.idle {
			db.buryLocked(other)
		}
		db.idle = nil
	default:
		db.buryLocked(s)
	}
	<-db.tokens
}

// buryLocked ends a connection without waiting; db.mu is held.
func (db *pgDB) buryLocked(s *pgSession) {
	s.breakOff()
	if !s.raw.IsClosed() {
		go s.close()
	}
	db.dying = append(slices.DeleteFunc(db.dying, func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}), s.raw.CleanupDone())
}

// connect opens a connection, or answers ErrUnavailable.
func (db *pgDB) connect(ctx context.Context) (*pgSession, error) {
	s, err := newSession(ctx, db, db.config)
	if err == nil {
		return s, nil
	}
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return nil, ctx.Err()
	}
	return nil, fmt.Errorf("%w: connect to PostgreSQL: %w", ErrUnavailable, err)
}

// bury is buryLocked for those who do not hold the lock.
func (db *pgDB) bury(s *pgSession) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.buryLocked(s)
}
