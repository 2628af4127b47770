package sqlstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/rpc"
	"github.com/throughline/throughline/services/performance/internal/store/migrations"
	"github.com/throughline/throughline/services/performance/internal/store/sqlstore"
	"github.com/throughline/throughline/services/performance/internal/store/storetest"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestSQLite(t *testing.T) { storetest.Run(t, open) }

// open is a fresh, empty store and its database.
func open(t *testing.T) (app.Store, sqldb.DB) {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), "performance.db"), Migrations: migrations.FS})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return sqlstore.New(&resource.Keeper{
		DB: db, Source: "throughline.performance.v1", Message: rpc.Message,
		Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }, NewID: func() string { return "" },
	}), db
}
