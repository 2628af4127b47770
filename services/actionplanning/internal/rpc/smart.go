package rpc

import (
	"context"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// roleManager may go on with an objective against its review.
const roleManager = "manager"

func caller(ctx context.Context) app.Caller {
	id, _ := authn.FromContext(ctx)
	return app.Caller{Subject: id.Principal(), Manager: id.HasRole(roleManager)}
}

// ReviewObjective implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ReviewObjective(ctx context.Context, r *actionplanningv1.ReviewObjectiveRequest) (*actionplanningv1.SmartReview, error) {
	key, err := objectiveKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	review, err := s.app.ReviewObjective(ctx, key)
	return reviewProto(&review), err
}

// ActivateObjective implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ActivateObjective(ctx context.Context, r *actionplanningv1.ActivateObjectiveRequest) (*actionplanningv1.Objective, error) {
	key, err := objectiveKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	objective, err := s.app.ActivateObjective(ctx, key, caller(ctx), r.GetOverrideReason(), r.GetEtag())
	return rpc.Reply(objective, err, objectiveProto)
}

// CompleteObjective implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) CompleteObjective(ctx context.Context, r *actionplanningv1.CompleteObjectiveRequest) (*actionplanningv1.Objective, error) {
	key, err := objectiveKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	objective, err := s.app.CompleteObjective(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag())
	return rpc.Reply(objective, err, objectiveProto)
}

// CancelObjective implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) CancelObjective(ctx context.Context, r *actionplanningv1.CancelObjectiveRequest) (*actionplanningv1.Objective, error) {
	key, err := objectiveKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	objective, err := s.app.CancelObjective(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetReason(), r.GetEtag())
	return rpc.Reply(objective, err, objectiveProto)
}
