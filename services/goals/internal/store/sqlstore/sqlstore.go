// Package sqlstore keeps what goals owns in SQL tables.
package sqlstore

import (
	"time"

	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// New is app.Store on a Keeper.
func New(k *resource.Keeper) app.Store {
	return resource.Bind(k, func(tx sqldb.Tx, j *resource.Journal) app.Tx { return txn{tx, j} })
}

type txn struct {
	tx      sqldb.Tx
	journal *resource.Journal
}

var _ app.Tx = txn{}

func (t txn) Organizations() resource.Collection[domain.Organization] {
	return organizations.In(t.tx, t.journal)
}

func (t txn) Plans() resource.Collection[domain.Plan] { return plans.In(t.tx, t.journal) }

func (t txn) Goals() resource.Collection[domain.Goal] { return goals.In(t.tx, t.journal) }

func (t txn) Prioritizations() resource.Collection[domain.Prioritization] {
	return prioritizations.In(t.tx, t.journal)
}

func (t txn) Ballots() resource.Collection[domain.Ballot] { return ballots.In(t.tx, t.journal) }

func (t txn) PriorityRevisions() resource.Collection[domain.PriorityRevision] {
	return priorityRevisions.In(t.tx, t.journal)
}

func (t txn) RoleAssignments() resource.Collection[domain.RoleAssignment] {
	return roleAssignments.In(t.tx, t.journal)
}

func (t txn) Feedback() resource.Collection[domain.Feedback] { return feedback.In(t.tx, t.journal) }

func (t txn) FeedbackNumbers() app.FeedbackNumbers { return feedbackNumbers(t) }

func (t txn) Recorded(subject string, at time.Time) (archived []byte, found bool, err error) {
	return outbox.Recorded(t.tx, subject, at)
}

func (t txn) GoalsAsOf(organization, plan string, at time.Time, visit func(archived []byte) error) error {
	var last outbox.Event
	flush := func() error {
		if last.Subject == "" || last.Removed() {
			return nil
		}
		return visit(last.Data)
	}
	err := outbox.History(t.tx, domain.PlanName(organization, plan)+"/goals", at, func(e outbox.Event) error {
		if e.Subject != last.Subject {
			if err := flush(); err != nil {
				return err
			}
		}
		last = e
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

func (t txn) CommunityBallots() app.CommunityBallots { return community(t) }

func (t txn) BallotVersions(k domain.Prioritization, visit func(archived []byte) error) error {
	return outbox.History(t.tx, k.Name()+"/ballots", endOfTime, func(e outbox.Event) error { return visit(e.Data) })
}

// endOfTime is later than any record time.
var endOfTime = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (t txn) CurrentRevision(organization, plan string) (rev domain.PriorityRevision, found bool, err error) {
	var id string
	found, err = sqldb.QueryOne(t.tx, "SELECT priority_revision_id FROM priority_revisions "+
		"WHERE organization_id = ? AND plan_id = ? AND subject = ? ORDER BY sequence DESC LIMIT 1",
		[]any{organization, plan, domain.OnGoals}, func(r sqldb.Row) error { id = r.Text(0); return nil })
	if err != nil || !found {
		return rev, false, err
	}
	return t.PriorityRevisions().Find(organization, plan, id)
}

func (t txn) LastRevision(organization, plan string) (last domain.LastRevision, err error) {
	_, err = sqldb.QueryOne(t.tx, "SELECT sequence, effective_time FROM priority_revisions WHERE organization_id = ? AND plan_id = ? ORDER BY sequence DESC LIMIT 1",
		[]any{organization, plan}, func(r sqldb.Row) error {
			last = domain.LastRevision{Sequence: r.Int(0), EffectiveTime: r.Time(1)}
			return nil
		})
	return last, err
}
