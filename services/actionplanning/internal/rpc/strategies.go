package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// CreateStrategy implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) CreateStrategy(ctx context.Context, r *actionplanningv1.CreateStrategyRequest) (*actionplanningv1.Strategy, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	draft, err := strategyDomain(ids[0], r.GetStrategyId(), r.GetStrategy())
	if err != nil {
		return nil, err
	}
	strategy, err := s.app.CreateStrategy(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(strategy, err, strategyProto)
}

// GetStrategy implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetStrategy(ctx context.Context, r *actionplanningv1.GetStrategyRequest) (*actionplanningv1.Strategy, error) {
	key, err := strategyKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	strategy, err := s.app.GetStrategy(ctx, key)
	return rpc.Reply(strategy, err, strategyProto)
}

// ListStrategies implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ListStrategies(ctx context.Context, r *actionplanningv1.ListStrategiesRequest) (*actionplanningv1.ListStrategiesResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.StrategyList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListStrategies(ctx, ids[0], q)
	return &actionplanningv1.ListStrategiesResponse{Strategies: rpc.Each(page.Items, strategyProto), NextPageToken: page.Next}, err
}

// UpdateStrategy implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) UpdateStrategy(ctx context.Context, r *actionplanningv1.UpdateStrategyRequest) (*actionplanningv1.Strategy, error) {
	key, err := strategyKey("strategy.name", r.GetStrategy().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	strategy, err := s.app.UpdateStrategy(ctx, key, r.GetStrategy().GetEtag(), func(old domain.Strategy) (domain.Strategy, error) {
		merged := strategyProto(old)
		if err := rpc.ApplyMask(merged, r.GetStrategy(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return strategyDomain(key.Organization, key.Strategy, merged)
	})
	return rpc.Reply(strategy, err, strategyProto)
}

// DeleteStrategy implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) DeleteStrategy(ctx context.Context, r *actionplanningv1.DeleteStrategyRequest) (*emptypb.Empty, error) {
	key, err := strategyKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteStrategy(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}
