package rpc

import (
	"context"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// Roles that may do more than others with ballots.
const (
	roleRecorder = "manager" // records any member's ballot and recusal at an open meeting
	roleAuditor  = "auditor" // sees secret ballots
)

func caller(ctx context.Context) app.Caller {
	id, _ := authn.FromContext(ctx)
	return app.Caller{Subject: id.Principal(), Recorder: id.HasRole(roleRecorder), Auditor: id.HasRole(roleAuditor)}
}

// CreatePrioritization implements goalsv1.GoalsServiceServer.
func (s *Server) CreatePrioritization(ctx context.Context, r *goalsv1.CreatePrioritizationRequest) (*goalsv1.Prioritization, error) {
	key, err := planKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	draft := prioritizationDomain(key.Organization, key.Plan, r.GetPrioritizationId(), r.GetPrioritization())
	round, err := s.app.CreatePrioritization(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(round, err, prioritizationProto)
}

// GetPrioritization implements goalsv1.GoalsServiceServer.
func (s *Server) GetPrioritization(ctx context.Context, r *goalsv1.GetPrioritizationRequest) (*goalsv1.Prioritization, error) {
	key, err := roundKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	round, err := s.app.GetPrioritization(ctx, key)
	return rpc.Reply(round, err, prioritizationProto)
}

// ListPrioritizations implements goalsv1.GoalsServiceServer.
func (s *Server) ListPrioritizations(ctx context.Context, r *goalsv1.ListPrioritizationsRequest) (*goalsv1.ListPrioritizationsResponse, error) {
	key, err := planKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.PrioritizationList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListPrioritizations(ctx, key, q)
	return &goalsv1.ListPrioritizationsResponse{
		Prioritizations: rpc.Each(page.Items, prioritizationProto), NextPageToken: page.Next,
	}, err
}

// OpenPrioritization implements goalsv1.GoalsServiceServer.
func (s *Server) OpenPrioritization(ctx context.Context, r *goalsv1.OpenPrioritizationRequest) (*goalsv1.Prioritization, error) {
	key, err := roundKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	round, err := s.app.OpenPrioritization(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag())
	return rpc.Reply(round, err, prioritizationProto)
}

// CastBallot implements goalsv1.GoalsServiceServer.
func (s *Server) CastBallot(ctx context.Context, r *goalsv1.CastBallotRequest) (*goalsv1.Ballot, error) {
	key, err := roundKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	ballot, err := s.app.CastBallot(resource.DryRun(ctx, r.GetValidateOnly()), key, caller(ctx),
		ballotDomain(key.Organization, key.Plan, r.GetBallot()), r.GetBallot().GetEtag())
	return rpc.Reply(ballot, err, ballotProto)
}

// ClosePrioritization implements goalsv1.GoalsServiceServer.
func (s *Server) ClosePrioritization(ctx context.Context, r *goalsv1.ClosePrioritizationRequest) (*goalsv1.Prioritization, error) {
	key, err := roundKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	round, err := s.app.ClosePrioritization(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag())
	return rpc.Reply(round, err, prioritizationProto)
}

// CertifyPrioritization implements goalsv1.GoalsServiceServer.
func (s *Server) CertifyPrioritization(ctx context.Context, r *goalsv1.CertifyPrioritizationRequest) (*goalsv1.Prioritization, error) {
	key, err := roundKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	round, err := s.app.CertifyPrioritization(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag())
	return rpc.Reply(round, err, prioritizationProto)
}

// GetPriorityRevision implements goalsv1.GoalsServiceServer.
func (s *Server) GetPriorityRevision(ctx context.Context, r *goalsv1.GetPriorityRevisionRequest) (*goalsv1.PriorityRevision, error) {
	ids, err := priorityRevisionName.Parse("name", r.GetName())
	if err != nil {
		return nil, err
	}
	rev, err := s.app.GetPriorityRevision(ctx, app.PlanKey{Organization: ids[0], Plan: ids[1]}, ids[2])
	return rpc.Reply(rev, err, priorityRevisionProto)
}

// ListPriorityRevisions implements goalsv1.GoalsServiceServer.
func (s *Server) ListPriorityRevisions(ctx context.Context, r *goalsv1.ListPriorityRevisionsRequest) (*goalsv1.ListPriorityRevisionsResponse, error) {
	key, err := planKey("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.PriorityRevisionList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListPriorityRevisions(ctx, key, q)
	return &goalsv1.ListPriorityRevisionsResponse{
		PriorityRevisions: rpc.Each(page.Items, priorityRevisionProto), NextPageToken: page.Next,
	}, err
}

func roundKey(field, name string) (app.RoundKey, error) {
	ids, err := prioritizationName.Parse(field, name)
	if err != nil {
		return app.RoundKey{}, err
	}
	return app.RoundKey{Organization: ids[0], Plan: ids[1], Round: ids[2]}, nil
}
