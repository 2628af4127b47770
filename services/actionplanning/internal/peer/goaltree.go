package peer

import (
	"context"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
)

// GoalTree implements app.GoalTrees. A plan without goals is told from one that does not exist.
func (g Goals) GoalTree(ctx context.Context, plan string) ([]domain.PlanGoal, error) {
	if _, err := g.client.GetPlan(ctx, &goalsv1.GetPlanRequest{Name: plan}); err != nil {
		return nil, from(goals, err)
	}
	var all []domain.PlanGoal
	for token := ""; ; {
		page, err := g.client.ListGoals(ctx, &goalsv1.ListGoalsRequest{Parent: plan, PageSize: pageSize, PageToken: token})
		if err != nil {
			return nil, from(goals, err)
		}
		for _, goal := range page.GetGoals() {
			all = append(all, domain.PlanGoal{Name: goal.GetName(), DisplayName: goal.GetDisplayName(), Parent: goal.GetParentGoal()})
		}
		if token = page.GetNextPageToken(); token == "" {
			return all, nil
		}
	}
}

// Latest implements app.LatestValues: a call for each measure, for performance reads observations measure by measure.
func (p Performance) Latest(ctx context.Context, measures []string) (map[string]float64, error) {
	latest := make(map[string]float64, len(measures))
	for _, m := range measures {
		page, err := p.client.ListObservations(ctx, &performancev1.ListObservationsRequest{
			Parent: m, PageSize: 1, Filter: `dimension = ""`, OrderBy: "period_start desc",
		})
		found, err := exists("performance", err)
		if err != nil {
			return nil, err
		}
		if found && len(page.GetObservations()) > 0 {
			latest[m] = page.GetObservations()[0].GetValue()
		}
	}
	return latest, nil
}
