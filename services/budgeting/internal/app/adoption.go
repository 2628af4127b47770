package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
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
		if err == nil {
			err = old.Adjustable() // one that is being solved has no proof yet
		}
		if err != nil {
			return old, err
		}
		proof, err := tx.Allocations().Proof(k.ids()...)
		if err != nil {
			return old, err
		}
		in, plan, err := proof.read()
		if err != nil {
			return old, unreadable(old, err)
		}
		all, err := allLines(tx, old)
		if err != nil {
			return old, err
		}
		lines := make(map[string]domain.AllocationLine, len(all))
		for _, l := range all {
			lines[l.Program] = l
		}
		next, err := old.Adjust(more, lines, in, plan, now)
		if err != nil {
			return old, err
		}
		return next, tx.Allocations().Update(next)
	})
}

// AdoptAllocation adopts a recommendation with its adjustments: the budget is adopted with it, and what was adopted before is superseded, all in
// one transaction. The result of an election divides what its voters decide on and not the budget: it takes the place of another result of theirs.
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
		budget, err := tx.Budgets().Get(k.Organization, k.Budget)
		if err != nil {
			return old, err
		}
		before, err := inForce(tx, k, old, budget)
		if err != nil {
			return old, err
		}
		at := now
		if before != nil {
			at = before.Successor(now)
		}
		next, err := old.Adopt(act, at)
		if err == nil {
			err = next.Within(budget)
		}
		if err == nil && !next.Method.ByBallots() {
			err = tx.Budgets().Update(budget.Adopt(k.ID, at))
		}
		if err == nil && before != nil {
			err = tx.Allocations().Update(before.Supersede(at))
		}
		if err == nil {
			err = announce(tx, next, budget.FiscalYear)
		}
		if err != nil {
			return old, err
		}
		return next, tx.Allocations().Update(next) // after the announcement, so that the newest entry of its history is the allocation itself
	})
}

// inForce is what the adoption of an allocation supersedes, or nil.
func inForce(tx Tx, k BudgetKey, next domain.Allocation, budget domain.Budget) (*domain.Allocation, error) {
	id := budget.Adopted
	if next.Method.ByBallots() {
		var err error
		if id, err = adoptedBy(tx, k, next.Params.Election); err != nil {
			return nil, err
		}
	}
	if id == "" {
		return nil, nil //nolint:nilnil // none is an answer
	}
	before, err := tx.Allocations().Get(k.Organization, k.Budget, id)
	return &before, err
}

// announce tells what every program gets of an allocation that is being adopted.
func announce(tx Tx, adopted domain.Allocation, fiscalYear int) error {
	lines, err := allLines(tx, adopted)
	if err != nil {
		return err
	}
	return tx.Allocations().Announce(adopted.Grants(fiscalYear, lines))
}

// adoptedBy is the id of the adopted result of an election, or "".
func adoptedBy(tx Tx, k BudgetKey, election string) (id string, err error) {
	err = tx.Allocations().Each(k.parent(), func(o domain.Allocation) error {
		if o.State == domain.AllocationAdopted && o.Method.ByBallots() && o.Params.Election == election {
			id = o.ID
		}
		return nil
	})
	return id, err
}
