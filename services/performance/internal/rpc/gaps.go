package rpc

import (
	"context"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// ListMeasureGaps implements performancev1.PerformanceServiceServer.
func (s *Server) ListMeasureGaps(ctx context.Context, r *performancev1.ListMeasureGapsRequest) (*performancev1.ListMeasureGapsResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	q, err := listing.Of(r, r.GetParent(), app.GapList)
	if err != nil {
		return nil, err
	}
	page, err := s.app.ListMeasureGaps(ctx, ids[0], q)
	return &performancev1.ListMeasureGapsResponse{Gaps: rpc.Each(page.Items, gapProto), NextPageToken: page.Next}, err
}

// RemindMeasureOwners implements performancev1.PerformanceServiceServer.
func (s *Server) RemindMeasureOwners(
	ctx context.Context, r *performancev1.RemindMeasureOwnersRequest,
) (*performancev1.RemindMeasureOwnersResponse, error) {
	ids, err := organizationName.Parse("parent", r.GetParent())
	if err != nil {
		return nil, err
	}
	reminded, err := s.app.RemindMeasureOwners(resource.DryRun(ctx, r.GetValidateOnly()), ids[0])
	return rpc.Reply(reminded, err, remindedProto)
}

func gapProto(g domain.Gap) *performancev1.MeasureGap {
	return &performancev1.MeasureGap{
		Measure: g.MeasureName(), DisplayName: g.DisplayName, Owner: g.Owner, Kind: wire.Enum[performancev1.GapKind](g.Kind),
		DuePeriod: wire.Date(g.Due), Periods: int32(g.Periods), Detail: g.Detail, RemindedTime: wire.Time(g.Reminded),
	}
}

func remindedProto(r domain.Reminded) *performancev1.RemindMeasureOwnersResponse {
	return &performancev1.RemindMeasureOwnersResponse{Sent: int32(r.Sent), RepeatedGaps: int32(r.Repeated)}
}
