package app

import (
	"context"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// CreateOrganization creates a tenant.
func (a *App) CreateOrganization(ctx context.Context, draft domain.Organization) (domain.Organization, error) {
	draft.ID = a.id(draft.ID)
	org, err := domain.NewOrganization(draft, a.Now())
	if err != nil {
		return org, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Organization, error) { return org, tx.Organizations().Insert(org) })
}

// GetOrganization reads one.
func (a *App) GetOrganization(ctx context.Context, id string) (domain.Organization, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Organization, error) { return tx.Organizations().Get(id) })
}

// ListOrganizations reads a page; for operators alone.
func (a *App) ListOrganizations(ctx context.Context, q listing.Query) (resource.Page[domain.Organization], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Organization], err error) {
		p.Items, p.Next, err = tx.Organizations().List(nil, q)
		return p, err
	})
}

// UpdateOrganization applies edit to the stored organization.
func (a *App) UpdateOrganization(ctx context.Context, id, etag string, edit func(domain.Organization) (domain.Organization, error)) (domain.Organization, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Organization, error) {
		org, err := tx.Organizations().Get(id)
		if err != nil {
			return org, err
		}
		if err := resource.CheckEtag(org, etag); err != nil {
			return org, err
		}
		next, err := edit(org)
		if err != nil {
			return org, err
		}
		if next, err = org.Changed(next, now); err != nil {
			return org, err
		}
		return next, tx.Organizations().Update(next)
	})
}
