package app

import (
	"context"
	"reflect"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// follow gives a draft the method and parameters of the scenario that it names, and answers the scenario; nil for none.
func (a *App) follow(ctx context.Context, draft domain.Allocation) (domain.Allocation, *domain.Scenario, error) {
	if draft.Scenario == "" {
		return draft, nil, nil
	}
	var v fault.Violations
	v.Check(draft.Method == "", "allocation.method", "is set and so is the scenario; leave method and parameters to the scenario")
	v.Check(reflect.DeepEqual(draft.Params, domain.Params{}), "allocation.parameters", "are set and so is the scenario; leave method and parameters to the scenario")
	s, err := resource.Read(ctx, a.Store, func(tx Tx) (*domain.Scenario, error) {
		s, found, err := tx.Scenarios().Find(draft.Organization, draft.Budget, draft.Scenario)
		if err != nil || !found {
			return nil, err
		}
		return &s, nil
	})
	if err != nil {
		return draft, nil, err
	}
	v.Check(s != nil, "allocation.scenario", "%s does not exist; name a scenario of the budget",
		domain.ScenarioName(draft.Organization, draft.Budget, draft.Scenario))
	if err := v.Err(); err != nil {
		return draft, nil, err
	}
	draft.Method, draft.Params, draft.Uncertified = s.Method, s.Params, s.Overrides()
	return draft, s, nil
}
