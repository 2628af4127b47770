package rpc

import (
	"context"

	"google.golang.org/protobuf/types/known/emptypb"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
)

func reportKey(field, name string) (app.ReportKey, error) {
	ids, err := progressReportName.Parse(field, name)
	if err != nil {
		return app.ReportKey{}, err
	}
	return app.ReportKey{Organization: ids[0], Report: ids[1]}, nil
}

// CreateProgressReport implements performancev1.PerformanceServiceServer.
func (s *Server) CreateProgressReport(ctx context.Context, r *performancev1.CreateProgressReportRequest) (*performancev1.ProgressReport, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	draft := reportDomain(ids[0], r.GetProgressReportId(), r.GetProgressReport())
	created, err := s.app.CreateReport(resource.DryRun(ctx, r.GetValidateOnly()), draft)
	return rpc.Reply(created, err, reportProto)
}

// GetProgressReport implements performancev1.PerformanceServiceServer.
func (s *Server) GetProgressReport(ctx context.Context, r *performancev1.GetProgressReportRequest) (*performancev1.ProgressReport, error) {
	key, err := reportKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	found, err := s.app.GetReport(ctx, key)
	return rpc.Reply(found, err, reportProto)
}

// ListProgressReports implements performancev1.PerformanceServiceServer.
func (s *Server) ListProgressReports(ctx context.Context, r *performancev1.ListProgressReportsRequest) (*performancev1.ListProgressReportsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.ProgressReportList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListReports(ctx, ids[0], q)
	return &performancev1.ListProgressReportsResponse{ProgressReports: rpc.Each(page.Items, reportProto), NextPageToken: page.Next}, err
}

// UpdateProgressReport implements performancev1.PerformanceServiceServer.
func (s *Server) UpdateProgressReport(ctx context.Context, r *performancev1.UpdateProgressReportRequest) (*performancev1.ProgressReport, error) {
	key, err := reportKey("progress_report.name", r.GetProgressReport().GetName())
	if err != nil {
		return nil, err
	}
	edit := func(old domain.ProgressReport) (domain.ProgressReport, error) {
		merged := reportProto(old)
		if err := rpc.ApplyMask(merged, r.GetProgressReport(), r.GetUpdateMask()); err != nil {
			return old, err
		}
		return reportDomain(key.Organization, key.Report, merged), nil
	}
	changed, err := s.app.UpdateReport(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetProgressReport().GetEtag(), edit)
	return rpc.Reply(changed, err, reportProto)
}

// DeleteProgressReport implements performancev1.PerformanceServiceServer.
func (s *Server) DeleteProgressReport(ctx context.Context, r *performancev1.DeleteProgressReportRequest) (*emptypb.Empty, error) {
	key, err := reportKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	return rpc.Empty(s.app.DeleteReport(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag()))
}

// PublishProgressReport implements performancev1.PerformanceServiceServer.
func (s *Server) PublishProgressReport(ctx context.Context, r *performancev1.PublishProgressReportRequest) (*performancev1.ProgressReport, error) {
	key, err := reportKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	id, _ := authn.FromContext(ctx)
	published, err := s.app.PublishReport(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag(), id.Principal())
	return rpc.Reply(published, err, reportProto)
}

// ViewProgressReport implements performancev1.PerformanceServiceServer.
func (s *Server) ViewProgressReport(ctx context.Context, r *performancev1.ViewProgressReportRequest) (*performancev1.ProgressReport, error) {
	key, err := reportKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	found, err := s.app.ViewReport(ctx, key)
	return rpc.Reply(found, err, publicReportProto)
}

// ViewProgressReports implements performancev1.PerformanceServiceServer.
func (s *Server) ViewProgressReports(ctx context.Context, r *performancev1.ViewProgressReportsRequest) (*performancev1.ViewProgressReportsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Parse(listing.Request{
		PageSize: r.GetPageSize(), PageToken: r.GetPageToken(), Extra: r.GetParent(),
		Filter: app.PublicReportsFilter, OrderBy: app.PublicReportsOrder,
	}, app.ProgressReportList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ViewReports(ctx, ids[0], q)
	return &performancev1.ViewProgressReportsResponse{ProgressReports: rpc.Each(page.Items, publicReportProto), NextPageToken: page.Next}, err
}
