package peer

import (
	"context"
	"strings"

	"google.golang.org/grpc"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/wire"
)

// Goals is app.Goals on a connection that carries this service's tokens.
type Goals struct{ client goalsv1.GoalsServiceClient }

var _ app.Goals = Goals{}

// NewGoals reads through conn.
func NewGoals(conn grpc.ClientConnInterface) Goals { return Goals{goalsv1.NewGoalsServiceClient(conn)} }

const goals = "goals"

// GoalExists implements app.Goals.
func (g Goals) GoalExists(ctx context.Context, goal string) (bool, error) {
	_, err := g.client.GetGoal(ctx, &goalsv1.GetGoalRequest{Name: goal})
	return exists(goals, err)
}

// Purpose implements app.Goals.
func (g Goals) Purpose(ctx context.Context, goal string) (domain.Purpose, error) {
	p := domain.Purpose{Goal: goal}
	if found, err := g.GoalExists(ctx, goal); err != nil || !found {
		return p, err
	}
	p.Plan, _, _ = strings.Cut(goal, "/goals/")
	plan, err := g.client.GetPlan(ctx, &goalsv1.GetPlanRequest{Name: p.Plan})
	p.Found, err = exists(goals, err)
	p.State = wire.FromEnum[domain.PlanState](plan.GetState())
	p.Start, p.End = wire.FromDate[domain.Date](plan.GetStartDate()), wire.FromDate[domain.Date](plan.GetEndDate())
	return p, err
}

// Books implements app.Goals.
func (g Goals) Books(ctx context.Context, organization string) (string, int, error) {
	o, err := g.client.GetOrganization(ctx, &goalsv1.GetOrganizationRequest{Name: domain.OrganizationName(organization)})
	return o.GetCurrencyCode(), max(1, int(o.GetFiscalYearStartMonth())), from(goals, err)
}
