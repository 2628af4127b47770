package app

import (
	"context"
	"fmt"
	"time"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// PlanKey finds a plan.
type PlanKey struct{ Organization, Plan string }

// CreatePlan creates a draft.
func (a *App) CreatePlan(ctx context.Context, draft domain.Plan) (domain.Plan, error) {
	draft.ID = a.id(draft.ID)
	plan, err := domain.NewPlan(draft, a.Now())
	if err != nil {
		return plan, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Plan, error) {
		if _, err := tx.Organizations().Get(plan.Organization); err != nil {
			return plan, err
		}
		if err := linked(tx, plan); err != nil {
			return plan, err
		}
		return plan, tx.Plans().Insert(plan)
	})
}

// GetPlan reads one.
func (a *App) GetPlan(ctx context.Context, k PlanKey) (domain.Plan, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.Plan, error) { return tx.Plans().Get(k.Organization, k.Plan) })
}

// ListPlans reads a page of an organization's plans.
func (a *App) ListPlans(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.Plan], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.Plan], err error) {
		p.Items, p.Next, err = tx.Plans().List([]string{organization}, q)
		return p, err
	})
}

// UpdatePlan applies edit to the stored plan.
func (a *App) UpdatePlan(ctx context.Context, k PlanKey, etag string, edit func(domain.Plan) (domain.Plan, error)) (domain.Plan, error) {
	now := a.Now()
	return a.changePlan(ctx, k, etag, func(tx Tx, plan domain.Plan) (domain.Plan, error) {
		next, err := edit(plan)
		if err != nil {
			return plan, err
		}
		if next, err = plan.Changed(next, now); err != nil {
			return plan, err
		}
		return next, linked(tx, next)
	})
}

// SubmitPlan puts a draft before the governing body.
func (a *App) SubmitPlan(ctx context.Context, k PlanKey, etag string) (domain.Plan, error) {
	now := a.Now()
	return a.changePlan(ctx, k, etag, func(tx Tx, plan domain.Plan) (domain.Plan, error) {
		parents, err := goalParents(tx, k)
		if err != nil {
			return plan, err
		}
		return plan.Submitted(len(parents), now)
	})
}

// AdoptPlan records the adoption of a submitted plan.
func (a *App) AdoptPlan(ctx context.Context, k PlanKey, etag string, act domain.Adoption) (domain.Plan, error) {
	now := a.Now()
	return a.changePlan(ctx, k, etag, func(_ Tx, plan domain.Plan) (domain.Plan, error) { return plan.Adopted(act, now) })
}

// SupersedePlan retires an adopted plan in favour of another.
func (a *App) SupersedePlan(ctx context.Context, k PlanKey, etag, successor string) (domain.Plan, error) {
	now := a.Now()
	return a.changePlan(ctx, k, etag, func(tx Tx, plan domain.Plan) (domain.Plan, error) {
		id, ok := planID(k.Organization, successor)
		if !ok {
			return plan, fault.Missing(successor)
		}
		by, err := tx.Plans().Get(k.Organization, id)
		if err != nil {
			return plan, err
		}
		return plan.Superseded(by, now)
	})
}

// PlanAsOf is a plan as the journal kept it at a moment.
func (a *App) PlanAsOf(ctx context.Context, k PlanKey, at time.Time) ([]byte, error) {
	return a.asOf(ctx, domain.PlanName(k.Organization, k.Plan), at)
}

func (a *App) asOf(ctx context.Context, name string, at time.Time) ([]byte, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) ([]byte, error) {
		archived, found, err := tx.Recorded(name, at)
		if err == nil && !found {
			err = fault.Missing(name)
		}
		return archived, err
	})
}

func (a *App) changePlan(ctx context.Context, k PlanKey, etag string, change func(Tx, domain.Plan) (domain.Plan, error)) (domain.Plan, error) {
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Plan, error) {
		plan, err := tx.Plans().Get(k.Organization, k.Plan)
		if err != nil {
			return plan, err
		}
		if err := resource.CheckEtag(plan, etag); err != nil {
			return plan, err
		}
		next, err := change(tx, plan)
		if err != nil {
			return plan, err
		}
		return next, tx.Plans().Update(next)
	})
}

// living is a plan that is not superseded.
func living(tx Tx, organization, plan string) (domain.Plan, error) {
	p, err := tx.Plans().Get(organization, plan)
	if err != nil {
		return p, err
	}
	return p, p.Living()
}

// linked refuses a plan that names plans which do not exist.
func linked(tx Tx, plan domain.Plan) error {
	var v fault.Violations
	check := func(field, name string) error {
		id, ok := planID(plan.Organization, name)
		if ok {
			_, found, err := tx.Plans().Find(plan.Organization, id)
			if err != nil {
				return err
			}
			ok = found
		}
		v.Check(ok, field, "%s does not exist; name a plan of this organization", name)
		return nil
	}
	if plan.Predecessor != "" {
		if err := check("plan.predecessor", plan.Predecessor); err != nil {
			return err
		}
	}
	for i, name := range plan.AlignedPlans {
		if err := check(fmt.Sprintf("plan.aligned_plans[%d]", i), name); err != nil {
			return err
		}
	}
	return v.Err()
}
