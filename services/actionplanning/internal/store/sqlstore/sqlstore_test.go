package sqlstore_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/rpc"
	"github.com/throughline/throughline/services/actionplanning/internal/store/migrations"
	"github.com/throughline/throughline/services/actionplanning/internal/store/sqlstore"
	"github.com/throughline/throughline/services/actionplanning/internal/store/storetest"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Harness {
		db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), "a.db"), Migrations: migrations.FS})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() })
		var writes, ids atomic.Int64
		start := time.Date(2027, 1, 1, 11, 0, 0, 0, time.UTC)
		keeper := &resource.Keeper{
			DB: db, Source: "throughline.actionplanning.v1", Message: rpc.Message,
			Now:   func() time.Time { return start.Add(time.Duration(writes.Add(1)-1) * time.Hour) },
			NewID: func() string { return fmt.Sprint(ids.Add(1)) },
		}
		return storetest.Harness{Store: sqlstore.New(keeper), DB: db}
	})
}
