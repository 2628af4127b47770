package outbox_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestAppendAllIsAppendForMany(t *testing.T) {
	one, many := open(t, "one"), open(t, "many")
	var batch []outbox.Event
	for i := range 300 {
		batch = append(batch, event(fmt.Sprintf("staff/%d", i), noon.Add(-time.Duration(i%2)*time.Hour)))
	}
	changes := func(db sqldb.DB) (all []outbox.Event) {
		if err := db.Read(t.Context(), func(tx sqldb.Tx) (err error) {
			all, err = outbox.Changes(tx, "springfield", 0, 1000)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return all
	}
	for _, db := range []sqldb.DB{one, many} {
		appendAll(t, db, event("staff/7", noon), event("staff/8", noon))
	}
	appendAll(t, one, batch...)
	if err := many.Write(t.Context(), func(tx sqldb.Tx) error { return outbox.AppendAll(tx, batch) }); err != nil {
		t.Fatal(err)
	}
	want, got := changes(one), changes(many)
	if len(want) != 302 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d events appended at once differ from %d appended one by one", len(got), len(want))
	}
	if e := got[2+7]; e.Sequence != 2 || !e.Time.Equal(noon) {
		t.Errorf("the second event of %s is %d at %v", e.Subject, e.Sequence, e.Time)
	}
}

func TestAppendAllRefusesTwoOfASubject(t *testing.T) {
	db := open(t, "twice")
	err := db.Write(t.Context(), func(tx sqldb.Tx) error {
		return outbox.AppendAll(tx, []outbox.Event{event("a", noon), event("a", noon)})
	})
	if err == nil {
		t.Error("two events of one subject would take the same sequence")
	}
}
