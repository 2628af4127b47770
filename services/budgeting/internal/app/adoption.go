package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// AdjustAllocation adds changes by council to a recommendation. They are priced, and nothing is solved again.
func (a *App) AdjustAllocation(ctx context.Context, by Caller, k BudgetKey, more []domain.Adjustment, etag string) (domain.Allocation, error) {
	now := a.Now()
	for i := range more {
		more[i].By = by.Subject
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Allocation, error) {
		old, err := allocation(tx, k)
		if err == nil {
			err = resource.CheckEtag(old, etag)
		}
		if err != nil {
			return old, err
		}
		proof, err := tx.Allocations().Proof(k.ids()...)
		if err != nil {
			return old, err
		}
		in, _, err := proof.read()
		if err != nil {
			return old, err
		}
		lines := map[string]domain.AllocationLine{}
		for _, m := range more {
			line, err := tx.Allocations().Line(k.Organization, k.Budget, k.ID, m.Program)
			if fault.Is(err, fault.NotFound) {
				continue // Adjust names it with the rest
			}
			if err != nil {
				return old, err
			}
			lines[m.Program] = line
		}
		next, err := old.Adjust(more, lines, in, now)
		if err != nil {
			return old, err
		}
		return next, tx.Allocations().Update(next)
	})
}

// AdoptAllocation adopts a recommendation with its adjustments: the budget is adopted with it, and what was adopted before is superseded, all in
// one transaction.
func (a *App) AdoptAllocation(ctx context.Context, by Caller, k BudgetKey, act domain.Adoption, etag string) (domain.Allocation, error) {
	now := a.Now()
	act.By = by.Subject
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Allocation, error) {
		old, err := allocation(tx, k)
		if err == nil {
			err = resource.CheckEtag(old, etag)
		}
		if err != nil {
			return old, err
		}
		next, err := old.Adopt(act, now)
		if err != nil {
			return old, err
		}
		budget, err := tx.Budgets().Get(k.Organization, k.Budget)
		if err != nil {
			return old, err
		}
		if budget.Adopted != "" {
			before, err := tx.Allocations().Get(k.Organization, k.Budget, budget.Adopted)
			if err != nil {
				return old, err
			}
			if err := tx.Allocations().Update(before.Supersede(now)); err != nil {
				return old, err
			}
		}
		if err := tx.Budgets().Update(budget.Adopt(k.ID, now)); err != nil {
			return old, err
		}
		return next, tx.Allocations().Update(next)
	})
}
