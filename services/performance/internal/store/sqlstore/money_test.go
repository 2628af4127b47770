package sqlstore_test

import (
	"testing"

	"github.com/throughline/throughline/services/performance/internal/store/sqlstore"
	"github.com/throughline/throughline/services/performance/internal/store/storetest"
)

func TestAdoptedMoney(t *testing.T) {
	store, db := open(t)
	storetest.Money(t, store, db, sqlstore.Adopt)
}
