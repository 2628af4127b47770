package rpc

import (
	"context"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// GetLineItem implements budgetingv1.BudgetingServiceServer.
func (s *Server) GetLineItem(ctx context.Context, r *budgetingv1.GetLineItemRequest) (*budgetingv1.LineItem, error) {
	k, err := inBudget(lineItemName, "name", r.GetName())
	if err != nil {
		return nil, err
	}
	line, err := s.app.GetLineItem(ctx, k)
	return rpc.Reply(line, err, lineItemProto)
}

// ListLineItems implements budgetingv1.BudgetingServiceServer.
func (s *Server) ListLineItems(ctx context.Context, r *budgetingv1.ListLineItemsRequest) (*budgetingv1.ListLineItemsResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.LineItemList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListLineItems(ctx, k, q)
	return &budgetingv1.ListLineItemsResponse{LineItems: rpc.Each(page.Items, lineItemProto), NextPageToken: page.Next}, err
}

// BatchUpsertLineItems implements budgetingv1.BudgetingServiceServer.
func (s *Server) BatchUpsertLineItems(ctx context.Context, r *budgetingv1.BatchUpsertLineItemsRequest) (*budgetingv1.BatchUpsertLineItemsResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	read, err := s.reader(ctx, k.Organization)
	if err != nil {
		return nil, err
	}
	rows := make([]domain.LineItem, len(r.GetLineItems()))
	for i, l := range r.GetLineItems() {
		rows[i] = read.lineItem(k.Budget, at("line_items", i), l)
	}
	if err := read.Err(); err != nil {
		return nil, err
	}
	n, err := s.app.UpsertLineItems(resource.DryRun(ctx, r.GetValidateOnly()), caller(ctx), k, rows)
	return rpc.Reply(n, err, lineItemsUpserted)
}

// SummarizeLineItems implements budgetingv1.BudgetingServiceServer.
func (s *Server) SummarizeLineItems(ctx context.Context, r *budgetingv1.SummarizeLineItemsRequest) (*budgetingv1.SummarizeLineItemsResponse, error) {
	k, err := inBudget(budgetName, "parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	totals, err := s.app.SummarizeLineItems(ctx, k)
	return &budgetingv1.SummarizeLineItemsResponse{
		Totals: rpc.Each(totals.Totals, func(t domain.LineItemTotal) *budgetingv1.LineItemTotal {
			return totalProto(k.Organization, totals.Currency, t)
		}),
	}, err
}
