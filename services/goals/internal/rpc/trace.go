package rpc

import (
	"context"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/links"
)

// TraceLinks implements goalsv1.GoalsServiceServer.
func (s *Server) TraceLinks(ctx context.Context, r *goalsv1.TraceLinksRequest) (*goalsv1.TraceLinksResponse, error) {
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
	return &goalsv1.TraceLinksResponse{Nodes: nodes, Links: found, NextPageToken: page.Next}, nil
}
