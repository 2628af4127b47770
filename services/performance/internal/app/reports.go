package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// ProgressReports keeps reports. What it reads and lists is without the rollup's goals, which are kept apart.
type ProgressReports interface {
	resource.Collection[domain.ProgressReport]
	// Freeze keeps the goals of a report that is being published, and changes nothing else.
	Freeze(r domain.ProgressReport) error
	// Frozen are the goals of a published report; none of a draft.
	Frozen(organization, report string) ([]domain.GoalProgress, error)
}

// ReportKey finds a report.
type ReportKey struct{ Organization, Report string }

func (k ReportKey) name() string { return domain.ProgressReportName(k.Organization, k.Report) }

// current is the stored report, if etag fits it.
func (k ReportKey) current(tx Tx, etag string) (domain.ProgressReport, error) {
	r, err := tx.ProgressReports().Get(k.Organization, k.Report)
	if err != nil {
		return r, err
	}
	return r, resource.CheckEtag(r, etag)
}

// CreateReport adds a draft. Like the answer to an update it comes without a rollup, which reads alone make.
func (a *App) CreateReport(ctx context.Context, draft domain.ProgressReport) (domain.ProgressReport, error) {
	plan, err := a.plan(ctx, draft)
	if err != nil {
		return draft, err
	}
	draft.ID = a.id(draft.ID)
	r, err := domain.NewReport(draft, plan, a.Now())
	if err != nil {
		return r, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.ProgressReport, error) { return r, tx.ProgressReports().Insert(r) })
}

// ListReports reads a page of an organization's reports, without their rollups.
func (a *App) ListReports(ctx context.Context, organization string, q listing.Query) (resource.Page[domain.ProgressReport], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.ProgressReport], err error) {
		p.Items, p.Next, err = tx.ProgressReports().List([]string{organization}, q)
		return p, err
	})
}

// UpdateReport applies edit to the stored draft.
func (a *App) UpdateReport(
	ctx context.Context, k ReportKey, etag string, edit func(domain.ProgressReport) (domain.ProgressReport, error),
) (domain.ProgressReport, error) {
	seen, err := a.draft(ctx, k, etag)
	if err != nil {
		return seen, err
	}
	want, err := edit(seen)
	if err != nil {
		return seen, err
	}
	plan, err := a.plan(ctx, want) // a call to a peer, for which no transaction waits
	if err != nil {
		return seen, err
	}
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.ProgressReport, error) {
		old, err := k.current(tx, etag)
		if err != nil {
			return old, err
		}
		next, err := edit(old)
		if err != nil {
			return old, err
		}
		if next.Plan != want.Plan { // the goals are those of the plan that was seen
			return old, fault.EtagMismatch(old.Name())
		}
		if next, err = old.Changed(next, plan, now); err != nil {
			return old, err
		}
		return next, tx.ProgressReports().Update(next)
	})
}

// draft is the stored report, if it is a draft that etag fits.
func (a *App) draft(ctx context.Context, k ReportKey, etag string) (domain.ProgressReport, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.ProgressReport, error) {
		r, err := k.current(tx, etag)
		if err != nil {
			return r, err
		}
		return r, r.Open()
	})
}

// DeleteReport removes a draft.
func (a *App) DeleteReport(ctx context.Context, k ReportKey, etag string) error {
	_, err := resource.Write(ctx, a.Store, func(tx Tx) (any, error) {
		r, err := k.current(tx, etag)
		if err != nil {
			return nil, err
		}
		if err := r.Open(); err != nil {
			return nil, err
		}
		return nil, tx.ProgressReports().Delete(r)
	})
	return err
}

// GetReport reads one: a published one as it was frozen, a draft with what is known now. A draft whose plan does not exist
// any more has no goals.
func (a *App) GetReport(ctx context.Context, k ReportKey) (domain.ProgressReport, error) {
	r, err := resource.Read(ctx, a.Store, k.frozen)
	if err != nil || r.State == domain.ReportPublished {
		return r, err
	}
	plan, err := a.plan(ctx, r)
	if err != nil {
		return r, err
	}
	r.Rollup, err = a.rollUp(ctx, r, plan, a.Now())
	return r, err
}

// frozen is the stored report with what was frozen when it was published.
func (k ReportKey) frozen(tx Tx) (domain.ProgressReport, error) {
	r, err := tx.ProgressReports().Get(k.Organization, k.Report)
	if err == nil && r.State == domain.ReportPublished {
		r.Goals, err = tx.ProgressReports().Frozen(k.Organization, k.Report)
	}
	return r, err
}

// PublishReport freezes what a draft says now. That is found out before the transaction, which others would wait for.
func (a *App) PublishReport(ctx context.Context, k ReportKey, etag, by string) (domain.ProgressReport, error) {
	seen, err := a.draft(ctx, k, etag)
	if err != nil {
		return seen, err
	}
	plan, err := a.plan(ctx, seen)
	if err != nil {
		return seen, err
	}
	if err := seen.Publishable(plan); err != nil {
		return seen, err
	}
	now := a.Now()
	known, err := a.rollUp(ctx, seen, plan, now)
	if err != nil {
		return seen, err
	}
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.ProgressReport, error) {
		r, err := k.current(tx, etag)
		if err != nil {
			return r, err
		}
		if err := r.Open(); err != nil {
			return r, err
		}
		if r.Version != seen.Version {
			return r, fault.EtagMismatch(r.Name())
		}
		r = r.Published(known, by, now)
		if err := tx.ProgressReports().Update(r); err != nil {
			return r, err
		}
		return r, tx.ProgressReports().Freeze(r)
	})
}

// rollUp says what the measures of the report's plan say now.
func (a *App) rollUp(ctx context.Context, r domain.ProgressReport, plan domain.Plan, now time.Time) (domain.Rollup, error) {
	out := domain.Rollup{Rules: domain.ReportRules}
	var measures []domain.GoalMeasure
	err := a.Store.Read(ctx, func(tx Tx) (err error) {
		measures, out.AsOf, err = goalMeasures(tx, r, plan.Goals, now)
		return err
	})
	if err == nil {
		out.Goals = domain.RollUp(plan.Goals, r.Weights, measures)
	}
	return out, err
}

// goalMeasures are the parts of measures in goals, in one read of the measures and one of their values. They are known at asOf:
// now, or later if the clock has fallen behind.
func goalMeasures(tx Tx, r domain.ProgressReport, goals []domain.PlanGoal, now time.Time) (parts []domain.GoalMeasure, asOf time.Time, err error) {
	links, err := tx.PlanLinks(r.Organization)
	if err != nil {
		return nil, now, err
	}
	servings, serving := domain.NewServings(goals, links), map[string][]domain.Serving{}
	without := map[string]domain.Measure{} // measures that serve a goal and have no value, so far
	err = tx.Measures().Each([]string{r.Organization}, func(m domain.Measure) error {
		if serves := servings.Of(m); len(serves) > 0 {
			serving[m.ID], without[m.ID] = serves, m
		}
		return nil
	})
	if err != nil {
		return nil, now, err
	}
	judge := func(m domain.Measure, series []domain.Observation) error {
		e, live, err := r.Judge(m, series, now)
		for _, s := range serving[m.ID] {
			e.Weight = s.Weight
			parts = append(parts, domain.GoalMeasure{Goal: s.Goal, Evidence: e, Counts: s.Counts, Live: live})
		}
		return err
	}
	asOf = now
	err = tx.Observations().EachSeries(r.Organization, r.PeriodEnd, time.Time{}, func(id string, series []domain.Observation) error {
		m, serves := without[id]
		if !serves {
			return nil
		}
		delete(without, id)
		for _, o := range series {
			asOf = later(asOf, o.RecordTime)
		}
		return judge(m, series)
	})
	if err != nil {
		return nil, asOf, err
	}
	for _, m := range without { // in any order: a rollup does not depend on it
		if err := judge(m, nil); err != nil {
			return nil, asOf, err
		}
	}
	return parts, asOf, nil
}
