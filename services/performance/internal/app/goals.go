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

// goalTree is Goals.GoalTree for a plan that a request names: one that does not exist is a bad field.
func (a *App) goalTree(ctx context.Context, plan string) ([]domain.PlanGoal, error) {
	goals, err := a.Goals.GoalTree(ctx, plan)
	if fault.Is(err, fault.NotFound) {
		var v fault.Violations
		v.Add("progress_report.plan", "%s does not exist; name a plan of this organization", plan)
		return nil, v.Err()
	}
	return goals, err
}
