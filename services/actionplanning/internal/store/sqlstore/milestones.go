package sqlstore

import (
	"maps"
	"strings"

	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var milestones = &resource.Kind[domain.Milestone]{
	Type: "milestone",
	Name: func(key ...string) string { return domain.MilestoneName(key[0], key[1], key[2], key[3]) },
	Table: &sqldb.Table[domain.Milestone]{
		Name: "milestones", Key: []string{"organization_id", "strategy_id", "objective_id", "milestone_id"},
		Columns: []string{
			"organization_id", "strategy_id", "objective_id", "milestone_id", "name", "display_name",
			"planned_start_date", "planned_end_date", "actual_start_date", "actual_end_date", "depends_on", "percent", "weight",
			"description", "version", "create_time", "update_time",
		},
		Values: func(m domain.Milestone) []any {
			return []any{
				m.Organization, m.Strategy, m.Objective, m.ID, m.Name(), m.DisplayName,
				m.PlannedStart, m.PlannedEnd, m.ActualStart, m.ActualEnd, resource.JSON(m.DependsOn), m.Percent, m.Weight,
				m.Description, m.Version, m.CreateTime, m.UpdateTime,
			}
		},
		Scan: scanMilestone,
	},
}

func scanMilestone(r sqldb.Row) (domain.Milestone, error) {
	m := domain.Milestone{
		Meta: meta(r, 14), Organization: r.Text(0), Strategy: r.Text(1), Objective: r.Text(2), ID: r.Text(3), DisplayName: r.Text(5),
		PlannedStart: domain.Date(r.Text(6)), PlannedEnd: domain.Date(r.Text(7)), ActualStart: domain.Date(r.Text(8)), ActualEnd: domain.Date(r.Text(9)),
		Percent: int(r.Int(11)), Weight: int(r.Int(12)), Description: r.Text(13),
	}
	return m, resource.FromJSON(r.Text(10), &m.DependsOn)
}

// milestoneRows keeps milestone_dependencies in step with the milestones.
type milestoneRows struct {
	resource.Collection[domain.Milestone]
	tx sqldb.Tx
}

func (t txn) Milestones() resource.Collection[domain.Milestone] {
	return milestoneRows{milestones.In(t.tx, t.journal), t.tx}
}

func (c milestoneRows) Insert(m domain.Milestone) error {
	if err := c.Collection.Insert(m); err != nil {
		return err
	}
	return link(c.tx, []domain.Milestone{m})
}

func (c milestoneRows) Update(m domain.Milestone) error {
	if err := c.Collection.Update(m); err != nil {
		return err
	}
	if err := unlink(c.tx, m.Organization, []string{m.Name()}); err != nil {
		return err
	}
	return link(c.tx, []domain.Milestone{m})
}

func (c milestoneRows) Delete(m domain.Milestone) error {
	if err := unlink(c.tx, m.Organization, []string{m.Name()}); err != nil {
		return err
	}
	return c.Collection.Delete(m)
}

func link(tx sqldb.Tx, of []domain.Milestone) error {
	var rows [][]any
	for _, m := range of {
		for _, d := range m.DependsOn {
			rows = append(rows, []any{m.Organization, m.Name(), d})
		}
	}
	_, err := sqldb.InsertRows(tx, "milestone_dependencies", []string{"organization_id", "milestone", "depends_on"}, rows, "")
	return err
}

func unlink(tx sqldb.Tx, organization string, names []string) error {
	return byNames(organization, names, func(in string, args []any) error {
		_, err := tx.Exec("DELETE FROM milestone_dependencies WHERE organization_id = ? AND milestone IN ("+in+")", args...)
		return err
	})
}

// byNames runs do for the names, many at a time: args are the organization and the names, of which one may stand more than once.
func byNames(organization string, names []string, do func(in string, args []any) error) error {
	for part := range sqldb.Batches(names) {
		if err := do(sqldb.Marks(len(part)), sqldb.Args([]any{organization}, part)); err != nil {
			return err
		}
	}
	return nil
}

func (t txn) SaveMilestones(changed []domain.Milestone) error {
	if len(changed) == 0 {
		return nil
	}
	names := make([]string, len(changed))
	for i, m := range changed {
		names[i] = m.Name()
	}
	if err := save(t, milestones, changed); err != nil {
		return err
	}
	if err := unlink(t.tx, changed[0].Organization, names); err != nil {
		return err
	}
	return link(t.tx, changed)
}

func (t txn) MilestonesNamed(organization string, names []string) ([]domain.Milestone, error) {
	return among(t.tx, milestones.Table, "name", organization, names)
}

func (t txn) MilestonesOf(organization string, strategies []string) ([]domain.Milestone, error) {
	return among(t.tx, milestones.Table, "strategy_id", organization, strategies)
}

func (t txn) ObjectivesOf(organization string, strategies []string) ([]domain.Objective, error) {
	return among(t.tx, objectives.Table, "strategy_id", organization, strategies)
}

// among are an organization's rows that have one of the values in a column, in the order of the key for each few hundred values.
func among[T any](tx sqldb.Tx, table *sqldb.Table[T], column, organization string, values []string) (found []T, err error) {
	start := "SELECT " + strings.Join(table.Columns, ", ") + " FROM " + table.Name + " WHERE organization_id = ? AND " + column + " IN ("
	err = byNames(organization, values, func(in string, args []any) error {
		return tx.Query(start+in+") ORDER BY "+strings.Join(table.Key, ", "), args, func(r sqldb.Row) error {
			v, err := table.Scan(r)
			found = append(found, v)
			return err
		})
	})
	return found, err
}

func (t txn) KnownMilestones(organization string, names []string) (map[string]bool, error) {
	known := make(map[string]bool, len(names))
	err := byNames(organization, names, func(in string, args []any) error {
		return t.tx.Query("SELECT name FROM milestones WHERE organization_id = ? AND name IN ("+in+")", args, func(r sqldb.Row) error {
			known[r.Text(0)] = true
			return nil
		})
	})
	return known, err
}

func (t txn) DependsOn(organization string, from []string) (map[string][]string, error) {
	all := map[string][]string{}
	err := byNames(organization, from, func(in string, args []any) error {
		// SQLite takes tables that are joined by CROSS JOIN in the order written: each dependency found looks up those of what it leads to.
		query := `WITH RECURSIVE up (milestone, depends_on) AS (
			SELECT milestone, depends_on FROM milestone_dependencies WHERE organization_id = ? AND milestone IN (` + in + `)
			UNION
			SELECT d.milestone, d.depends_on FROM up CROSS JOIN milestone_dependencies d
			WHERE d.organization_id = ? AND d.milestone = up.depends_on)
		SELECT milestone, depends_on FROM up ORDER BY milestone, depends_on`
		chunk := map[string][]string{}
		err := t.tx.Query(query, append(args, organization), func(r sqldb.Row) error {
			chunk[r.Text(0)] = append(chunk[r.Text(0)], r.Text(1))
			return nil
		})
		maps.Copy(all, chunk) // what two parts of the names reach is the same in both
		return err
	})
	return all, err
}

func (t txn) DependentOf(organization, name string) (dependent string, err error) {
	_, err = sqldb.QueryOne(t.tx, "SELECT milestone FROM milestone_dependencies WHERE organization_id = ? AND depends_on = ? ORDER BY milestone LIMIT 1",
		[]any{organization, name}, func(r sqldb.Row) error {
			dependent = r.Text(0)
			return nil
		})
	return dependent, err
}

func (t txn) MilestoneSums(organization string, strategies []string) (sums []app.MilestoneSum, err error) {
	err = byNames(organization, strategies, func(in string, args []any) error {
		return t.tx.Query(`SELECT strategy_id, objective_id, CAST(SUM(share) AS BIGINT), CAST(SUM(share * percent) AS BIGINT) FROM (
			SELECT strategy_id, objective_id, percent, CASE WHEN weight = 0 THEN 1 ELSE weight END AS share
			FROM milestones WHERE organization_id = ? AND strategy_id IN (`+in+`)) AS shares
		GROUP BY strategy_id, objective_id ORDER BY strategy_id, objective_id`, args, func(r sqldb.Row) error {
			sums = append(sums, app.MilestoneSum{Strategy: r.Text(0), Objective: r.Text(1), Weights: r.Int(2), Percents: r.Int(3)})
			return nil
		})
	})
	return sums, err
}
