// Package peer reads other services over gRPC.
package peer

import (
	"context"
	"sync"

	"google.golang.org/grpc"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/rpc"
)

// Goals is app.Goals on a connection that carries this service's tokens.
type Goals struct {
	client     goalsv1.GoalsServiceClient
	currencies sync.Map // organization id to code; currencies never change, so that nothing here grows stale
}

var _ app.Goals = (*Goals)(nil)

// NewGoals reads through conn.
func NewGoals(conn grpc.ClientConnInterface) *Goals {
	return &Goals{client: goalsv1.NewGoalsServiceClient(conn)}
}

// Currency implements app.Goals.
func (g *Goals) Currency(ctx context.Context, organization string) (string, error) {
	if code, ok := g.currencies.Load(organization); ok {
		return code.(string), nil //nolint:forcetypeassert // only strings are stored
	}
	org, err := g.client.GetOrganization(ctx, &goalsv1.GetOrganizationRequest{Name: domain.OrganizationName(organization)})
	if err != nil {
		return "", rpc.FromStatus(err)
	}
	g.currencies.Store(organization, org.GetCurrencyCode())
	return org.GetCurrencyCode(), nil
}

// CheckPlan implements app.Goals.
func (g *Goals) CheckPlan(ctx context.Context, name string) error {
	_, err := g.client.GetPlan(ctx, &goalsv1.GetPlanRequest{Name: name})
	return rpc.FromStatus(err)
}

// Priorities implements app.Goals.
func (g *Goals) Priorities(ctx context.Context, name string) (domain.Priorities, error) {
	r, err := g.client.GetPriorityRevision(ctx, &goalsv1.GetPriorityRevisionRequest{Name: name})
	if err != nil {
		return domain.Priorities{}, rpc.FromStatus(err)
	}
	p := domain.Priorities{Name: r.GetName(), Hash: r.GetContentHash(), Time: r.GetEffectiveTime().AsTime()}
	for _, w := range r.GetWeights() {
		p.Weights = append(p.Weights, domain.GoalWeight{Goal: w.GetGoal(), Title: w.GetDisplayName(), PPM: int64(w.GetWeightPpm())})
	}
	return p, nil
}
