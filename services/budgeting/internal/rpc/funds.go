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

// CreateFund implements budgetingv1.BudgetingServiceServer.
func (s *Server) CreateFund(ctx context.Context, r *budgetingv1.CreateFundRequest) (*budgetingv1.Fund, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read := reader{organization: ids[0]}
	draft := read.fund(r.GetFundId(), r.GetFund())
	if err := read.Err(); err != nil {
		return nil, err
	}
	fund, err := s.app.CreateFund(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(fund, err, fundProto)
}

// GetFund implements budgetingv1.BudgetingServiceServer.
func (s *Server) GetFund(ctx context.Context, r *budgetingv1.GetFundRequest) (*budgetingv1.Fund, error) {
	k, err := key(fundName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	fund, err := s.app.GetFund(ctx, k)
	return rpc.Reply(fund, err, fundProto)
}

// ListFunds implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListFunds(ctx context.Context, r *budgetingv1.ListFundsRequest) (*budgetingv1.ListFundsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.FundList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListFunds(ctx, ids[0], q)
	return &budgetingv1.ListFundsResponse{Funds: rpc.Each(page.Items, fundProto), NextPageToken: page.Next}, err
}

// UpdateFund implements budgetingv1.BudgetingServiceServer.
func (s *Server) UpdateFund(ctx context.Context, r *budgetingv1.UpdateFundRequest) (*budgetingv1.Fund, error) {
	k, err := key(fundName, "fund.name", r.GetFund().GetName())
	if err != nil {
		return nil, err
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	fund, err := s.app.UpdateFund(ctx, k, app.Edit[domain.Fund]{
		Etag: r.GetFund().GetEtag(), AllowMissing: r.GetAllowMissing(),
		Apply: func(old domain.Fund, found bool) (domain.Fund, error) {
			merged, err := merge(r, r.GetFund(), old, found, fundProto)
			read := reader{organization: k.Organization}
			next := read.fund(k.ID, merged)
			return next, first(err, read.Err())
		},
	})
	return rpc.Reply(fund, err, fundProto)
}

// DeleteFund implements budgetingv1.BudgetingServiceServer.
func (s *Server) DeleteFund(ctx context.Context, r *budgetingv1.DeleteFundRequest) (*emptypb.Empty, error) {
	k, err := key(fundName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteFund(resource.DryRun(ctx, r.GetValidateOnly()), k, r.GetEtag()))
}
