package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// CreateElection implements budgetingv1.BudgetingServiceServer.
func (s *Server) CreateElection(ctx context.Context, r *budgetingv1.CreateElectionRequest) (*budgetingv1.Election, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	draft := read.election(k.Budget, r.GetElectionId(), r.GetElection())
	if err := read.Err(); err != nil {
		return nil, err
	}
	p, err := s.app.CreateElection(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(p, err, electionProto)
}

// GetElection implements budgetingv1.BudgetingServiceServer.
func (s *Server) GetElection(ctx context.Context, r *budgetingv1.GetElectionRequest) (*budgetingv1.Election, error) {
	k, err := inBudget(electionName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	p, err := s.app.GetElection(ctx, k)
	return rpc.Reply(p, err, electionProto)
}

// ListElections implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListElections(ctx context.Context, r *budgetingv1.ListElectionsRequest) (*budgetingv1.ListElectionsResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.ElectionList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListElections(ctx, k, q)
	return &budgetingv1.ListElectionsResponse{Elections: rpc.Each(page.Items, electionProto), NextPageToken: page.Next}, err
}

// UpdateElection implements budgetingv1.BudgetingServiceServer.
func (s *Server) UpdateElection(ctx context.Context, r *budgetingv1.UpdateElectionRequest) (*budgetingv1.Election, error) {
	k, err := inBudget(electionName, "election.name", r.GetElection().GetName())
	if err != nil {
		return nil, err
	}
	base, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	p, err := s.app.UpdateElection(ctx, k, app.Edit[domain.Election]{
		Etag: r.GetElection().GetEtag(), AllowMissing: r.GetAllowMissing(),
		Apply: func(old domain.Election, found bool) (domain.Election, error) {
			merged, err := merge(r, r.GetElection(), old, found, electionProto)
			read := base
			next := read.election(k.Budget, k.ID, merged)
			return next, first(err, read.Err())
		},
	})
	return rpc.Reply(p, err, electionProto)
}

// DeleteElection implements budgetingv1.BudgetingServiceServer.
func (s *Server) DeleteElection(ctx context.Context, r *budgetingv1.DeleteElectionRequest) (*emptypb.Empty, error) {
	k, err := inBudget(electionName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	return rpc.Empty(s.app.DeleteElection(ctx, k, r.GetEtag()))
}

// RecordElectionBallots implements budgetingv1.BudgetingServiceServer.
func (s *Server) RecordElectionBallots(
	ctx context.Context, r *budgetingv1.RecordElectionBallotsRequest,
) (*budgetingv1.RecordElectionBallotsResponse, error) {
	k, err := inBudget(electionName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	read := reader{organization: k.Organization}
	ballots := make([]domain.Ballot, len(r.GetBallots()))
	for i, b := range r.GetBallots() {
		ballots[i].Voter = b.GetVoter()
		for j, v := range b.GetVotes() {
			field := at(at("ballots", i)+".votes", j)
			ballots[i].Votes = append(ballots[i].Votes, domain.Vote{Program: read.id(programName, field+".program", v.GetProgram()), Points: v.GetPoints()})
		}
	}
	if err := read.Err(); err != nil {
		return nil, err
	}
	n, err := s.app.RecordBallots(resource.DryRun(ctx, r.GetValidateOnly()), k, ballots)
	return rpc.Reply(n, err, ballotsRecorded)
}

// CloseElection implements budgetingv1.BudgetingServiceServer.
func (s *Server) CloseElection(ctx context.Context, r *budgetingv1.CloseElectionRequest) (*budgetingv1.Election, error) {
	k, err := inBudget(electionName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	e, err := s.app.CloseElection(resource.DryRun(ctx, r.GetValidateOnly()), k, r.GetEtag())
	return rpc.Reply(e, err, electionProto)
}
