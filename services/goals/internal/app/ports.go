// Package app holds the use cases of goals.
package app

import (
	"time"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
)

// Store keeps what goals owns.
type Store = resource.Store[Tx]

// Tx is one transaction. Keys are ids, outermost first: organization, plan, then the resource's own.
type Tx interface {
	Organizations() resource.Collection[domain.Organization]
	Plans() resource.Collection[domain.Plan]
	Goals() resource.Collection[domain.Goal]
	Prioritizations() resource.Collection[domain.Prioritization]
	Ballots() resource.Collection[domain.Ballot]
	PriorityRevisions() resource.Collection[domain.PriorityRevision]
	// CurrentRevision is the latest certified revision of a plan, or false.
	CurrentRevision(organization, plan string) (domain.PriorityRevision, bool, error)
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
