package sqldbtest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Engine is the environment variable that names the engine behind Open: postgres, or sqlite, which is the default.
const Engine = "THROUGHLINE_TEST_ENGINE"

// Open is a fresh, empty database with the tables of files on the engine that the environment names; it is closed after the test.
func Open(tb testing.TB, files fs.FS) sqldb.DB {
	tb.Helper()
	if os.Getenv(Engine) == "postgres" {
		return Postgres(tb, files)
	}
	return SQLite(tb, files)
}

// Engines runs a test on each engine; open answers a fresh, empty database with the tables of files.
func Engines(t *testing.T, files fs.FS, test func(t *testing.T, open func(testing.TB) sqldb.DB)) {
	t.Helper()
	t.Run("SQLite", func(t *testing.T) {
		test(t, func(tb testing.TB) sqldb.DB { tb.Helper(); return SQLite(tb, files) })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		test(t, func(tb testing.TB) sqldb.DB { tb.Helper(); return Postgres(tb, files) })
	})
}

// SQLite is a fresh, empty database with the tables of files.
func SQLite(tb testing.TB, files fs.FS) sqldb.DB {
	tb.Helper()
	db, err := sqldb.OpenSQLite(tb.Context(), sqldb.Config{Path: filepath.Join(tb.TempDir(), "test.db"), Migrations: files})
	return kept(tb, db, err)
}

var schemas atomic.Int64

// Postgres is a fresh, empty database with the tables of files; without PostgreSQL on this machine the test is skipped.
func Postgres(tb testing.TB, files fs.FS) sqldb.DB {
	tb.Helper()
	// A schema is made much faster than a database, and a DB looks at its own alone.
	cfg := sqldb.PostgresConfig{URL: servers.SharedPostgres(tb).URL("postgres"), Schema: fmt.Sprintf("test%d", schemas.Add(1)), Migrations: files}
	if err := sqldb.MigratePostgres(tb.Context(), cfg); err != nil {
		tb.Fatal(err)
	}
	db, err := sqldb.OpenPostgres(tb.Context(), cfg)
	return kept(tb, db, err)
}

func kept(tb testing.TB, db sqldb.DB, err error) sqldb.DB {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return db
}
