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
	"github.com/throughline/throughline/services/platform/wire"
)

// GetFundingRequest implements budgetingv1.BudgetingServiceServer.
func (s *Server) GetFundingRequest(ctx context.Context, r *budgetingv1.GetFundingRequestRequest) (*budgetingv1.FundingRequest, error) {
	k, err := inBudget(fundingRequestName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	request, err := s.app.GetFundingRequest(ctx, k)
	return rpc.Reply(request, err, requestProto)
}

// ListFundingRequests implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListFundingRequests(ctx context.Context, r *budgetingv1.ListFundingRequestsRequest) (*budgetingv1.ListFundingRequestsResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.FundingRequestList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListFundingRequests(ctx, k, q)
	return &budgetingv1.ListFundingRequestsResponse{FundingRequests: rpc.Each(page.Items, requestProto), NextPageToken: page.Next}, err
}

// UpdateFundingRequest implements budgetingv1.BudgetingServiceServer.
func (s *Server) UpdateFundingRequest(ctx context.Context, r *budgetingv1.UpdateFundingRequestRequest) (*budgetingv1.FundingRequest, error) {
	const field = "funding_request"
	k, err := inBudget(fundingRequestName, field+".name", r.GetFundingRequest().GetName())
	if err != nil {
		return nil, err
	}
	base, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	request, err := s.app.UpdateFundingRequest(ctx, caller(ctx), k, app.Edit[domain.FundingRequest]{
		Etag: r.GetFundingRequest().GetEtag(), AllowMissing: r.GetAllowMissing(),
		Apply: func(old domain.FundingRequest, found bool) (domain.FundingRequest, error) {
			merged, err := merge(r, r.GetFundingRequest(), old, found, requestProto)
			read := base
			next := read.request(k.Budget, k.ID, field, merged)
			return next, first(err, read.Err())
		},
	})
	return rpc.Reply(request, err, requestProto)
}

// DeleteFundingRequest implements budgetingv1.BudgetingServiceServer.
func (s *Server) DeleteFundingRequest(ctx context.Context, r *budgetingv1.DeleteFundingRequestRequest) (*emptypb.Empty, error) {
	k, err := inBudget(fundingRequestName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteFundingRequest(resource.DryRun(ctx, r.GetValidateOnly()), k, r.GetEtag()))
}

// BatchUpsertFundingRequests implements budgetingv1.BudgetingServiceServer.
func (s *Server) BatchUpsertFundingRequests(
	ctx context.Context, r *budgetingv1.BatchUpsertFundingRequestsRequest,
) (*budgetingv1.BatchUpsertFundingRequestsResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	rows := make([]domain.FundingRequest, len(r.GetFundingRequests()))
	for i, f := range r.GetFundingRequests() {
		field := at("funding_requests", i)
		rows[i] = read.request(k.Budget, read.inBudget(k.Budget, field+".name", f.GetName()), field, f)
	}
	if err := read.Err(); err != nil {
		return nil, err
	}
	n, err := s.app.UpsertFundingRequests(resource.DryRun(ctx, r.GetValidateOnly()), caller(ctx), k, rows)
	return rpc.Reply(n, err, requestsUpserted)
}

// inBudget is the id of a funding request of this budget.
func (r *reader) inBudget(budget, field, name string) string {
	id := r.required(fundingRequestName, field, name)
	if id != "" {
		r.Check(name == domain.FundingRequestName(r.organization, budget, id), field, "is not of the parent budget; send requests of one budget at a time")
	}
	return id
}

// AttestFundingRequests implements budgetingv1.BudgetingServiceServer.
func (s *Server) AttestFundingRequests(ctx context.Context, r *budgetingv1.AttestFundingRequestsRequest) (*budgetingv1.AttestFundingRequestsResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read := reader{organization: k.Organization}
	var programs []string
	for i, n := range r.GetNames() {
		programs = append(programs, read.inBudget(k.Budget, at("names", i), n))
	}
	if err := read.Err(); err != nil {
		return nil, err
	}
	var aspects []domain.Aspect
	for _, a := range r.GetAspects() {
		aspects = append(aspects, wire.FromEnum[domain.Aspect](a))
	}
	n, err := s.app.AttestFundingRequests(resource.DryRun(ctx, r.GetValidateOnly()), caller(ctx), k, programs, aspects, r.GetEvidence())
	return rpc.Reply(n, err, attestedProto)
}
