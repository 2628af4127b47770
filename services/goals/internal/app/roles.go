package app

import (
	"context"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// RoleKey finds a role assignment.
type RoleKey struct{ Organization, Plan, RoleAssignment string }

func (k RoleKey) ids() []string { return []string{k.Organization, k.Plan, k.RoleAssignment} }

// CreateRoleAssignment adds a role's part in a phase or goal.
func (a *App) CreateRoleAssignment(ctx context.Context, draft domain.RoleAssignment) (domain.RoleAssignment, error) {
	draft.ID = a.id(draft.ID)
	r := domain.NewRoleAssignment(draft, a.Now())
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.RoleAssignment, error) {
		if err := placed(tx, r); err != nil {
			return r, err
		}
		return r, tx.RoleAssignments().Insert(r)
	})
}

// GetRoleAssignment reads one.
func (a *App) GetRoleAssignment(ctx context.Context, k RoleKey) (domain.RoleAssignment, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.RoleAssignment, error) { return tx.RoleAssignments().Get(k.ids()...) })
}

// ListRoleAssignments reads a page of a plan's role assignments.
func (a *App) ListRoleAssignments(ctx context.Context, k PlanKey, q listing.Query) (resource.Page[domain.RoleAssignment], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.RoleAssignment], err error) {
		if _, err := tx.Plans().Get(k.Organization, k.Plan); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.RoleAssignments().List([]string{k.Organization, k.Plan}, q)
		return p, err
	})
}

// UpdateRoleAssignment applies edit to the stored role assignment.
func (a *App) UpdateRoleAssignment(
	ctx context.Context, k RoleKey, etag string, edit func(domain.RoleAssignment) (domain.RoleAssignment, error),
) (domain.RoleAssignment, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.RoleAssignment, error) {
		old, err := tx.RoleAssignments().Get(k.ids()...)
		if err == nil {
			err = resource.CheckEtag(old, etag)
		}
		if err != nil {
			return old, err
		}
		next, err := edit(old)
		if err != nil {
			return old, err
		}
		next = old.Changed(next, now)
		if err := placed(tx, next); err != nil {
			return old, err
		}
		return next, tx.RoleAssignments().Update(next)
	})
}

// DeleteRoleAssignment removes one.
func (a *App) DeleteRoleAssignment(ctx context.Context, k RoleKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		old, err := tx.RoleAssignments().Get(k.ids()...)
		if err == nil {
			err = resource.CheckEtag(old, etag)
		}
		if err == nil {
			_, err = living(tx, k.Organization, k.Plan)
		}
		if err != nil {
			return nil, err
		}
		return nil, tx.RoleAssignments().Delete(old)
	})
	return err
}

// placed refuses a role assignment that its plan has no place for. Roles may change after adoption: people come and go.
func placed(tx Tx, r domain.RoleAssignment) error {
	plan, err := living(tx, r.Organization, r.Plan)
	if err != nil {
		return err
	}
	hasGoal := false
	if r.Goal != "" {
		if _, hasGoal, err = tx.Goals().Find(r.Organization, r.Plan, r.Goal); err != nil {
			return err
		}
	}
	var others []domain.RoleAssignment
	err = tx.RoleAssignments().Each([]string{r.Organization, r.Plan}, func(o domain.RoleAssignment) error {
		others = append(others, o)
		return nil
	})
	if err != nil {
		return err
	}
	return r.Check(plan, hasGoal, others)
}
