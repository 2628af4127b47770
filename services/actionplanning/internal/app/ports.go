// Package app holds the use cases of actionplanning.
package app

import (
	"log/slog"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
)

// Store keeps what actionplanning owns.
type Store = resource.Store[Tx]

// Tx is one transaction. Keys are ids, outermost first: organization, strategy (of objectives), then the resource's own.
type Tx interface {
	LinkTx
	MilestoneTx
	StaffTx
	Strategies() resource.Collection[domain.Strategy]
	Objectives() resource.Collection[domain.Objective]
	Assignments() resource.Collection[domain.Assignment]
	// AssignmentsOf are all those of one objective, by id.
	AssignmentsOf(k ObjectiveKey) ([]domain.Assignment, error)
}

// App runs the use cases.
type App struct {
	Peers
	Store  Store
	Now    func() time.Time
	NewID  func() string // ids for resources whose creator chose none
	Logger *slog.Logger  // of background work
}

func (a *App) id(chosen string) string {
	if chosen != "" {
		return chosen
	}
	return a.NewID()
}
