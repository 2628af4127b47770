package sqlstore

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// observations implements app.Observations. They are no resource.Collection: one journal entry stands for many rows.
type observations txn

var observationColumns = []string{
	"organization_id", "measure_id", "period_start", "dimension", "revision", "value", "source", "record_time", "recorded_by",
}

func scanObservation(r sqldb.Row) domain.Observation {
	return domain.Observation{
		Organization: r.Text(0), Cell: domain.Cell{Measure: r.Text(1), Period: domain.Date(r.Text(2)), Dimension: r.Text(3)},
		Revision: r.Int(4), Value: r.Float(5), Source: r.Text(6), RecordTime: r.Time(7), RecordedBy: r.Text(8),
	}
}

// selectObservations is the start of a query over observations o.
var selectObservations = "SELECT o." + strings.Join(observationColumns, ", o.")

// sameCell is the condition that two aliases are revisions of one cell.
const sameCell = "n.organization_id = o.organization_id AND n.measure_id = o.measure_id AND n.period_start = o.period_start AND n.dimension = o.dimension"

func (s observations) Terms(organization string, measures []string) (map[string]domain.Terms, error) {
	out := make(map[string]domain.Terms, len(measures))
	for part := range sqldb.Batches(measures) {
		err := s.tx.Query("SELECT m.measure_id, m.frequency, m.dimensions, (SELECT MAX(o.period_start) FROM observations o "+
			"WHERE o.organization_id = m.organization_id AND o.measure_id = m.measure_id) FROM measures m "+
			"WHERE m.organization_id = ? AND m.measure_id IN ("+sqldb.Marks(len(part))+")", sqldb.Args([]any{organization}, part), func(r sqldb.Row) error {
			var dimensions []domain.Dimension
			err := resource.FromJSON(r.Text(2), &dimensions)
			out[r.Text(0)] = domain.NewTerms(domain.Frequency(r.Text(1)), dimensions, domain.Date(r.Text(3)))
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read terms of measures: %w", err)
		}
	}
	return out, nil
}

func (s observations) Current(organization string, cells []domain.Cell) ([]domain.Known, error) {
	out := make([]domain.Known, len(cells))
	at := 0
	for part := range sqldb.Batches(cells) {
		args := make([]any, 0, 3*len(part)+2)
		for _, c := range part {
			args = append(args, c.Measure, string(c.Period), c.Dimension)
		}
		err := s.tx.Query(currentQuery(len(part)), append(args, organization, organization), func(r sqldb.Row) error {
			if i := at + int(r.Int(0)); i < len(out) { // else it repeats the last
				out[i] = domain.Known{Value: r.Float(1), Revision: r.Int(2), RecordTime: r.Time(3)}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read current values: %w", err)
		}
		at += len(part)
	}
	return out, nil
}

// currentQuery looks up n cells. CROSS JOIN keeps SQLite from reading the organization's whole history to look for the few
// cells in it; the latest revision is sought by the cell alone, so that each is found by its whole key however many others
// there are.
func currentQuery(n int) string {
	var b strings.Builder
	b.WriteString("WITH cells (i, measure_id, period_start, dimension) AS (VALUES ")
	for i := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(" + strconv.Itoa(i) + ", ?, ?, ?)")
	}
	b.WriteString(") SELECT c.i, o.value, o.revision, o.record_time FROM cells c CROSS JOIN observations o " +
		"WHERE o.organization_id = ? AND o.measure_id = c.measure_id AND o.period_start = c.period_start AND o.dimension = c.dimension " +
		"AND o.revision = (SELECT MAX(n.revision) FROM observations n WHERE n.organization_id = ? AND n.measure_id = c.measure_id " +
		"AND n.period_start = c.period_start AND n.dimension = c.dimension)")
	return b.String()
}

func (s observations) Append(recorded domain.Recorded) error {
	rows := make([][]any, len(recorded.Observations))
	for i, o := range recorded.Observations {
		rows[i] = []any{
			o.Organization, o.Measure, string(o.Period), o.Dimension, o.Revision, o.Value, o.Source, o.RecordTime, o.RecordedBy,
		}
	}
	if _, err := sqldb.InsertRows(s.tx, "observations", observationColumns, rows, ""); err != nil {
		return fmt.Errorf("append observations: %w", err)
	}
	return s.journal.Append(resource.Change{
		Type: "observations.recorded", Subject: domain.OrganizationName(recorded.Organization), Resource: recorded,
	})
}

func (s observations) Series(organization, measure, dimension string, asOf time.Time) ([]domain.Observation, error) {
	var series []domain.Observation
	until := recordedBy(asOf)
	err := s.tx.Query(selectObservations+" FROM observations o WHERE o.organization_id = ? AND o.measure_id = ? AND o.dimension = ? "+
		"AND o.record_time <= ? ORDER BY o.period_start, o.revision",
		[]any{organization, measure, dimension, until}, func(r sqldb.Row) error {
			o := scanObservation(r)
			if n := len(series); n > 0 && series[n-1].Period == o.Period {
				series[n-1] = o // a later revision
			} else {
				series = append(series, o)
			}
			return nil
		})
	return series, err
}

// recordedBy is the moment asOf as record times are stored; the end of time for now.
func recordedBy(asOf time.Time) int64 {
	if asOf.IsZero() {
		return math.MaxInt64
	}
	return asOf.UnixMicro()
}

func (s observations) List(
	organization, measure string, asOf time.Time, every bool, q listing.Query,
) (page []domain.Observation, next string, err error) {
	until := recordedBy(asOf)
	query := selectObservations + " FROM observations o WHERE o.organization_id = ? AND o.measure_id = ? AND o.record_time <= ?"
	args := []any{organization, measure, until}
	if !every {
		query += " AND NOT EXISTS (SELECT 1 FROM observations n WHERE " + sameCell + " AND n.revision > o.revision AND n.record_time <= ?)"
		args = append(args, until)
	}
	if where, more := q.Where(); where != "" {
		query, args = query+" AND "+where, append(args, more...)
	}
	query += " ORDER BY " + q.OrderBy() + " LIMIT ?"
	err = s.tx.Query(query, append(args, q.Limit+1), func(r sqldb.Row) error { // one more tells whether a next page exists
		page = append(page, scanObservation(r))
		return nil
	})
	if err != nil || len(page) <= q.Limit {
		return page, "", err
	}
	page = page[:q.Limit]
	next, err = token(q, page[q.Limit-1])
	return page, next, err
}

func token(q listing.Query, last domain.Observation) (string, error) {
	values := make([]any, 0, 3)
	for _, column := range q.Columns() {
		switch column {
		case "period_start":
			values = append(values, last.Period)
		case "dimension":
			values = append(values, last.Dimension)
		default:
			values = append(values, last.Revision)
		}
	}
	return q.Token(values)
}

func (s observations) Any(organization, measure string) (bool, error) {
	return sqldb.QueryOne(s.tx, "SELECT 1 FROM observations WHERE organization_id = ? AND measure_id = ? LIMIT 1",
		[]any{organization, measure}, func(sqldb.Row) error { return nil })
}
