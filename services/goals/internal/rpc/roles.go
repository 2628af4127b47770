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
	"github.com/throughline/throughline/services/platform/wire"
)

// CreateRoleAssignment implements goalsv1.GoalsServiceServer.
func (s *Server) CreateRoleAssignment(ctx context.Context, r *goalsv1.CreateRoleAssignmentRequest) (*goalsv1.RoleAssignment, error) {
	key, err := planKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	draft := roleAssignmentDomain(app.RoleKey{Organization: key.Organization, Plan: key.Plan, RoleAssignment: r.GetRoleAssignmentId()}, r.GetRoleAssignment())
	role, err := s.app.CreateRoleAssignment(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(role, err, roleAssignmentProto)
}

// GetRoleAssignment implements goalsv1.GoalsServiceServer.
func (s *Server) GetRoleAssignment(ctx context.Context, r *goalsv1.GetRoleAssignmentRequest) (*goalsv1.RoleAssignment, error) {
	key, err := roleKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	role, err := s.app.GetRoleAssignment(ctx, key)
	return rpc.Reply(role, err, roleAssignmentProto)
}

// ListRoleAssignments implements goalsv1.GoalsServiceServer.
func (s *Server) ListRoleAssignments(ctx context.Context, r *goalsv1.ListRoleAssignmentsRequest) (*goalsv1.ListRoleAssignmentsResponse, error) {
	key, err := planKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.RoleAssignmentList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListRoleAssignments(ctx, key, q)
	return &goalsv1.ListRoleAssignmentsResponse{RoleAssignments: rpc.Each(page.Items, roleAssignmentProto), NextPageToken: page.Next}, err
}

// UpdateRoleAssignment implements goalsv1.GoalsServiceServer.
func (s *Server) UpdateRoleAssignment(ctx context.Context, r *goalsv1.UpdateRoleAssignmentRequest) (*goalsv1.RoleAssignment, error) {
	key, err := roleKey("role_assignment.name", r.GetRoleAssignment().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	role, err := s.app.UpdateRoleAssignment(ctx, key, r.GetRoleAssignment().GetEtag(), func(old domain.RoleAssignment) (domain.RoleAssignment, error) {
		merged := roleAssignmentProto(old)
		if err := rpc.ApplyMask(merged, r.GetRoleAssignment(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return roleAssignmentDomain(key, merged), nil
	})
	return rpc.Reply(role, err, roleAssignmentProto)
}

// DeleteRoleAssignment implements goalsv1.GoalsServiceServer.
func (s *Server) DeleteRoleAssignment(ctx context.Context, r *goalsv1.DeleteRoleAssignmentRequest) (*emptypb.Empty, error) {
	key, err := roleKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteRoleAssignment(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}

func roleKey(field, name string) (app.RoleKey, error) {
	ids, err := roleAssignmentName.Parse(field, name)
	if err != nil {
		return app.RoleKey{}, err
	}
	return app.RoleKey{Organization: ids[0], Plan: ids[1], RoleAssignment: ids[2]}, nil
}

func roleAssignmentProto(r domain.RoleAssignment) *goalsv1.RoleAssignment {
	out := &goalsv1.RoleAssignment{
		Name: r.Name(), Role: r.Role, Letter: wire.Enum[goalsv1.RaciLetter](r.Letter), Phase: r.Phase, Holder: r.Holder,
		Etag: resource.Etag(r), CreateTime: wire.Time(r.CreateTime), UpdateTime: wire.Time(r.UpdateTime),
	}
	if r.Goal != "" {
		out.Goal = domain.GoalName(r.Organization, r.Plan, r.Goal)
	}
	return out
}

func roleAssignmentDomain(k app.RoleKey, r *goalsv1.RoleAssignment) domain.RoleAssignment {
	return domain.RoleAssignment{
		Organization: k.Organization, Plan: k.Plan, ID: k.RoleAssignment, Role: r.GetRole(), Letter: wire.FromEnum[string](r.GetLetter()),
		Phase: r.GetPhase(), Goal: itemID(k.Organization, k.Plan, r.GetGoal()), Holder: r.GetHolder(),
	}
}
