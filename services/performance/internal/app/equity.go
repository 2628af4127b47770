package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
)

// CompareDimensions holds the districts and groups of a measure side by side in the period that day lies in, or in the latest
// one when day is empty, as known at asOf; zero means now.
func (a *App) CompareDimensions(ctx context.Context, k MeasureKey, day domain.Date, asOf time.Time) (domain.Equity, error) {
	var m domain.Measure
	all, err := resource.Read(ctx, a.Store, func(tx Tx) (all []domain.DimensionSeries, err error) {
		if m, err = a.measureAsOf(tx, k, asOf); err != nil {
			return nil, err
		}
		err = tx.Observations().Dimensions(k.Organization, k.Measure, asOf, func(dimension string, values []domain.Observation) error {
			all = append(all, domain.DimensionSeries{Dimension: dimension, Values: values})
			return nil
		})
		return all, err
	})
	if err != nil {
		return domain.Equity{}, err
	}
	now := asOf
	if now.IsZero() {
		now = a.Now()
	}
	return domain.Compare(m, all, day, now)
}
