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

// CreateAssignment implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) CreateAssignment(ctx context.Context, r *actionplanningv1.CreateAssignmentRequest) (*actionplanningv1.Assignment, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	draft, err := assignmentDomain(ids[0], r.GetAssignmentId(), r.GetAssignment())
	if err != nil {
		return nil, err
	}
	assignment, err := s.app.CreateAssignment(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(assignment, err, assignmentProto)
}

// GetAssignment implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetAssignment(ctx context.Context, r *actionplanningv1.GetAssignmentRequest) (*actionplanningv1.Assignment, error) {
	key, err := assignmentKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	assignment, err := s.app.GetAssignment(ctx, key)
	return rpc.Reply(assignment, err, assignmentProto)
}

// ListAssignments implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ListAssignments(ctx context.Context, r *actionplanningv1.ListAssignmentsRequest) (*actionplanningv1.ListAssignmentsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.AssignmentList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListAssignments(ctx, ids[0], q)
	return &actionplanningv1.ListAssignmentsResponse{Assignments: rpc.Each(page.Items, assignmentProto), NextPageToken: page.Next}, err
}

// UpdateAssignment implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) UpdateAssignment(ctx context.Context, r *actionplanningv1.UpdateAssignmentRequest) (*actionplanningv1.Assignment, error) {
	key, err := assignmentKey("assignment.name", r.GetAssignment().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	assignment, err := s.app.UpdateAssignment(ctx, key, r.GetAssignment().GetEtag(), func(old domain.Assignment) (domain.Assignment, error) {
		merged := assignmentProto(old)
		if err := rpc.ApplyMask(merged, r.GetAssignment(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return assignmentDomain(key.Organization, key.Assignment, merged)
	})
	return rpc.Reply(assignment, err, assignmentProto)
}

// DeleteAssignment implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) DeleteAssignment(ctx context.Context, r *actionplanningv1.DeleteAssignmentRequest) (*emptypb.Empty, error) {
	key, err := assignmentKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteAssignment(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}
