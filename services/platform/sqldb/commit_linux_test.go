package sqldb_test

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// TestFailedCommitIsToldToAll lets no file of this process grow, so that the log cannot take the pages of the commit.
func TestFailedCommitIsToldToAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "full.db")
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: path, Migrations: sqldbtest.Migrations})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	insert := func(id string) func(sqldb.Tx) error {
		return func(tx sqldb.Tx) error { _, err := tx.Exec("INSERT INTO things (id) VALUES (?)", id); return err }
	}
	write(t, db, insert("before"))
	log, err := os.Stat(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}

	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: uint64(log.Size()), Max: old.Max}); err != nil { //nolint:gosec // sizes are positive
		t.Fatal(err)
	}
	errs := make([]error, 8)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = db.Write(t.Context(), insert(fmt.Sprint("lost", i))) })
	}
	wg.Wait()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	for i, err := range errs {
		if !errors.Is(err, sqldb.ErrUnavailable) {
			t.Errorf("closure %d: error is %v", i, err)
		}
	}
	write(t, db, insert("after"))
	var ids []string
	if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		return tx.Query("SELECT id FROM things ORDER BY id", nil, func(r sqldb.Row) error { ids = append(ids, r.Text(0)); return nil })
	}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(ids); got != "[after before]" {
		t.Errorf("things are %s", got)
	}
}
