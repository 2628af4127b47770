// Package app holds the use cases of performance.
package app

import (
	"log/slog"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// Store keeps what performance owns.
type Store = resource.Store[Tx]

// Tx is one transaction. Keys are ids, outermost first: organization, then the resource's own.
type Tx interface {
	LinkTx
	Measures() resource.Collection[domain.Measure]
	// Recorded is a resource, by name, as the journal kept it at a moment; false where there was none.
	Recorded(name string, at time.Time) (archived []byte, found bool, err error)
	Observations() Observations
	ResultsRevisions() resource.Collection[domain.ResultsRevision]
	// LastPublished is the latest revision in short; zero when there is none.
	LastPublished(organization string) (domain.Published, error)
	Reminders() Reminders
	// OrganizationsWithMeasures are the ids of organizations that have any.
	OrganizationsWithMeasures() ([]string, error)
	ProgressReports() ProgressReports
	// PlanLinks are what the organization's objectives serve, by objective.
	PlanLinks(organization string) ([]domain.PlanLink, error)
	Evaluations() resource.Collection[domain.Evaluation]
	Money() Money
}

// Observations are appended and never changed.
type Observations interface {
	// Terms are those of the measures that exist, by id.
	Terms(organization string, measures []string) (map[string]domain.Terms, error)
	// Current is the latest revision of each cell, in their order.
	Current(organization string, cells []domain.Cell) ([]domain.Known, error)
	// Append adds r.Observations, and one journal entry about all of them on the organization.
	Append(r domain.Recorded) error
	// List reads a page of a measure's cells, each in the latest revision that was recorded by asOf, or in every one; zero
	// means now.
	List(organization, measure string, asOf time.Time, every bool, q listing.Query) (page []domain.Observation, next string, err error)
	// Series are a measure's values in one dimension by period, each in the latest revision that was recorded by asOf; zero means now.
	Series(organization, measure, dimension string, asOf time.Time) ([]domain.Observation, error)
	// EachSeries visits every measure that has values for the whole city (no dimension), once, in no promised order, with
	// these values by period, each in the latest revision that was recorded by asOf; zero means now. A period that starts
	// after until is left out; an empty until is no limit. All of it is one scan that reads each row once: visit must not
	// use the transaction. Source and RecordedBy are left empty.
	EachSeries(organization string, until domain.Date, asOf time.Time, visit func(measure string, series []domain.Observation) error) error
	// LatestPeriods are the latest periods with a value for the whole city, by measure; one query for all measures.
	LatestPeriods(organization string) (map[string]domain.Date, error)
	// Dimensions visits every dimension of a measure that has values, the whole ("") included, by name, with these values by
	// period, each in the latest revision that was recorded by asOf; zero means now. All of it is one scan that reads each
	// row once.
	Dimensions(organization, measure string, asOf time.Time, visit func(dimension string, series []domain.Observation) error) error
	// Any says whether the measure has observations.
	Any(organization, measure string) (bool, error)
}

// App runs the use cases.
type App struct {
	Store       Store
	Goals       Goals
	ReadMeasure func(archived []byte) (domain.Measure, error) // as the journal keeps measures
	Now         func() time.Time
	NewID       func() string // ids for resources whose creator chose none
	Logger      *slog.Logger
}

func (a *App) id(chosen string) string {
	if chosen != "" {
		return chosen
	}
	return a.NewID()
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
