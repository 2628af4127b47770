package sqldb_test

import (
	"fmt"
	"io/fs"
	"sync/atomic"
	"testing"

	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

var schemas atomic.Int64

// postgres is a migrated schema of its own.
func postgres(t testing.TB, conns int, files fs.FS) sqldb.DB {
	t.Helper()
	return openPostgres(t, sqldb.PostgresConfig{
		URL: servers.SharedPostgres(t).URL("postgres"), Schema: fmt.Sprintf("kit%d", schemas.Add(1)), MaxConns: conns, Migrations: files,
	})
}

func openPostgres(t testing.TB, cfg sqldb.PostgresConfig) sqldb.DB {
	t.Helper()
	if err := sqldb.MigratePostgres(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	db, err := sqldb.OpenPostgres(t.Context(), cfg)
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

func TestPostgresConformance(t *testing.T) {
	sqldbtest.Run(t, func(t *testing.T, conns int) sqldbtest.Harness {
		return sqldbtest.Harness{DB: postgres(t, conns, sqldbtest.Migrations)}
	})
}
