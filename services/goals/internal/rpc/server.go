// Package rpc answers the gRPC calls of goals.
package rpc

import (
	"context"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

var (
	organizationName     = rpc.Name("organizations/{organization}")
	planName             = rpc.Name("organizations/{organization}/plans/{plan}")
	goalName             = rpc.Name("organizations/{organization}/plans/{plan}/goals/{goal}")
	prioritizationName   = rpc.Name("organizations/{organization}/plans/{plan}/prioritizations/{prioritization}")
	roleAssignmentName   = rpc.Name("organizations/{organization}/plans/{plan}/roleAssignments/{role_assignment}")
	feedbackName         = rpc.Name("organizations/{organization}/feedback/{feedback}")
	priorityRevisionName = rpc.Name("organizations/{organization}/plans/{plan}/priorityRevisions/{priority_revision}")
)

// Server implements goalsv1.GoalsServiceServer on the use cases.
type Server struct {
	goalsv1.UnimplementedGoalsServiceServer
	app *app.App
}

// New makes the server.
func New(a *app.App) *Server { return &Server{app: a} }

// CreateOrganization implements goalsv1.GoalsServiceServer.
func (s *Server) CreateOrganization(ctx context.Context, r *goalsv1.CreateOrganizationRequest) (*goalsv1.Organization, error) {
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	org, err := s.app.CreateOrganization(ctx, organizationDomain(r.GetOrganizationId(), r.GetOrganization()))
	return rpc.Reply(org, err, organizationProto)
}

// GetOrganization implements goalsv1.GoalsServiceServer.
func (s *Server) GetOrganization(ctx context.Context, r *goalsv1.GetOrganizationRequest) (*goalsv1.Organization, error) {
	ids, err := organizationName.Parse("name", r.GetName())
	if err != nil {
		return nil, err
	}
	org, err := s.app.GetOrganization(ctx, ids[0])
	return rpc.Reply(org, err, organizationProto)
}

// ListOrganizations implements goalsv1.GoalsServiceServer.
func (s *Server) ListOrganizations(ctx context.Context, r *goalsv1.ListOrganizationsRequest) (*goalsv1.ListOrganizationsResponse, error) {
	q, err := listing.Of(r, "", app.OrganizationList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListOrganizations(ctx, q)
	return &goalsv1.ListOrganizationsResponse{Organizations: rpc.Each(page.Items, organizationProto), NextPageToken: page.Next}, err
}

// UpdateOrganization implements goalsv1.GoalsServiceServer.
func (s *Server) UpdateOrganization(ctx context.Context, r *goalsv1.UpdateOrganizationRequest) (*goalsv1.Organization, error) {
	ids, err := organizationName.Parse("organization.name", r.GetOrganization().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	org, err := s.app.UpdateOrganization(ctx, ids[0], r.GetOrganization().GetEtag(), func(old domain.Organization) (domain.Organization, error) {
		merged := organizationProto(old)
		if err := rpc.ApplyMask(merged, r.GetOrganization(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return organizationDomain(ids[0], merged), nil
	})
	return rpc.Reply(org, err, organizationProto)
}
