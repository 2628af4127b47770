package app

import (
	"context"
	"errors"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// currentID is the alias of the latest revision, in goals and in performance.
const currentID = "current"

// CreateAllocation divides a budget's money by the priorities and results that draft names, or the current ones. What it
// used is pinned and kept to the byte.
func (a *App) CreateAllocation(ctx context.Context, draft domain.Allocation) (domain.Allocation, error) {
	draft.ID = a.id(draft.ID)
	draft, scenario, err := a.follow(ctx, draft)
	if err != nil {
		return draft, err
	}
	if draft, err = domain.NewAllocation(draft, a.Now()); err != nil {
		return draft, err
	}
	room := domain.NewInputRoom()
	defer room.Close()
	books, in, err := a.question(ctx, draft, scenario, room)
	if err != nil {
		return draft, err
	}
	solved, err := a.solve(ctx, in)
	if errors.Is(err, errPatience) {
		return a.start(ctx, books, draft, in)
	}
	if err != nil {
		return draft, refused(err, books)
	}
	defer solved.Close()
	allocation := draft.Answered(books, in, solved.Plan, solved.Certificate)
	proof := a.Store.Pack(Proof{Input: solved.Input, Plan: solved.Encoded, Lines: domain.Lines(&allocation, &books, &solved.Plan)})
	defer proof.Close()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Allocation, error) {
		next, err := numbered(tx, allocation)
		if err != nil {
			return next, err
		}
		if err := tx.Allocations().Keep(next, proof); err != nil {
			return next, err
		}
		return fresh(tx, books.Budget.Plan, next)
	})
}

// question is what the engine is asked for a draft, and the books that it is made from, as the scenario would have them; nil for as they are.
func (a *App) question(
	ctx context.Context, draft domain.Allocation, scenario *domain.Scenario, room *domain.InputRoom,
) (books domain.Books, in model.Input, err error) {
	if books, err = a.books(ctx, draft); err != nil {
		return books, in, err
	}
	if scenario != nil {
		if books, err = scenario.Apply(books); err != nil {
			return books, in, err
		}
	}
	in, err = books.Input(engine.Version, draft.Method, draft.Params, room)
	return books, in, err
}

// errPatience ends a solve that takes longer than its caller waits.
var errPatience = errors.New("the caller waits no longer")

// solve answers the input. Packages and elections may take long: after the caller's patience the answer is errPatience, and the background goes on.
// A dry run stores nothing to go on with, so it waits.
func (a *App) solve(ctx context.Context, in model.Input) (engine.Solved, error) {
	if (in.Method != model.Packages && !in.Method.ByBallots()) || a.Patience <= 0 || resource.IsDryRun(ctx) {
		return a.solveWith(ctx, in, engine.Options{})
	}
	waiting, stop := context.WithTimeoutCause(ctx, a.Patience, errPatience)
	defer stop()
	solved, err := a.solveWith(waiting, in, engine.Options{})
	if err != nil && ctx.Err() == nil && errors.Is(context.Cause(waiting), errPatience) {
		err = errPatience
	}
	return solved, err
}

// choices reads what PACKAGES and the methods by ballots choose among.
func choices(tx Tx, draft domain.Allocation, b *domain.Books) error {
	switch {
	case draft.Method == model.Packages:
		return tx.Packages().Each([]string{draft.Organization, draft.Budget}, func(p domain.DecisionPackage) error {
			b.Packages = append(b.Packages, p)
			return nil
		})
	case draft.Method.ByBallots():
		if draft.Params.Election == "" {
			return violation("allocation.parameters.election", "is required by %s; name a closed election of the budget", draft.Method)
		}
		e, found, err := tx.Elections().Find(draft.Organization, draft.Budget, draft.Params.Election)
		if err != nil {
			return err
		}
		if !found {
			return violation("allocation.parameters.election", "%s does not exist; name a closed election of the budget",
				domain.ElectionName(draft.Organization, draft.Budget, draft.Params.Election))
		}
		b.Election = &e
		if err := voted(tx, b); err != nil {
			return err
		}
		return tx.Elections().EachBallot(e, func(ballot domain.Ballot) error {
			b.Ballots = append(b.Ballots, ballot)
			return nil
		})
	default:
		return nil
	}
}

// voted narrows the asks to the projects of the election. Most ask for nothing else.
func voted(tx Tx, b *domain.Books) error {
	ids := make([]string, len(b.Election.Projects))
	for i, p := range b.Election.Projects {
		ids[i] = p.Program
	}
	programs, err := tx.Programs().FindMany([]string{b.Election.Organization}, ids)
	if err != nil {
		return err
	}
	b.Asks = b.Election.Asks(b.Asks, programs)
	return nil
}

// books reads all that the allocation is made from.
func (a *App) books(ctx context.Context, draft domain.Allocation) (domain.Books, error) {
	books, err := resource.Read(ctx, a.Store, func(tx Tx) (b domain.Books, err error) {
		if b.Budget, err = tx.Budgets().Get(draft.Organization, draft.Budget); err != nil {
			return b, err
		}
		if b.Funds, err = funds(tx, draft.Organization); err != nil {
			return b, err
		}
		if b.Asks, err = tx.Requests().Asks(draft.Organization, draft.Budget); err != nil {
			return b, err
		}
		return b, choices(tx, draft, &b)
	})
	if err != nil {
		return books, err
	}
	if books.Priorities, err = a.priorities(ctx, books.Budget.Plan, draft.PriorityRevision); err != nil {
		return books, err
	}
	books.Results, err = a.results(ctx, draft.Organization, draft.ResultsRevision)
	return books, err
}

func (a *App) priorities(ctx context.Context, plan, revision string) (domain.Priorities, error) {
	const field = "allocation.priority_revision"
	name := revision
	if name == "" {
		name = plan + "/priorityRevisions/" + currentID
	}
	if !strings.HasPrefix(name, plan+"/priorityRevisions/") {
		return domain.Priorities{}, violation(field, "is not of the budget's plan, %s; name one of its revisions, or none for the current one", plan)
	}
	p, err := a.Goals.Priorities(ctx, name)
	if f, ok := fault.As(err); ok && f.Kind == fault.NotFound {
		if revision != "" {
			return p, violation(field, "%s does not exist; name a certified revision, or none for the current one", revision)
		}
		return p, fault.State(f.Reason, "%s", f.Message)
	}
	return p, err
}

// results are none when nothing has been published yet.
func (a *App) results(ctx context.Context, organization, revision string) (domain.Results, error) {
	const field = "allocation.results_revision"
	prefix := domain.OrganizationName(organization) + "/resultsRevisions/"
	name := revision
	if name == "" {
		name = prefix + currentID
	}
	if !strings.HasPrefix(name, prefix) {
		return domain.Results{}, violation(field, "is not a results revision of this organization; name one, or none for the current one")
	}
	r, err := a.Performance.Results(ctx, name)
	if fault.Is(err, fault.NotFound) {
		if revision != "" {
			return r, violation(field, "%s does not exist; name a published revision, or none for the current one", revision)
		}
		return domain.Results{}, nil
	}
	return r, err
}

func violation(field, format string, args ...any) error {
	var v fault.Violations
	v.Add(field, format, args...)
	return v.Err()
}

// ResultsSubject is what events of results are remembered under.
const ResultsSubject = "results"

// fresh is the allocation with what is known to be newer than what it pinned.
func fresh(tx Tx, plan string, a domain.Allocation) (domain.Allocation, error) {
	priority, err := tx.Seen(a.Organization, plan)
	if err != nil {
		return a, err
	}
	results, err := tx.Seen(a.Organization, ResultsSubject)
	return a.Against(priority, results), err
}

// planOf is the plan of a priority revision's name.
func planOf(revision string) string {
	plan, _, _ := strings.Cut(revision, "/priorityRevisions/")
	return plan
}

// GetAllocation reads one.
func (a *App) GetAllocation(ctx context.Context, k BudgetKey) (domain.Allocation, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Allocation, error) { return allocation(tx, k) })
}

func allocation(tx Tx, k BudgetKey) (domain.Allocation, error) {
	found, err := tx.Allocations().Get(k.ids()...)
	if err != nil {
		return found, err
	}
	return current(tx, found)
}

// current is a stored allocation with how far its run is and what is newer than what it pinned.
func current(tx Tx, found domain.Allocation) (domain.Allocation, error) {
	if found.State == domain.AllocationRunning {
		progress, running, err := tx.Runs().Progress(found.Organization, found.Budget, found.ID)
		if err != nil {
			return found, err
		}
		if running {
			progress = progress.WithGap()
			found.Search = &progress
		}
	}
	return fresh(tx, planOf(found.PriorityRevision), found)
}

// ListAllocations reads a page of a budget's allocations.
func (a *App) ListAllocations(ctx context.Context, k BudgetKey, q Query) (resource.Page[domain.Allocation], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Allocation], err error) {
		if _, err := tx.Budgets().Get(k.Organization, k.Budget); err != nil {
			return p, err
		}
		if p.Items, p.Next, err = tx.Allocations().List(k.parent(), q); err != nil {
			return p, err
		}
		for i := range p.Items {
			if p.Items[i], err = current(tx, p.Items[i]); err != nil {
				return p, err
			}
		}
		return p, nil
	})
}

// ListAllocationLines reads a page of an allocation's lines.
func (a *App) ListAllocationLines(ctx context.Context, k BudgetKey, q Query) (resource.Page[domain.AllocationLine], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.AllocationLine], err error) {
		of, err := tx.Allocations().Get(k.ids()...)
		if err == nil {
			err = of.Settled() // no lines are not none
		}
		if err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Allocations().Lines(k.ids(), q)
		for i := range p.Items {
			of.Complete(&p.Items[i])
		}
		return p, err
	})
}

// AllocationLines reads all lines, by program.
func (a *App) AllocationLines(ctx context.Context, k BudgetKey) ([]domain.AllocationLine, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) ([]domain.AllocationLine, error) {
		of, err := tx.Allocations().Get(k.ids()...)
		if err != nil {
			return nil, err
		}
		return allLines(tx, of)
	})
}

// allLines are the lines of a solved allocation.
func allLines(tx Tx, of domain.Allocation) ([]domain.AllocationLine, error) {
	if err := of.Settled(); err != nil {
		return nil, err
	}
	lines := make([]domain.AllocationLine, 0, of.Programs)
	err := tx.Allocations().EachLine([]string{of.Organization, of.Budget, of.ID}, func(l domain.AllocationLine) error {
		of.Complete(&l)
		lines = append(lines, l)
		return nil
	})
	return lines, err
}
