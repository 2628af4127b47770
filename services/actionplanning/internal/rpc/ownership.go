package rpc

import (
	"context"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

var successionName = rpc.Name("organizations/{organization}/successionProposals/{succession_proposal}")

func successionKey(name string) (app.SuccessionKey, error) {
	ids, err := successionName.Parse("name", name)
	if err != nil {
		return app.SuccessionKey{}, err
	}
	return app.SuccessionKey{Organization: ids[0], Succession: ids[1]}, nil
}

// ListOwnershipGaps implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ListOwnershipGaps(ctx context.Context, r *actionplanningv1.ListOwnershipGapsRequest) (*actionplanningv1.ListOwnershipGapsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.GapList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListOwnershipGaps(ctx, ids[0], q)
	return &actionplanningv1.ListOwnershipGapsResponse{Gaps: rpc.Each(page.Items, gapProto), NextPageToken: page.Next}, err
}

// GetSuccessionProposal implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) GetSuccessionProposal(ctx context.Context, r *actionplanningv1.GetSuccessionProposalRequest) (*actionplanningv1.SuccessionProposal, error) {
	key, err := successionKey(r.GetName())
	if err != nil {
		return nil, err
	}
	proposal, err := s.app.GetSuccession(ctx, key)
	return rpc.Reply(proposal, err, successionProto)
}

// ListSuccessionProposals implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) ListSuccessionProposals(
	ctx context.Context, r *actionplanningv1.ListSuccessionProposalsRequest,
) (*actionplanningv1.ListSuccessionProposalsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.SuccessionList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListSuccessions(ctx, ids[0], q)
	return &actionplanningv1.ListSuccessionProposalsResponse{SuccessionProposals: rpc.Each(page.Items, successionProto), NextPageToken: page.Next}, err
}

// AcceptSuccession implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) AcceptSuccession(ctx context.Context, r *actionplanningv1.AcceptSuccessionRequest) (*actionplanningv1.SuccessionProposal, error) {
	key, err := successionKey(r.GetName())
	if err != nil {
		return nil, err
	}
	employee, err := employeeName.Parse("employee", r.GetEmployee())
	if err != nil {
		return nil, err
	}
	if err := sameOrganization("employee", r.GetEmployee(), employee[0], key.Organization); err != nil {
		return nil, err
	}
	id, _ := authn.FromContext(ctx)
	proposal, err := s.app.AcceptSuccession(resource.DryRun(ctx, r.GetValidateOnly()), key, employee[1], r.GetEtag(), id.Principal())
	return rpc.Reply(proposal, err, successionProto)
}

// DeclineSuccession implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) DeclineSuccession(ctx context.Context, r *actionplanningv1.DeclineSuccessionRequest) (*actionplanningv1.SuccessionProposal, error) {
	key, err := successionKey(r.GetName())
	if err != nil {
		return nil, err
	}
	id, _ := authn.FromContext(ctx)
	proposal, err := s.app.DeclineSuccession(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetReason(), r.GetEtag(), id.Principal())
	return rpc.Reply(proposal, err, successionProto)
}
