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

// CreateObjective implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) CreateObjective(ctx context.Context, r *actionplanningv1.CreateObjectiveRequest) (*actionplanningv1.Objective, error) {
	parent, err := strategyKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	draft, err := objectiveDomain(parent, r.GetObjectiveId(), r.GetObjective())
	if err != nil {
		return nil, err
	}
	objective, err := s.app.CreateObjective(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(objective, err, objectiveProto)
}

// GetObjective implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetObjective(ctx context.Context, r *actionplanningv1.GetObjectiveRequest) (*actionplanningv1.Objective, error) {
	key, err := objectiveKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	objective, err := s.app.GetObjective(ctx, key)
	return rpc.Reply(objective, err, objectiveProto)
}

// ListObjectives implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ListObjectives(ctx context.Context, r *actionplanningv1.ListObjectivesRequest) (*actionplanningv1.ListObjectivesResponse, error) {
	parent, err := strategyKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.ObjectiveList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListObjectives(ctx, parent, q)
	return &actionplanningv1.ListObjectivesResponse{Objectives: rpc.Each(page.Items, objectiveProto), NextPageToken: page.Next}, err
}

// UpdateObjective implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) UpdateObjective(ctx context.Context, r *actionplanningv1.UpdateObjectiveRequest) (*actionplanningv1.Objective, error) {
	key, err := objectiveKey("objective.name", r.GetObjective().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	objective, err := s.app.UpdateObjective(ctx, key, r.GetObjective().GetEtag(), func(old domain.Objective) (domain.Objective, error) {
		merged := objectiveProto(old)
		if err := rpc.ApplyMask(merged, r.GetObjective(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return objectiveDomain(app.StrategyKey{Organization: key.Organization, Strategy: key.Strategy}, key.Objective, merged)
	})
	return rpc.Reply(objective, err, objectiveProto)
}

// DeleteObjective implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) DeleteObjective(ctx context.Context, r *actionplanningv1.DeleteObjectiveRequest) (*emptypb.Empty, error) {
	key, err := objectiveKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteObjective(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}
