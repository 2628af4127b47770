package sqldb

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Transactions begin with their first statement, in the same round trip.
const (
	beginRead  = "BEGIN READ ONLY ISOLATION LEVEL REPEATABLE READ"
	beginWrite = "BEGIN ISOLATION LEVEL SERIALIZABLE"
)

// pgSession is one connection with its prepared statements. One goroutine uses it at a time; breakOff is for any.
type pgSession struct {
	db      *pgDB
	raw     *pgconn.PgConn
	stmts   map[string]*pgStmt
	begins  map[string]bool           // the forms of BEGIN that are prepared
	named   int                       // statements prepared so far
	begin   string                    // the BEGIN that waits for the first statement, or ""
	ending  *pgconn.MultiResultReader // the answer to a COMMIT that nobody waits for, or nil
	changed int64
	stale   bool     // its prepared statements are out of date
	row     pgRow    // of the query that streams
	values  [][]byte // encoded arguments, reused
	formats []int16
	buf     []byte
}

// pgStmt is a prepared statement.
type pgStmt struct {
	*pgconn.StatementDescription

	results []int16 // formats of its columns
}

func newSession(ctx context.Context, db *pgDB, config *pgconn.Config) (*pgSession, error) {
	raw, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	db.seed.CompareAndSwap(0, uint64(raw.PID()))
	return &pgSession{db: db, raw: raw, stmts: map[string]*pgStmt{}, begins: map[string]bool{}}, nil
}

// breakOff makes the statement that runs, and every later one, fail at once.
func (s *pgSession) breakOff() { _ = s.raw.Conn().SetDeadline(time.Unix(1, 0)) }

// whole says whether the next transaction can begin.
func (s *pgSession) whole() bool {
	return !s.stale && !s.raw.IsClosed() && (s.ending != nil || !s.raw.IsBusy() && s.raw.TxStatus() == 'I')
}

func (s *pgSession) close() {
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	_ = s.raw.Close(ctx)
}

func (s *pgSession) changes() int64 { return s.changed }

// leave ends a transaction that has read, and takes the answer only before the next statement: what was read is read.
func (s *pgSession) leave() error {
	if s.begin != "" || s.raw.IsClosed() || s.raw.TxStatus() != 'T' {
		return s.finish("COMMIT")
	}
	s.ending = s.raw.Exec(context.Background(), "COMMIT")
	return nil
}

// settle takes the answer that leave did not wait for.
func (s *pgSession) settle() error {
	if s.ending == nil {
		return nil
	}
	err := s.ending.Close()
	if s.ending = nil; err != nil {
		return translatePG(fmt.Errorf("COMMIT: %w", err))
	}
	return nil
}

// finish ends the transaction, if a statement has begun it, with COMMIT or ROLLBACK.
func (s *pgSession) finish(how string) error {
	if s.begin != "" {
		s.begin = ""
		return nil
	}
	if s.raw.IsClosed() {
		return unavailable(lostError{errors.New("the connection was lost")})
	}
	if s.raw.TxStatus() == 'I' {
		return errEnded
	}
	result := s.raw.Exec(context.Background(), how)
	var tag pgconn.CommandTag
	for result.NextResult() {
		tag, _ = result.ResultReader().Close()
	}
	if err := result.Close(); err != nil {
		return translatePG(fmt.Errorf("%s: %w", how, err))
	}
	if tag.String() != how {
		return fmt.Errorf("%s was answered with %s", how, tag)
	}
	return nil
}

// ready makes the statement and its arguments ready to be sent.
func (s *pgSession) ready(query string, args []any) (*pgStmt, error) {
	if err := s.settle(); err != nil {
		return nil, err
	}
	stmt, err := s.prepare(query, args)
	if err != nil {
		return nil, err
	}
	if err := s.prepareBegin(); err != nil {
		return nil, err
	}
	if err := s.encode(stmt, args); err != nil {
		return nil, fmt.Errorf("%w in %s", err, query)
	}
	return stmt, nil
}

// run sends one statement, with the BEGIN that waits for it, and streams its rows.
func (s *pgSession) run(ctx context.Context, query string, args []any, each func(Row) error) (err error) {
	stmt, err := s.ready(query, args)
	if err != nil {
		return err
	}
	var rows *pgconn.ResultReader
	var batch *pgconn.MultiResultReader
	if s.begin == "" {
		rows = s.raw.ExecStatement(context.Background(), stmt.StatementDescription, s.values, s.formats, stmt.results)
	} else {
		var b pgconn.Batch
		b.ExecPrepared(s.begin, nil, nil, nil)
		b.ExecStatement(stmt.StatementDescription, s.values, s.formats, stmt.results)
		s.begin = ""
		batch = s.raw.ExecBatch(context.Background(), &b)
		for range 2 {
			if rows = nil; batch.NextResult() {
				rows = batch.ResultReader()
			}
		}
	}
	closeAll := func() (tag pgconn.CommandTag, err error) {
		if rows != nil {
			tag, err = rows.Close()
		}
		if batch != nil {
			if e := batch.Close(); err == nil {
				err = e
			}
		}
		return tag, err
	}
	done := false
	defer func() {
		if !done {
			_, _ = closeAll() // each panicked, or failed
		}
	}()
	if rows != nil && each != nil {
		s.row.fields = stmt.Fields
		for n := 1; rows.NextRow(); n++ {
			s.row.values = rows.Values()
			if err := each(&s.row); err != nil {
				return callbackError{err}
			}
			if n%rowsPerCheck == 0 && ctx != nil && ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	done = true
	tag, err := closeAll()
	if err != nil {
		return s.failed(err, query)
	}
	s.changed = tag.RowsAffected()
	return nil
}

func (s *pgSession) failed(err error, query string) error {
	err = translatePG(fmt.Errorf("%w in %s", err, query))
	s.stale = s.stale || errors.Is(err, errPlan)
	return err
}

// typing is what the server is told of the parameters' types before it infers the rest. A text is tried with the first; where the server
// refuses, the whole closure runs again with the next.
type typing int

const (
	numbersTyped typing = iota // integers are bigint: alone, ? + 1 would be the four bytes of its 1
	nothingTyped               // as in substr(x, ?, ?), which takes no bigint
	allTyped                   // as in ? IS NULL, which tells no type
	typings
)

// retypedError says that a statement's parameters were typed wrongly, and will be typed otherwise.
type retypedError struct{ error }

func (e retypedError) Unwrap() error { return e.error }

// prepare returns the cached statement of this text.
func (s *pgSession) prepare(query string, args []any) (*pgStmt, error) {
	if stmt, ok := s.stmts[query]; ok {
		return stmt, nil
	}
	mode, _ := s.db.modes.Load(query)
	how, _ := mode.(typing)
	text, n := numberPlaceholders(query)
	if n != len(args) {
		return nil, fmt.Errorf("%d arguments for %d placeholders in %s", len(args), n, query)
	}
	s.named++
	described, err := s.raw.Prepare(context.Background(), "s"+strconv.Itoa(s.named), text, how.types(args))
	if err != nil {
		err = s.failed(err, query)
		switch sqlState(err) {
		case "42P18", "42883", "42804", "42725": // no type, no such function, wrong type, ambiguous
			if how+1 < typings {
				s.db.modes.Store(query, how+1)
				return nil, retypedError{err}
			}
		}
		return nil, err
	}
	if len(s.stmts) >= maxStatements {
		for text, old := range s.stmts { // any one: map order is random
			delete(s.stmts, text)
			if err := s.raw.Deallocate(context.Background(), old.Name); err != nil {
				return nil, s.failed(err, query)
			}
			break
		}
	}
	stmt := &pgStmt{StatementDescription: described, results: make([]int16, len(described.Fields))}
	for i, f := range described.Fields {
		stmt.results[i] = resultFormat(f.DataTypeOID)
	}
	for i := range stmt.Fields {
		stmt.Fields[i].Format = stmt.results[i]
	}
	s.stmts[query] = stmt
	return stmt, nil
}

// prepareBegin prepares the BEGIN that waits, once; its name is its text.
func (s *pgSession) prepareBegin() error {
	if s.begin == "" || s.begins[s.begin] {
		return nil
	}
	if _, err := s.raw.Prepare(context.Background(), s.begin, s.begin, nil); err != nil {
		return s.failed(err, s.begin)
	}
	s.begins[s.begin] = true
	return nil
}

// encode makes the arguments' bytes in s.values and s.formats.
func (s *pgSession) encode(stmt *pgStmt, args []any) (err error) {
	if len(args) != len(stmt.ParamOIDs) {
		return fmt.Errorf("%d arguments for %d placeholders", len(args), len(stmt.ParamOIDs))
	}
	s.values, s.formats, s.buf = s.values[:0], s.formats[:0], s.buf[:0]
	need := 0
	for _, a := range args { // so that the buffer does not move while values point into it
		need += encodedSize(a)
	}
	if cap(s.buf) < need {
		s.buf = make([]byte, 0, 2*need)
	}
	for i, a := range args {
		from := len(s.buf)
		var format int16
		var null bool
		if s.buf, format, null, err = appendValue(s.buf, stmt.ParamOIDs[i], a); err != nil {
			return fmt.Errorf("argument %d: %w", i+1, err)
		}
		value := s.buf[from:len(s.buf):len(s.buf)]
		if null {
			value = nil
		}
		s.values, s.formats = append(s.values, value), append(s.formats, format)
	}
	return nil
}
