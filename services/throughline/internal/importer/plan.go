package importer

import (
	"context"
	"strings"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/wire"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/planfile"
)

// PlanTarget says where the goals go.
type PlanTarget struct {
	Plan     string // name; made as the mapping says when it is missing
	Progress func(what string, done, total int)
}

// PlanReport is what an import of a plan did: Goals counts every goal of the file once.
type PlanReport struct {
	Made  bool // the plan was missing
	Goals Counts
}

// RunPlan writes the goals of a file into a draft plan. Running it again changes nothing; goals that the file does not have stay.
func RunPlan(ctx context.Context, suite *client.Suite, m planfile.Mapping, p *planfile.Parsed, t PlanTarget) (PlanReport, error) {
	if t.Progress == nil {
		t.Progress = func(string, int, int) {}
	}
	var report PlanReport
	made, err := ensurePlan(ctx, suite, m.Plan, t.Plan)
	if err != nil {
		return report, err
	}
	report.Made = made
	known, err := knownGoals(ctx, suite, t.Plan)
	if err != nil {
		return report, err
	}
	for i, g := range p.Goals {
		goal := goalOf(t.Plan, m, g)
		t.Progress("goals", i+1, len(p.Goals))
		switch old := known[goal.GetName()]; {
		case old == nil:
			_, err = client.Call(ctx, "create goal "+g.ID, suite.Goals.CreateGoal, &goalsv1.CreateGoalRequest{Parent: t.Plan, GoalId: g.ID, Goal: goal})
			report.Goals.Created++
		case old.GetDisplayName() == goal.GetDisplayName() && old.GetDescription() == goal.GetDescription() &&
			old.GetParentGoal() == goal.GetParentGoal() && old.GetScale() == goal.GetScale() && old.GetLens() == goal.GetLens():
			report.Goals.Unchanged++
		default:
			next := old
			next.DisplayName, next.Description, next.ParentGoal, next.Scale, next.Lens =
				goal.GetDisplayName(), goal.GetDescription(), goal.GetParentGoal(), goal.GetScale(), goal.GetLens()
			_, err = client.Call(ctx, "update goal "+g.ID, suite.Goals.UpdateGoal, &goalsv1.UpdateGoalRequest{Goal: next})
			report.Goals.Updated++
		}
		if err != nil {
			return report, err
		}
	}
	return report, nil
}

func ensurePlan(ctx context.Context, suite *client.Suite, p planfile.Plan, name string) (made bool, err error) {
	_, err = client.Call(ctx, "read "+name, suite.Goals.GetPlan, &goalsv1.GetPlanRequest{Name: name})
	if f, ok := fault.As(err); !ok || f.Kind != fault.NotFound {
		return false, err
	}
	organization, id, _ := strings.Cut(name, "/plans/")
	_, err = client.Call(ctx, "create "+name, suite.Goals.CreatePlan, &goalsv1.CreatePlanRequest{
		Parent: organization, PlanId: id, Plan: &goalsv1.Plan{
			DisplayName: p.DisplayName, Kind: wire.Enum[goalsv1.PlanKind](p.Kind), StartDate: wire.Date(p.Start), EndDate: wire.Date(p.End),
		},
	})
	return err == nil, err
}

func knownGoals(ctx context.Context, suite *client.Suite, plan string) (map[string]*goalsv1.Goal, error) {
	known := map[string]*goalsv1.Goal{}
	q := &goalsv1.ListGoalsRequest{Parent: plan, PageSize: 1000}
	for {
		r, err := client.Call(ctx, "list goals", suite.Goals.ListGoals, q)
		if err != nil {
			return nil, err
		}
		for _, g := range r.GetGoals() {
			known[g.GetName()] = g
		}
		if q.PageToken = r.GetNextPageToken(); q.GetPageToken() == "" {
			return known, nil
		}
	}
}

func goalOf(plan string, m planfile.Mapping, g planfile.Goal) *goalsv1.Goal {
	level := m.Levels[g.Level]
	out := &goalsv1.Goal{
		Name: plan + "/goals/" + g.ID, DisplayName: g.Title, Description: g.Text,
		Scale: wire.Enum[goalsv1.Scale](level.Scale), Lens: wire.Enum[goalsv1.Lens](level.Lens),
	}
	if g.Parent != "" {
		out.ParentGoal = plan + "/goals/" + g.Parent
	}
	return out
}
