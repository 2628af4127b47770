package domain

import (
	"slices"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Accountable is the letter that one role holds for each phase or goal.
const Accountable = "ACCOUNTABLE"

// RoleAssignment is a role's part in a phase of a plan's process or in a goal (RACI).
type RoleAssignment struct {
	Meta
	Organization string
	Plan         string
	ID           string
	Role         string
	Letter       string
	Phase        string // or Goal
	Goal         string // id, or ""
	Holder       string
}

// RoleAssignmentName is the resource name of a role assignment.
func RoleAssignmentName(organization, plan, id string) string {
	return name("organizations", organization, "plans", plan, "roleAssignments", id)
}

// Name is the resource name.
func (r RoleAssignment) Name() string { return RoleAssignmentName(r.Organization, r.Plan, r.ID) }

// NewRoleAssignment is the first version of a role assignment.
func NewRoleAssignment(r RoleAssignment, now time.Time) RoleAssignment {
	r.Meta = Meta{}.Next(now)
	return r
}

// Changed is the next version of r with the fields of next.
func (r RoleAssignment) Changed(next RoleAssignment, now time.Time) RoleAssignment {
	next.Organization, next.Plan, next.ID, next.Meta = r.Organization, r.Plan, r.ID, r.Next(now)
	return next
}

// Check refuses a role assignment that its plan has no place for. hasGoal says whether its goal exists; others are the
// plan's role assignments, r itself perhaps among them.
func (r RoleAssignment) Check(plan Plan, hasGoal bool, others []RoleAssignment) error {
	const at = "role_assignment."
	var v fault.Violations
	required(&v, at+"role", r.Role)
	required(&v, at+"letter", r.Letter)
	v.Check((r.Phase == "") != (r.Goal == ""), at+"phase", "or goal must be set, and not both")
	v.Check(r.Goal == "" || hasGoal, at+"goal", "%s does not exist; name a goal of the plan", ItemName(r.Organization, r.Plan, r.Goal))
	if r.Phase != "" && len(plan.Steps) > 0 {
		v.Check(slices.ContainsFunc(plan.Steps, func(s Step) bool { return s.Phase == r.Phase }), at+"phase",
			"%q is not a phase of the plan's process; name one of its steps' phases", r.Phase)
	}
	for _, o := range others {
		if o.ID == r.ID || o.Phase != r.Phase || o.Goal != r.Goal || o.Letter != r.Letter {
			continue
		}
		v.Check(o.Role != r.Role, at+"role", "%q is %s there already (%s)", r.Role, r.Letter, o.Name())
		v.Check(r.Letter != Accountable || o.Role == r.Role, at+"letter",
			"%q is ACCOUNTABLE there already (%s); one role answers, so change that one first", o.Role, o.Name())
	}
	return v.Err()
}
