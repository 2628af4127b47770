package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// MilestoneKey finds a milestone.
type MilestoneKey struct{ Organization, Strategy, Objective, Milestone string }

// MilestoneTx is what a transaction does with milestones besides keeping each.
type MilestoneTx interface {
	Milestones() resource.Collection[domain.Milestone]
	// MilestonesNamed reads those that exist, in few statements.
	MilestonesNamed(organization string, names []string) ([]domain.Milestone, error)
	// KnownMilestones are the names that exist.
	KnownMilestones(organization string, names []string) (map[string]bool, error)
	// MilestonesOf and ObjectivesOf are all those of some strategies, by their ids, in few statements.
	MilestonesOf(organization string, strategies []string) ([]domain.Milestone, error)
	ObjectivesOf(organization string, strategies []string) ([]domain.Objective, error)
	// MilestoneSums adds up the milestones of each objective of some strategies that has any, in few statements.
	MilestoneSums(organization string, strategies []string) ([]MilestoneSum, error)
	// DependsOn is, of every milestone that these are or depend on through others, what it depends on directly, in order.
	DependsOn(organization string, from []string) (map[string][]string, error)
	// DependentOf is the name of a milestone that depends on this one, or "".
	DependentOf(organization, name string) (string, error)
	// SaveMilestones writes the next versions of many milestones of one organization, each once, with few statements, and one event for each.
	SaveMilestones(changed []domain.Milestone) error
}

// MilestoneSum is what the milestones of an objective add up to.
type MilestoneSum struct {
	Strategy, Objective string
	Weights             int64 // of all, 0 counted as 1
	Percents            int64 // percent done times weight, of all
}

// MilestoneList is what milestones can be filtered and sorted by.
var MilestoneList = listing.Schema{ID: []string{"strategy_id", "objective_id", "milestone_id"}, Fields: listing.Described(map[string]listing.Field{
	"planned_start_date": {Column: "planned_start_date", Type: listing.Date, Filterable: true, Sortable: true},
	"planned_end_date":   {Column: "planned_end_date", Type: listing.Date, Filterable: true, Sortable: true},
	"percent":            {Column: "percent", Type: listing.Int, Filterable: true},
})}

// CreateMilestone adds a step to an objective.
func (a *App) CreateMilestone(ctx context.Context, draft domain.Milestone) (domain.Milestone, error) {
	draft.ID = a.id(draft.ID)
	milestone, bad := domain.NewMilestone(draft, "milestone", a.Now())
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Milestone, error) {
		objective, err := tx.Objectives().Get(milestone.Organization, milestone.Strategy, milestone.Objective)
		if err == nil {
			err = objective.Open()
		}
		if err != nil {
			return milestone, err
		}
		if err := together(bad, dependable(tx, milestone.Organization, oneMilestone, milestone)); err != nil {
			return milestone, err
		}
		return milestone, tx.Milestones().Insert(milestone)
	})
}

// GetMilestone reads one.
func (a *App) GetMilestone(ctx context.Context, k MilestoneKey) (domain.Milestone, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Milestone, error) {
		return tx.Milestones().Get(k.Organization, k.Strategy, k.Objective, k.Milestone)
	})
}

// ListMilestones reads a page of those of an objective; an empty objective means all of the strategy, an empty strategy all of the organization.
func (a *App) ListMilestones(ctx context.Context, k ObjectiveKey, q listing.Query) (resource.Page[domain.Milestone], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Milestone], err error) {
		parent := []string{k.Organization}
		if k.Strategy != "" {
			parent = append(parent, k.Strategy)
			if k.Objective == "" {
				_, err = tx.Strategies().Get(parent...)
			} else {
				parent = append(parent, k.Objective)
				_, err = tx.Objectives().Get(parent...)
			}
		}
		if err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Milestones().List(parent, q)
		return p, err
	})
}

// UpdateMilestone applies edit to the stored milestone, unless its objective is over.
func (a *App) UpdateMilestone(ctx context.Context, k MilestoneKey, etag string, edit func(domain.Milestone) (domain.Milestone, error)) (domain.Milestone, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Milestone, error) {
		milestone, err := k.current(tx, etag)
		if err != nil {
			return milestone, err
		}
		objective, err := tx.Objectives().Get(k.Organization, k.Strategy, k.Objective)
		if err == nil {
			err = objective.Open()
		}
		if err != nil {
			return milestone, err
		}
		next, err := edit(milestone)
		if err != nil {
			return milestone, err
		}
		next, bad := milestone.Changed(next, "milestone", now)
		if err := together(bad, dependable(tx, next.Organization, oneMilestone, next)); err != nil {
			return milestone, err
		}
		return next, tx.Milestones().Update(next)
	})
}

// DeleteMilestone removes a milestone that none depends on and nobody is assigned to, also of an objective that is over: it could not be
// deleted otherwise.
func (a *App) DeleteMilestone(ctx context.Context, k MilestoneKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		milestone, err := k.current(tx, etag)
		if err != nil {
			return nil, err
		}
		dependent, err := tx.DependentOf(k.Organization, milestone.Name())
		if err != nil {
			return nil, err
		}
		assignments, err := tx.AssignmentsOf(ObjectiveKey{k.Organization, k.Strategy, k.Objective})
		if err != nil {
			return nil, err
		}
		if err := milestone.Deletable(dependent, assignments); err != nil {
			return nil, err
		}
		return nil, tx.Milestones().Delete(milestone)
	})
	return err
}

// current is the stored milestone, if etag fits it.
func (k MilestoneKey) current(tx Tx, etag string) (domain.Milestone, error) {
	milestone, err := tx.Milestones().Get(k.Organization, k.Strategy, k.Objective, k.Milestone)
	if err != nil {
		return milestone, err
	}
	return milestone, resource.CheckEtag(milestone, etag)
}

// unfinished chooses milestones that are not done: 100 percent are only those that have an actual end.
const unfinished = "percent < 100"

// anyMilestone is the name of a milestone of the objective that the filter chooses, or "".
func anyMilestone(tx Tx, o domain.Objective, filter string) (string, error) {
	q, err := listing.Parse(listing.Request{PageSize: 1, Filter: filter}, MilestoneList)
	if err != nil {
		return "", err
	}
	some, _, err := tx.Milestones().List([]string{o.Organization, o.Strategy, o.ID}, q)
	if err != nil || len(some) == 0 {
		return "", err
	}
	return some[0].Name(), nil
}

// together are the violations of all, unless one says something else.
func together(errs ...error) error {
	var bad fault.Violations
	for _, err := range errs {
		if f, ok := fault.As(err); ok && f.Kind == fault.Invalid && len(f.Violations) > 0 {
			bad = append(bad, f.Violations...)
		} else if err != nil {
			return err
		}
	}
	return bad.Err()
}

// oneMilestone is where the only milestone of a request stands.
func oneMilestone(int) string { return "milestone" }

// dependable refuses milestones that depend on what does not exist, or on each other in a circle. They count as they will be, what they depend on
// as it is stored; only what they reach is looked at.
func dependable(tx Tx, organization string, at func(int) string, changed ...domain.Milestone) error {
	graph := make(map[string][]string, len(changed))
	roots := make([]string, len(changed))
	for i, m := range changed {
		roots[i] = m.Name()
		graph[roots[i]] = slices.DeleteFunc(slices.Clone(m.DependsOn), func(d string) bool { return d == roots[i] }) // which the milestone tells itself
	}
	var others []string
	seen := map[string]bool{}
	for _, m := range changed {
		for _, d := range m.DependsOn {
			if _, inside := graph[d]; !inside && !seen[d] {
				seen[d] = true
				others = append(others, d)
			}
		}
	}
	known, err := tx.KnownMilestones(organization, others)
	if err != nil {
		return err
	}
	var v fault.Violations
	for i, m := range changed {
		for j, d := range m.DependsOn {
			if seen[d] && !known[d] {
				v.Add(fmt.Sprintf("%s.depends_on[%d]", at(i), j), "%s does not exist; name a milestone of this organization, or create it first", d)
			}
		}
	}
	if err := v.Err(); err != nil {
		return err
	}
	stored, err := tx.DependsOn(organization, others)
	if err != nil {
		return err
	}
	for m, on := range stored {
		if _, inside := graph[m]; !inside {
			graph[m] = on
		}
	}
	cycle := domain.DependencyCycle(graph, roots)
	if cycle == nil {
		return nil
	}
	for i, root := range roots {
		if root == cycle[0] {
			v.Add(at(i)+".depends_on", "makes a cycle, each milestone depending on the next: %s; take one of these dependencies out", domain.CycleText(cycle))
		}
	}
	return v.Err()
}
