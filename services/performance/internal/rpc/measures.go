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

// CreateMeasure implements performancev1.PerformanceServiceServer.
func (s *Server) CreateMeasure(ctx context.Context, r *performancev1.CreateMeasureRequest) (*performancev1.Measure, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	m, err := s.app.CreateMeasure(resource.DryRun(ctx, r.GetValidateOnly()), measureDomain(ids[0], r.GetMeasureId(), r.GetMeasure()))
	return rpc.Reply(m, err, measureProto)
}

// GetMeasure implements performancev1.PerformanceServiceServer.
func (s *Server) GetMeasure(ctx context.Context, r *performancev1.GetMeasureRequest) (*performancev1.Measure, error) {
	key, err := measureKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	m, err := s.app.GetMeasure(ctx, key)
	return rpc.Reply(m, err, measureProto)
}

// ListMeasures implements performancev1.PerformanceServiceServer.
func (s *Server) ListMeasures(ctx context.Context, r *performancev1.ListMeasuresRequest) (*performancev1.ListMeasuresResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.MeasureList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListMeasures(ctx, ids[0], q)
	return &performancev1.ListMeasuresResponse{Measures: rpc.Each(page.Items, measureProto), NextPageToken: page.Next}, err
}

// UpdateMeasure implements performancev1.PerformanceServiceServer.
func (s *Server) UpdateMeasure(ctx context.Context, r *performancev1.UpdateMeasureRequest) (*performancev1.Measure, error) {
	key, err := measureKey("measure.name", r.GetMeasure().GetName())
	if err != nil {
		return nil, err
	}
	edit := func(old domain.Measure) (domain.Measure, error) {
		merged := measureProto(old)
		if err := rpc.ApplyMask(merged, r.GetMeasure(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return measureDomain(key.Organization, key.Measure, merged), nil
	}
	var missing func() (domain.Measure, error)
	if r.GetAllowMissing() {
		missing = func() (domain.Measure, error) { return newMeasure(key, r.GetMeasure()) }
	}
	ctx = resource.DryRun(ctx, r.GetValidateOnly())
	m, err := s.app.UpdateMeasure(ctx, key, r.GetMeasure().GetEtag(), edit, missing)
	return rpc.Reply(m, err, measureProto)
}

// newMeasure is what an update creates; all of it is checked, where an update is checked only as far as its mask goes.
func newMeasure(key app.MeasureKey, m *performancev1.Measure) (domain.Measure, error) {
	err := rpc.Validate(&performancev1.CreateMeasureRequest{
		Parent: domain.OrganizationName(key.Organization), MeasureId: key.Measure, Measure: m,
	})
	return measureDomain(key.Organization, key.Measure, m), err
}

// DeleteMeasure implements performancev1.PerformanceServiceServer.
func (s *Server) DeleteMeasure(ctx context.Context, r *performancev1.DeleteMeasureRequest) (*emptypb.Empty, error) {
	key, err := measureKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteMeasure(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}
