package sqlstore

import (
	"fmt"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// community implements app.CommunityBallots: one journal entry stands for a batch.
type community txn

// answer is a row: an answer, and the round it is for.
type answer struct {
	organization, plan, round string
	domain.CommunityBallot
}

var answers = &sqldb.Table[answer]{
	Name:    "community_ballots",
	Key:     []string{"organization_id", "plan_id", "prioritization_id", "respondent"},
	Columns: []string{"organization_id", "plan_id", "prioritization_id", "respondent", "weight", "district", "vote"},
	Values: func(a answer) []any {
		return []any{a.organization, a.plan, a.round, a.Respondent, a.Weight, a.District, resource.JSON(a.Vote)}
	},
	Scan: func(r sqldb.Row) (answer, error) {
		a := answer{r.Text(0), r.Text(1), r.Text(2), domain.CommunityBallot{Respondent: r.Text(3), Weight: int(r.Int(4)), District: r.Text(5)}}
		return a, resource.FromJSON(r.Text(6), &a.Vote)
	},
}

// of is the condition that answers are for a round.
func of(round domain.Prioritization) []sqldb.Eq {
	return []sqldb.Eq{
		{Column: "organization_id", Value: round.Organization}, {Column: "plan_id", Value: round.Plan}, {Column: "prioritization_id", Value: round.ID},
	}
}

func (c community) Each(round domain.Prioritization, visit func(domain.CommunityBallot) error) error {
	err := answers.Each(c.tx, of(round), func(a answer) error { return visit(a.CommunityBallot) })
	if err != nil {
		return fmt.Errorf("read community ballots: %w", err)
	}
	return nil
}

func (c community) List(round domain.Prioritization, q listing.Query) (page []domain.CommunityBallot, next string, err error) {
	found, next, err := answers.List(c.tx, of(round), q)
	for _, a := range found {
		page = append(page, a.CommunityBallot)
	}
	return page, next, err
}

func (c community) Known(round domain.Prioritization, respondents []string) (n int, err error) {
	for part := range sqldb.Batches(respondents) {
		_, err := sqldb.QueryOne(c.tx, "SELECT COUNT(*) FROM community_ballots WHERE organization_id = ? AND plan_id = ? AND prioritization_id = ? "+
			"AND respondent IN ("+sqldb.Marks(len(part))+")", sqldb.Args([]any{round.Organization, round.Plan, round.ID}, part),
			func(r sqldb.Row) error { n += int(r.Int(0)); return nil })
		if err != nil {
			return 0, fmt.Errorf("read respondents: %w", err)
		}
	}
	return n, nil
}

func (c community) Record(batch domain.CommunityBatch) error {
	rows := make([]answer, len(batch.Ballots))
	for i, b := range batch.Ballots {
		rows[i] = answer{batch.Round.Organization, batch.Round.Plan, batch.Round.ID, b}
	}
	if err := answers.PutMany(c.tx, rows); err != nil {
		return fmt.Errorf("record community ballots: %w", err)
	}
	return c.journal.Append(resource.Change{Type: "community_ballots.recorded", Subject: batch.Name(), Resource: batch})
}
