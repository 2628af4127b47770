package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

var evaluationName = rpc.Name("organizations/{organization}/evaluations/{evaluation}")

func evaluationKey(field, name string) (app.EvaluationKey, error) {
	ids, err := evaluationName.Parse(field, name)
	if err != nil {
		return app.EvaluationKey{}, err
	}
	return app.EvaluationKey{Organization: ids[0], Evaluation: ids[1]}, nil
}

// CreateEvaluation implements performancev1.PerformanceServiceServer.
func (s *Server) CreateEvaluation(ctx context.Context, r *performancev1.CreateEvaluationRequest) (*performancev1.Evaluation, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	e, err := s.app.CreateEvaluation(resource.DryRun(ctx, r.GetValidateOnly()), evaluationDomain(ids[0], r.GetEvaluationId(), r.GetEvaluation()))
	return rpc.Reply(e, err, evaluationProto)
}

// GetEvaluation implements performancev1.PerformanceServiceServer.
func (s *Server) GetEvaluation(ctx context.Context, r *performancev1.GetEvaluationRequest) (*performancev1.Evaluation, error) {
	key, err := evaluationKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	e, err := s.app.GetEvaluation(ctx, key)
	return rpc.Reply(e, err, evaluationProto)
}

// ListEvaluations implements performancev1.PerformanceServiceServer.
func (s *Server) ListEvaluations(ctx context.Context, r *performancev1.ListEvaluationsRequest) (*performancev1.ListEvaluationsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.EvaluationList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListEvaluations(ctx, ids[0], q)
	return &performancev1.ListEvaluationsResponse{Evaluations: rpc.Each(page.Items, evaluationProto), NextPageToken: page.Next}, err
}

// UpdateEvaluation implements performancev1.PerformanceServiceServer.
func (s *Server) UpdateEvaluation(ctx context.Context, r *performancev1.UpdateEvaluationRequest) (*performancev1.Evaluation, error) {
	key, err := evaluationKey("evaluation.name", r.GetEvaluation().GetName())
	if err != nil {
		return nil, err
	}
	edit := func(old domain.Evaluation) (domain.Evaluation, error) {
		merged := evaluationProto(old)
		if err := rpc.ApplyMask(merged, r.GetEvaluation(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return evaluationDomain(key.Organization, key.Evaluation, merged), nil
	}
	e, err := s.app.UpdateEvaluation(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEvaluation().GetEtag(), edit)
	return rpc.Reply(e, err, evaluationProto)
}

// DeleteEvaluation implements performancev1.PerformanceServiceServer.
func (s *Server) DeleteEvaluation(ctx context.Context, r *performancev1.DeleteEvaluationRequest) (*emptypb.Empty, error) {
	key, err := evaluationKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteEvaluation(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}
