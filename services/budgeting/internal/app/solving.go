package app

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// How long solving runs are held and looked for, and how often they are tried.
const (
	lease        = 30 * time.Second // who does not renew it by then is taken for gone
	heartbeat    = time.Second      // how often a run is renewed and its progress told
	lookEvery    = 5 * time.Second  // how often runs that others left are looked for
	mostAttempts = 3                // so that what takes its solver down does so a few times, not for ever
)

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
	if run.Attempt > mostAttempts {
		return true, a.finish(ctx, run, holder, engine.Solved{}, errGivenUp)
	}
	solving, stop := context.WithCancel(ctx)
	defer stop()
	told := make(chan domain.Search, 1)
	ours := make(chan bool, 1)
	go func() { ours <- a.keepRun(solving, stop, run, holder, told) }()
	solved, err := caught(func() (engine.Solved, error) { return a.solveRun(solving, run, told) })
	stop()
	switch {
	case !<-ours: // cancelled, or another holder's
		return true, nil
	case ctx.Err() != nil:
		return true, a.release(ctx, run, holder)
	}
	return true, a.finish(ctx, run, holder, solved, err)
}

// release lets the next process take over at once what this one has begun and is told to leave.
func (a *App) release(ctx context.Context, run Run, holder string) error {
	ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), heartbeat)
	defer stop()
	return a.Store.Write(ctx, func(tx Tx) (any, error) { return nil, tx.Runs().Release(run, holder) })
}

// caught makes an error of a panic: nobody waits for the background who could be told, and the process serves others.
func caught(solve func() (engine.Solved, error)) (solved engine.Solved, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("solver panicked: %v\n%s", p, debug.Stack())
		}
	}()
	return solve()
}

func (a *App) solveRun(ctx context.Context, run Run, told chan domain.Search) (engine.Solved, error) {
	in, err := model.Decode(run.Input)
	if version := (Proof{Input: run.Input}).engineVersion(in, err); err != nil && version != "" && version != engine.Version {
		err = fault.State(reasonEngine, "it was to be solved by version %s of the engine, and this is version %s; create the allocation again", version, engine.Version)
	}
	if err != nil {
		return engine.Solved{}, err
	}
	return a.solveWith(ctx, in, engine.Options{Progress: func(s model.Search) {
		select {
		case <-told: // the newest is told
		default:
		}
		told <- domain.Search{Value: s.Value, Bound: s.Bound, PriceBound: s.DualBound, States: s.States}
	}})
}

// errGivenUp says that a run took down whoever tried it.
var errGivenUp error = fault.New(fault.Unavailable, "GIVEN_UP", "it was begun %d times, and each time the service ended before it was solved; "+
	"lower parameters.work_limit, or have fewer packages compete", mostAttempts)

// keepRun renews the lease of a run until ctx ends. When the run was cancelled or taken over it stops the solver and answers false.
func (a *App) keepRun(ctx context.Context, stop func(), run Run, holder string, told <-chan domain.Search) bool {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	var last domain.Search
	for {
		select {
		case <-ctx.Done():
			return true
		case last = <-told:
			continue
		case <-beat.C:
		}
		until, ours := a.Now().Add(lease), true
		err := a.Store.Write(ctx, func(tx Tx) (_ any, err error) {
			ours, err = tx.Runs().Renew(run, holder, until, last)
			return nil, err
		})
		if err == nil && !ours {
			stop()
			return false
		}
	}
}

// finish stores what a run found, or why it failed, unless the run was cancelled or taken over meanwhile.
func (a *App) finish(ctx context.Context, run Run, holder string, solved engine.Solved, failure error) error {
	if failure != nil {
		a.Logger.ErrorContext(ctx, "an allocation could not be solved",
			"allocation", domain.AllocationName(run.Organization, run.Budget, run.Allocation), "attempt", run.Attempt, "error", failure)
	}
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
		proof := a.Store.Pack(Proof{Input: solved.Input, Plan: solved.Encoded, Lines: domain.Lines(&next, &books, &solved.Plan)})
		defer proof.Close()
		return nil, tx.Allocations().Keep(next, proof)
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
