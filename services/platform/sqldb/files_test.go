package sqldb_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

func TestLockDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	release, err := sqldb.LockDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	_, err = sqldb.LockDir(dir)
	if err == nil || !strings.Contains(err.Error(), "in use by process "+strconv.Itoa(os.Getpid())) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second lock: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	again, err := sqldb.LockDir(dir)
	if err != nil {
		t.Fatalf("lock after release: %v", err)
	}
	_ = again()
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory: %v, %v", info.Mode(), err)
	}
}

func TestMigrateTwiceThenFurther(t *testing.T) {
	cfg := sqldb.Config{Path: filepath.Join(t.TempDir(), "a dir?", "50%#.db"), Migrations: sqldbtest.Migrations}
	for range 2 {
		if err := sqldb.Migrate(t.Context(), cfg); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := os.Stat(cfg.Path); err != nil {
		t.Errorf("the file is elsewhere: %v", err)
	}
	more := fstest.MapFS{"00002_more.sql": {Data: []byte("-- +goose Up\nALTER TABLE things ADD COLUMN more TEXT NOT NULL DEFAULT 'm';")}}
	maps.Copy(more, sqldbtest.Migrations)
	cfg.Migrations = more
	db, err := sqldb.OpenSQLite(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	write(t, db, func(tx sqldb.Tx) error {
		_, err := tx.Exec("INSERT INTO things (id, more) VALUES ('a', 'b')")
		return err
	})
}

// TestFilesKeepTheirPageSize opens a file as it was made before pages were larger, beside a new one.
func TestFilesKeepTheirPageSize(t *testing.T) {
	for _, c := range []struct{ made, want string }{{"", "8192"}, {"4096", "4096"}} {
		path := filepath.Join(t.TempDir(), "pages.db")
		if c.made != "" {
			before, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
			if err != nil {
				t.Fatal(err)
			}
			if err := sqlitex.ExecuteScript(before, "PRAGMA page_size = "+c.made+"; CREATE TABLE older (id TEXT PRIMARY KEY);", nil); err != nil {
				t.Fatal(err)
			}
			if err := before.Close(); err != nil {
				t.Fatal(err)
			}
		}
		db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: path, Migrations: sqldbtest.Migrations})
		if err != nil {
			t.Fatal(err)
		}
		write(t, db, func(tx sqldb.Tx) error { _, err := tx.Exec("INSERT INTO things (id) VALUES ('a')"); return err })
		if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
			return tx.Query("PRAGMA page_size", nil, func(r sqldb.Row) error {
				if got := r.Text(0); got != c.want {
					t.Errorf("a file made with %q has pages of %s bytes, want %s", c.made, got, c.want)
				}
				return nil
			})
		}); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMigrateSaysWhatFailed(t *testing.T) {
	for name, cfg := range map[string]sqldb.Config{
		"bad SQL":       {Path: filepath.Join(t.TempDir(), "x.db"), Migrations: fstest.MapFS{"00001_x.sql": {Data: []byte("-- +goose Up\nCREATE TABEL x;")}}},
		"no migrations": {Path: filepath.Join(t.TempDir(), "x.db"), Migrations: fstest.MapFS{}},
		"not a file":    {Path: t.TempDir()},
	} {
		_, err := sqldb.OpenSQLite(t.Context(), cfg)
		if err == nil || !strings.Contains(err.Error(), cfg.Path) {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

func TestBusyFileIsUnavailable(t *testing.T) {
	defer sqldb.SetBusyTimeout(20 * time.Millisecond)()
	path := filepath.Join(t.TempDir(), "busy.db")
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: path, Migrations: sqldbtest.Migrations})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	backup, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = backup.Close() }()
	if err := sqlitex.ExecuteTransient(backup, "BEGIN IMMEDIATE", nil); err != nil {
		t.Fatal(err)
	}
	ran := false
	err = db.Write(t.Context(), func(sqldb.Tx) error { ran = true; return nil })
	if !errors.Is(err, sqldb.ErrUnavailable) || !fault.Is(err, fault.Unavailable) || ran {
		t.Errorf("write while another process holds the lock: %v, ran %t", err, ran)
	}
	if err := sqlitex.ExecuteTransient(backup, "ROLLBACK", nil); err != nil {
		t.Fatal(err)
	}
	write(t, db, func(sqldb.Tx) error { return nil })
}
