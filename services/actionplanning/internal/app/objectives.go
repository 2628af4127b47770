package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// ObjectiveKey finds an objective.
type ObjectiveKey struct{ Organization, Strategy, Objective string }

// CreateObjective adds an objective to a strategy.
func (a *App) CreateObjective(ctx context.Context, draft domain.Objective) (domain.Objective, error) {
	draft.ID = a.id(draft.ID)
	objective, err := domain.NewObjective(draft, a.Now())
	if err := a.checkObjective(ctx, domain.Objective{}, objective, err); err != nil {
		return objective, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Objective, error) {
		strategy, err := tx.Strategies().Get(objective.Organization, objective.Strategy)
		if err == nil {
			err = strategy.Open()
		}
		if err != nil {
			return objective, err
		}
		return objective, tx.Objectives().Insert(objective)
	})
}

// GetObjective reads one, with its progress.
func (a *App) GetObjective(ctx context.Context, k ObjectiveKey) (domain.Objective, error) {
	all, err := a.objectivesWithProgress(ctx, StrategyKey{k.Organization, k.Strategy}, func(tx Tx) ([]domain.Objective, error) {
		o, err := tx.Objectives().Get(k.Organization, k.Strategy, k.Objective)
		return []domain.Objective{o}, err
	})
	if err != nil {
		return domain.Objective{}, err
	}
	return all[0], nil
}

// ListObjectives reads a page of a strategy's objectives, with their progress.
func (a *App) ListObjectives(ctx context.Context, k StrategyKey, q listing.Query) (p resource.Page[domain.Objective], err error) {
	p.Items, err = a.objectivesWithProgress(ctx, k, func(tx Tx) (items []domain.Objective, err error) {
		if _, err := tx.Strategies().Get(k.Organization, k.Strategy); err != nil {
			return nil, err
		}
		items, p.Next, err = tx.Objectives().List([]string{k.Organization, k.Strategy}, q)
		return items, err
	})
	return p, err
}

// UpdateObjective applies edit to the stored objective: once to learn what it newly refers to, and once for good.
func (a *App) UpdateObjective(ctx context.Context, k ObjectiveKey, etag string, edit func(domain.Objective) (domain.Objective, error)) (domain.Objective, error) {
	now := a.Now()
	change := func(tx Tx) (old, next domain.Objective, err error) {
		if old, err = k.current(tx, etag); err == nil {
			next, err = edit(old)
		}
		return old, next, err
	}
	var old, next domain.Objective
	err := a.Store.Read(ctx, func(tx Tx) (err error) {
		old, next, err = change(tx)
		return err
	})
	if err == nil {
		_, bad := old.Changed(next, now)
		err = a.checkObjective(ctx, old, next, bad)
	}
	if err != nil {
		return old, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Objective, error) {
		old, next, err := change(tx)
		if err == nil {
			next, err = old.Changed(next, now)
		}
		if err != nil {
			return old, err
		}
		return next, tx.Objectives().Update(next)
	})
}

// DeleteObjective removes an objective without milestones that nobody is assigned to, unless an ACTIVE strategy would be left without one.
func (a *App) DeleteObjective(ctx context.Context, k ObjectiveKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		objective, err := k.current(tx, etag)
		if err != nil {
			return nil, err
		}
		assignments, err := tx.AssignmentsOf(k)
		if err != nil {
			return nil, err
		}
		milestone, err := anyMilestone(tx, objective, "")
		if err != nil {
			return nil, err
		}
		if err := objective.Deletable(assignments, milestone); err != nil {
			return nil, err
		}
		if err := tx.Objectives().Delete(objective); err != nil {
			return nil, err
		}
		return nil, stands(tx, k)
	})
	return err
}

// current is the stored objective, if etag fits it.
func (k ObjectiveKey) current(tx Tx, etag string) (domain.Objective, error) {
	objective, err := tx.Objectives().Get(k.Organization, k.Strategy, k.Objective)
	if err != nil {
		return objective, err
	}
	return objective, resource.CheckEtag(objective, etag)
}
