package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// CreatePlan implements goalsv1.GoalsServiceServer.
func (s *Server) CreatePlan(ctx context.Context, r *goalsv1.CreatePlanRequest) (*goalsv1.Plan, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	plan, err := s.app.CreatePlan(resource.DryRun(ctx, r.GetValidateOnly()), planDomain(ids[0], r.GetPlanId(), r.GetPlan()))
	return rpc.Reply(plan, err, planProto)
}

// GetPlan implements goalsv1.GoalsServiceServer.
func (s *Server) GetPlan(ctx context.Context, r *goalsv1.GetPlanRequest) (*goalsv1.Plan, error) {
	key, err := planKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	plan, err := s.app.GetPlan(ctx, key)
	return rpc.Reply(plan, err, planProto)
}

// ListPlans implements goalsv1.GoalsServiceServer.
func (s *Server) ListPlans(ctx context.Context, r *goalsv1.ListPlansRequest) (*goalsv1.ListPlansResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.PlanList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListPlans(ctx, ids[0], q)
	return &goalsv1.ListPlansResponse{Plans: rpc.Each(page.Items, planProto), NextPageToken: page.Next}, err
}

// UpdatePlan implements goalsv1.GoalsServiceServer.
func (s *Server) UpdatePlan(ctx context.Context, r *goalsv1.UpdatePlanRequest) (*goalsv1.Plan, error) {
	key, err := planKey("plan.name", r.GetPlan().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	plan, err := s.app.UpdatePlan(ctx, key, r.GetPlan().GetEtag(), func(old domain.Plan) (domain.Plan, error) {
		merged := planProto(old)
		if err := rpc.ApplyMask(merged, r.GetPlan(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return planDomain(key.Organization, key.Plan, merged), nil
	})
	return rpc.Reply(plan, err, planProto)
}

// SubmitPlan implements goalsv1.GoalsServiceServer.
func (s *Server) SubmitPlan(ctx context.Context, r *goalsv1.SubmitPlanRequest) (*goalsv1.Plan, error) {
	key, err := planKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	plan, err := s.app.SubmitPlan(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag())
	return rpc.Reply(plan, err, planProto)
}

// AdoptPlan implements goalsv1.GoalsServiceServer.
func (s *Server) AdoptPlan(ctx context.Context, r *goalsv1.AdoptPlanRequest) (*goalsv1.Plan, error) {
	key, err := planKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	plan, err := s.app.AdoptPlan(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag(), adoptionDomain(r.GetAdoption()))
	return rpc.Reply(plan, err, planProto)
}

// CreateGoal implements goalsv1.GoalsServiceServer.
func (s *Server) CreateGoal(ctx context.Context, r *goalsv1.CreateGoalRequest) (*goalsv1.Goal, error) {
	key, err := planKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	draft, err := goalDomain(key.Organization, key.Plan, r.GetGoalId(), r.GetGoal())
	if err != nil {
		return nil, err
	}
	goal, err := s.app.CreateGoal(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(goal, err, goalProto)
}

// GetGoal implements goalsv1.GoalsServiceServer.
func (s *Server) GetGoal(ctx context.Context, r *goalsv1.GetGoalRequest) (*goalsv1.Goal, error) {
	key, err := goalKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	goal, err := s.app.GetGoal(ctx, key)
	return rpc.Reply(goal, err, goalProto)
}

// ListGoals implements goalsv1.GoalsServiceServer.
func (s *Server) ListGoals(ctx context.Context, r *goalsv1.ListGoalsRequest) (*goalsv1.ListGoalsResponse, error) {
	key, err := planKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.GoalList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListGoals(ctx, key, q)
	return &goalsv1.ListGoalsResponse{Goals: rpc.Each(page.Items, goalProto), NextPageToken: page.Next}, err
}

// UpdateGoal implements goalsv1.GoalsServiceServer.
func (s *Server) UpdateGoal(ctx context.Context, r *goalsv1.UpdateGoalRequest) (*goalsv1.Goal, error) {
	key, err := goalKey("goal.name", r.GetGoal().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	goal, err := s.app.UpdateGoal(ctx, key, r.GetGoal().GetEtag(), func(old domain.Goal) (domain.Goal, error) {
		merged := goalProto(old)
		if err := rpc.ApplyMask(merged, r.GetGoal(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return goalDomain(key.Organization, key.Plan, key.Goal, merged)
	})
	return rpc.Reply(goal, err, goalProto)
}

// DeleteGoal implements goalsv1.GoalsServiceServer.
func (s *Server) DeleteGoal(ctx context.Context, r *goalsv1.DeleteGoalRequest) (*emptypb.Empty, error) {
	key, err := goalKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteGoal(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}

func planKey(field, name string) (app.PlanKey, error) {
	ids, err := planName.Parse(field, name)
	if err != nil {
		return app.PlanKey{}, err
	}
	return app.PlanKey{Organization: ids[0], Plan: ids[1]}, nil
}

func goalKey(field, name string) (app.GoalKey, error) {
	ids, err := goalName.Parse(field, name)
	if err != nil {
		return app.GoalKey{}, err
	}
	return app.GoalKey{Organization: ids[0], Plan: ids[1], Goal: ids[2]}, nil
}
