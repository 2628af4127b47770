package sqlstore

import (
	"fmt"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// EachSeries follows the table's key: a measure's rows come one after the other, and so do a period's. A period's revisions
// are not put in order, which SQLite would sort for each period, because the key holds the dimension in between.
func (s observations) EachSeries(
	organization string, until domain.Date, asOf time.Time, visit func(measure string, series []domain.Observation) error,
) error {
	query := "SELECT measure_id, period_start, revision, value, record_time FROM observations " +
		"WHERE organization_id = ? AND dimension = '' AND record_time <= ?"
	args := []any{organization, recordedBy(asOf)}
	if until != "" {
		query, args = query+" AND period_start <= ?", append(args, until)
	}
	var (
		measure []byte // of series
		series  []domain.Observation
		id      []byte // of the row
	)
	end := func() error {
		if len(series) == 0 {
			return nil
		}
		done := series
		series = make([]domain.Observation, 0, len(done)) // series of one city are about as long as each other
		return visit(done[0].Measure, done)
	}
	err := s.tx.Query(query+" ORDER BY measure_id, period_start", args, func(r sqldb.Row) error {
		o := domain.Observation{
			Organization: organization, Cell: domain.Cell{Period: domain.Date(r.Text(1))},
			Revision: r.Int(2), Value: r.Float(3), RecordTime: r.Time(4),
		}
		if id = r.Append(id[:0], 0); string(id) != string(measure) || len(series) == 0 {
			if err := end(); err != nil {
				return err
			}
			measure = append(measure[:0], id...)
			o.Measure = string(id)
			series = append(series, o)
			return nil
		}
		o.Measure = series[0].Measure
		switch last := &series[len(series)-1]; {
		case last.Period != o.Period:
			series = append(series, o)
		case last.Revision < o.Revision:
			*last = o
		}
		return nil
	})
	if err == nil {
		err = end()
	}
	if err != nil {
		return fmt.Errorf("read series: %w", err)
	}
	return nil
}
