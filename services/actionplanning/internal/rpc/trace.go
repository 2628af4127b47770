package rpc

import (
	"context"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/platform/links"
)

// TraceLinks implements actionplanningv1.ActionPlanningServiceServer.
func (s *Server) TraceLinks(ctx context.Context, r *actionplanningv1.TraceLinksRequest) (*actionplanningv1.TraceLinksResponse, error) {
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
	return &actionplanningv1.TraceLinksResponse{Nodes: nodes, Links: found, NextPageToken: page.Next}, nil
}
