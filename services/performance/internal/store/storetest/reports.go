package storetest

import (
	"errors"
	"testing"
	"time"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// report is published, and without its goals, which are kept apart.
func report(org, id string) domain.ProgressReport {
	plan := "organizations/" + org + "/plans/p"
	return domain.ProgressReport{
		Meta: domain.Meta{}.Next(at), Organization: org, ID: id, DisplayName: "First half", Plan: plan, PeriodStart: "2027-01-01",
		PeriodEnd: "2027-06-30", Weights: []domain.RollupWeight{{Goal: plan + "/goals/g", Weight: 3}}, Narrative: "n\n",
		GoalNarratives: []domain.GoalNarrative{{Goal: plan + "/goals/g", Text: "t"}}, State: domain.ReportPublished,
		Rollup: domain.Rollup{AsOf: at.Add(time.Minute), Rules: analysis.NHS1}, PublishedBy: "mia",
	}
}

func reports(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.ProgressReport]{
		In:  func(tx app.Tx) resource.Collection[domain.ProgressReport] { return tx.ProgressReports() },
		New: report,
		Key: func(r domain.ProgressReport) []string { return []string{r.Organization, r.ID} },
		Next: func(r domain.ProgressReport) domain.ProgressReport {
			r.Meta, r.Weights, r.GoalNarratives, r.State, r.Rollup, r.PublishedBy = r.Meta.Next(at), nil, nil, domain.ReportDraft, domain.Rollup{}, ""
			return r
		},
		List: app.ProgressReportList, Same: same[domain.ProgressReport],
	})
	t.Run("goals are frozen once", func(t *testing.T) { frozen(t, open(t)) })
}

func frozen(t *testing.T, h resourcetest.Harness[app.Tx]) {
	milli := -700
	goals := []domain.GoalProgress{{
		Goal: "g", DisplayName: "Goal", Parent: "top", Weight: 3, Shares: []domain.StatusShare{{Status: analysis.StatusWatch, PPM: domain.PPM}},
		Status: analysis.StatusWatch, KnownPPM: domain.PPM, LiveMeasures: 1, Gaps: []string{"one"},
		Measures: []domain.Evidence{{Measure: "m", Period: "2027-06-01", Value: 1.0 / 3, MagnitudeMilli: &milli, Weight: 2}},
		Supports: []domain.Evidence{{Measure: "s"}},
	}}
	r := report("a", "r")
	r.Goals = goals
	write(t, h, func(tx app.Tx) error {
		return errors.Join(tx.ProgressReports().Insert(r), tx.ProgressReports().Insert(report("b", "r")), tx.ProgressReports().Freeze(r))
	})
	err := h.Store.Read(t.Context(), func(tx app.Tx) error {
		got, err := tx.ProgressReports().Frozen("a", "r")
		if !same(got, goals) {
			t.Errorf("frozen %+v, want %+v", got, goals)
		}
		without, e := tx.ProgressReports().Get("a", "r")
		if without.Goals != nil {
			t.Errorf("goals come with %+v", without)
		}
		others, e2 := tx.ProgressReports().Frozen("b", "r")
		if len(others) != 0 {
			t.Errorf("b sees %+v", others)
		}
		return errors.Join(err, e, e2)
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]domain.ProgressReport{"again": r, "a report that is not there": report("a", "none")} {
		err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) { return nil, tx.ProgressReports().Freeze(r) })
		if err == nil {
			t.Errorf("%s: frozen", name)
		}
	}
}

// Plan is how a store takes in what strategies and objectives serve.
type Plan interface {
	Keep(tx sqldb.Tx, part domain.PlanPart) error
	Drop(tx sqldb.Tx, organization, name string) error
}

// PlanLinks holds a store to what its port promises of what plan has taken in.
func PlanLinks(t *testing.T, store app.Store, db sqldb.DB, plan Plan) {
	t.Helper()
	take := func(fn func(sqldb.Tx) error) {
		t.Helper()
		if err := db.Write(t.Context(), fn); err != nil {
			t.Fatal(err)
		}
	}
	keep := func(parts ...domain.PlanPart) {
		t.Helper()
		take(func(tx sqldb.Tx) error {
			for _, p := range parts {
				if err := plan.Keep(tx, p); err != nil {
					return err
				}
			}
			return nil
		})
	}
	want := func(org string, links ...domain.PlanLink) {
		t.Helper()
		got, err := resource.Read(t.Context(), store, func(tx app.Tx) ([]domain.PlanLink, error) { return tx.PlanLinks(org) })
		if err != nil || !same(got, links) {
			t.Errorf("links of %s: %+v, %v; want %+v", org, got, err, links)
		}
	}
	want("a")
	// An objective may be told of before its strategy.
	keep(domain.PlanPart{Organization: "a", Name: "s/2", Strategy: "s", Program: "p"}, domain.PlanPart{Organization: "a", Name: "s/1", Strategy: "s"})
	want("a", domain.PlanLink{Objective: "s/1", Strategy: "s"}, domain.PlanLink{Objective: "s/2", Strategy: "s", Program: "p"})
	keep(domain.PlanPart{Organization: "a", Name: "s", Goal: "g"}, domain.PlanPart{Organization: "b", Name: "s/2", Strategy: "s"})
	want("a", domain.PlanLink{Objective: "s/1", Strategy: "s", Goal: "g"}, domain.PlanLink{Objective: "s/2", Strategy: "s", Goal: "g", Program: "p"})
	want("b", domain.PlanLink{Objective: "s/2", Strategy: "s"})
	keep(domain.PlanPart{Organization: "a", Name: "s", Goal: "h"}, domain.PlanPart{Organization: "a", Name: "s/2", Strategy: "s"})
	take(func(tx sqldb.Tx) error { return plan.Drop(tx, "a", "s/1") })
	want("a", domain.PlanLink{Objective: "s/2", Strategy: "s", Goal: "h"})
	take(func(tx sqldb.Tx) error { return plan.Drop(tx, "a", "s") })
	want("a", domain.PlanLink{Objective: "s/2", Strategy: "s"})
	take(func(tx sqldb.Tx) error { return plan.Drop(tx, "a", "none") })
	want("b", domain.PlanLink{Objective: "s/2", Strategy: "s"})
}
