package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// StrategyKey finds a strategy.
type StrategyKey struct{ Organization, Strategy string }

// CreateStrategy adds a strategy.
func (a *App) CreateStrategy(ctx context.Context, draft domain.Strategy) (domain.Strategy, error) {
	draft.ID = a.id(draft.ID)
	strategy, err := domain.NewStrategy(draft, a.Now())
	if err := a.checkStrategy(ctx, domain.Strategy{}, strategy, err); err != nil {
		return strategy, err
	}
	if err := strategy.Stands(nil); err != nil {
		return strategy, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Strategy, error) { return strategy, tx.Strategies().Insert(strategy) })
}

// GetStrategy reads one, with its progress.
func (a *App) GetStrategy(ctx context.Context, k StrategyKey) (domain.Strategy, error) {
	all, err := a.withProgress(ctx, k.Organization, func(tx Tx) ([]domain.Strategy, error) {
		s, err := tx.Strategies().Get(k.Organization, k.Strategy)
		return []domain.Strategy{s}, err
	})
	if err != nil {
		return domain.Strategy{}, err
	}
	return all[0], nil
}

// ListStrategies reads a page of an organization's strategies, with their progress.
func (a *App) ListStrategies(ctx context.Context, organization string, q listing.Query) (p resource.Page[domain.Strategy], err error) {
	p.Items, err = a.withProgress(ctx, organization, func(tx Tx) (items []domain.Strategy, err error) {
		items, p.Next, err = tx.Strategies().List([]string{organization}, q)
		return items, err
	})
	return p, err
}

// UpdateStrategy applies edit to the stored strategy: once to learn what it newly refers to, and once for good.
func (a *App) UpdateStrategy(ctx context.Context, k StrategyKey, etag string, edit func(domain.Strategy) (domain.Strategy, error)) (domain.Strategy, error) {
	now := a.Now()
	change := func(tx Tx) (old, next domain.Strategy, err error) {
		if old, err = k.current(tx, etag); err == nil {
			next, err = edit(old)
		}
		return old, next, err
	}
	var old, next domain.Strategy
	err := a.Store.Read(ctx, func(tx Tx) (err error) {
		old, next, err = change(tx)
		return err
	})
	if err == nil {
		_, bad := old.Changed(next, now)
		err = a.checkStrategy(ctx, old, next, bad)
	}
	if err != nil {
		return old, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Strategy, error) {
		old, next, err := change(tx)
		if err == nil {
			next, err = old.Changed(next, now)
		}
		if err != nil {
			return old, err
		}
		if next.State != old.State {
			objectives, err := objectivesOf(tx, k)
			if err != nil {
				return old, err
			}
			if err := next.Stands(objectives); err != nil {
				return old, err
			}
		}
		return next, tx.Strategies().Update(next)
	})
}

// DeleteStrategy removes a strategy without objectives.
func (a *App) DeleteStrategy(ctx context.Context, k StrategyKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		strategy, err := k.current(tx, etag)
		if err != nil {
			return nil, err
		}
		some, _, err := tx.Objectives().List([]string{k.Organization, k.Strategy}, listing.Query{Limit: 1})
		if err != nil {
			return nil, err
		}
		var objective string
		for _, o := range some {
			objective = o.Name()
		}
		if err := strategy.Deletable(objective); err != nil {
			return nil, err
		}
		return nil, tx.Strategies().Delete(strategy)
	})
	return err
}

// current is the stored strategy, if etag fits it.
func (k StrategyKey) current(tx Tx, etag string) (domain.Strategy, error) {
	strategy, err := tx.Strategies().Get(k.Organization, k.Strategy)
	if err != nil {
		return strategy, err
	}
	return strategy, resource.CheckEtag(strategy, etag)
}
