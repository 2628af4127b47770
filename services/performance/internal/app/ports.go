// Package app holds the use cases of performance.
package app

import (
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// Store keeps what performance owns.
type Store = resource.Store[Tx]

// Tx is one transaction. Keys are ids, outermost first: organization, then the resource's own.
type Tx interface {
	Measures() resource.Collection[domain.Measure]
	Observations() Observations
	ResultsRevisions() resource.Collection[domain.ResultsRevision]
	// LastPublished is the latest revision in short; zero when there is none.
	LastPublished(organization string) (domain.Published, error)
}

// Observations are appended and never changed.
type Observations interface {
	// Frequencies are those of the measures that exist, by id.
	Frequencies(organization string, measures []string) (map[string]domain.Frequency, error)
	// Current are the latest revisions of the cells that have any.
	Current(organization string, cells []domain.Cell) (map[domain.Cell]domain.Observation, error)
	// Append adds r.Observations, and one journal entry about all of them on the organization.
	Append(r domain.Recorded) error
	// Latest is the latest revision for the whole city in the latest period that starts from first to last, or false.
	Latest(organization, measure string, first, last domain.Date) (domain.Observation, bool, error)
	// List reads a page of a measure's cells, each in the latest revision that was recorded by asOf; zero means now.
	List(organization, measure string, asOf time.Time, q listing.Query) (page []domain.Observation, next string, err error)
	// Series are a measure's values in one dimension by period, each in the latest revision that was recorded by asOf; zero means now.
	Series(organization, measure, dimension string, asOf time.Time) ([]domain.Observation, error)
	// Any says whether the measure has observations.
	Any(organization, measure string) (bool, error)
}

// App runs the use cases.
type App struct {
	Store Store
	Now   func() time.Time
	NewID func() string // ids for resources whose creator chose none
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
