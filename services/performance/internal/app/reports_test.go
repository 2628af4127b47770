package app_test

import (
	"context"
	"testing"

	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// meanwhile answers every plan with one goal, and something happens before it does.
type meanwhile func()

func (happens meanwhile) GoalTree(_ context.Context, plan string) ([]domain.PlanGoal, error) {
	happens()
	return []domain.PlanGoal{{Name: plan + "/goals/g", DisplayName: "G"}}, nil
}

func (meanwhile) PublicReports(context.Context, string) (bool, error) { return false, nil }

func reporting(t *testing.T) (*app.App, *counting, app.ReportKey) {
	t.Helper()
	a, read := city(t, 5, 24)
	a.Goals = meanwhile(func() {})
	_, err := a.CreateReport(t.Context(), domain.ProgressReport{
		Organization: "o", ID: "h1", DisplayName: "H1", Plan: "organizations/o/plans/p", PeriodStart: "2027-01-01", PeriodEnd: "2027-06-30",
	})
	must(t, err)
	return a, read, app.ReportKey{Organization: "o", Report: "h1"}
}

// readOnly counts what is read of observations outside of Writes alone.
type readOnly struct {
	sqldb.DB
	plain sqldb.DB
}

func (r readOnly) Write(ctx context.Context, fn func(sqldb.Tx) error) error {
	return r.plain.Write(ctx, fn)
}

// No other change waits while a report is rolled up.
func TestPublishingRollsUpOutsideTheTransaction(t *testing.T) {
	a, read, k := reporting(t)
	a.Store = stored(a, readOnly{read, read.DB})
	r, err := a.PublishReport(t.Context(), k, "", "mia")
	must(t, err)
	if read.statements != 1 || read.rows != 5*24 || r.State != domain.ReportPublished || len(r.Goals) != 1 || !r.AsOf.Equal(june) {
		t.Errorf("%d values read in %d statements before the transaction, published %+v", read.rows, read.statements, r)
	}
}

func TestADraftThatChangesIsNotPublished(t *testing.T) {
	a, _, k := reporting(t)
	edit := func(change func(*domain.ProgressReport)) func() {
		return func() {
			a.Goals = meanwhile(func() {})
			_, err := a.UpdateReport(t.Context(), k, "", func(r domain.ProgressReport) (domain.ProgressReport, error) {
				change(&r)
				return r, nil
			})
			must(t, err)
		}
	}
	a.Goals = meanwhile(edit(func(r *domain.ProgressReport) { r.Narrative = "Not to be published yet." }))
	_, err := a.PublishReport(t.Context(), k, "", "mia")
	if f, ok := fault.As(err); !ok || f.Reason != "ETAG_MISMATCH" {
		t.Errorf("error %v", err)
	}
	a.Goals = meanwhile(func() {
		a.Goals = meanwhile(func() {})
		_, err := a.PublishReport(t.Context(), k, "", "ann")
		must(t, err)
	})
	_, err = a.PublishReport(t.Context(), k, "", "mia")
	if f, ok := fault.As(err); !ok || f.Reason != "REPORT_PUBLISHED" {
		t.Errorf("error %v", err)
	}
	r, err := a.GetReport(t.Context(), k)
	must(t, err)
	if r.PublishedBy != "ann" || r.Narrative != "Not to be published yet." {
		t.Errorf("published %+v", r)
	}
}
