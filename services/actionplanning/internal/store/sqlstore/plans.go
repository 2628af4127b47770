package sqlstore

import (
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var strategies = &resource.Kind[domain.Strategy]{
	Type: "strategy",
	Name: func(key ...string) string { return domain.StrategyName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Strategy]{
		Name: "strategies", Key: []string{"organization_id", "strategy_id"},
		Columns: []string{
			"organization_id", "strategy_id", "display_name", "goal", "description", "executive_sponsor", "state", "weight", "contribution",
			"version", "create_time", "update_time",
		},
		Values: func(s domain.Strategy) []any {
			return []any{
				s.Organization, s.ID, s.DisplayName, s.Goal, s.Description, s.ExecutiveSponsor, s.State, s.Weight, s.Contribution,
				s.Version, s.CreateTime, s.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Strategy, error) {
			return domain.Strategy{
				Meta: meta(r, 9), Organization: r.Text(0), ID: r.Text(1), DisplayName: r.Text(2), Goal: r.Text(3),
				Description: r.Text(4), ExecutiveSponsor: r.Text(5), State: domain.StrategyState(r.Text(6)), Share: share(r, 7),
			}, nil
		},
	},
}

var objectives = &resource.Kind[domain.Objective]{
	Type: "objective",
	Name: func(key ...string) string { return domain.ObjectiveName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.Objective]{
		Name: "objectives", Key: []string{"organization_id", "strategy_id", "objective_id"},
		Columns: []string{
			"organization_id", "strategy_id", "objective_id", "display_name", "statement", "measure", "baseline", "target",
			"due_date", "required", "program", "location", "owner", "start_date", "funding_request", "progress_rule", "weight", "contribution",
			"state", "smart_review", "smart_override", "cancel_reason", "version", "create_time", "update_time",
		},
		Values: func(o domain.Objective) []any {
			return []any{
				o.Organization, o.Strategy, o.ID, o.DisplayName, o.Statement, o.Measure, nullable(o.Baseline), nullable(o.Target),
				o.DueDate, resource.JSON(o.Required), o.Program(), o.Location, o.Owner, o.StartDate, o.FundingRequest, o.ProgressRule, o.Weight, o.Contribution,
				o.State, resource.JSON(o.Review), resource.JSON(o.Override), o.CancelReason, o.Version, o.CreateTime, o.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Objective, error) {
			o := domain.Objective{
				Meta: meta(r, 22), Organization: r.Text(0), Strategy: r.Text(1), ID: r.Text(2), DisplayName: r.Text(3),
				Statement: r.Text(4), Measure: r.Text(5), Baseline: optional(r, 6), Target: optional(r, 7), DueDate: domain.Date(r.Text(8)),
				Location: r.Text(11), Owner: r.Text(12), StartDate: domain.Date(r.Text(13)), FundingRequest: r.Text(14),
				ProgressRule: domain.ProgressRule(r.Text(15)), Share: share(r, 16), State: domain.ObjectiveState(r.Text(18)), CancelReason: r.Text(21),
			}
			err := resource.FromJSON(r.Text(9), &o.Required)
			if err == nil {
				err = resource.FromJSON(r.Text(19), &o.Review)
			}
			if err == nil {
				err = resource.FromJSON(r.Text(20), &o.Override)
			}
			return o, err
		},
	},
}

var assignments = &resource.Kind[domain.Assignment]{
	Type: "assignment",
	Name: func(key ...string) string { return domain.AssignmentName(key[0], key[1]) },
	Table: &sqldb.Table[domain.Assignment]{
		Name: "assignments", Key: []string{"organization_id", "assignment_id"},
		Columns: []string{
			"organization_id", "assignment_id", "strategy_id", "objective_id", "employee_id", "objective", "employee", "role",
			"effort_ppm", "start_date", "end_date", "milestone_id", "interim", "version", "create_time", "update_time",
		},
		Values: func(a domain.Assignment) []any {
			return []any{
				a.Organization, a.ID, a.Strategy, a.Objective, a.Employee, a.ObjectiveName(), a.EmployeeName(), a.Role,
				a.EffortPPM, a.StartDate, a.EndDate, a.Milestone, a.Interim, a.Version, a.CreateTime, a.UpdateTime,
			}
		},
		Scan: scanAssignment,
	},
}

func scanAssignment(r sqldb.Row) (domain.Assignment, error) {
	return domain.Assignment{
		Meta: meta(r, 13), Organization: r.Text(0), ID: r.Text(1), Strategy: r.Text(2), Objective: r.Text(3), Employee: r.Text(4),
		Role: domain.Role(r.Text(7)), EffortPPM: int(r.Int(8)), StartDate: domain.Date(r.Text(9)), EndDate: domain.Date(r.Text(10)),
		Milestone: r.Text(11), Interim: r.Bool(12),
	}, nil
}

// meta reads version, create_time and update_time, in this order from column i.
func meta(r sqldb.Row, i int) domain.Meta {
	return domain.Meta{Version: r.Int(i), CreateTime: r.Time(i + 1), UpdateTime: r.Time(i + 2)}
}

// share reads weight and contribution, in this order from column i.
func share(r sqldb.Row, i int) domain.Share {
	return domain.Share{Weight: int(r.Int(i)), Contribution: domain.Contribution(r.Text(i + 1))}
}

// nullable keeps an unset number as NULL.
func nullable(n *float64) any {
	if n == nil {
		return nil
	}
	return *n
}

func optional(r sqldb.Row, i int) *float64 {
	if r.Null(i) {
		return nil
	}
	n := r.Float(i)
	return &n
}
