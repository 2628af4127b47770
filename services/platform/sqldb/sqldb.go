// Package sqldb is the seam between stores and the SQL engine that keeps their rows.
package sqldb

import (
	"context"
	"errors"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Errors that callers tell apart with errors.Is; each wraps what the engine said.
var (
	// ErrDuplicate: a primary key or unique constraint already holds such a row.
	ErrDuplicate = errors.New("duplicate row")
	// ErrForeignKey: a row refers to one that is absent, or is still referred to.
	ErrForeignKey = errors.New("foreign key violated")
	// ErrNested: Read or Write was called inside a closure, which could wait for itself for ever.
	ErrNested = errors.New("read or write called inside a Read or Write closure; finish the outer one first")
	// ErrClosed: the database has been closed.
	ErrClosed = errors.New("database is closed")
	// ErrUnavailable: busy, full or failing storage. It is a fault of kind Unavailable, so that it needs no mapping.
	ErrUnavailable error = fault.New(fault.Unavailable, "STORAGE_UNAVAILABLE", "the storage is away, busy or full; try again later")
)

// DB runs closures against one database.
//
// Rules for closures, on every engine: they may run more than once, so they assign results to captured variables and
// never append to them; they take ids and the time from outside; they make no remote call and nest no Read or Write. A
// panic in a closure becomes an error. A Tx is dead once its closure has returned.
type DB interface {
	// Read runs fn on one consistent snapshot of committed rows. Statements that change rows fail. When ctx ends, the
	// statement being run stops at its next row with ctx's error.
	Read(ctx context.Context, fn func(Tx) error) error
	// Write runs fn in a serializable transaction and returns nil only when its changes are durable. Any error leaves
	// no trace of fn. A closure that has not started when ctx ends is dropped with ctx's error; one that has started
	// always runs to its end.
	Write(ctx context.Context, fn func(Tx) error) error
	// Exclusive runs fn while no other process on this database runs one of this name, and waits for its turn until ctx ends. fn's context
	// also ends when the claim is lost, as it is with the connection that holds it; another may then have begun, so fn must do
	// no harm beside it for a moment.
	Exclusive(ctx context.Context, name string, fn func(context.Context) error) error
	// Close waits for running closures and releases the files. Later calls answer ErrClosed.
	Close() error
}

// Tx runs prepared, cached statements with `?` placeholders. Arguments are string, []byte, time.Time (kept as microseconds, UTC), nil, or any
// boolean, integer or float, defined types of those included. As on PostgreSQL, a failed statement spoils the whole closure: later
// statements answer the same error, so write ON CONFLICT rather than try and recover.
type Tx interface {
	// Exec runs one statement and tells how many rows an INSERT, UPDATE or DELETE changed.
	Exec(query string, args ...any) (changed int64, err error)
	// Query calls each for every row while it streams; an error from each ends the query and is returned as it is.
	// No other statement can run inside each: gather first.
	Query(query string, args []any, each func(Row) error) error
}

// Row reads the current row's columns, from 0. It is valid only inside the callback it was given to. NULL reads as the zero value.
type Row interface {
	Text(i int) string
	Int(i int) int64
	Float(i int) float64
	Bool(i int) bool
	Bytes(i int) []byte // a copy
	// Append adds the column's text or bytes to a buffer: scans of thousands of rows look at values that they need not keep.
	Append(to []byte, i int) []byte
	Time(i int) time.Time
	Null(i int) bool
}

var errEnough = errors.New("enough rows")

// QueryOne scans the first row, if there is one.
func QueryOne(tx Tx, query string, args []any, scan func(Row) error) (found bool, err error) {
	err = tx.Query(query, args, func(r Row) error {
		found = true
		if err := scan(r); err != nil {
			return err
		}
		return errEnough
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return found && err == nil, err
}
