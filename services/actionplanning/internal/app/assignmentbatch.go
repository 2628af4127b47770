package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// AssignmentDraft is an assignment of a batch, with its position there and the etag it was read with, or "".
type AssignmentDraft struct {
	domain.Assignment
	Row  int
	Etag string
}

// AssignmentError is one reason why an assignment of a batch was not written.
type AssignmentError struct {
	Row                    int
	Field, Reason, Message string
}

// AssignmentsUpserted counts what a batch did.
type AssignmentsUpserted struct {
	Created, Updated, Unchanged, Rejected int
	Errors                                []AssignmentError // by row
}

// Refuse records why a row was not written: each of the fault's fields, or the fault itself. Any other error is answered.
func (u *AssignmentsUpserted) Refuse(row int, err error) error {
	f, ok := fault.As(err)
	if !ok || f.Kind == fault.Internal || f.Kind == fault.Unavailable {
		return err
	}
	u.Rejected++
	if len(f.Violations) == 0 {
		u.Errors = append(u.Errors, AssignmentError{row, blamed[f.Reason], f.Reason, f.Message})
	}
	for _, v := range f.Violations {
		u.Errors = append(u.Errors, AssignmentError{row, strings.TrimPrefix(v.Field, "assignment."), f.Reason, v.Detail})
	}
	return nil
}

// blamed are the fields to look at when an assignment is refused for what else there is.
var blamed = map[string]string{
	"ETAG_MISMATCH": "etag", "EMPLOYEE_TERMINATED": "employee", "LEAD_TAKEN": "role", "OVER_ALLOCATED": "effort_ppm",
}

// UpsertAssignments writes assignments, matched by id, one after another: each counts with those before it. A bad one is reported and
// loses no other. refused are those that could not even be read.
func (a *App) UpsertAssignments(ctx context.Context, organization string, rows []AssignmentDraft, refused AssignmentsUpserted) (AssignmentsUpserted, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (AssignmentsUpserted, error) {
		out := refused
		out.Errors = slices.Clone(refused.Errors)
		drafts, ids, times := make([]domain.Assignment, len(rows)), make([]string, len(rows)), map[string]int{}
		for i, r := range rows {
			drafts[i], ids[i] = r.Assignment, r.ID
			times[r.ID]++
		}
		stored, err := tx.AssignmentsWithIDs(organization, ids)
		if err != nil {
			return out, err
		}
		old := make(map[string]*domain.Assignment, len(stored))
		for i := range stored {
			old[stored[i].ID] = &stored[i]
		}
		book, err := openAssignmentBook(tx, organization, drafts, now)
		if err != nil {
			return out, err
		}
		var changed []domain.Assignment
		for _, r := range rows {
			before := old[r.ID]
			next, err := r.next(before, times[r.ID] > 1, now)
			if err == nil && before != nil && before.Same(next) {
				out.Unchanged++
				continue
			}
			if err == nil {
				next, err = book.fit(next, before)
			}
			if err != nil {
				if err := out.Refuse(r.Row, err); err != nil {
					return out, err
				}
				continue
			}
			book.put(next, before)
			changed = append(changed, next)
			if before == nil {
				out.Created++
			} else {
				out.Updated++
			}
		}
		slices.SortStableFunc(out.Errors, func(a, b AssignmentError) int { return cmp.Compare(a.Row, b.Row) })
		return out, tx.SaveAssignments(changed)
	})
}

// next is the next version of the draft's assignment; before is the stored one, nil if there is none.
func (d AssignmentDraft) next(before *domain.Assignment, repeated bool, now time.Time) (domain.Assignment, error) {
	switch {
	case repeated:
		return d.Assignment, fault.Violations{{Field: "name", Detail: "is there more than once; send each assignment once"}}.Err()
	case before == nil && d.Etag != "":
		return d.Assignment, fault.Violations{{Field: "etag", Detail: "belongs to an assignment that does not exist; leave it out to create one"}}.Err()
	case before == nil:
		return domain.NewAssignment(d.Assignment, now)
	}
	if err := resource.CheckEtag(*before, d.Etag); err != nil {
		return d.Assignment, err
	}
	return before.Changed(d.Assignment, now)
}
