package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// GoalKey finds a goal.
type GoalKey struct{ Organization, Plan, Goal string }

// CreateGoal adds a goal to a draft.
func (a *App) CreateGoal(ctx context.Context, draft domain.Goal) (domain.Goal, error) {
	draft.ID = a.id(draft.ID)
	goal, err := domain.NewGoal(draft, a.Now())
	if err != nil {
		return goal, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Goal, error) {
		if err := fits(tx, goal, ""); err != nil {
			return goal, err
		}
		return goal, tx.Goals().Insert(goal)
	})
}

// GetGoal reads one.
func (a *App) GetGoal(ctx context.Context, k GoalKey) (domain.Goal, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Goal, error) { return tx.Goals().Get(k.Organization, k.Plan, k.Goal) })
}

// GoalAsOf is a goal as the journal kept it at a moment.
func (a *App) GoalAsOf(ctx context.Context, k GoalKey, at time.Time) ([]byte, error) {
	return a.asOf(ctx, domain.GoalName(k.Organization, k.Plan, k.Goal), at)
}

// GoalsAsOf passes on the goals that a plan had at a moment, as the journal kept them.
func (a *App) GoalsAsOf(ctx context.Context, k PlanKey, at time.Time, visit func(archived []byte) error) error {
	_, err := resource.Read(ctx, a.Store, func(tx Tx) (any, error) {
		if _, found, err := tx.Recorded(domain.PlanName(k.Organization, k.Plan), at); err != nil || !found {
			return nil, cmp.Or(err, error(fault.Missing(domain.PlanName(k.Organization, k.Plan))))
		}
		return nil, tx.GoalsAsOf(k.Organization, k.Plan, at, visit)
	})
	return err
}

// ListGoals reads a page of a plan's goals.
func (a *App) ListGoals(ctx context.Context, k PlanKey, q listing.Query) (resource.Page[domain.Goal], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Goal], err error) {
		if _, err := tx.Plans().Get(k.Organization, k.Plan); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Goals().List([]string{k.Organization, k.Plan}, q)
		return p, err
	})
}

// UpdateGoal applies edit to the stored goal of a draft.
func (a *App) UpdateGoal(ctx context.Context, k GoalKey, etag string, edit func(domain.Goal) (domain.Goal, error)) (domain.Goal, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Goal, error) {
		goal, err := current(tx, k, etag)
		if err != nil {
			return goal, err
		}
		next, err := edit(goal)
		if err != nil {
			return goal, err
		}
		if next, err = goal.Changed(next, now); err != nil {
			return goal, err
		}
		if err := fits(tx, next, goal.Predecessor); err != nil {
			return goal, err
		}
		return next, tx.Goals().Update(next)
	})
}

// DeleteGoal removes a goal without sub-goals from a draft, unless a round ranks it by rules that are frozen.
func (a *App) DeleteGoal(ctx context.Context, k GoalKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		goal, err := current(tx, k, etag)
		if err != nil {
			return nil, err
		}
		plan, err := tx.Plans().Get(k.Organization, k.Plan)
		if err != nil {
			return nil, err
		}
		if err := plan.GoalsEditable(); err != nil {
			return nil, err
		}
		err = tx.Goals().Each([]string{k.Organization, k.Plan}, func(g domain.Goal) error {
			if g.ParentGoal != k.Goal {
				return nil
			}
			return fault.State("GOAL_HAS_SUBGOALS", "%s has the sub-goal %s; delete or move its sub-goals first", goal.Name(), g.Name())
		})
		if err != nil {
			return nil, err
		}
		if err := unranked(tx, goal); err != nil {
			return nil, err
		}
		return nil, tx.Goals().Delete(goal)
	})
	return err
}

// unranked refuses a goal that a round froze when it opened.
func unranked(tx Tx, goal domain.Goal) error {
	var by *domain.Prioritization
	err := tx.Prioritizations().Each([]string{goal.Organization, goal.Plan}, func(p domain.Prioritization) error {
		if p.State != domain.RoundDraft && slices.Contains(p.Goals, goal.ID) {
			by = &p
		}
		return nil
	})
	if err == nil && by != nil {
		err = fault.State("GOAL_RANKED", "%s is ranked by %s, whose goals are frozen since it opened; keep the goal, and change its text if need be",
			goal.Name(), by.Name())
	}
	return err
}

func current(tx Tx, k GoalKey, etag string) (domain.Goal, error) {
	goal, err := tx.Goals().Get(k.Organization, k.Plan, k.Goal)
	if err != nil {
		return goal, err
	}
	return goal, resource.CheckEtag(goal, etag)
}

// fits refuses a goal whose plan is no draft, whose parent would break the tree, or whose predecessor, unless it was that before,
// does not exist.
func fits(tx Tx, goal domain.Goal, before string) error {
	plan, err := tx.Plans().Get(goal.Organization, goal.Plan)
	if err != nil {
		return err
	}
	if err := plan.GoalsEditable(); err != nil {
		return err
	}
	parents, err := ancestors(tx, goal)
	if err != nil {
		return err
	}
	bad := domain.CheckTree(goal, parents)
	if goal.Predecessor != "" && goal.Predecessor != before {
		plan, id, ok := planOf(goal.Organization, goal.Predecessor)
		if ok {
			if _, ok, err = tx.Goals().Find(goal.Organization, plan, id); err != nil {
				return err
			}
		}
		bad.Check(ok && plan != goal.Plan, "goal.predecessor", "%q does not exist; name the same goal in another plan of this organization", goal.Predecessor)
	}
	return bad.Err()
}

// ancestors maps the goals above a goal to their parents, as far as they exist: a tree of thousands is not read for one of them.
func ancestors(tx Tx, goal domain.Goal) (map[string]string, error) {
	parents := map[string]string{}
	for at := goal.ParentGoal; at != ""; at = parents[at] {
		if _, seen := parents[at]; seen || at == goal.ID {
			break
		}
		above, found, err := tx.Goals().Find(goal.Organization, goal.Plan, at)
		if err != nil || !found {
			return parents, err
		}
		parents[at] = above.ParentGoal
	}
	return parents, nil
}

// goalParents maps every goal id of a plan to its parent's.
func goalParents(tx Tx, k PlanKey) (map[string]string, error) {
	parents := map[string]string{}
	err := tx.Goals().Each([]string{k.Organization, k.Plan}, func(g domain.Goal) error {
		parents[g.ID] = g.ParentGoal
		return nil
	})
	return parents, err
}

// planOf takes a goal's name apart, if it is one of this organization.
func planOf(organization, name string) (plan, goal string, ok bool) {
	plan, goal, ok = strings.Cut(name, "/goals/")
	if !ok || goal == "" || strings.Contains(goal, "/") {
		return "", "", false
	}
	plan, ok = planID(organization, plan)
	return plan, goal, ok
}

// planID is the id in a plan's name, if it is a plan of this organization.
func planID(organization, name string) (string, bool) {
	id, ok := strings.CutPrefix(name, domain.PlanName(organization, ""))
	return id, ok && id != "" && !strings.Contains(id, "/")
}
