package sqlstore

import (
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var roleAssignments = &resource.Kind[domain.RoleAssignment]{
	Type: "role_assignment",
	Name: func(key ...string) string { return domain.RoleAssignmentName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.RoleAssignment]{
		Name: "role_assignments", Key: []string{"organization_id", "plan_id", "role_assignment_id"},
		Columns: []string{
			"organization_id", "plan_id", "role_assignment_id", "role", "letter", "phase", "goal", "holder",
			"version", "create_time", "update_time",
		},
		Values: func(a domain.RoleAssignment) []any {
			goal := a.Goal
			if goal != "" { // a name, as filters spell it
				goal = domain.GoalName(a.Organization, a.Plan, goal)
			}
			return []any{
				a.Organization, a.Plan, a.ID, a.Role, a.Letter, a.Phase, goal, a.Holder, a.Version, a.CreateTime, a.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.RoleAssignment, error) {
			return domain.RoleAssignment{
				Meta: meta(r, 8), Organization: r.Text(0), Plan: r.Text(1), ID: r.Text(2), Role: r.Text(3), Letter: r.Text(4),
				Phase: r.Text(5), Goal: lastID(r.Text(6)), Holder: r.Text(7),
			}, nil
		},
	},
}
