package app

import (
	"context"
	"errors"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// How long solving runs are held and looked for.
const (
	lease     = 30 * time.Second // who does not renew it by then is taken for gone
	heartbeat = time.Second      // how often a run is renewed and its progress told
	lookEvery = 5 * time.Second  // how often runs that others left are looked for
)

// Run is an allocation that is being solved in the background.
type Run struct {
	Organization, Budget, Allocation string
	Input                            []byte // canonical
}

func (r Run) key() BudgetKey {
	return BudgetKey{Organization: r.Organization, Budget: r.Budget, ID: r.Allocation}
}

// Runs are leased: one holder solves a run until its lease ends, and any replica takes over what is left.
type Runs interface {
	Insert(r Run) error
	// Claim leases a run whose lease has ended at now, if there is one.
	Claim(now time.Time, holder string, until time.Time) (Run, bool, error)
	// Renew prolongs the holder's lease and tells how far it is; false when the run is no longer the holder's.
	Renew(r Run, holder string, until time.Time, p domain.Search) (bool, error)
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

// wake tells the background that there is a run; one that is awake already looks again by itself.
func (a *App) wake() {
	select {
	case a.Wake <- struct{}{}:
	default:
	}
}

// SolveRunning solves what is RUNNING, one at a time, until ctx ends: what this process started, and what others left.
func (a *App) SolveRunning(ctx context.Context) error {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	for {
		again, err := a.solveNext(ctx)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // told to stop: whoever is next takes over
		}
		if err != nil {
			a.Logger.WarnContext(ctx, "a running allocation was not solved; it is tried again", "error", err)
		}
		if again && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-a.Wake:
		case <-look.C:
		}
	}
}

// solveNext solves one run, if there is one to be had.
func (a *App) solveNext(ctx context.Context) (found bool, err error) {
	holder, now := a.NewID(), a.Now()
	var run Run
	err = a.Store.Write(ctx, func(tx Tx) (_ any, err error) {
		run, found, err = tx.Runs().Claim(now, holder, now.Add(lease))
		return nil, err
	})
	if err != nil || !found {
		return false, err
	}
	solving, stop := context.WithCancel(ctx)
	defer stop()
	told := make(chan domain.Search, 1)
	kept := make(chan error, 1)
	go func() { kept <- a.keepRun(solving, stop, run, holder, told) }()
	solved, err := a.solveRun(solving, run, told)
	stop()
	if lost := <-kept; lost != nil || ctx.Err() != nil {
		return true, lost // cancelled, or another holder's
	}
	return true, a.finish(ctx, run, holder, solved, err)
}

func (a *App) solveRun(ctx context.Context, run Run, told chan domain.Search) (engine.Solved, error) {
	in, err := model.Decode(run.Input)
	if err != nil {
		return engine.Solved{}, err
	}
	return engine.SolveWith(ctx, in, engine.Options{Progress: func(s model.Search) {
		select {
		case <-told: // the newest is told
		default:
		}
		told <- domain.Search{Value: s.Value, Bound: s.Bound, PriceBound: s.DualBound, States: s.States}
	}})
}

// errNotOurs says that a run was cancelled or taken over.
var errNotOurs = errors.New("the run is no longer this holder's")

// keepRun renews the lease of a run until ctx ends, and stops the solver when the run is gone.
func (a *App) keepRun(ctx context.Context, stop func(), run Run, holder string, told <-chan domain.Search) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var last domain.Search
	for {
		select {
		case <-ctx.Done():
			return nil
		case last = <-told:
			continue
		case <-beat.C:
		}
		until, ours := a.Now().Add(lease), true
		err := a.Store.Write(ctx, func(tx Tx) (_ any, err error) {
			ours, err = tx.Runs().Renew(run, holder, until, last)
			return nil, err
		})
		if err != nil && ctx.Err() != nil {
			return nil
		}
		if err == nil && !ours {
			stop()
			return errNotOurs
		}
	}
}

// finish stores what a run found, or why it failed, unless the run was cancelled or taken over meanwhile.
func (a *App) finish(ctx context.Context, run Run, holder string, solved engine.Solved, failure error) error {
	now := a.Now()
	in, err := model.Decode(run.Input)
	if err != nil && failure == nil {
		failure = err
	}
	return a.Store.Write(ctx, func(tx Tx) (any, error) {
		ours, err := tx.Runs().Remove(run.key(), holder)
		if err != nil || !ours {
			return nil, err
		}
		old, err := tx.Allocations().Get(run.key().ids()...)
		if err != nil {
			return nil, err
		}
		if failure != nil {
			return nil, tx.Allocations().Update(old.Failed(reason(failure), now))
		}
		books, err := booksOf(tx, old, solved.Plan)
		if err != nil {
			return nil, err
		}
		next := old.Solved(books, in, solved.Plan, solved.Certificate, now)
		if err := tx.Allocations().Update(next); err != nil {
			return nil, err
		}
		return nil, tx.Allocations().Keep(next, Proof{Input: solved.Input, Plan: solved.Encoded, Lines: domain.Lines(next, books, solved.Plan)})
	})
}

// reason says to people why solving failed.
func reason(err error) string {
	if f, ok := fault.As(err); ok && f.Kind != fault.Internal {
		return f.Message
	}
	return "the allocation could not be solved; the log of the service says why"
}

// booksOf are the funds and programs of a plan with the titles that they have now.
func booksOf(tx Tx, a domain.Allocation, plan model.Plan) (books domain.Books, err error) {
	if books.Funds, err = funds(tx, a.Organization); err != nil {
		return books, err
	}
	var ids []string
	for i := range plan.Lines { // by program
		if id := plan.Lines[i].Program; len(ids) == 0 || ids[len(ids)-1] != id {
			ids = append(ids, id)
		}
	}
	known, err := tx.Programs().FindMany([]string{a.Organization}, ids)
	if err != nil {
		return books, err
	}
	for _, id := range ids {
		p, ok := known[id]
		if !ok {
			p = domain.Program{Organization: a.Organization, ID: id, DisplayName: id}
		}
		books.Asks = append(books.Asks, domain.Ask{Program: p})
	}
	return books, nil
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
