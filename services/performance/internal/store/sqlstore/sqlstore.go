// Package sqlstore keeps what performance owns in SQL tables.
package sqlstore

import (
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// New is app.Store on a Keeper.
func New(k *resource.Keeper) app.Store {
	return resource.Bind(k, func(tx sqldb.Tx, j *resource.Journal) app.Tx { return txn{tx, j} })
}

type txn struct {
	tx      sqldb.Tx
	journal *resource.Journal
}

var _ app.Tx = txn{}

func (t txn) Measures() resource.Collection[domain.Measure] { return measures.In(t.tx, t.journal) }

func (t txn) Recorded(name string, at time.Time) (archived []byte, found bool, err error) {
	return outbox.Recorded(t.tx, name, at)
}

func (t txn) Observations() app.Observations { return observations(t) }

func (t txn) Reminders() app.Reminders { return reminders(t) }

func (t txn) ResultsRevisions() resource.Collection[domain.ResultsRevision] {
	return resultsRevisions.In(t.tx, t.journal)
}

func (t txn) LastPublished(organization string) (p domain.Published, err error) {
	_, err = sqldb.QueryOne(t.tx, "SELECT results_revision_id, effective_time, sequence, content_hash FROM results_revisions "+
		"WHERE organization_id = ? ORDER BY sequence DESC LIMIT 1", []any{organization}, func(r sqldb.Row) error {
		p = domain.Published{ID: r.Text(0), EffectiveTime: r.Time(1), Sequence: r.Int(2), ContentHash: r.Text(3)}
		return nil
	})
	return p, err
}
