package rpc

import (
	"context"
	"fmt"
	"strings"

	"google.golang.org/protobuf/types/known/emptypb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

var milestoneName = rpc.Name("organizations/{organization}/strategies/{strategy}/objectives/{objective}/milestones/{milestone}")

func milestoneKey(field, name string) (app.MilestoneKey, error) {
	ids, err := milestoneName.Parse(field, name)
	if err != nil {
		return app.MilestoneKey{}, err
	}
	return app.MilestoneKey{Organization: ids[0], Strategy: ids[1], Objective: ids[2], Milestone: ids[3]}, nil
}

// CreateMilestone implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) CreateMilestone(ctx context.Context, r *actionplanningv1.CreateMilestoneRequest) (*actionplanningv1.Milestone, error) {
	k, err := objectiveKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	var bad fault.Violations
	draft := milestoneDomain(&bad, app.MilestoneKey{Organization: k.Organization, Strategy: k.Strategy, Objective: k.Objective, Milestone: r.GetMilestoneId()}, "milestone", r.GetMilestone())
	if err := bad.Err(); err != nil {
		return nil, err
	}
	milestone, err := s.app.CreateMilestone(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(milestone, err, milestoneProto)
}

// GetMilestone implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetMilestone(ctx context.Context, r *actionplanningv1.GetMilestoneRequest) (*actionplanningv1.Milestone, error) {
	key, err := milestoneKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	milestone, err := s.app.GetMilestone(ctx, key)
	return rpc.Reply(milestone, err, milestoneProto)
}

// ListMilestones implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ListMilestones(ctx context.Context, r *actionplanningv1.ListMilestonesRequest) (*actionplanningv1.ListMilestonesResponse, error) {
	parent, err := objectives(r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.MilestoneList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListMilestones(ctx, parent, q)
	return &actionplanningv1.ListMilestonesResponse{Milestones: rpc.Each(page.Items, milestoneProto), NextPageToken: page.Next}, err
}

// objectives takes the name of an objective apart; "-" for it, or for it and its strategy, means all (AIP-159) and becomes "".
func objectives(parent string) (app.ObjectiveKey, error) {
	if organization, all := strings.CutSuffix(parent, "/strategies/-/objectives/-"); all {
		ids, err := organizationName.Parse("parent", organization)
		if err != nil {
			return app.ObjectiveKey{}, err
		}
		return app.ObjectiveKey{Organization: ids[0]}, nil
	}
	if strategy, all := strings.CutSuffix(parent, "/objectives/-"); all {
		k, err := strategyKey("parent", strategy)
		return app.ObjectiveKey{Organization: k.Organization, Strategy: k.Strategy}, err
	}
	return objectiveKey("parent", parent)
}

// UpdateMilestone implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) UpdateMilestone(ctx context.Context, r *actionplanningv1.UpdateMilestoneRequest) (*actionplanningv1.Milestone, error) {
	key, err := milestoneKey("milestone.name", r.GetMilestone().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	milestone, err := s.app.UpdateMilestone(ctx, key, r.GetMilestone().GetEtag(), func(old domain.Milestone) (domain.Milestone, error) {
		merged := milestoneProto(old)
		if err := rpc.ApplyMask(merged, r.GetMilestone(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		var bad fault.Violations
		return milestoneDomain(&bad, key, "milestone", merged), bad.Err()
	})
	return rpc.Reply(milestone, err, milestoneProto)
}

// DeleteMilestone implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) DeleteMilestone(ctx context.Context, r *actionplanningv1.DeleteMilestoneRequest) (*emptypb.Empty, error) {
	key, err := milestoneKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteMilestone(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}

// BatchUpsertMilestones implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) BatchUpsertMilestones(ctx context.Context, r *actionplanningv1.BatchUpsertMilestonesRequest) (*actionplanningv1.BatchUpsertMilestonesResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	var bad fault.Violations
	rows := make([]app.MilestoneDraft, len(r.GetMilestones()))
	for i, m := range r.GetMilestones() {
		at := fmt.Sprintf("milestones[%d]", i)
		if is, ok := refer(&bad, milestoneName, ids[0], at+".name", m.GetName()); ok {
			rows[i].Milestone = milestoneDomain(&bad, app.MilestoneKey{Organization: is[0], Strategy: is[1], Objective: is[2], Milestone: is[3]}, at, m)
		}
		rows[i].Etag = m.GetEtag()
	}
	if err := bad.Err(); err != nil {
		return nil, err
	}
	n, err := s.app.UpsertMilestones(resource.DryRun(ctx, r.GetValidateOnly()), ids[0], rows)
	return rpc.Reply(n, err, milestonesUpserted)
}

func milestonesUpserted(n app.MilestonesUpserted) *actionplanningv1.BatchUpsertMilestonesResponse {
	return &actionplanningv1.BatchUpsertMilestonesResponse{Created: int32(n.Created), Updated: int32(n.Updated), Unchanged: int32(n.Unchanged)}
}

func milestoneProto(m domain.Milestone) *actionplanningv1.Milestone {
	return &actionplanningv1.Milestone{
		Name: m.Name(), DisplayName: m.DisplayName,
		PlannedStartDate: wire.Date(m.PlannedStart), PlannedEndDate: wire.Date(m.PlannedEnd),
		ActualStartDate: wire.Date(m.ActualStart), ActualEndDate: wire.Date(m.ActualEnd),
		DependsOn: m.DependsOn, Percent: int32(m.Percent), Weight: int32(m.Weight), Description: m.Description,
		Etag: resource.Etag(m), CreateTime: wire.Time(m.CreateTime), UpdateTime: wire.Time(m.UpdateTime),
	}
}

// milestoneDomain records, by where the milestone stands in the request, dependencies that are no names of milestones of the organization.
func milestoneDomain(bad *fault.Violations, k app.MilestoneKey, at string, m *actionplanningv1.Milestone) domain.Milestone {
	for i, d := range m.GetDependsOn() {
		refer(bad, milestoneName, k.Organization, fmt.Sprintf("%s.depends_on[%d]", at, i), d)
	}
	return domain.Milestone{
		Organization: k.Organization, Strategy: k.Strategy, Objective: k.Objective, ID: k.Milestone, DisplayName: m.GetDisplayName(),
		PlannedStart: wire.FromDate[domain.Date](m.GetPlannedStartDate()), PlannedEnd: wire.FromDate[domain.Date](m.GetPlannedEndDate()),
		ActualStart: wire.FromDate[domain.Date](m.GetActualStartDate()), ActualEnd: wire.FromDate[domain.Date](m.GetActualEndDate()),
		DependsOn: m.GetDependsOn(), Percent: int(m.GetPercent()), Weight: int(m.GetWeight()), Description: m.GetDescription(),
	}
}
