package sqlstore

import (
	"errors"
	"strings"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var organizations = &resource.Kind[domain.Organization]{
	Type: "organization",
	Name: func(key ...string) string { return domain.OrganizationName(key[0]) },
	Table: &sqldb.Table[domain.Organization]{
		Name: "organizations", Key: []string{"organization_id"},
		Columns: []string{
			"organization_id", "display_name", "vision", "mission", "values_held", "currency_code",
			"fiscal_year_start_month", "time_zone", "version", "create_time", "update_time", "public_reports",
		},
		Values: func(o domain.Organization) []any {
			return []any{
				o.ID, o.DisplayName, o.Vision, o.Mission, resource.JSON(o.Values), o.CurrencyCode,
				o.FiscalYearStartMonth, o.TimeZone, o.Version, o.CreateTime, o.UpdateTime, o.PublicReports,
			}
		},
		Scan: func(r sqldb.Row) (domain.Organization, error) {
			o := domain.Organization{
				Meta: meta(r, 8), ID: r.Text(0), DisplayName: r.Text(1), Vision: r.Text(2), Mission: r.Text(3),
				CurrencyCode: r.Text(5), FiscalYearStartMonth: int(r.Int(6)), TimeZone: r.Text(7), PublicReports: r.Bool(11),
			}
			return o, resource.FromJSON(r.Text(4), &o.Values)
		},
	},
}

var plans = &resource.Kind[domain.Plan]{
	Type: "plan",
	Name: func(key ...string) string { return domain.PlanName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Plan]{
		Name: "plans", Key: []string{"organization_id", "plan_id"},
		Columns: []string{
			"organization_id", "plan_id", "display_name", "kind", "narrative", "predecessor", "aligned_plans",
			"start_date", "end_date", "environmental_scan", "state", "adoption", "version", "create_time", "update_time",
			"process_template", "process_steps", "stakeholder_groups", "successor",
		},
		Values: func(p domain.Plan) []any {
			return []any{
				p.Organization, p.ID, p.DisplayName, p.Kind, p.Narrative, p.Predecessor, resource.JSON(p.AlignedPlans),
				p.StartDate, p.EndDate, resource.JSON(p.EnvironmentalScan), p.State, resource.JSON(p.Adoption),
				p.Version, p.CreateTime, p.UpdateTime, p.Template, resource.JSON(p.Steps), resource.JSON(p.Groups), p.Successor,
			}
		},
		Scan: func(r sqldb.Row) (domain.Plan, error) {
			p := domain.Plan{
				Meta: meta(r, 12), Organization: r.Text(0), ID: r.Text(1), DisplayName: r.Text(2), Kind: domain.PlanKind(r.Text(3)),
				Narrative: r.Text(4), Predecessor: r.Text(5), StartDate: domain.Date(r.Text(7)), EndDate: domain.Date(r.Text(8)),
				State: domain.PlanState(r.Text(10)), Template: domain.Template(r.Text(15)), Successor: r.Text(18),
			}
			return p, errors.Join(
				resource.FromJSON(r.Text(6), &p.AlignedPlans),
				resource.FromJSON(r.Text(9), &p.EnvironmentalScan),
				resource.FromJSON(r.Text(11), &p.Adoption),
				resource.FromJSON(r.Text(16), &p.Steps),
				resource.FromJSON(r.Text(17), &p.Groups),
			)
		},
	},
}

var goals = &resource.Kind[domain.Goal]{
	Type: "goal",
	Name: func(key ...string) string { return domain.GoalName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.Goal]{
		Name: "goals", Key: []string{"organization_id", "plan_id", "goal_id"},
		Columns: []string{
			"organization_id", "plan_id", "goal_id", "display_name", "parent_goal", "description", "scale", "lens",
			"measures_of_success", "preserve", "owner_role", "equity_statement", "predecessor",
			"version", "create_time", "update_time",
		},
		Values: func(g domain.Goal) []any {
			parent := g.ParentGoal
			if parent != "" { // a name, as filters spell it
				parent = domain.GoalName(g.Organization, g.Plan, parent)
			}
			return []any{
				g.Organization, g.Plan, g.ID, g.DisplayName, parent, g.Description, g.Scale, g.Lens,
				resource.JSON(g.MeasuresOfSuccess), resource.JSON(g.Preserve), g.OwnerRole, g.EquityStatement, g.Predecessor,
				g.Version, g.CreateTime, g.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Goal, error) {
			g := domain.Goal{
				Meta: meta(r, 13), Organization: r.Text(0), Plan: r.Text(1), ID: r.Text(2), DisplayName: r.Text(3),
				ParentGoal: lastID(r.Text(4)), Description: r.Text(5), Scale: r.Text(6), Lens: r.Text(7),
				OwnerRole: r.Text(10), EquityStatement: r.Text(11), Predecessor: r.Text(12),
			}
			return g, errors.Join(resource.FromJSON(r.Text(8), &g.MeasuresOfSuccess), resource.FromJSON(r.Text(9), &g.Preserve))
		},
	},
}

// lastID is the last id of a resource name.
func lastID(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

// meta reads version, create_time and update_time, in this order from column i.
func meta(r sqldb.Row, i int) domain.Meta {
	return domain.Meta{Version: r.Int(i), CreateTime: r.Time(i + 1), UpdateTime: r.Time(i + 2)}
}
