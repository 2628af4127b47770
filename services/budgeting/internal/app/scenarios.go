package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// CreateScenario adds overrides to try on a budget.
func (a *App) CreateScenario(ctx context.Context, draft domain.Scenario) (domain.Scenario, error) {
	draft.ID = a.id(draft.ID)
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Scenario, error) {
		s, err := domain.NewScenario(draft, now)
		if s, err = linkedScenario(tx, s, err); err != nil {
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
				made, err := domain.NewScenario(next, now)
				return linkedScenario(tx, made, err)
			},
			func(old, next domain.Scenario) (domain.Scenario, error) {
				changed, err := old.Changed(next, now)
				return linkedScenario(tx, changed, err)
			})
	})
}

// linkedScenario refuses overrides of what the budget does not have. Violations of the scenario itself are told with the rest.
func linkedScenario(tx Tx, s domain.Scenario, bad error) (domain.Scenario, error) {
	var v fault.Violations
	if err := gather(&v, bad); err != nil {
		return s, err
	}
	budget, err := tx.Budgets().Get(s.Organization, s.Budget)
	if err != nil {
		return s, err
	}
	s.CheckBudget(&v, budget)
	ids := make([]string, len(s.Requests))
	for i, r := range s.Requests {
		ids[i] = r.Program
	}
	known, err := tx.Requests().FindMany([]string{s.Organization, s.Budget}, ids)
	if err != nil {
		return s, err
	}
	for i, id := range ids {
		_, asks := known[id]
		v.Check(asks, at("scenario.request_overrides", i)+".program", "%s asks for nothing in this budget; name a program that does", domain.ProgramName(s.Organization, id))
	}
	if id := s.Params.Election; id != "" {
		_, found, err := tx.Elections().Find(s.Organization, s.Budget, id)
		if err != nil {
			return s, err
		}
		v.Check(found, "scenario.parameters.election", "%s does not exist; name an election of the budget", domain.ElectionName(s.Organization, s.Budget, id))
	}
	return s, v.Err()
}

// DeleteScenario removes a scenario. Allocations made with it keep what they used.
func (a *App) DeleteScenario(ctx context.Context, k BudgetKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) { return nil, remove(tx.Scenarios(), k.ids(), etag, "", nil) })
	return err
}
