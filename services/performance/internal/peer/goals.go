// Package peer reads other services over gRPC.
package peer

import (
	"context"

	"google.golang.org/grpc"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

// pageSize is the most that a list answers at once.
const pageSize = 1000

// Goals is app.Goals on a connection that carries this service's tokens.
type Goals struct{ client goalsv1.GoalsServiceClient }

var _ app.Goals = Goals{}

// NewGoals reads through conn.
func NewGoals(conn grpc.ClientConnInterface) Goals {
	return Goals{goalsv1.NewGoalsServiceClient(conn)}
}

// GoalTree implements app.Goals. A plan without goals is told from one that does not exist.
func (g Goals) GoalTree(ctx context.Context, plan string) ([]domain.PlanGoal, error) {
	if _, err := g.client.GetPlan(ctx, &goalsv1.GetPlanRequest{Name: plan}); err != nil {
		return nil, rpc.FromStatus(err)
	}
	var goals []domain.PlanGoal
	for token := ""; ; {
		page, err := g.client.ListGoals(ctx, &goalsv1.ListGoalsRequest{Parent: plan, PageSize: pageSize, PageToken: token})
		if err != nil {
			return nil, rpc.FromStatus(err)
		}
		for _, goal := range page.GetGoals() {
			goals = append(goals, domain.PlanGoal{Name: goal.GetName(), DisplayName: goal.GetDisplayName(), Parent: goal.GetParentGoal()})
		}
		if token = page.GetNextPageToken(); token == "" {
			return goals, nil
		}
	}
}

// PublicReports implements app.Goals.
func (g Goals) PublicReports(ctx context.Context, organization string) (bool, error) {
	org, err := g.client.GetOrganization(ctx, &goalsv1.GetOrganizationRequest{Name: domain.OrganizationName(organization)})
	if err = rpc.FromStatus(err); fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return org.GetPublicReports(), err
}
