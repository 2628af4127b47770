package rpc

import (
	"context"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/links"
)

// TraceLinks implements performancev1.PerformanceServiceServer.
func (s *Server) TraceLinks(ctx context.Context, r *performancev1.TraceLinksRequest) (*performancev1.TraceLinksResponse, error) {
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
	return &performancev1.TraceLinksResponse{Nodes: nodes, Links: found, NextPageToken: page.Next}, nil
}
