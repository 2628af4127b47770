package rpc

import (
	"context"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// CompareDimensions implements performancev1.PerformanceServiceServer.
func (s *Server) CompareDimensions(ctx context.Context, r *performancev1.CompareDimensionsRequest) (*performancev1.MeasureEquity, error) {
	key, err := measureKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	day := wire.FromDate[domain.Date](r.GetPeriodStart())
	if _, ok := domain.Yearly.Ordinal(day); day != "" && !ok {
		var v fault.Violations
		v.Add("period_start", "must be a calendar day; leave it out for the latest period that has a value")
		return nil, v.Err()
	}
	e, err := s.app.CompareDimensions(ctx, key, day, wire.FromTime(r.GetAsOf()))
	return rpc.Reply(e, err, equityProto)
}

func equityProto(e domain.Equity) *performancev1.MeasureEquity {
	return &performancev1.MeasureEquity{
		Measure: e.Measure.Name(), PeriodStart: wire.Date(e.Period), Whole: partProto(e.Whole), Dimensions: rpc.Each(e.Parts, partProto),
		Spread: e.Spread, Unknown: int32(e.Unknown), Findings: e.Findings,
	}
}

func partProto(p domain.Part) *performancev1.DimensionResult {
	out := &performancev1.DimensionResult{
		Dimension: p.Dimension.Dimension, DisplayName: p.DisplayName, Kind: wire.Enum[performancev1.DimensionKind](p.Kind),
		Gap: p.Gap, RatioPpm: p.RatioPPM, Variation: wire.Enum[performancev1.Variation](p.Variation),
		Assurance: wire.Enum[performancev1.Assurance](p.Assurance), Status: wire.Enum[performancev1.StatusWord](p.Status),
		Provisional: p.Provisional,
	}
	if p.Value != nil {
		out.Value, out.Revision = &p.Value.Value, int32(p.Value.Revision)
	}
	return out
}
