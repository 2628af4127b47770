package sqldb

import (
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// again says how often a closure may run once more, after what it met.
type again int

const (
	never again = 0
	// once more, for what may come of a row that the snapshot did not show: if it does not, it comes again at once. Runs before, for other
	// reasons, do not count.
	once again = 1
	// fewTimes, for connections that were lost before anything was committed.
	fewTimes again = 3
	// manyTimes, for what concurrent transactions do to each other.
	manyTimes again = 16
)

const (
	firstPause   = time.Millisecond
	longestPause = 100 * time.Millisecond
)

// attempts runs do until it succeeds or may not be repeated. What runs again in this process runs one at a time, so that those who get in each
// other's way do so once. A closure that was started is not given up for its caller's context.
func (db *pgDB) attempts(do func(started bool) (again, error)) error {
	repeat, err := do(false)
	if repeat == never {
		return err
	}
	db.lane <- struct{}{}
	defer func() { <-db.lane }()
	pause := firstPause
	n := again(1)
	for ; n <= repeat || repeat == once; n++ {
		if n > 1 {
			select {
			case <-time.After(db.jitter(pause)):
			case <-db.closed:
				return ErrClosed
			}
			pause = min(2*pause, longestPause)
		}
		db.repeated.Add(1)
		before := repeat
		if repeat, err = do(true); repeat == never || repeat == once && before == once {
			return err
		}
	}
	return unavailable(fmt.Errorf("gave up after %d repetitions: %w", n-1, err))
}

// jitter is somewhere between nothing and d, elsewhere for each of several processes: seed starts with the server's number for one of our connections.
func (db *pgDB) jitter(d time.Duration) time.Duration {
	x := db.seed.Add(0x9e3779b97f4a7c15) // splitmix64
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return time.Duration((x ^ x>>31) % uint64(d)) //nolint:gosec // below d
}

// repeatable says how often a closure may run again after this error of the engine.
func repeatable(err error) again {
	switch code := sqlState(err); {
	case err == nil:
		return never
	case isRetyped(err):
		return manyTimes
	case code == "40001" || code == "40P01": // serialization failure, deadlock
		return manyTimes
	case code == "0A000" && errors.Is(err, errPlan):
		return fewTimes
	case code == "23505" || code == "23503": // perhaps because of a row that was committed after the snapshot
		return once
	case lost(err):
		return fewTimes
	}
	return never
}

// sqlState is the five letters of PostgreSQL's error, or "".
func sqlState(err error) string {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.Code
	}
	return ""
}

// lostError says that the connection is gone, or about to be: the server answered nothing, or its farewell.
type lostError struct{ error }

func (e lostError) Unwrap() error { return e.error }

func lost(err error) bool {
	_, is := errors.AsType[lostError](err)
	return is
}

func isRetyped(err error) bool {
	_, is := errors.AsType[retypedError](err)
	return is
}

// errPlan: a table changed under a prepared statement; its connection is left.
var errPlan = errors.New("a prepared statement is out of date")

func unavailable(err error) error { return fmt.Errorf("%w: %w", ErrUnavailable, err) }

// translatePG puts our sentinels before the engine's error.
func translatePG(err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return unavailable(lostError{err}) // the network's
	}
	switch {
	case e.Severity == "FATAL" || e.Severity == "PANIC" || e.Code[:2] == "08" || e.Code == "57P01" || e.Code == "57P02" || e.Code == "57P03":
		return unavailable(lostError{err})
	case e.Code == "23505":
		return fmt.Errorf("%w: %w", ErrDuplicate, err)
	case e.Code == "23503":
		return fmt.Errorf("%w: %w", ErrForeignKey, err)
	case e.Code == "0A000" && e.Routine == "RevalidateCachedQuery":
		return fmt.Errorf("%w: %w", errPlan, err)
	case e.Code[:2] == "53" || e.Code[:2] == "58" || e.Code == "55P03" || e.Code == "57014" || e.Code == "25P03": // no room, no device, no lock, no time
		return unavailable(err)
	}
	return err
}
