// Package sqlstore keeps what budgeting owns in SQL tables.
package sqlstore

import (
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// New is app.Store on a Keeper.
func New(k *resource.Keeper) app.Store {
	asks := &askCache{}
	return store{resource.Bind(k, func(tx sqldb.Tx, j *resource.Journal) app.Tx { return txn{tx, j, asks} })}
}

type store struct{ resource.Store[app.Tx] }

type txn struct {
	tx      sqldb.Tx
	journal *resource.Journal // nil in a Read
	asks    *askCache
}

var _ app.Tx = txn{}

func (t txn) Funds() resource.Collection[domain.Fund] { return funds.In(t.tx, t.journal) }

func (t txn) Budgets() resource.Collection[domain.Budget] { return budgets.In(t.tx, t.journal) }

func (t txn) Programs() app.Many[domain.Program] { return t.programs() }

func (t txn) Requests() app.Requests { return requestTx{t.requests()} }

func (t txn) Packages() resource.Collection[domain.DecisionPackage] {
	return packages.In(t.tx, t.journal)
}

func (t txn) Scenarios() resource.Collection[domain.Scenario] { return scenarios.In(t.tx, t.journal) }

func (t txn) Elections() app.Elections { return electionTx{elections.In(t.tx, t.journal), t} }

func (t txn) Runs() app.Runs { return runTx{t} }

func (t txn) LineItems() app.LineItems { return lineItemTx{lineItems.In(t.tx, t.journal), t} }

func (t txn) Allocations() app.Allocations { return allocationTx{allocations.In(t.tx, t.journal), t} }

func (t txn) Seen(organization, subject string) (seen domain.Seen, err error) {
	_, err = sqldb.QueryOne(t.tx, "SELECT revision, effective_time FROM revisions_seen WHERE organization_id = ? AND subject = ?",
		[]any{organization, subject}, func(r sqldb.Row) error {
			seen = domain.Seen{Name: r.Text(0), Time: r.Time(1)}
			return nil
		})
	return seen, err
}

// See remembers a revision that an event told of, unless a newer one is known.
func See(tx sqldb.Tx, organization, subject string, seen domain.Seen) error {
	_, err := tx.Exec("INSERT INTO revisions_seen (organization_id, subject, revision, effective_time) VALUES (?, ?, ?, ?) "+
		"ON CONFLICT (organization_id, subject) DO UPDATE SET revision = excluded.revision, effective_time = excluded.effective_time "+
		"WHERE revisions_seen.effective_time < excluded.effective_time", organization, subject, seen.Name, seen.Time)
	return err
}

// meta reads version, create_time and update_time, in this order from column i.
func meta(r sqldb.Row, i int) domain.Meta {
	return domain.Meta{Version: r.Int(i), CreateTime: r.Time(i + 1), UpdateTime: r.Time(i + 2)}
}
