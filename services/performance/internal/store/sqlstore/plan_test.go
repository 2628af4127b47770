package sqlstore_test

import (
	"testing"

	"github.com/throughline/throughline/services/performance/internal/store/sqlstore"
	"github.com/throughline/throughline/services/performance/internal/store/storetest"
)

func TestPlanLinks(t *testing.T) {
	store, db := open(t)
	storetest.PlanLinks(t, store, db, sqlstore.Plan{})
}
