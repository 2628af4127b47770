package app

import (
	"context"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
)

// Goals is the service that keeps plans.
type Goals interface {
	// GoalTree are all goals of a plan; NotFound names a plan that does not exist.
	GoalTree(ctx context.Context, plan string) ([]domain.PlanGoal, error)
	// PublicReports says whether anyone may read the organization's published reports; an organization that does not exist
	// has none to read.
	PublicReports(ctx context.Context, organization string) (bool, error)
}

// plan is the one that a report names, as far as there is one in its organization.
func (a *App) plan(ctx context.Context, r domain.ProgressReport) (domain.Plan, error) {
	if !r.NamesPlan() {
		return domain.Plan{}, nil
	}
	goals, err := a.Goals.GoalTree(ctx, r.Plan)
	if fault.Is(err, fault.NotFound) {
		return domain.Plan{}, nil
	}
	return domain.Plan{Found: err == nil, Goals: goals}, err
}
