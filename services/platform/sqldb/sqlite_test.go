package sqldb_test

import (
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

func TestMain(m *testing.M) {
	childIfAsked()
	goleak.VerifyTestMain(m)
}

func open(t testing.TB) sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), "kit.db"), Migrations: sqldbtest.Migrations})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func TestSQLiteConformance(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, _ int) sqldbtest.Harness {
		db := open(t)
		limit := func(pages string) {
			if err := db.Write(t.Context(), func(tx sqldb.Tx) error {
				return tx.Query("PRAGMA max_page_count = "+pages, nil, func(sqldb.Row) error { return nil })
			}); err != nil {
				t.Fatal(err)
			}
		}
		return sqldbtest.Harness{DB: db, Fill: func(*testing.T) func() {
			limit("1") // never below the present size
			return func() { limit("1000000") }
		}}
	})
}
