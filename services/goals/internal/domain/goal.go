package domain

import (
	"strings"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Goal is what the community wants to be true. Goals form a tree within their plan.
type Goal struct {
	Meta
	Organization      string
	Plan              string
	ID                string
	DisplayName       string
	ParentGoal        string // id in the same plan, or "" at the top (a community priority)
	Description       string
	Scale             string
	Lens              string
	MeasuresOfSuccess []string
	Preserve          []string
	OwnerRole         string
	EquityStatement   string
	Predecessor       string // goal name in the superseded plan, or ""
}

// GoalName is the resource name of a goal.
func GoalName(organization, plan, id string) string {
	return name("organizations", organization, "plans", plan, "goals", id)
}

// Name is the resource name.
func (g Goal) Name() string { return GoalName(g.Organization, g.Plan, g.ID) }

// NewGoal is the first version of a goal.
func NewGoal(g Goal, now time.Time) (Goal, error) {
	g.Meta = Meta{}.Next(now)
	return g, g.check()
}

// Changed is the next version of g with the fields of next.
func (g Goal) Changed(next Goal, now time.Time) (Goal, error) {
	next.Organization, next.Plan, next.ID, next.Meta = g.Organization, g.Plan, g.ID, g.Next(now)
	return next, next.check()
}

func (g Goal) check() error {
	var v fault.Violations
	required(&v, "goal.display_name", g.DisplayName)
	return v.Err()
}

// CheckTree refuses a goal whose parent is missing or lies below it. parents maps every goal id of the plan to its parent's.
func CheckTree(g Goal, parents map[string]string) (v fault.Violations) {
	path := []string{g.ID}
	for at := g.ParentGoal; at != ""; {
		path = append(path, at)
		if at == g.ID {
			v.Add("goal.parent_goal", "makes a cycle (%s); choose a parent that is not below this goal", strings.Join(path, " > "))
			break
		}
		next, known := parents[at]
		if !known {
			v.Add("goal.parent_goal", "%s is not a goal of this plan; name one that is", ItemName(g.Organization, g.Plan, at))
			break
		}
		at = next
	}
	return v
}

// ItemName is the whole name of what is meant by item: a goal of the plan is called by its id, anything else by its name.
func ItemName(organization, plan, item string) string {
	if strings.Contains(item, "/") {
		return item
	}
	return GoalName(organization, plan, item)
}
