package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// SuccessionKey finds a succession proposal.
type SuccessionKey struct{ Organization, Succession string }

// SuccessionList is what proposals can be filtered and sorted by.
var SuccessionList = listing.Schema{ID: []string{"succession_id"}, Fields: listing.Timed(map[string]listing.Field{
	"state":     {Column: "state", Filterable: true},
	"leaver":    {Column: "leaver", Filterable: true},
	"objective": {Column: "objective", Filterable: true},
})}

// GetSuccession reads a proposal, with who could take the work today while it is open.
func (a *App) GetSuccession(ctx context.Context, k SuccessionKey) (domain.Succession, error) {
	now := a.Now()
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Succession, error) {
		s, err := tx.Successions().Get(k.Organization, k.Succession)
		if err != nil {
			return s, err
		}
		one := []domain.Succession{s}
		err = proposed(tx, k.Organization, one, now)
		return one[0], err
	})
}

// ListSuccessions reads a page of an organization's proposals, those that are open with who could take the work today.
func (a *App) ListSuccessions(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Succession], error) {
	now := a.Now()
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Succession], err error) {
		if p.Items, p.Next, err = tx.Successions().List([]string{organization}, q); err != nil {
			return p, err
		}
		return p, proposed(tx, organization, p.Items, now)
	})
}

// proposed fills in the candidates of the open ones among some proposals of an organization, from two reads for all of them.
func proposed(tx Tx, organization string, some []domain.Succession, now time.Time) error {
	open := false
	for _, s := range some {
		open = open || s.State == domain.SuccessionOpen
	}
	if !open {
		return nil
	}
	today := domain.Today(now)
	var staff []domain.Employee
	work := map[string][]domain.Assignment{}
	err := tx.Staff().Each([]string{organization}, func(e domain.Employee) error {
		staff = append(staff, e.On(today))
		return nil
	})
	if err != nil {
		return err
	}
	err = tx.Assignments().Each([]string{organization}, func(w domain.Assignment) error {
		work[w.Employee] = append(work[w.Employee], w)
		return nil
	})
	pool := domain.NewPool(staff, work, today)
	for i, s := range some {
		if s.State == domain.SuccessionOpen {
			some[i].Candidates = pool.Candidates(s)
		}
	}
	return err
}

// AcceptSuccession gives the work to an employee, by what one caller decides. The interim assignment ends the day before, and the rules of
// any new assignment hold: one lead, and what the employee can give.
func (a *App) AcceptSuccession(ctx context.Context, k SuccessionKey, employee, etag, by string) (domain.Succession, error) {
	now, id := a.Now(), a.NewID()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Succession, error) {
		s, interim, err := k.current(tx, etag, now)
		if err != nil {
			return s, err
		}
		successor, err := tx.Staff().Get(k.Organization, employee)
		if err != nil {
			return s, err
		}
		out, err := s.Accept(successor.On(domain.Today(now)), interim, id, by, now)
		if err != nil {
			return s, err
		}
		if out.Removed != nil {
			if err := tx.Assignments().Delete(*out.Removed); err != nil {
				return s, err
			}
		}
		if out.Ended != nil {
			if err := tx.Assignments().Update(*out.Ended); err != nil {
				return s, err
			}
		}
		if out.New != nil {
			next, err := fits(tx, *out.New, nil, now)
			if err != nil {
				return s, err
			}
			if err := tx.Assignments().Insert(next); err != nil {
				return s, err
			}
		}
		return out.Proposal, tx.Successions().Update(out.Proposal)
	})
}

// DeclineSuccession leaves the work with its interim owner, whose own it becomes.
func (a *App) DeclineSuccession(ctx context.Context, k SuccessionKey, reason, etag, by string) (domain.Succession, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Succession, error) {
		s, interim, err := k.current(tx, etag, now)
		if err != nil {
			return s, err
		}
		next, kept, err := s.Decline(interim, reason, by, now)
		if err != nil {
			return s, err
		}
		if kept != nil {
			if err := tx.Assignments().Update(*kept); err != nil {
				return s, err
			}
		}
		return next, tx.Successions().Update(next)
	})
}

// current is the stored proposal with its candidates, if etag fits it, and its interim assignment, nil if there is none.
func (k SuccessionKey) current(tx Tx, etag string, now time.Time) (domain.Succession, *domain.Assignment, error) {
	s, err := tx.Successions().Get(k.Organization, k.Succession)
	if err != nil {
		return s, nil, err
	}
	if err := resource.CheckEtag(s, etag); err != nil {
		return s, nil, err
	}
	one := []domain.Succession{s}
	if err := proposed(tx, k.Organization, one, now); err != nil || s.Interim == "" {
		return one[0], nil, err
	}
	interim, found, err := tx.Assignments().Find(k.Organization, s.Interim)
	if err != nil || !found {
		return one[0], nil, err
	}
	return one[0], &interim, nil
}
