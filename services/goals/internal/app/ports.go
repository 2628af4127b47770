// Package app holds the use cases of goals.
package app

import (
	"time"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
)

// Store keeps what goals owns.
type Store = resource.Store[Tx]

// Tx is one transaction. Keys are ids, outermost first: organization, plan, then the resource's own.
type Tx interface {
	LinkTx
	Organizations() resource.Collection[domain.Organization]
	Plans() resource.Collection[domain.Plan]
	Goals() resource.Collection[domain.Goal]
	Prioritizations() resource.Collection[domain.Prioritization]
	Ballots() resource.Collection[domain.Ballot]
	PriorityRevisions() resource.Collection[domain.PriorityRevision]
	CommunityBallots() CommunityBallots
	RoleAssignments() resource.Collection[domain.RoleAssignment]
	Feedback() resource.Collection[domain.Feedback]
	FeedbackNumbers() FeedbackNumbers
	// Recorded is a resource as the journal kept it at a moment; false when it was not there, or deleted.
	Recorded(subject string, at time.Time) (archived []byte, found bool, err error)
	// GoalsAsOf passes on the goals that a plan had at a moment, as the journal kept them, by name.
	GoalsAsOf(organization, plan string, at time.Time, visit func(archived []byte) error) error
	// CurrentRevision is the latest certified revision on goals of a plan, or false.
	CurrentRevision(organization, plan string) (domain.PriorityRevision, bool, error)
	// LastRevision is the plan's latest, whatever it ranks.
	LastRevision(organization, plan string) (domain.LastRevision, error)
	// BallotVersions passes on every version of a round's ballots as the journal keeps them, by ballot and then oldest first.
	BallotVersions(round domain.Prioritization, visit func(archived []byte) error) error
}

// CommunityBallots are a survey's answers.
type CommunityBallots interface {
	// Known is how many of these respondents, each named once, answered a round before.
	Known(round domain.Prioritization, respondents []string) (int, error)
	// Each passes on a round's answers by respondent.
	Each(round domain.Prioritization, visit func(domain.CommunityBallot) error) error
	// List reads a page of a round's answers.
	List(round domain.Prioritization, q listing.Query) (page []domain.CommunityBallot, next string, err error)
	// Record writes answers, each respondent once, over what they said before, and one journal entry about all of them.
	Record(batch domain.CommunityBatch) error
}

// FeedbackNumbers answers questions about much feedback at once.
type FeedbackNumbers interface {
	// Known are the ids of feedback with these external ids, by external id.
	Known(organization string, externalIDs []string) (map[string]string, error)
	// Summary counts the feedback that the filter of q lets through; shares are left out.
	Summary(organization string, q listing.Query) (domain.FeedbackSummary, error)
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
