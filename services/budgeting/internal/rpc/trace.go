package rpc

import (
	"context"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/links"
)

// TraceLinks implements budgetingv1.BudgetingServiceServer.
func (s *Server) TraceLinks(ctx context.Context, r *budgetingv1.TraceLinksRequest) (*budgetingv1.TraceLinksResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := links.Of(r, ids[0])
	if err != nil {
		return nil, err
	}
	page, err := s.app.TraceLinks(ctx, q)
	if err != nil {
		return nil, err
	}
	nodes, found := page.Proto()
	return &budgetingv1.TraceLinksResponse{Nodes: nodes, Links: found, NextPageToken: page.Next}, nil
}
