package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/explain"
	"github.com/throughline/throughline/services/platform/resource"
)

// opened is a solved allocation, read for an analysis.
type opened struct {
	stored
	explain.Run
	titles      domain.Titles
	departments map[string]string // by program; looked up only
}

// open reads an allocation; FailedPrecondition, as Settled, while there is no plan.
func (a *App) open(ctx context.Context, k BudgetKey) (opened, error) {
	o, err := resource.Read(ctx, a.Store, func(tx Tx) (o opened, err error) {
		if o.Allocation, err = tx.Allocations().Get(k.ids()...); err != nil {
			return o, err
		}
		if err := o.Settled(); err != nil {
			return o, err
		}
		if o.proof, err = tx.Allocations().Proof(k.ids()...); err != nil {
			return o, err
		}
		known, err := funds(tx, k.Organization)
		if err != nil {
			return o, err
		}
		titles := map[string]string{}
		o.departments = map[string]string{}
		err = tx.Allocations().EachLine(k.ids(), func(l domain.AllocationLine) error {
			titles[l.Program], o.departments[l.Program] = l.DisplayName, l.Department
			return nil
		})
		o.titles = domain.TitlesOf(known, titles)
		return o, err
	})
	if err != nil {
		return o, err
	}
	o.Run, err = o.run()
	return o, err
}
