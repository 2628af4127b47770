package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// Caller is who asks.
type Caller struct {
	Subject string
	Manager bool // may go on with an objective against its review
}

// ReviewObjective reviews an objective as it stands now, and stores nothing.
func (a *App) ReviewObjective(ctx context.Context, k ObjectiveKey) (domain.Review, error) {
	return a.review(ctx, k, "", func(domain.Objective, domain.Strategy) error { return nil })
}

// review reviews the stored objective, if etag fits it and ready does not refuse it.
func (a *App) review(ctx context.Context, k ObjectiveKey, etag string, ready func(domain.Objective, domain.Strategy) error) (domain.Review, error) {
	var goal string
	facts, err := resource.Read(ctx, a.Store, func(tx Tx) (f domain.Facts, err error) {
		if f.Objective, err = k.current(tx, etag); err != nil {
			return f, err
		}
		strategy, err := tx.Strategies().Get(k.Organization, k.Strategy)
		if err == nil {
			err = ready(f.Objective, strategy)
		}
		if err != nil {
			return f, err
		}
		goal = strategy.Goal
		f.Assignments, err = tx.AssignmentsOf(k)
		return f, err
	})
	if err != nil {
		return domain.Review{}, err
	}
	now := a.Now()
	facts.Today = domain.Today(now)
	if facts, err = a.gather(ctx, facts, goal); err != nil {
		return domain.Review{}, err
	}
	return domain.Smart(facts, now), nil
}

// gather asks the peers what a review has to know besides.
func (a *App) gather(ctx context.Context, f domain.Facts, goal string) (_ domain.Facts, err error) {
	o := f.Objective
	if f.Purpose, err = a.Goals.Purpose(ctx, goal); err != nil {
		return f, err
	}
	if o.Measure != "" {
		if f.Measure, err = a.Performance.Measure(ctx, o.Measure); err != nil {
			return f, err
		}
	}
	if !o.NeedsFunding() {
		return f, nil
	}
	currency, month, err := a.Goals.Books(ctx, o.Organization)
	if err != nil {
		return f, err
	}
	f.Funding, err = a.Budgeting.Funding(ctx, FundingNeed{
		Organization: o.Organization, Currency: currency, Program: o.Program(), Request: o.FundingRequest, Years: f.FiscalYears(month),
	})
	return f, err
}

// ActivateObjective starts an objective that does not fail its review; a manager's override starts one that does. The review is kept with it.
func (a *App) ActivateObjective(ctx context.Context, k ObjectiveKey, by Caller, overrideReason, etag string) (domain.Objective, error) {
	var version int64
	review, err := a.review(ctx, k, etag, func(o domain.Objective, s domain.Strategy) error {
		version = o.Revision()
		return activatable(o, s)
	})
	if err != nil {
		return domain.Objective{}, err
	}
	var over *domain.Override
	if overrideReason != "" && review.Verdict == domain.Fail {
		if !by.Manager {
			return domain.Objective{}, fault.New(fault.PermissionDenied, "OVERRIDE_BY_MANAGER_ONLY",
				"%s fails its review, and only a manager may override it; ask one, or mend what the review lists", review.Objective)
		}
		over = &domain.Override{By: by.Subject, Reason: overrideReason, Time: review.Time}
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Objective, error) {
		objective, err := k.current(tx, etag)
		if err != nil {
			return objective, err
		}
		strategy, err := tx.Strategies().Get(k.Organization, k.Strategy)
		if err == nil {
			err = activatable(objective, strategy) // which may have changed while peers were asked
		}
		if err == nil && objective.Revision() != version {
			err = fault.EtagMismatch(objective.Name()) // the review was of another version
		}
		if err != nil {
			return objective, err
		}
		next, err := objective.Activated(review, over, review.Time)
		if err != nil {
			return objective, err
		}
		return next, tx.Objectives().Update(next)
	})
}

func activatable(o domain.Objective, s domain.Strategy) error {
	if err := o.Activatable(); err != nil {
		return err
	}
	return s.Open()
}

// CompleteObjective ends an objective that is done, with all its milestones.
func (a *App) CompleteObjective(ctx context.Context, k ObjectiveKey, etag string) (domain.Objective, error) {
	return a.closeObjective(ctx, k, etag, func(tx Tx, o domain.Objective, now time.Time) (domain.Objective, error) {
		milestone, err := anyMilestone(tx, o, unfinished)
		if err != nil {
			return o, err
		}
		return o.Completed(milestone, now)
	})
}

// CancelObjective gives an objective up, unless an ACTIVE strategy would be left without one.
func (a *App) CancelObjective(ctx context.Context, k ObjectiveKey, reason, etag string) (domain.Objective, error) {
	return a.closeObjective(ctx, k, etag, func(_ Tx, o domain.Objective, now time.Time) (domain.Objective, error) {
		return o.Cancelled(reason, now)
	})
}

func (a *App) closeObjective(
	ctx context.Context, k ObjectiveKey, etag string, end func(Tx, domain.Objective, time.Time) (domain.Objective, error),
) (domain.Objective, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Objective, error) {
		objective, err := k.current(tx, etag)
		if err != nil {
			return objective, err
		}
		next, err := end(tx, objective, now)
		if err != nil {
			return objective, err
		}
		if err := tx.Objectives().Update(next); err != nil {
			return objective, err
		}
		if err := endWork(tx, k, now); err != nil {
			return objective, err
		}
		return next, stands(tx, k)
	})
}

// endWork ends the assignments of an objective that is over.
func endWork(tx Tx, k ObjectiveKey, now time.Time) error {
	work, err := tx.AssignmentsOf(k)
	if err != nil {
		return err
	}
	ended, dropped := domain.Over(work, now)
	for _, a := range dropped {
		if err := tx.Assignments().Delete(a); err != nil {
			return err
		}
	}
	return tx.SaveAssignments(ended)
}

// stands refuses to leave a strategy without the objectives that its state needs.
func stands(tx Tx, k ObjectiveKey) error {
	strategy, err := tx.Strategies().Get(k.Organization, k.Strategy)
	if err != nil {
		return err
	}
	objectives, err := objectivesOf(tx, StrategyKey{k.Organization, k.Strategy})
	if err != nil {
		return err
	}
	return strategy.Stands(objectives)
}

// objectivesOf are all those of a strategy, by id.
func objectivesOf(tx Tx, k StrategyKey) (found []domain.Objective, err error) {
	err = tx.Objectives().Each([]string{k.Organization, k.Strategy}, func(o domain.Objective) error {
		found = append(found, o)
		return nil
	})
	return found, err
}
