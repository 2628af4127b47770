// Package app holds the use cases of actionplanning.
package app

import (
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
)

// Store keeps what actionplanning owns.
type Store = resource.Store[Tx]

// Tx is one transaction. Keys are ids, outermost first: organization, strategy (of objectives), then the resource's own.
type Tx interface {
	Strategies() resource.Collection[domain.Strategy]
	Objectives() resource.Collection[domain.Objective]
	Assignments() resource.Collection[domain.Assignment]
	// AssignmentsOf are all those of one objective, by id.
	AssignmentsOf(k ObjectiveKey) ([]domain.Assignment, error)
	Staff() resource.Collection[domain.Employee]
	// SaveStaff writes the next versions of many employees, each once, with few statements, and one event for each.
	SaveStaff(changed []domain.Employee) error
	// FindSync reads the record of a sync, or says that it was never done.
	FindSync(organization, id string) (domain.SyncRecord, bool, error)
	// RecordSync keeps the record of a sync for good.
	RecordSync(r domain.SyncRecord) error
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
