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
	if err != nil {
		return strategy, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Strategy, error) { return strategy, tx.Strategies().Insert(strategy) })
}

// GetStrategy reads one.
func (a *App) GetStrategy(ctx context.Context, k StrategyKey) (domain.Strategy, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Strategy, error) { return tx.Strategies().Get(k.Organization, k.Strategy) })
}

// ListStrategies reads a page of an organization's strategies.
func (a *App) ListStrategies(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Strategy], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Strategy], err error) {
		p.Items, p.Next, err = tx.Strategies().List([]string{organization}, q)
		return p, err
	})
}

// UpdateStrategy applies edit to the stored strategy.
func (a *App) UpdateStrategy(ctx context.Context, k StrategyKey, etag string, edit func(domain.Strategy) (domain.Strategy, error)) (domain.Strategy, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Strategy, error) {
		strategy, err := k.current(tx, etag)
		if err != nil {
			return strategy, err
		}
		next, err := edit(strategy)
		if err != nil {
			return strategy, err
		}
		if next, err = strategy.Changed(next, now); err != nil {
			return strategy, err
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
