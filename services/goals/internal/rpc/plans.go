package rpc

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/proto"

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
	if r.GetAsOf() != nil {
		at, err := moment(r.GetAsOf())
		if err != nil {
			return nil, err
		}
		archived, err := s.app.PlanAsOf(ctx, key, at)
		return unarchived(archived, err, &goalsv1.Plan{})
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

// SupersedePlan implements goalsv1.GoalsServiceServer.
func (s *Server) SupersedePlan(ctx context.Context, r *goalsv1.SupersedePlanRequest) (*goalsv1.Plan, error) {
	key, err := planKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	if _, err := planKey("successor", r.GetSuccessor()); err != nil {
		return nil, err
	}
	plan, err := s.app.SupersedePlan(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag(), r.GetSuccessor())
	return rpc.Reply(plan, err, planProto)
}

// unarchived reads a message of the journal: what was answered then.
func unarchived[M proto.Message](archived []byte, err error, m M) (M, error) {
	var none M
	if err != nil {
		return none, err
	}
	if err := proto.Unmarshal(archived, m); err != nil {
		return none, fmt.Errorf("decode %s of the journal: %w", m.ProtoReflect().Descriptor().Name(), err)
	}
	return m, nil
}
