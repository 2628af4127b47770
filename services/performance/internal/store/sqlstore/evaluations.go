package sqlstore

import (
	"errors"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var evaluations = &resource.Kind[domain.Evaluation]{
	Type: "evaluation",
	Name: func(key ...string) string { return domain.EvaluationName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Evaluation]{
		Name: "evaluations", Key: []string{"organization_id", "evaluation_id"},
		Columns: []string{
			"organization_id", "evaluation_id", "display_name", "subject", "first_fiscal_year", "last_fiscal_year", "period_start", "period_end",
			"recommendation", "evaluator", "as_of", "version", "create_time", "update_time", "finding", "outcomes", "money", "money_in", "results_out",
		},
		Values: func(e domain.Evaluation) []any {
			return []any{
				e.Organization, e.ID, e.DisplayName, e.Subject, e.FirstFiscalYear, e.LastFiscalYear, e.PeriodStart, e.PeriodEnd,
				e.Recommendation, e.Evaluator, e.AsOf, e.Version, e.CreateTime, e.UpdateTime, e.Finding,
				resource.JSON(e.Outcomes), resource.JSON(e.Money), resource.JSON(e.MoneyIn), resource.JSON(e.ResultsOut),
			}
		},
		Scan: func(r sqldb.Row) (domain.Evaluation, error) {
			e := domain.Evaluation{
				Meta:         domain.Meta{Version: r.Int(11), CreateTime: r.Time(12), UpdateTime: r.Time(13)},
				Organization: r.Text(0), ID: r.Text(1), DisplayName: r.Text(2), Subject: r.Text(3),
				FirstFiscalYear: int(r.Int(4)), LastFiscalYear: int(r.Int(5)), PeriodStart: domain.Date(r.Text(6)), PeriodEnd: domain.Date(r.Text(7)),
				Recommendation: domain.Recommendation(r.Text(8)), Evaluator: r.Text(9), AsOf: r.Time(10), Finding: r.Text(14),
			}
			return e, errors.Join(
				resource.FromJSON(r.Text(15), &e.Outcomes), resource.FromJSON(r.Text(16), &e.Money),
				resource.FromJSON(r.Text(17), &e.MoneyIn), resource.FromJSON(r.Text(18), &e.ResultsOut),
			)
		},
	},
}

func (t txn) Evaluations() resource.Collection[domain.Evaluation] {
	return evaluations.In(t.tx, t.journal)
}
