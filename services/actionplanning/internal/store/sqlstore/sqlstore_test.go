package sqlstore_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/rpc"
	"github.com/throughline/throughline/services/actionplanning/internal/store/migrations"
	"github.com/throughline/throughline/services/actionplanning/internal/store/sqlstore"
	"github.com/throughline/throughline/services/actionplanning/internal/store/storetest"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

func TestStore(t *testing.T) {
	sqldbtest.Engines(t, migrations.FS, func(t *testing.T, open func(testing.TB) sqldb.DB) {
		storetest.Run(t, func(t *testing.T) storetest.Harness {
			t.Helper()
			db := open(t)
			var writes, ids atomic.Int64
			start := time.Date(2027, 1, 1, 11, 0, 0, 0, time.UTC)
			keeper := &resource.Keeper{
				DB: db, Source: "throughline.actionplanning.v1", Message: rpc.Message,
				Now:   func() time.Time { return start.Add(time.Duration(writes.Add(1)-1) * time.Hour) },
				NewID: func() string { return fmt.Sprint(ids.Add(1)) },
			}
			return storetest.Harness{Store: sqlstore.New(keeper), DB: db}
		})
	})
}
