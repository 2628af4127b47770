package sqlstore_test

import (
	"testing"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/store/sqlstore"
	"github.com/throughline/throughline/services/performance/internal/store/storetest"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestPlanLinks(t *testing.T) {
	onEachEngine(t, func(t *testing.T, open func(t *testing.T) (app.Store, sqldb.DB)) {
		store, db := open(t)
		storetest.PlanLinks(t, store, db, sqlstore.Plan{})
	})
}
