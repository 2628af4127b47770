package sqlstore

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Dimensions follows the table's key, by period, which spares the database from sorting the rows by dimension.
func (s observations) Dimensions(
	organization, measure string, asOf time.Time, visit func(dimension string, series []domain.Observation) error,
) error {
	all := map[string][]domain.Observation{}
	err := s.tx.Query(selectObservations+" FROM observations o WHERE o.organization_id = ? AND o.measure_id = ? AND o.record_time <= ? "+
		"ORDER BY o.period_start, o.dimension, o.revision", []any{organization, measure, recordedBy(asOf)}, func(r sqldb.Row) error {
		o := scanObservation(r)
		series := all[o.Dimension]
		if n := len(series); n > 0 && series[n-1].Period == o.Period {
			series[n-1] = o // a later revision
		} else {
			all[o.Dimension] = append(series, o)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read dimensions: %w", err)
	}
	for _, dimension := range slices.Sorted(maps.Keys(all)) {
		if err := visit(dimension, all[dimension]); err != nil {
			return err
		}
	}
	return nil
}
