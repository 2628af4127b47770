package sqlstore

import (
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var elections = &resource.Kind[domain.Election]{
	Type: "election",
	Name: func(key ...string) string { return domain.ElectionName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.Election]{
		Name: "elections", Key: []string{"organization_id", "budget_id", "election_id"},
		Columns: []string{
			"organization_id", "budget_id", "election_id", "display_name", "fund_id", "amount", "vote_kind", "completion", "utility", "projects",
			"state", "ballots", "currency", "version", "create_time", "update_time",
		},
		Values: func(e domain.Election) []any {
			return []any{
				e.Organization, e.Budget, e.ID, e.DisplayName, e.Fund, e.Amount, e.Kind, e.Completion, e.Utility, resource.JSON(e.Projects),
				e.State, e.Ballots, e.Currency, e.Version, e.CreateTime, e.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Election, error) {
			e := domain.Election{
				Meta: meta(r, 13), Organization: r.Text(0), Budget: r.Text(1), ID: r.Text(2), DisplayName: r.Text(3), Fund: r.Text(4), Amount: r.Int(5),
				Kind: model.VoteKind(r.Text(6)), Completion: model.Completion(r.Text(7)), Utility: model.Utility(r.Text(8)), State: r.Text(10),
				Ballots: r.Int(11), Currency: r.Text(12),
			}
			return e, resource.FromJSON(r.Text(9), &e.Projects)
		},
	},
}

type electionTx struct {
	resource.Collection[domain.Election]
	txn
}

func of(e domain.Election) []any { return []any{e.Organization, e.Budget, e.ID} }

// Ballots implements app.Elections.
func (t electionTx) Ballots(e domain.Election, voters []string) (map[string]domain.Ballot, error) {
	found := make(map[string]domain.Ballot, len(voters))
	for _, voter := range voters {
		_, err := sqldb.QueryOne(t.tx, "SELECT votes FROM election_ballots WHERE organization_id = ? AND budget_id = ? AND election_id = ? AND voter = ?",
			append(of(e), voter), func(r sqldb.Row) (err error) {
				b := domain.Ballot{Voter: voter}
				b.Votes, err = parseVotes(r.Text(0))
				found[voter] = b
				return err
			})
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// EachBallot implements app.Elections.
func (t electionTx) EachBallot(e domain.Election, do func(domain.Ballot) error) error {
	return t.tx.Query("SELECT voter, votes FROM election_ballots WHERE organization_id = ? AND budget_id = ? AND election_id = ? ORDER BY voter", of(e),
		func(r sqldb.Row) (err error) {
			b := domain.Ballot{Voter: r.Text(0)}
			if b.Votes, err = parseVotes(r.Text(1)); err != nil {
				return err
			}
			return do(b)
		})
}

// Put implements app.Elections.
func (t electionTx) Put(e domain.Election, ballots []domain.Ballot) error {
	rows := make([][]any, len(ballots))
	for i, b := range ballots {
		rows[i] = append(of(e), b.Voter, votesText(b.Votes))
	}
	_, err := sqldb.InsertRows(t.tx, "election_ballots", []string{"organization_id", "budget_id", "election_id", "voter", "votes"}, rows,
		"ON CONFLICT (organization_id, budget_id, election_id, voter) DO UPDATE SET votes = excluded.votes")
	return err
}

// Forget implements app.Elections.
func (t electionTx) Forget(e domain.Election) error {
	_, err := t.tx.Exec("DELETE FROM election_ballots WHERE organization_id = ? AND budget_id = ? AND election_id = ?", of(e)...)
	return err
}

func votesText(votes []domain.Vote) string {
	var b []byte
	for i, v := range votes {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(append(append(b, v.Program...), '='), v.Points, 10)
	}
	return string(b)
}

func parseVotes(text string) (votes []domain.Vote, err error) {
	for part := range strings.FieldsSeq(text) {
		program, points, _ := strings.Cut(part, "=")
		n, err := strconv.ParseInt(points, 10, 64)
		if err != nil {
			return nil, err
		}
		votes = append(votes, domain.Vote{Program: program, Points: n})
	}
	return votes, nil
}
