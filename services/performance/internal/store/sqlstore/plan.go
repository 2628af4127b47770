package sqlstore

import (
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Plan is event.Plan: what strategies and objectives serve, as actionplanning's events tell it. Nothing here is journaled,
// because nothing here is performance's own.
type Plan struct{}

// Keep implements event.Plan.
func (Plan) Keep(tx sqldb.Tx, p domain.PlanPart) error {
	_, err := tx.Exec("INSERT INTO plan_links (organization_id, name, strategy, goal, program) VALUES (?, ?, ?, ?, ?) "+
		"ON CONFLICT (organization_id, name) DO UPDATE SET strategy = excluded.strategy, goal = excluded.goal, program = excluded.program",
		p.Organization, p.Name, p.Strategy, p.Goal, p.Program)
	return err
}

// Drop implements event.Plan.
func (Plan) Drop(tx sqldb.Tx, organization, name string) error {
	_, err := tx.Exec("DELETE FROM plan_links WHERE organization_id = ? AND name = ?", organization, name)
	return err
}

func (t txn) PlanLinks(organization string) (links []domain.PlanLink, err error) {
	err = t.tx.Query("SELECT o.name, o.strategy, COALESCE(s.goal, ''), o.program FROM plan_links o "+
		"LEFT JOIN plan_links s ON s.organization_id = o.organization_id AND s.name = o.strategy "+
		"WHERE o.organization_id = ? AND o.strategy <> '' ORDER BY o.name", []any{organization}, func(r sqldb.Row) error {
		links = append(links, domain.PlanLink{Objective: r.Text(0), Strategy: r.Text(1), Goal: r.Text(2), Program: r.Text(3)})
		return nil
	})
	return links, err
}
