package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// defaultConns: four services of two replicas each fit the 100 connections of a PostgreSQL that nobody configured.
	defaultConns = 10
	// writeLimit bounds a Write as a whole, and writeGrace what it may still take once its caller has gone.
	writeLimit = time.Minute
	writeGrace = 5 * time.Second
	dialLimit  = 5 * time.Second
	closeLimit = 2 * time.Second // for farewells to the server
)

// PostgresConfig says where a service keeps its rows in PostgreSQL 14 or later.
type PostgresConfig struct {
	URL        string       // postgres://user:password@host:port/database?sslmode=verify-full
	Schema     string       // the service's own, such as "goals": lower-case letters, digits and _
	MaxConns   int          // connections for closures; 0 means 10
	Migrations fs.FS        // the service's goose files at its root; nil means none
	Logger     *slog.Logger // nil means slog.Default()
}

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// driver is the driver's configuration: every connection looks at the service's schema alone.
func (c PostgresConfig) driver() (*pgconn.Config, error) {
	if !schemaName.MatchString(c.Schema) {
		return nil, fmt.Errorf("the schema %q must be lower-case letters, digits and _, such as goals", c.Schema)
	}
	d, err := pgconn.ParseConfig(c.URL)
	if err != nil {
		return nil, fmt.Errorf("the URL of PostgreSQL: %w", err) // tells no password
	}
	maps.Copy(d.RuntimeParams, map[string]string{
		"search_path":                         c.Schema,
		"timezone":                            "UTC",
		"jit":                                 "off",   // compiling costs more than our statements
		"lock_timeout":                        "15s",   // below writeLimit, so that the server says what was waited for
		"idle_in_transaction_session_timeout": "60s",   // a process that hangs holds its locks no longer
		"client_connection_check_interval":    "5s",    // a process that is gone holds them no longer
		"client_min_messages":                 "error", // nobody reads notices
	})
	if d.RuntimeParams["application_name"] == "" {
		d.RuntimeParams["application_name"] = "throughline " + c.Schema
	}
	if d.ConnectTimeout == 0 {
		d.ConnectTimeout = dialLimit
	}
	d.DialFunc = (&net.Dialer{Timeout: dialLimit, KeepAlive: 15 * time.Second}).DialContext
	return d, nil
}

// pgDB is one schema of a PostgreSQL database.
type pgDB struct {
	config   *pgconn.Config
	logger   *slog.Logger
	tokens   chan struct{} // one is held for each connection in use
	lane     chan struct{} // held by the one closure of this process that runs again
	closed   chan struct{}
	once     sync.Once
	seed     atomic.Uint64 // of the waits between attempts
	repeated atomic.Int64  // attempts after a first
	modes    sync.Map      // statement text: typing
	inserts  sync.Map      // InsertRows of one row: of many by column
	locks    pgLocks

	mu    sync.Mutex
	idle  []*pgSession      // the last used last
	dying []<-chan struct{} // connections that were broken, until they have said farewell
}

var _ DB = (*pgDB)(nil)

// OpenPostgres opens a schema that `throughline migrate` (MigratePostgres) has brought up to date; it changes nothing itself, since many
// replicas start at once.
func OpenPostgres(ctx context.Context, cfg PostgresConfig) (DB, error) {
	driver, err := cfg.driver()
	if err != nil {
		return nil, err
	}
	if cfg.MaxConns <= 0 {
		cfg.MaxConns = defaultConns
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	db := &pgDB{
		config: driver, logger: cfg.Logger, tokens: make(chan struct{}, cfg.MaxConns), lane: make(chan struct{}, 1), closed: make(chan struct{}),
	}
	db.locks.db = db
	if err := checkMigrated(ctx, db, cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("open PostgreSQL: %w", err), db.Close())
	}
	return db, nil
}

func (db *pgDB) Read(ctx context.Context, fn func(Tx) error) error {
	if nested() {
		return ErrNested
	}
	return db.attempts(func(bool) (again, error) { return db.readOnce(ctx, fn) })
}

func (db *pgDB) Write(ctx context.Context, fn func(Tx) error) error {
	if nested() {
		return ErrNested
	}
	return db.attempts(func(started bool) (again, error) { return db.writeOnce(ctx, started, fn) })
}

// readOnce runs fn in a transaction that reads one snapshot.
func (db *pgDB) readOnce(ctx context.Context, fn func(Tx) error) (repeat again, _ error) {
	s, err := db.acquire(ctx)
	if err != nil {
		return never, err
	}
	stop := context.AfterFunc(ctx, s.breakOff)
	clean := false
	defer func() { db.release(s, stop() && clean) }()
	s.begin = beginRead
	t := &tx{conn: s, ctx: ctx}
	if err = invoke(fn, t); err == nil {
		err = t.failed
	}
	if e := s.leave(); e != nil && err == nil {
		t.failed, err = e, e
	}
	clean = true
	if err != nil && ctx.Err() != nil {
		return never, ctx.Err()
	}
	return repeatable(t.failed), err
}

// writeOnce runs fn in a serializable transaction. The caller's context does not interrupt it, and bounds it all the same.
func (db *pgDB) writeOnce(ctx context.Context, started bool, fn func(Tx) error) (repeat again, _ error) {
	turn := ctx
	if started {
		turn = context.WithoutCancel(ctx)
	}
	s, err := db.acquire(turn)
	if err != nil {
		return never, err
	}
	var overdue atomic.Bool
	limit := time.AfterFunc(writeLimit, func() { overdue.Store(true); s.breakOff() })
	stop := context.AfterFunc(ctx, func() { limit.Reset(writeGrace) })
	clean := false
	defer func() {
		inTime := stop()
		db.release(s, limit.Stop() && inTime && clean)
	}()
	s.begin = beginWrite
	t := &tx{conn: s}
	if err = invoke(fn, t); err == nil {
		err = t.failed
	}
	if err != nil {
		clean = s.finish("ROLLBACK") == nil
		if overdue.Load() {
			return never, err
		}
		return repeatable(t.failed), err
	}
	err = s.finish("COMMIT")
	clean = true
	if lost(err) { // it may be durable: whoever repeats it must know how
		return never, fmt.Errorf("the outcome of the commit is unknown: %w", err)
	}
	return repeatable(err), err
}

// Close waits for the closures that run.
func (db *pgDB) Close() error {
	if nested() {
		return ErrNested
	}
	db.once.Do(func() {
		close(db.closed)
		db.locks.close()
		for range cap(db.tokens) {
			db.tokens <- struct{}{}
		}
		db.mu.Lock()
		defer db.mu.Unlock()
		for _, s := range db.idle {
			s.close()
		}
		limit := time.After(closeLimit)
		for _, farewell := range db.dying {
			select {
			case <-farewell:
			case <-limit:
			}
		}
	})
	return nil
}
