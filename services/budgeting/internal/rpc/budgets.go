package rpc

import (
	"context"
	"time"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// reader is one for the organization, with its currency.
func (s *Server) reader(ctx context.Context, organization string) (reader, error) {
	currency, err := s.app.Currency(ctx, organization)
	return reader{organization: organization, currency: currency}, err
}

// CreateBudget implements budgetingv1.BudgetingServiceServer.
func (s *Server) CreateBudget(ctx context.Context, r *budgetingv1.CreateBudgetRequest) (*budgetingv1.Budget, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, ids[0])
	if err != nil {
		return nil, err
	}
	draft := read.budget(r.GetBudgetId(), r.GetBudget())
	if len(read.Violations) > 0 { // tell what else is wrong with it
		if _, err := domain.NewBudget(draft, time.Time{}); err != nil {
			read.add(err)
		}
		return nil, read.Err()
	}
	budget, err := s.app.CreateBudget(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(budget, err, budgetProto)
}

// GetBudget implements budgetingv1.BudgetingServiceServer.
func (s *Server) GetBudget(ctx context.Context, r *budgetingv1.GetBudgetRequest) (*budgetingv1.Budget, error) {
	k, err := key(budgetName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	budget, err := s.app.GetBudget(ctx, k)
	return rpc.Reply(budget, err, budgetProto)
}

// ListBudgets implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListBudgets(ctx context.Context, r *budgetingv1.ListBudgetsRequest) (*budgetingv1.ListBudgetsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.BudgetList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListBudgets(ctx, ids[0], q)
	return &budgetingv1.ListBudgetsResponse{Budgets: rpc.Each(page.Items, budgetProto), NextPageToken: page.Next}, err
}

// FreezeResultsPolicies implements budgetingv1.BudgetingServiceServer.
func (s *Server) FreezeResultsPolicies(ctx context.Context, r *budgetingv1.FreezeResultsPoliciesRequest) (*budgetingv1.Budget, error) {
	k, err := key(budgetName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	budget, err := s.app.FreezeResultsPolicies(resource.DryRun(ctx, r.GetValidateOnly()), caller(ctx), k, r.GetResolution(), r.GetEtag())
	return rpc.Reply(budget, err, budgetProto)
}

// UpdateBudget implements budgetingv1.BudgetingServiceServer.
func (s *Server) UpdateBudget(ctx context.Context, r *budgetingv1.UpdateBudgetRequest) (*budgetingv1.Budget, error) {
	k, err := key(budgetName, "budget.name", r.GetBudget().GetName())
	if err != nil {
		return nil, err
	}
	base, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	if base.id(planName, "budget.plan", r.GetBudget().GetPlan()); base.Err() != nil {
		return nil, base.Err()
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	budget, err := s.app.UpdateBudget(ctx, k, r.GetBudget().GetPlan(), app.Edit[domain.Budget]{
		Etag: r.GetBudget().GetEtag(), AllowMissing: r.GetAllowMissing(),
		Apply: func(old domain.Budget, found bool) (domain.Budget, error) {
			merged, err := merge(r, r.GetBudget(), old, found, budgetProto)
			read := base
			next := read.budget(k.ID, merged)
			return next, first(err, read.Err())
		},
	})
	return rpc.Reply(budget, err, budgetProto)
}
