package app

import (
	"context"

	"github.com/throughline/throughline/services/actionplanning/internal/domain"
)

// Peers are the services that actionplanning asks, never from within a transaction. What they do not have is an answer; a peer that cannot be
// reached is the fault Unavailable.
type Peers struct {
	Goals       Goals
	Performance Performance
	Budgeting   Budgeting
}

// Goals reads goals and their plans.
type Goals interface {
	GoalTrees
	// GoalExists says whether a goal of this name exists.
	GoalExists(ctx context.Context, goal string) (bool, error)
	// Purpose reads a goal and its plan.
	Purpose(ctx context.Context, goal string) (domain.Purpose, error)
	// Books are the organization's currency (ISO 4217) and the month in which its fiscal year starts, 1 to 12.
	Books(ctx context.Context, organization string) (currency string, month int, err error)
}

// Performance reads measures.
type Performance interface {
	LatestValues
	// Measure reads what a review has to know of a measure.
	Measure(ctx context.Context, name string) (domain.MeasureFacts, error)
}

// Budgeting reads programs and their money.
type Budgeting interface {
	// ProgramExists says whether a program of this name exists.
	ProgramExists(ctx context.Context, program string) (bool, error)
	// RequestExists says whether a funding request of this name exists.
	RequestExists(ctx context.Context, request string) (bool, error)
	// Funding reads the money of a program and what a request asks for, either of them perhaps "", for work of some fiscal years.
	Funding(ctx context.Context, n FundingNeed) (domain.Funding, error)
}

// FundingNeed says what Budgeting.Funding is about.
type FundingNeed struct {
	Organization string // id
	Currency     string // the organization's
	Program      string // name, or ""
	Request      string // name, or ""
	Years        domain.FiscalYears
}
