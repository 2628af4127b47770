package sqlstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/rpc"
	"github.com/throughline/throughline/services/budgeting/internal/store/migrations"
	"github.com/throughline/throughline/services/budgeting/internal/store/sqlstore"
	"github.com/throughline/throughline/services/budgeting/internal/store/storetest"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) (app.Store, sqldb.DB) {
		t.Helper()
		db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), "budgeting.db"), Migrations: migrations.FS})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return sqlstore.New(&resource.Keeper{
			DB: db, Source: "throughline.budgeting.v1", Message: rpc.Message,
			Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }, NewID: func() string { return "" },
		}), db
	})
}
