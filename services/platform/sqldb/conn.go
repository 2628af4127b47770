package sqldb

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
)

// maxStatements bounds the prepared statements a connection keeps; lists with free filters make ever new texts.
const maxStatements = 512

// rowsPerCheck is how many rows stream between two looks at the reader's context.
const rowsPerCheck = 128

// conn is one SQLite connection with its prepared statements. One goroutine uses it at a time.
type conn struct {
	raw   *sqlite.Conn
	stmts map[string]*sqlite.Stmt
}

func openConn(path string, pragmas ...string) (*conn, error) {
	raw, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return nil, err
	}
	raw.SetBusyTimeout(busyTimeout)
	c := &conn{raw: raw, stmts: map[string]*sqlite.Stmt{}}
	for _, p := range pragmas {
		if err := c.exec("PRAGMA " + p); err != nil {
			return nil, errors.Join(fmt.Errorf("pragma %s: %w", p, err), c.close())
		}
	}
	return c, nil
}

func (c *conn) close() error {
	for _, s := range c.stmts {
		_ = s.Finalize()
	}
	clear(c.stmts)
	return c.raw.Close()
}

// prepare returns the cached statement of this text.
func (c *conn) prepare(query string) (*sqlite.Stmt, error) {
	if s, ok := c.stmts[query]; ok {
		return s, nil
	}
	s, trailing, err := c.raw.PrepareTransient(query)
	if err != nil {
		return nil, translate(fmt.Errorf("%w in %s", err, query))
	}
	if trailing != 0 {
		return nil, errors.Join(fmt.Errorf("more than one statement in %s", query), s.Finalize())
	}
	if len(c.stmts) >= maxStatements {
		for text, old := range c.stmts { // any one: no statement is in use here, and map order is random
			delete(c.stmts, text)
			_ = old.Finalize()
			break
		}
	}
	c.stmts[query] = s
	return s, nil
}

// run binds args and steps through the rows; each may be nil.
func (c *conn) run(ctx context.Context, query string, args []any, each func(Row) error) (err error) {
	s, err := c.prepare(query)
	if err != nil {
		return err
	}
	if n := s.BindParamCount(); n != len(args) {
		return fmt.Errorf("%d arguments for %d placeholders in %s", len(args), n, query)
	}
	for i, a := range args {
		if err := bind(s, i+1, a); err != nil {
			return fmt.Errorf("argument %d: %w in %s", i+1, err, query)
		}
	}
	defer func() { _ = s.Reset() }() // reports again the error that Step gave
	r := row{s}
	for n := 1; ; n++ {
		more, err := s.Step()
		if err != nil {
			return translate(fmt.Errorf("%w in %s", err, query))
		}
		if !more {
			return nil
		}
		if each != nil {
			if err := each(r); err != nil {
				return callbackError{err}
			}
		}
		if n%rowsPerCheck == 0 && ctx != nil && ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// exec runs a statement of our own that returns nothing of interest.
func (c *conn) exec(query string) error { return c.run(nil, query, nil, nil) } //nolint:staticcheck // nil: not to be cancelled

// inTx says whether a transaction is open; the engine itself ends one after some errors.
func (c *conn) inTx() bool { return !c.raw.AutocommitEnabled() }

// rollback ends the transaction if the engine has not already done so.
func (c *conn) rollback() error {
	if !c.inTx() {
		return nil
	}
	return c.exec("ROLLBACK")
}

// callbackError marks an error that came from the caller's callback, not from the engine.
type callbackError struct{ error }

// session is an engine's connection inside a transaction.
type session interface {
	run(ctx context.Context, query string, args []any, each func(Row) error) error
	// changes is how many rows the last statement changed.
	changes() int64
}

func (c *conn) changes() int64 { return int64(c.raw.Changes()) }

// tx is a closure's view of a connection.
type tx struct {
	conn      session
	ctx       context.Context //nolint:containedctx // a reader's, gone with its closure; nil for writers, which are never cancelled
	streaming bool
	over      bool
	failed    error
}

var _ Tx = (*tx)(nil)

func (t *tx) Exec(query string, args ...any) (int64, error) {
	if err := t.run(query, args, nil); err != nil {
		return 0, err
	}
	return t.conn.changes(), nil
}

func (t *tx) Query(query string, args []any, each func(Row) error) error {
	return t.run(query, args, each)
}

// usable says why no statement can run now.
func (t *tx) usable(query string) error {
	switch {
	case t.over:
		return fmt.Errorf("transaction used after its closure returned: %s", query)
	case t.streaming:
		return fmt.Errorf("statement run inside a query's callback; gather the rows first: %s", query)
	case t.failed != nil:
		return t.failed
	case t.ctx != nil:
		return t.ctx.Err()
	}
	return nil
}

func (t *tx) run(query string, args []any, each func(Row) error) error {
	if err := t.usable(query); err != nil {
		return err
	}
	t.streaming = true
	defer func() { t.streaming = false }()
	err := t.conn.run(t.ctx, query, args, each)
	if cb, ok := err.(callbackError); ok { //nolint:errorlint // never wrapped
		return cb.error
	}
	t.failed = err
	return err
}

// row reads the statement's current row.
type row struct{ s *sqlite.Stmt }

func (r row) Text(i int) string   { return r.s.ColumnText(i) }
func (r row) Int(i int) int64     { return r.s.ColumnInt64(i) }
func (r row) Float(i int) float64 { return r.s.ColumnFloat(i) }
func (r row) Bool(i int) bool     { return r.s.ColumnInt64(i) != 0 }
func (r row) Null(i int) bool     { return r.s.ColumnIsNull(i) }

func (r row) Bytes(i int) []byte {
	if r.Null(i) {
		return nil
	}
	b := make([]byte, r.s.ColumnLen(i))
	r.s.ColumnBytes(i, b)
	return b
}

func (r row) Append(to []byte, i int) []byte {
	from, n := len(to), r.s.ColumnLen(i)
	to = slices.Grow(to, n)[:from+n]
	return to[:from+r.s.ColumnBytes(i, to[from:])]
}

func (r row) Time(i int) time.Time {
	if r.Null(i) {
		return time.Time{}
	}
	return time.UnixMicro(r.Int(i)).UTC()
}

// errNUL: PostgreSQL's texts hold no such character, so none of ours does.
var errNUL = errors.New("a text with the character NUL (U+0000) cannot be stored; take it out")

func bind(s *sqlite.Stmt, i int, arg any) error {
	switch a := arg.(type) {
	case nil:
		s.BindNull(i)
	case string:
		if strings.IndexByte(a, 0) >= 0 {
			return errNUL
		}
		s.BindText(i, a)
	case int64:
		s.BindInt64(i, a)
	case int:
		s.BindInt64(i, int64(a))
	case bool:
		s.BindBool(i, a)
	case []byte:
		if a == nil {
			s.BindNull(i)
		} else {
			s.BindBytes(i, a)
		}
	case time.Time:
		s.BindInt64(i, a.UnixMicro())
	default:
		return bindKind(s, i, reflect.ValueOf(arg))
	}
	return nil
}

// bindKind binds the rarer numbers and the defined types of domains, such as `type GoalID string`.
func bindKind(s *sqlite.Stmt, i int, v reflect.Value) error {
	switch {
	case v.Kind() == reflect.String:
		return bind(s, i, v.String())
	case v.CanInt():
		s.BindInt64(i, v.Int())
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		s.BindInt64(i, int64(v.Uint())) //nolint:gosec // checked above
	case v.CanFloat() && !math.IsNaN(v.Float()):
		s.BindFloat(i, v.Float())
	case v.Kind() == reflect.Bool:
		s.BindBool(i, v.Bool())
	default:
		return fmt.Errorf("%v of type %T cannot be stored", v, v.Interface())
	}
	return nil
}

// translate puts our sentinels before the engine's error.
func translate(err error) error {
	code := sqlite.ErrCode(err)
	switch code {
	case sqlite.ResultConstraintUnique, sqlite.ResultConstraintPrimaryKey, sqlite.ResultConstraintRowID:
		return fmt.Errorf("%w: %w", ErrDuplicate, err)
	case sqlite.ResultConstraintForeignKey:
		return fmt.Errorf("%w: %w", ErrForeignKey, err)
	}
	switch code.ToPrimary() {
	case sqlite.ResultBusy, sqlite.ResultLocked, sqlite.ResultFull, sqlite.ResultIOErr, sqlite.ResultCantOpen, sqlite.ResultNoMem:
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return err
}
