package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// CreateElection opens an election on projects of a participatory budget.
func (a *App) CreateElection(ctx context.Context, draft domain.Election) (domain.Election, error) {
	draft.ID = a.id(draft.ID)
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Election, error) {
		e, err := domain.NewElection(draft, now)
		if e, err = linkedElection(tx, e, err); err != nil {
			return e, err
		}
		return e, tx.Elections().Insert(e)
	})
}

// GetElection reads one.
func (a *App) GetElection(ctx context.Context, k BudgetKey) (domain.Election, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Election, error) { return tx.Elections().Get(k.ids()...) })
}

// ListElections reads a page of a budget's elections.
func (a *App) ListElections(ctx context.Context, k BudgetKey, q Query) (resource.Page[domain.Election], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Election], err error) {
		if _, err := tx.Budgets().Get(k.Organization, k.Budget); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.Elections().List(k.parent(), q)
		return p, err
	})
}

// UpdateElection changes an election; once it has ballots, its display name alone.
func (a *App) UpdateElection(ctx context.Context, k BudgetKey, e Edit[domain.Election]) (domain.Election, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Election, error) {
		return edit(tx.Elections(), k.ids(), e,
			func(next domain.Election) (domain.Election, error) {
				made, err := domain.NewElection(next, now)
				return linkedElection(tx, made, err)
			},
			func(old, next domain.Election) (domain.Election, error) {
				changed, err := old.Changed(next, now)
				return linkedElection(tx, changed, err)
			})
	})
}

// DeleteElection removes an election and its ballots, unless it is closed: allocations may rest on it.
func (a *App) DeleteElection(ctx context.Context, k BudgetKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		e, err := tx.Elections().Get(k.ids()...)
		if err != nil {
			return nil, err
		}
		if err := resource.CheckEtag(e, etag); err != nil {
			return nil, err
		}
		if e.State == domain.ElectionClosed {
			return nil, fault.State("ELECTION_CLOSED", "%s is closed, and its ballots are a record; it stays", e.Name())
		}
		if err := tx.Elections().Forget(e); err != nil {
			return nil, err
		}
		return nil, tx.Elections().Delete(e)
	})
	return err
}

// RecordBallots writes ballots, matched by voter, all or none.
func (a *App) RecordBallots(ctx context.Context, k BudgetKey, ballots []domain.Ballot) (domain.Upserted[domain.Ballot], error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (n domain.Upserted[domain.Ballot], err error) {
		e, err := tx.Elections().Get(k.ids()...)
		if err != nil {
			return n, err
		}
		voters := make([]string, len(ballots))
		for i, b := range ballots {
			voters[i] = b.Voter
		}
		old, err := tx.Elections().Ballots(e, voters)
		if err != nil {
			return n, err
		}
		next, written, n, err := e.Record(ballots, old, now)
		if err != nil || len(written) == 0 {
			return n, err
		}
		if err := tx.Elections().Put(e, written); err != nil {
			return n, err
		}
		return n, tx.Elections().Update(next)
	})
}

// CloseElection makes the ballots final.
func (a *App) CloseElection(ctx context.Context, k BudgetKey, etag string) (domain.Election, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Election, error) {
		old, err := tx.Elections().Get(k.ids()...)
		if err == nil {
			err = resource.CheckEtag(old, etag)
		}
		if err != nil {
			return old, err
		}
		next, err := old.Close(now)
		if err != nil {
			return old, err
		}
		return next, tx.Elections().Update(next)
	})
}

// linkedElection refuses elections of a fund without the money, and projects of programs that do not exist or that the fund does not admit.
func linkedElection(tx Tx, e domain.Election, bad error) (domain.Election, error) {
	var v fault.Violations
	if err := gather(&v, bad); err != nil {
		return e, err
	}
	budget, err := tx.Budgets().Get(e.Organization, e.Budget)
	if err != nil {
		return e, err
	}
	known, err := funds(tx, e.Organization)
	if err != nil {
		return e, err
	}
	fund, ok := known[e.Fund]
	v.Check(e.Fund == "" || ok, "election.fund", "%s does not exist; create the fund first", domain.FundName(e.Organization, e.Fund))
	if ok {
		available := budget.Available(e.Fund)
		v.Check(e.Amount <= available, "election.amount", "is above the %s that the envelope of %s has; lower it or raise the envelope",
			domain.Money(available, e.Currency), fund.Name())
	}
	ids := make([]string, len(e.Projects))
	for i, p := range e.Projects {
		ids[i] = p.Program
	}
	programs, err := tx.Programs().FindMany([]string{e.Organization}, ids)
	if err != nil {
		return e, err
	}
	for i, p := range e.Projects {
		program, found := programs[p.Program]
		field := at("election.projects", i) + ".program"
		v.Check(p.Program == "" || found, field, "%s does not exist; create the program first", domain.ProgramName(e.Organization, p.Program))
		if found && ok && !fund.Admits(&program) {
			v.Add(field, "%s", fund.Refusal(&program))
		}
	}
	return e, v.Err()
}
