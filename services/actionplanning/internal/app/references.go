package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
)

// References that are new in a change must exist; one that was there before stays, even if what it names has gone since, so that the rest can
// still be edited. They are looked up before the transaction, for a transaction calls no peer.

// checkStrategy refuses a goal that does not exist, beside all fields that bad lists.
func (a *App) checkStrategy(ctx context.Context, old, next domain.Strategy, bad error) error {
	v, err := listed(bad)
	if err == nil {
		err = look(ctx, &v, "strategy.goal", old.Goal, next.Goal, "name a goal of a plan of this organization", a.Goals.GoalExists)
	}
	if err != nil {
		return err
	}
	return v.Err()
}

// checkObjective refuses a measure, program or funding request that does not exist, beside all fields that bad lists.
func (a *App) checkObjective(ctx context.Context, old, next domain.Objective, bad error) error {
	measured := func(ctx context.Context, name string) (bool, error) {
		m, err := a.Performance.Measure(ctx, name)
		return m.Found, err
	}
	v, err := listed(bad)
	if err == nil {
		err = look(ctx, &v, "objective.measure", old.Measure, next.Measure, "create the measure first, or name another", measured)
	}
	if err == nil {
		err = look(ctx, &v, "objective.required.program", old.Program(), next.Program(), "create the program first, or name another", a.Budgeting.ProgramExists)
	}
	if err == nil {
		err = look(ctx, &v, "objective.funding_request", old.FundingRequest, next.FundingRequest, "create the request first, or name another", a.Budgeting.RequestExists)
	}
	if err != nil {
		return err
	}
	return v.Err()
}

// listed are the fields that an Invalid fault lists; any other error is answered as it is.
func listed(bad error) (fault.Violations, error) {
	if f, is := fault.As(bad); is && f.Kind == fault.Invalid {
		return f.Violations, nil
	}
	return nil, bad
}

// look records a name that is new and that nothing has.
func look(ctx context.Context, v *fault.Violations, field, old, name, remedy string, exists func(context.Context, string) (bool, error)) error {
	if name == "" || name == old {
		return nil
	}
	found, err := exists(ctx, name)
	if err == nil {
		v.Check(found, field, "%s does not exist; %s", name, remedy)
	}
	return err
}
