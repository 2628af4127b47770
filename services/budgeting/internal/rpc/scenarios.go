package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// CreateScenario implements budgetingv1.BudgetingServiceServer.
func (s *Server) CreateScenario(ctx context.Context, r *budgetingv1.CreateScenarioRequest) (*budgetingv1.Scenario, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	draft := read.scenario(k.Budget, r.GetScenarioId(), r.GetScenario())
	if err := read.Err(); err != nil {
		return nil, err
	}
	p, err := s.app.CreateScenario(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(p, err, scenarioProto)
}

// GetScenario implements budgetingv1.BudgetingServiceServer.
func (s *Server) GetScenario(ctx context.Context, r *budgetingv1.GetScenarioRequest) (*budgetingv1.Scenario, error) {
	k, err := inBudget(scenarioName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	p, err := s.app.GetScenario(ctx, k)
	return rpc.Reply(p, err, scenarioProto)
}

// ListScenarios implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListScenarios(ctx context.Context, r *budgetingv1.ListScenariosRequest) (*budgetingv1.ListScenariosResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.ScenarioList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListScenarios(ctx, k, q)
	return &budgetingv1.ListScenariosResponse{Scenarios: rpc.Each(page.Items, scenarioProto), NextPageToken: page.Next}, err
}

// UpdateScenario implements budgetingv1.BudgetingServiceServer.
func (s *Server) UpdateScenario(ctx context.Context, r *budgetingv1.UpdateScenarioRequest) (*budgetingv1.Scenario, error) {
	k, err := inBudget(scenarioName, "scenario.name", r.GetScenario().GetName())
	if err != nil {
		return nil, err
	}
	base, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	p, err := s.app.UpdateScenario(ctx, k, app.Edit[domain.Scenario]{
		Etag: r.GetScenario().GetEtag(), AllowMissing: r.GetAllowMissing(),
		Apply: func(old domain.Scenario, found bool) (domain.Scenario, error) {
			merged, err := merge(r, r.GetScenario(), old, found, scenarioProto)
			read := base
			next := read.scenario(k.Budget, k.ID, merged)
			return next, first(err, read.Err())
		},
	})
	return rpc.Reply(p, err, scenarioProto)
}

// DeleteScenario implements budgetingv1.BudgetingServiceServer.
func (s *Server) DeleteScenario(ctx context.Context, r *budgetingv1.DeleteScenarioRequest) (*emptypb.Empty, error) {
	k, err := inBudget(scenarioName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	return rpc.Empty(s.app.DeleteScenario(ctx, k, r.GetEtag()))
}
