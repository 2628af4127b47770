package sqlstore_test

import (
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/rpc"
	"github.com/throughline/throughline/services/budgeting/internal/store/migrations"
	"github.com/throughline/throughline/services/budgeting/internal/store/sqlstore"
	"github.com/throughline/throughline/services/budgeting/internal/store/storetest"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	sqldbtest.Engines(t, migrations.FS, func(t *testing.T, open func(testing.TB) sqldb.DB) {
		storetest.Run(t, func(t *testing.T) (app.Store, sqldb.DB) {
			t.Helper()
			db := open(t)
			return sqlstore.New(&resource.Keeper{
				DB: db, Source: "throughline.budgeting.v1", Message: rpc.Message,
				Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }, NewID: func() string { return "" },
			}), db
		})
	})
}
