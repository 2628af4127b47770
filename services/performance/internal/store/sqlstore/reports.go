package sqlstore

import (
	"errors"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var progressReports = &resource.Kind[domain.ProgressReport]{
	Type: "progress_report",
	Name: func(key ...string) string { return domain.ProgressReportName(key[0], key[1]) },
	Table: &sqldb.Table[domain.ProgressReport]{
		Name: "progress_reports", Key: []string{"organization_id", "progress_report_id"},
		Columns: []string{
			"organization_id", "progress_report_id", "display_name", "plan", "period_start", "period_end", "weights", "narrative",
			"goal_narratives", "state", "as_of", "published_by", "rule_set", "version", "create_time", "update_time",
		},
		Values: func(r domain.ProgressReport) []any {
			return []any{
				r.Organization, r.ID, r.DisplayName, r.Plan, r.PeriodStart, r.PeriodEnd, resource.JSON(r.Weights), r.Narrative,
				resource.JSON(r.GoalNarratives), r.State, r.AsOf, r.PublishedBy, r.Rules, r.Version, r.CreateTime, r.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.ProgressReport, error) {
			out := domain.ProgressReport{
				Meta:         domain.Meta{Version: r.Int(13), CreateTime: r.Time(14), UpdateTime: r.Time(15)},
				Organization: r.Text(0), ID: r.Text(1), DisplayName: r.Text(2), Plan: r.Text(3), PeriodStart: domain.Date(r.Text(4)),
				PeriodEnd: domain.Date(r.Text(5)), Narrative: r.Text(7), State: domain.ReportState(r.Text(9)), PublishedBy: r.Text(11),
				Rollup: domain.Rollup{AsOf: r.Time(10), Rules: analysis.RuleSet(r.Text(12))},
			}
			return out, errors.Join(resource.FromJSON(r.Text(6), &out.Weights), resource.FromJSON(r.Text(8), &out.GoalNarratives))
		},
	},
}

type reports struct {
	resource.Collection[domain.ProgressReport]
	tx sqldb.Tx
}

func (t txn) ProgressReports() app.ProgressReports {
	return reports{progressReports.In(t.tx, t.journal), t.tx}
}

func (s reports) Freeze(r domain.ProgressReport) error {
	_, err := s.tx.Exec("INSERT INTO progress_report_goals (organization_id, progress_report_id, goals) VALUES (?, ?, ?)",
		r.Organization, r.ID, resource.JSON(r.Goals))
	return err
}

func (s reports) Frozen(organization, report string) (goals []domain.GoalProgress, err error) {
	_, err = sqldb.QueryOne(s.tx, "SELECT goals FROM progress_report_goals WHERE organization_id = ? AND progress_report_id = ?",
		[]any{organization, report}, func(r sqldb.Row) error { return resource.FromJSON(r.Text(0), &goals) })
	return goals, err
}
