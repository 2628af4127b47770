package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// Key finds a resource that an organization owns directly.
type Key struct{ Organization, ID string }

func (k Key) ids() []string { return []string{k.Organization, k.ID} }

// CreateFund adds a fund.
func (a *App) CreateFund(ctx context.Context, draft domain.Fund) (domain.Fund, error) {
	if _, err := a.Currency(ctx, draft.Organization); err != nil { // an organization that exists
		return draft, err
	}
	draft.ID = a.id(draft.ID)
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Fund, error) {
		fund, err := domain.NewFund(draft, now)
		if err == nil {
			err = linkedFund(tx, fund)
		}
		if err != nil {
			return fund, err
		}
		return fund, tx.Funds().Insert(fund)
	})
}

// GetFund reads one.
func (a *App) GetFund(ctx context.Context, k Key) (domain.Fund, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Fund, error) { return tx.Funds().Get(k.ids()...) })
}

// ListFunds reads a page of an organization's funds.
func (a *App) ListFunds(ctx context.Context, organization string, q Query) (resource.Page[domain.Fund], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Fund], err error) {
		p.Items, p.Next, err = tx.Funds().List([]string{organization}, q)
		return p, err
	})
}

// UpdateFund changes a fund. A restriction that requests already violate is refused at the next allocation, not here: the
// law changed, and the requests must follow.
func (a *App) UpdateFund(ctx context.Context, k Key, e Edit[domain.Fund]) (domain.Fund, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Fund, error) {
		return edit(tx.Funds(), k.ids(), e,
			func(next domain.Fund) (domain.Fund, error) {
				next, err := domain.NewFund(next, now)
				if err != nil {
					return next, err
				}
				return next, linkedFund(tx, next)
			},
			func(old, next domain.Fund) (domain.Fund, error) {
				next, err := old.Changed(next, now)
				if err != nil {
					return next, err
				}
				return next, linkedFund(tx, next)
			})
	})
}

// DeleteFund removes a fund that nothing uses.
func (a *App) DeleteFund(ctx context.Context, k Key, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		return nil, remove(tx.Funds(), k.ids(), etag, "FUND_IN_USE", func() (string, error) { return tx.FundUser(k.Organization, k.ID) })
	})
	return err
}

// linkedFund refuses a parent that does not exist or that lies below the fund.
func linkedFund(tx Tx, fund domain.Fund) error {
	var v fault.Violations
	for at, seen := fund.ParentFund, map[string]bool{}; at != "" && !seen[at]; {
		seen[at] = true
		parent, found, err := tx.Funds().Find(fund.Organization, at)
		if err != nil {
			return err
		}
		if !found {
			v.Add("fund.parent_fund", "%s does not exist; name a fund of this organization", domain.FundName(fund.Organization, at))
			break
		}
		if parent.ParentFund == fund.ID {
			v.Add("fund.parent_fund", "makes a cycle through %s; name a fund that does not report into this one", parent.Name())
			break
		}
		at = parent.ParentFund
	}
	return v.Err()
}

// funds are all of an organization's, by id: a city has tens, at most a few hundred.
func funds(tx Tx, organization string) (map[string]*domain.Fund, error) {
	all := map[string]*domain.Fund{}
	err := tx.Funds().Each([]string{organization}, func(f domain.Fund) error {
		all[f.ID] = &f
		return nil
	})
	return all, err
}
