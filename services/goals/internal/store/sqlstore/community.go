package sqlstore

import (
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/listing"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// community implements app.CommunityBallots: one journal entry stands for a batch.
type community txn

var communityColumns = []string{"organization_id", "plan_id", "prioritization_id", "respondent", "weight", "district", "vote"}

func (c community) Each(round domain.Prioritization, visit func(domain.CommunityBallot) error) error {
	err := c.tx.Query("SELECT respondent, weight, district, vote FROM community_ballots "+
		"WHERE organization_id = ? AND plan_id = ? AND prioritization_id = ? ORDER BY respondent",
		[]any{round.Organization, round.Plan, round.ID}, func(r sqldb.Row) error {
			b := domain.CommunityBallot{Respondent: r.Text(0), Weight: int(r.Int(1)), District: r.Text(2)}
			if err := resource.FromJSON(r.Text(3), &b.Vote); err != nil {
				return err
			}
			return visit(b)
		})
	if err != nil {
		return fmt.Errorf("read community ballots: %w", err)
	}
	return nil
}

func (c community) List(round domain.Prioritization, q listing.Query) (page []domain.CommunityBallot, next string, err error) {
	var all []domain.CommunityBallot
	err = c.Each(round, func(b domain.CommunityBallot) error { all = append(all, b); return nil })
	if err != nil {
		return nil, "", err
	}
	return listing.Select(q, all, func(b *domain.CommunityBallot, column string) any {
		if column == "district" {
			return b.District
		}
		return b.Respondent
	})
}

func (c community) Known(round domain.Prioritization, respondents []string) (n int, err error) {
	for part := range slices.Chunk(respondents, 200) {
		args := []any{round.Organization, round.Plan, round.ID}
		for _, respondent := range part {
			args = append(args, respondent)
		}
		_, err := sqldb.QueryOne(c.tx, "SELECT COUNT(*) FROM community_ballots WHERE organization_id = ? AND plan_id = ? AND prioritization_id = ? AND respondent IN (?"+
			strings.Repeat(", ?", len(part)-1)+")", args, func(r sqldb.Row) error { n += int(r.Int(0)); return nil })
		if err != nil {
			return 0, fmt.Errorf("read respondents: %w", err)
		}
	}
	return n, nil
}

func (c community) Record(batch domain.CommunityBatch) error {
	rows := make([][]any, len(batch.Ballots))
	for i, b := range batch.Ballots {
		rows[i] = []any{
			batch.Round.Organization, batch.Round.Plan, batch.Round.ID, b.Respondent, b.Weight, b.District, resource.JSON(b.Vote),
		}
	}
	_, err := sqldb.InsertRows(c.tx, "community_ballots", communityColumns, rows, "ON CONFLICT "+
		"(organization_id, plan_id, prioritization_id, respondent) DO UPDATE SET weight = excluded.weight, district = excluded.district, vote = excluded.vote")
	if err != nil {
		return fmt.Errorf("record community ballots: %w", err)
	}
	return c.journal.Append(resource.Change{Type: "community_ballots.recorded", Subject: batch.Name(), Resource: batch})
}
