package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
)

// CreateScenario adds overrides to try on a budget.
func (a *App) CreateScenario(ctx context.Context, draft domain.Scenario) (domain.Scenario, error) {
	draft.ID = a.id(draft.ID)
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Scenario, error) {
		if _, err := tx.Budgets().Get(draft.Organization, draft.Budget); err != nil {
			return draft, err
		}
		s, err := domain.NewScenario(draft, now)
		if err != nil {
			return s, err
		}
		return s, tx.Scenarios().Insert(s)
	})
}

// GetScenario reads one.
func (a *App) GetScenario(ctx context.Context, k BudgetKey) (domain.Scenario, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Scenario, error) { return tx.Scenarios().Get(k.ids()...) })
}

// ListScenarios reads a page of a budget's scenarios.
func (a *App) ListScenarios(ctx context.Context, k BudgetKey, q Query) (resource.Page[domain.Scenario], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Scenario], err error) {
		if _, err := tx.Budgets().Get(k.Organization, k.Budget); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Scenarios().List(k.parent(), q)
		return p, err
	})
}

// UpdateScenario changes a scenario.
func (a *App) UpdateScenario(ctx context.Context, k BudgetKey, e Edit[domain.Scenario]) (domain.Scenario, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Scenario, error) {
		return edit(tx.Scenarios(), k.ids(), e,
			func(next domain.Scenario) (domain.Scenario, error) {
				if _, err := tx.Budgets().Get(k.Organization, k.Budget); err != nil {
					return next, err
				}
				return domain.NewScenario(next, now)
			},
			func(old, next domain.Scenario) (domain.Scenario, error) { return old.Changed(next, now) })
	})
}

// DeleteScenario removes a scenario. Allocations made with it keep what they used.
func (a *App) DeleteScenario(ctx context.Context, k BudgetKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) { return nil, remove(tx.Scenarios(), k.ids(), etag, "", nil) })
	return err
}
