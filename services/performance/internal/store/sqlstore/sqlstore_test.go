package sqlstore_test

import (
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/rpc"
	"github.com/throughline/throughline/services/performance/internal/store/migrations"
	"github.com/throughline/throughline/services/performance/internal/store/sqlstore"
	"github.com/throughline/throughline/services/performance/internal/store/storetest"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// onEachEngine runs a test with what makes fresh, empty stores and their databases.
func onEachEngine(t *testing.T, test func(t *testing.T, open func(t *testing.T) (app.Store, sqldb.DB))) {
	t.Helper()
	sqldbtest.Engines(t, migrations.FS, func(t *testing.T, open func(testing.TB) sqldb.DB) {
		test(t, func(t *testing.T) (app.Store, sqldb.DB) {
			t.Helper()
			db := open(t)
			return sqlstore.New(&resource.Keeper{
				DB: db, Source: "throughline.performance.v1", Message: rpc.Message,
				Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }, NewID: func() string { return "" },
			}), db
		})
	})
}

func TestStore(t *testing.T) { onEachEngine(t, storetest.Run) }
