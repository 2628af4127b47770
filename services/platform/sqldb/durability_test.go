package sqldb_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

const childEnv = "SQLDB_TEST_CHILD"

// childIfAsked makes this test binary the process that writes and is killed: eight goroutines write for ever, and each prints the
// id of a row once Write has acknowledged it.
func childIfAsked() {
	path := os.Getenv(childEnv)
	if path == "" {
		return
	}
	ctx := context.Background()
	db, err := sqldb.OpenSQLite(ctx, sqldb.Config{Path: path, Migrations: sqldbtest.Migrations})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", g, i)
				if err := db.Write(ctx, func(tx sqldb.Tx) error {
					_, err := tx.Exec("INSERT INTO things (id, n) VALUES (?, ?)", id, i)
					return err
				}); err != nil {
					fmt.Println("error", err)
					os.Exit(1)
				}
				_, _ = os.Stdout.WriteString(id + "\n")
			}
		})
	}
	wg.Wait()
}

func TestAcknowledgedRowsOutliveAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "killed.db")
	child := exec.Command(os.Args[0]) //nolint:gosec // this very binary
	child.Env = append(os.Environ(), childEnv+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	const killAfter = 400
	var acked []string
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "error") {
			t.Fatal(lines.Text())
		}
		acked = append(acked, lines.Text())
		if len(acked) == killAfter {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // killed
	if len(acked) < killAfter {
		t.Fatalf("the child acknowledged only %d rows", len(acked))
	}

	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: path, Migrations: sqldbtest.Migrations})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	found := map[string]bool{}
	if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		return tx.Query("SELECT id FROM things", nil, func(r sqldb.Row) error { found[r.Text(0)] = true; return nil })
	}); err != nil {
		t.Fatal(err)
	}
	for _, id := range acked {
		if !found[id] {
			t.Errorf("row %s was acknowledged and is lost", id)
		}
	}
}
