package sqlstore

import (
	"errors"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var measures = &resource.Kind[domain.Measure]{
	Type: "measure",
	Name: func(key ...string) string { return domain.MeasureName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Measure]{
		Name: "measures", Key: []string{"organization_id", "measure_id"},
		Columns: []string{
			"organization_id", "measure_id", "display_name", "description", "kind", "unit", "direction", "frequency", "baseline",
			"targets", "links", "owner", "source", "vital_sign", "version", "create_time", "update_time",
			"rebasings", "dimensions", "benchmarks",
		},
		Values: func(m domain.Measure) []any {
			var baseline any
			if m.Baseline != nil {
				baseline = *m.Baseline
			}
			return []any{
				m.Organization, m.ID, m.DisplayName, m.Description, m.Kind, m.Unit, m.Direction, m.Frequency, baseline,
				resource.JSON(m.Targets), resource.JSON(m.Links), m.Owner, m.Source, m.VitalSign, m.Version, m.CreateTime, m.UpdateTime,
				resource.JSON(m.Rebasings), resource.JSON(m.Dimensions), resource.JSON(m.Benchmarks),
			}
		},
		Scan: func(r sqldb.Row) (domain.Measure, error) {
			m := domain.Measure{
				Meta:         domain.Meta{Version: r.Int(14), CreateTime: r.Time(15), UpdateTime: r.Time(16)},
				Organization: r.Text(0), ID: r.Text(1), DisplayName: r.Text(2), Description: r.Text(3), Kind: domain.Kind(r.Text(4)),
				Unit: r.Text(5), Direction: domain.Direction(r.Text(6)), Frequency: domain.Frequency(r.Text(7)),
				Owner: r.Text(11), Source: r.Text(12), VitalSign: r.Bool(13),
			}
			if !r.Null(8) {
				baseline := r.Float(8)
				m.Baseline = &baseline
			}
			return m, errors.Join(
				resource.FromJSON(r.Text(9), &m.Targets), resource.FromJSON(r.Text(10), &m.Links), resource.FromJSON(r.Text(17), &m.Rebasings),
				resource.FromJSON(r.Text(18), &m.Dimensions), resource.FromJSON(r.Text(19), &m.Benchmarks),
			)
		},
	},
}

var resultsRevisions = &resource.Kind[domain.ResultsRevision]{
	Type: "results_revision",
	Name: func(key ...string) string { return domain.ResultsRevisionName(key[0], key[1]) },
	Table: &sqldb.Table[domain.ResultsRevision]{
		Name: "results_revisions", Key: []string{"organization_id", "results_revision_id"},
		Columns: []string{
			"organization_id", "results_revision_id", "content_hash", "effective_time", "sequence", "version", "canonical", "money",
		},
		Values: func(p domain.ResultsRevision) []any {
			return []any{p.Organization, p.ID, p.ContentHash, p.EffectiveTime, p.Sequence, p.Revision(), p.Canonical(), resource.JSON(p.Money)}
		},
		Scan: func(r sqldb.Row) (domain.ResultsRevision, error) {
			p := domain.ResultsRevision{
				Organization: r.Text(0), ID: r.Text(1), ContentHash: r.Text(2), EffectiveTime: r.Time(3), Sequence: r.Int(4),
			}
			if err := resource.FromJSON(r.Text(7), &p.Money); err != nil {
				return p, err
			}
			return p.Parsed(r.Text(6))
		},
	},
}
