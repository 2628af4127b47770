package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// AssignmentKey finds an assignment.
type AssignmentKey struct{ Organization, Assignment string }

// CreateAssignment gives an employee work on an objective.
func (a *App) CreateAssignment(ctx context.Context, draft domain.Assignment) (domain.Assignment, error) {
	draft.ID = a.id(draft.ID)
	now := a.Now()
	assignment, err := domain.NewAssignment(draft, now)
	if err != nil {
		return assignment, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Assignment, error) {
		assignment, err := fits(tx, assignment, nil, now)
		if err != nil {
			return assignment, err
		}
		return assignment, tx.Assignments().Insert(assignment)
	})
}

// GetAssignment reads one.
func (a *App) GetAssignment(ctx context.Context, k AssignmentKey) (domain.Assignment, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Assignment, error) {
		assignment, err := tx.Assignments().Get(k.Organization, k.Assignment)
		if err != nil {
			return assignment, err
		}
		one := []domain.Assignment{assignment}
		err = flagged(tx, k.Organization, one)
		return one[0], err
	})
}

// ListAssignments reads a page of an organization's assignments.
func (a *App) ListAssignments(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Assignment], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Assignment], err error) {
		if p.Items, p.Next, err = tx.Assignments().List([]string{organization}, q); err != nil {
			return p, err
		}
		return p, flagged(tx, organization, p.Items)
	})
}

// UpdateAssignment applies edit to the stored assignment. A leaver's assignment can still end sooner.
func (a *App) UpdateAssignment(ctx context.Context, k AssignmentKey, etag string, edit func(domain.Assignment) (domain.Assignment, error)) (domain.Assignment, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Assignment, error) {
		assignment, err := k.current(tx, etag)
		if err != nil {
			return assignment, err
		}
		next, err := edit(assignment)
		if err != nil {
			return assignment, err
		}
		if next, err = assignment.Changed(next, now); err != nil {
			return assignment, err
		}
		if next, err = fits(tx, next, &assignment, now); err != nil {
			return assignment, err
		}
		return next, tx.Assignments().Update(next)
	})
}

// DeleteAssignment removes an assignment.
func (a *App) DeleteAssignment(ctx context.Context, k AssignmentKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		assignment, err := k.current(tx, etag)
		if err != nil {
			return nil, err
		}
		return nil, tx.Assignments().Delete(assignment)
	})
	return err
}

// current is the stored assignment, if etag fits it.
func (k AssignmentKey) current(tx Tx, etag string) (domain.Assignment, error) {
	assignment, err := tx.Assignments().Get(k.Organization, k.Assignment)
	if err != nil {
		return assignment, err
	}
	return assignment, resource.CheckEtag(assignment, etag)
}
