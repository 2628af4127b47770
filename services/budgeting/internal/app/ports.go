// Package app holds the use cases of budgeting.
package app

import (
	"context"
	"iter"
	"log/slog"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
)

// Store keeps what budgeting owns.
type Store interface {
	resource.Store[Tx]
	// Pack makes of a proof what Keep writes. It takes longer than the writing, and is done outside of transactions: others wait for those.
	Pack(p Proof) Packed
}

// Packed is a proof as a store keeps it. Close gives its memory back when it is written.
type Packed interface{ Close() }

// Tx is one transaction. Keys are ids, outermost first: organization, budget, then the resource's own.
type Tx interface {
	LinkTx
	Funds() resource.Collection[domain.Fund]
	Budgets() resource.Collection[domain.Budget]
	Programs() Many[domain.Program]
	Requests() Requests
	Packages() resource.Collection[domain.DecisionPackage]
	Scenarios() resource.Collection[domain.Scenario]
	Elections() Elections
	LineItems() LineItems
	Allocations() Allocations
	Runs() Runs
	Uses
	// Seen is the newest revision that an event told of, of a plan's priorities (its name) or of results ("results");
	// zero when there was none.
	Seen(organization, subject string) (domain.Seen, error)
}

// Many also reads and writes many of a type at once.
type Many[T resource.Resource] interface {
	resource.Collection[T]
	// FindMany reads those with these ids under the parent key, by id; ids without a row are left out.
	FindMany(parent []string, ids []string) (map[string]T, error)
	// Put writes them, several rows a statement: revision 1 is new, any other replaces the one before. Each is journaled as
	// a change of its own. The caller has read what it replaces in the same transaction.
	Put(all []T) error
}

// Requests are funding requests.
type Requests interface {
	Many[domain.FundingRequest]
	// Asks are all requests of a budget with their programs, by program id. Other readers share them: whoever would change
	// one clones the list first.
	Asks(organization, budget string) ([]domain.Ask, error)
}

// LineItems are too many for a history each: a batch is one change of the budget's collection of lines.
type LineItems interface {
	Get(key ...string) (domain.LineItem, error)
	List(parent []string, q Query) (page []domain.LineItem, next string, err error)
	// Each reads all lines of a budget, by id.
	Each(parent []string, do func(domain.LineItem) error) error
	// FindMany and Put are as Many's, but Put journals all of them as one change.
	FindMany(parent []string, ids []string) (map[string]domain.LineItem, error)
	Put(organization, budget string, all []domain.LineItem) error
	// Totals sums a budget's lines by fund, kind, figure and treatment.
	Totals(organization, budget string) ([]domain.LineItemTotal, error)
}

// Elections have ballots, which are no resources of their own.
type Elections interface {
	resource.Collection[domain.Election]
	// Ballots finds those of these voters; voters without one are left out.
	Ballots(e domain.Election, voters []string) (map[string]domain.Ballot, error)
	// EachBallot reads all, by voter.
	EachBallot(e domain.Election, do func(domain.Ballot) error) error
	// Put writes ballots, in place of those their voters had.
	Put(e domain.Election, ballots []domain.Ballot) error
	// Forget removes all ballots.
	Forget(e domain.Election) error
}

// Allocations are written once, whole.
type Allocations interface {
	resource.Collection[domain.Allocation]
	// Keep stores what proves an allocation beside it: the engine's input and plan, to the byte, and a line a program.
	Keep(a domain.Allocation, p Packed) error
	// Proof reads the bytes back.
	Proof(key ...string) (Proof, error)
	// Lines reads a page of the lines of one allocation; currency is not kept with them.
	Lines(key []string, q Query) (page []domain.AllocationLine, next string, err error)
	// EachLine reads all lines, by program id.
	EachLine(key []string, do func(domain.AllocationLine) error) error
	// Line reads the line of one program.
	Line(organization, budget, allocation, program string) (domain.AllocationLine, error)
	// Last is the sequence of a budget's newest allocation, 0 when it has none.
	Last(organization, budget string) (int64, error)
	// Announce journals the money of an allocation that is being adopted, as an event of its own beside the change of the allocation.
	Announce(m domain.AdoptedMoney) error
	// Before is the newest solved and feasible allocation of the same budget made before a, adopted or not, if there is one. What an election decides
	// and what the budget divides are not held against each other.
	Before(a domain.Allocation) (domain.Allocation, bool, error)
}

// Proof is what an allocation was made from and what came out.
type Proof struct {
	Input []byte // canonical
	Plan  []byte
	Lines iter.Seq[*domain.AllocationLine] // written, each before the next is made; read through Lines
}

// Uses says what keeps a resource from being deleted: the name of one user, or "".
type Uses interface {
	FundUser(organization, fund string) (string, error)
	ProgramUser(organization, program string) (string, error)
}

// Goals is the service that sets direction.
type Goals interface {
	// Currency is the organization's ISO 4217 code; it never changes.
	Currency(ctx context.Context, organization string) (string, error)
	// CheckPlan answers NotFound for a plan that does not exist.
	CheckPlan(ctx context.Context, name string) error
	// Priorities reads a priority revision; the id "current" means the latest certified. NotFound when there is none.
	Priorities(ctx context.Context, name string) (domain.Priorities, error)
}

// Performance is the service that measures.
type Performance interface {
	// Results reads a results revision; the id "current" means the latest published. NotFound when there is none.
	Results(ctx context.Context, name string) (domain.Results, error)
	// Measure reads what people call a measure.
	Measure(ctx context.Context, name string) (title string, err error)
}

// App runs the use cases.
type App struct {
	Store       Store
	Goals       Goals
	Performance Performance
	Now         func() time.Time
	NewID       func() string // ids for resources whose creator chose none
	Logger      *slog.Logger
	Patience    time.Duration                // how long a caller waits for packages and elections before the background goes on with them
	Wake        chan struct{}                // with room for one: there is something to solve in the background
	Watch       func(context.Context, Solve) // is told of every solve of an allocation; may be nil
}

func (a *App) id(chosen string) string {
	if chosen != "" {
		return chosen
	}
	return a.NewID()
}

// Currency is the one that all money of an organization is in.
func (a *App) Currency(ctx context.Context, organization string) (string, error) {
	return a.Goals.Currency(ctx, organization)
}
