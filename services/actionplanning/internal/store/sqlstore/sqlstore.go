// Package sqlstore keeps what actionplanning owns in SQL tables.
package sqlstore

import (
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
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

func (t txn) Strategies() resource.Collection[domain.Strategy] { return strategies.In(t.tx, t.journal) }

func (t txn) Objectives() resource.Collection[domain.Objective] {
	return objectives.In(t.tx, t.journal)
}

func (t txn) Assignments() resource.Collection[domain.Assignment] {
	return assignments.In(t.tx, t.journal)
}

func (t txn) AssignmentsOf(k app.ObjectiveKey) (found []domain.Assignment, err error) {
	err = assignments.Table.Each(t.tx, []sqldb.Eq{
		{Column: "organization_id", Value: k.Organization},
		{Column: "strategy_id", Value: k.Strategy},
		{Column: "objective_id", Value: k.Objective},
	}, func(a domain.Assignment) error {
		found = append(found, a)
		return nil
	})
	return found, err
}
