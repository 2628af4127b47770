package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"zombiezen.com/go/sqlite"
)

// busyTimeout: an external backup may hold the write lock for seconds. Only tests change it.
var busyTimeout = 10 * time.Second

const (
	// minSQLite is 3.51.3: earlier versions could corrupt a database when the write-ahead log was reset.
	minSQLite      = 3_051_003
	defaultReaders = 4
)

// Config says where a service keeps its SQLite file.
type Config struct {
	Path       string       // of the file; its directory is made if absent
	Readers    int          // connections that read at the same time; 0 means 4
	Migrations fs.FS        // the service's goose files at its root; nil means none
	Logger     *slog.Logger // nil means slog.Default()
}

func (c Config) withDefaults() Config {
	if c.Readers <= 0 {
		c.Readers = defaultReaders
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return c
}

// sqliteDB is one SQLite file: one writing connection and a pool of reading ones.
type sqliteDB struct {
	writer  *writer
	readers chan *conn
	size    int
	closed  chan struct{}
	once    sync.Once
}

var _ DB = (*sqliteDB)(nil)

// OpenSQLite migrates the file (the platform's tables, then the service's) and opens it. Hold the lock of LockDir meanwhile.
func OpenSQLite(ctx context.Context, cfg Config) (DB, error) {
	cfg = cfg.withDefaults()
	if sqlite.VersionNumber < minSQLite {
		return nil, fmt.Errorf("SQLite %s is linked, but 3.51.3 or later is needed: require a newer modernc.org/sqlite", sqlite.Version)
	}
	if err := Migrate(ctx, cfg); err != nil {
		return nil, err
	}
	db, err := openSQLite(cfg)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", cfg.Path, err)
	}
	return db, nil
}

func openSQLite(cfg Config) (*sqliteDB, error) {
	w, err := openConn(cfg.Path, "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY", "journal_size_limit=67108864")
	if err != nil {
		return nil, err
	}
	if err := checkPragmas(w); err != nil {
		return nil, errors.Join(err, w.close())
	}
	db := &sqliteDB{writer: newWriter(w), readers: make(chan *conn, cfg.Readers), closed: make(chan struct{})}
	for ; db.size < cfg.Readers; db.size++ {
		r, err := openConn(cfg.Path, "query_only=ON", "temp_store=MEMORY")
		if err != nil {
			return nil, errors.Join(err, db.Close())
		}
		db.readers <- r
	}
	return db, nil
}

// checkPragmas makes sure that durability and integrity are what the service promises: SQLite ignores what it cannot do.
func checkPragmas(c *conn) error {
	for _, want := range [][2]string{{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}} {
		err := c.run(nil, "PRAGMA "+want[0], nil, func(r Row) error { //nolint:staticcheck // nil: not to be cancelled
			if got := r.Text(0); got != want[1] {
				return fmt.Errorf("pragma %s is %q, want %q (is the file on a network file system?)", want[0], got, want[1])
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (db *sqliteDB) Read(ctx context.Context, fn func(Tx) error) (err error) {
	if nested() {
		return ErrNested
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var c *conn
	select {
	case <-db.closed:
		return ErrClosed
	default:
	}
	select {
	case c = <-db.readers:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.closed:
		return ErrClosed
	}
	defer func() {
		if e := c.rollback(); e != nil && err == nil {
			err = e
		}
		db.readers <- c
	}()
	if err := c.exec("BEGIN"); err != nil {
		return err
	}
	t := &tx{conn: c, ctx: ctx}
	if err = invoke(fn, t); err == nil {
		err = t.failed
	}
	return err
}

func (db *sqliteDB) Write(ctx context.Context, fn func(Tx) error) error {
	if nested() {
		return ErrNested
	}
	return db.writer.write(ctx, fn)
}

// Exclusive has no one to wait for: LockDir leaves the files to one process.
func (db *sqliteDB) Exclusive(ctx context.Context, _ string, fn func(context.Context) error) error {
	return fn(ctx)
}

func (db *sqliteDB) Close() error {
	if nested() {
		return ErrNested
	}
	var errs []error
	db.once.Do(func() {
		close(db.closed)
		for range db.size {
			errs = append(errs, (<-db.readers).close())
		}
		errs = append(errs, db.writer.close()) // last, so that it folds the log into the file
	})
	return errors.Join(errs...)
}

// makeDir makes the file's directory for this user alone.
func makeDir(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	return nil
}
