package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// AssignmentKey finds an assignment.
type AssignmentKey struct{ Organization, Assignment string }

// CreateAssignment gives an employee work on an objective.
func (a *App) CreateAssignment(ctx context.Context, draft domain.Assignment) (domain.Assignment, error) {
	draft.ID = a.id(draft.ID)
	assignment, err := domain.NewAssignment(draft, a.Now())
	if err != nil {
		return assignment, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Assignment, error) {
		if err := fits(tx, assignment, ""); err != nil {
			return assignment, err
		}
		return assignment, tx.Assignments().Insert(assignment)
	})
}

// GetAssignment reads one.
func (a *App) GetAssignment(ctx context.Context, k AssignmentKey) (domain.Assignment, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Assignment, error) {
		return tx.Assignments().Get(k.Organization, k.Assignment)
	})
}

// ListAssignments reads a page of an organization's assignments.
func (a *App) ListAssignments(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Assignment], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Assignment], err error) {
		p.Items, p.Next, err = tx.Assignments().List([]string{organization}, q)
		return p, err
	})
}

// UpdateAssignment applies edit to the stored assignment. A leaver's assignment can still be changed, so that it can be ended.
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
		if err := fits(tx, next, assignment.Employee); err != nil {
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

// fits refuses an assignment to what does not exist, to somebody who is gone (unless they had it before), or as a second lead.
func fits(tx Tx, a domain.Assignment, holder string) error {
	var v fault.Violations
	_, found, err := tx.Objectives().Find(a.Organization, a.Strategy, a.Objective)
	if err != nil {
		return err
	}
	v.Check(found, "assignment.objective", "%s does not exist; name an objective of this organization", a.ObjectiveName())
	employee, found, err := tx.Staff().Find(a.Organization, a.Employee)
	if err != nil {
		return err
	}
	v.Check(found, "assignment.employee", "%s does not exist; name an employee of this organization, or sync them first", a.EmployeeName())
	if err := v.Err(); err != nil {
		return err
	}
	if a.Employee != holder {
		if err := employee.Assignable(); err != nil {
			return err
		}
	}
	others, err := tx.AssignmentsOf(ObjectiveKey{a.Organization, a.Strategy, a.Objective})
	if err != nil {
		return err
	}
	return a.CheckLead(others)
}
