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
	if err != nil {
		return objective, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Objective, error) {
		if _, err := tx.Strategies().Get(objective.Organization, objective.Strategy); err != nil {
			return objective, err
		}
		return objective, tx.Objectives().Insert(objective)
	})
}

// GetObjective reads one.
func (a *App) GetObjective(ctx context.Context, k ObjectiveKey) (domain.Objective, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Objective, error) {
		return tx.Objectives().Get(k.Organization, k.Strategy, k.Objective)
	})
}

// ListObjectives reads a page of a strategy's objectives.
func (a *App) ListObjectives(ctx context.Context, k StrategyKey, q listing.Query) (resource.Page[domain.Objective], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Objective], err error) {
		if _, err := tx.Strategies().Get(k.Organization, k.Strategy); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Objectives().List([]string{k.Organization, k.Strategy}, q)
		return p, err
	})
}

// UpdateObjective applies edit to the stored objective.
func (a *App) UpdateObjective(ctx context.Context, k ObjectiveKey, etag string, edit func(domain.Objective) (domain.Objective, error)) (domain.Objective, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Objective, error) {
		objective, err := k.current(tx, etag)
		if err != nil {
			return objective, err
		}
		next, err := edit(objective)
		if err != nil {
			return objective, err
		}
		if next, err = objective.Changed(next, now); err != nil {
			return objective, err
		}
		return next, tx.Objectives().Update(next)
	})
}

// DeleteObjective removes an objective that nobody is assigned to.
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
		if err := objective.Deletable(assignments); err != nil {
			return nil, err
		}
		return nil, tx.Objectives().Delete(objective)
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
