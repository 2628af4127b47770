package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
)

// Run is an allocation that is being solved in the background.
type Run struct {
	Organization, Budget, Allocation string
	Input                            []byte // canonical; what proves the allocation, once there is a plan for it
	Attempt                          int64  // how many claimed it, this one included, and neither ended nor released it
}

func (r Run) key() BudgetKey {
	return BudgetKey{Organization: r.Organization, Budget: r.Budget, ID: r.Allocation}
}

// Runs are leased: one holder solves a run until its lease ends, and any replica takes over what is left.
type Runs interface {
	// Insert keeps a run and its input.
	Insert(r Run) error
	// Claim leases a run whose lease has ended at now, if there is one.
	Claim(now time.Time, holder string, until time.Time) (Run, bool, error)
	// Renew prolongs the holder's lease and tells how far it is; false when the run is no longer the holder's.
	Renew(r Run, holder string, until time.Time, p domain.Search) (bool, error)
	// Release gives a claim of the holder's back as if it had not been made.
	Release(r Run, holder string) error
	// Progress is how far a run is.
	Progress(key ...string) (domain.Search, bool, error)
	// Remove ends a run; false when there was none, or not of this holder ("" for any).
	Remove(k BudgetKey, holder string) (bool, error)
}

// start stores an allocation that could not be solved at once, for the background to go on with.
func (a *App) start(ctx context.Context, books domain.Books, allocation domain.Allocation, in model.Input) (domain.Allocation, error) {
	input, err := in.Normalize().Canonical()
	if err != nil {
		return allocation, err
	}
	allocation = allocation.Running(books, in, model.Digest(input))
	started, err := resource.Write(ctx, a.Store, func(tx Tx) (domain.Allocation, error) {
		next, err := numbered(tx, allocation)
		if err != nil {
			return next, err
		}
		if err := tx.Runs().Insert(Run{Organization: next.Organization, Budget: next.Budget, Allocation: next.ID, Input: input}); err != nil {
			return next, err
		}
		return fresh(tx, books.Budget.Plan, next)
	})
	if err == nil {
		a.wake()
	}
	return started, err
}

// numbered stores an allocation as the newest of its budget.
func numbered(tx Tx, next domain.Allocation) (domain.Allocation, error) {
	last, err := tx.Allocations().Last(next.Organization, next.Budget)
	if err != nil {
		return next, err
	}
	next.Sequence = last + 1
	return next, tx.Allocations().Insert(next)
}

// CancelAllocation gives up an allocation that is being solved.
func (a *App) CancelAllocation(ctx context.Context, k BudgetKey, etag string) (domain.Allocation, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Allocation, error) {
		old, err := tx.Allocations().Get(k.ids()...)
		if err == nil {
			err = resource.CheckEtag(old, etag)
		}
		if err != nil {
			return old, err
		}
		next, err := old.Cancel(now)
		if err != nil {
			return old, err
		}
		if _, err := tx.Runs().Remove(k, ""); err != nil {
			return old, err
		}
		return next, tx.Allocations().Update(next)
	})
}
