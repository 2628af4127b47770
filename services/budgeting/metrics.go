package budgeting

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/store/sqlstore"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// watchSolves measures the solver.
func watchSolves(meter metric.Meter) (func(context.Context, app.Solve), error) {
	took, e1 := meter.Float64Histogram("throughline.allocation.solve.duration",
		metric.WithDescription("How long the solver takes for an allocation, reading and storing aside."), metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900))
	gap, e2 := meter.Float64Histogram("throughline.allocation.gap",
		metric.WithDescription("Distance of an allocation's value from its proven bound, as a share of the bound."), metric.WithUnit("1"),
		metric.WithExplicitBucketBoundaries(0, .0001, .001, .005, .01, .02, .05, .1, .2, .5))
	return func(ctx context.Context, s app.Solve) {
		method, outcome := attribute.String("method", string(s.Method)), "ok"
		if s.Failed {
			outcome = "failed"
		} else {
			gap.Record(ctx, float64(s.GapPPM)/1e6, metric.WithAttributes(method))
		}
		took.Record(ctx, s.Took.Seconds(), metric.WithAttributes(method, attribute.String("outcome", outcome)))
	}, errors.Join(e1, e2)
}

// observeProposals counts those that are stale before each export.
func observeProposals(s *service.Service, db sqldb.DB) error {
	stale, err := s.Meter().Int64ObservableGauge("throughline.proposals.stale",
		metric.WithDescription("Open proposals that rest on priorities or results of which newer ones are known."), metric.WithUnit("{allocation}"))
	if err != nil {
		return err
	}
	return s.Observe(func(ctx context.Context, o metric.Observer) error {
		var n int64
		err := db.Read(ctx, func(tx sqldb.Tx) (err error) { n, err = sqlstore.Stale(tx); return err })
		if err == nil {
			o.ObserveInt64(stale, n)
		}
		return err
	}, stale)
}
