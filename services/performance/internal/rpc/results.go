package rpc

import (
	"context"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

// PublishResults implements performancev1.PerformanceServiceServer.
func (s *Server) PublishResults(ctx context.Context, r *performancev1.PublishResultsRequest) (*performancev1.ResultsRevision, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	rev, err := s.app.PublishResults(resource.DryRun(ctx, r.GetValidateOnly()), ids[0], ruleSets[r.GetRuleSet()])
	return rpc.Reply(rev, err, resultsRevisionProto)
}

// GetResultsRevision implements performancev1.PerformanceServiceServer.
func (s *Server) GetResultsRevision(ctx context.Context, r *performancev1.GetResultsRevisionRequest) (*performancev1.ResultsRevision, error) {
	ids, err := resultsRevisionName.Parse("name", r.GetName())
	if err != nil {
		return nil, err
	}
	rev, err := s.app.GetResultsRevision(ctx, ids[0], ids[1])
	return rpc.Reply(rev, err, resultsRevisionProto)
}

// ListResultsRevisions implements performancev1.PerformanceServiceServer.
func (s *Server) ListResultsRevisions(ctx context.Context, r *performancev1.ListResultsRevisionsRequest) (*performancev1.ListResultsRevisionsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.ResultsRevisionList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListResultsRevisions(ctx, ids[0], q)
	return &performancev1.ListResultsRevisionsResponse{
		ResultsRevisions: rpc.Each(page.Items, resultsRevisionProto), NextPageToken: page.Next,
	}, err
}

// ExplainResultsRevision implements performancev1.PerformanceServiceServer.
func (s *Server) ExplainResultsRevision(
	ctx context.Context, r *performancev1.ExplainResultsRevisionRequest,
) (*performancev1.ExplainResultsRevisionResponse, error) {
	ids, err := resultsRevisionName.Parse("name", r.GetName())
	if err != nil {
		return nil, err
	}
	key, err := measureKey("measure", r.GetMeasure())
	if err != nil {
		return nil, err
	}
	found, err := s.app.ExplainResultsRevision(ctx, ids[0], ids[1], key)
	return rpc.Reply(found, err, func(e app.Explanation) *performancev1.ExplainResultsRevisionResponse {
		return &performancev1.ExplainResultsRevisionResponse{
			Evidence: evidenceProto(ids[0], e.Evidence), Analysis: analysisProto(e.Analysis), SeriesHash: e.SeriesHash,
			Reproduced: e.Reproduced, ChangedSince: int32(e.ChangedSince),
		}
	})
}
