package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// CreateBudget opens a fiscal year's budget.
func (a *App) CreateBudget(ctx context.Context, draft domain.Budget) (domain.Budget, error) {
	if err := a.checkPlan(ctx, draft.Plan); err != nil {
		return draft, err
	}
	draft.ID = a.id(draft.ID)
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Budget, error) {
		budget, err := domain.NewBudget(draft, now)
		if err == nil {
			err = linkedBudget(tx, budget)
		}
		if err != nil {
			return budget, err
		}
		return budget, tx.Budgets().Insert(budget)
	})
}

// GetBudget reads one.
func (a *App) GetBudget(ctx context.Context, k Key) (domain.Budget, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Budget, error) { return tx.Budgets().Get(k.ids()...) })
}

// ListBudgets reads a page of an organization's budgets.
func (a *App) ListBudgets(ctx context.Context, organization string, q Query) (resource.Page[domain.Budget], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Budget], err error) {
		p.Items, p.Next, err = tx.Budgets().List([]string{organization}, q)
		return p, err
	})
}

// UpdateBudget changes a budget. plan is the plan that the caller names, or "" when it names none: it is looked up before
// the transaction, for a transaction calls no peer.
func (a *App) UpdateBudget(ctx context.Context, k Key, plan string, e Edit[domain.Budget]) (domain.Budget, error) {
	if plan != "" {
		if err := a.checkPlan(ctx, plan); err != nil {
			return domain.Budget{}, err
		}
	}
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Budget, error) {
		return edit(tx.Budgets(), k.ids(), e,
			func(next domain.Budget) (domain.Budget, error) {
				next, err := domain.NewBudget(next, now)
				if err != nil {
					return next, err
				}
				return next, linkedBudget(tx, next)
			},
			func(old, next domain.Budget) (domain.Budget, error) {
				next, err := old.Changed(next, now)
				if err != nil {
					return next, err
				}
				return next, linkedBudget(tx, next)
			})
	})
}

// FreezeResultsPolicies keeps what results do to each program of a budget as it is from now on. Results that are published later move money by it.
func (a *App) FreezeResultsPolicies(ctx context.Context, by Caller, k Key, resolution, etag string) (domain.Budget, error) {
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Budget, error) {
		old, err := tx.Budgets().Get(k.ids()...)
		if err == nil {
			err = resource.CheckEtag(old, etag)
		}
		if err != nil {
			return old, err
		}
		next, err := old.FreezePolicies(by.Subject, resolution, a.Now()) // in the transaction: a policy may have changed while it waited
		if err != nil {
			return old, err
		}
		return next, tx.Budgets().Update(next)
	})
}

func (a *App) checkPlan(ctx context.Context, plan string) error {
	err := a.Goals.CheckPlan(ctx, plan)
	if fault.Is(err, fault.NotFound) {
		var v fault.Violations
		v.Add("budget.plan", "%s does not exist; name a plan of this organization", plan)
		return v.Err()
	}
	return err
}

// linkedBudget refuses envelopes of funds that do not exist.
func linkedBudget(tx Tx, budget domain.Budget) error {
	known, err := funds(tx, budget.Organization)
	if err != nil {
		return err
	}
	var v fault.Violations
	for i, e := range budget.Envelopes {
		_, ok := known[e.Fund]
		v.Check(ok, at("budget.envelopes", i)+".fund", "%s does not exist; create the fund first", domain.FundName(budget.Organization, e.Fund))
	}
	return v.Err()
}
