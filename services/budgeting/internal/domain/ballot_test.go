package domain_test

import (
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// An election takes as many ballots and votes as can be allocated, and says so before the first that is too many is kept.
func TestElectionsHaveALimit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ballots, votes int64
		old            map[string]domain.Ballot
		want           string
	}{
		"the last ballot":          {249_999, 9, nil, ""},
		"one ballot too many":      {250_000, 9, nil, "250001 ballots"},
		"another ballot instead":   {250_000, 9, map[string]domain.Ballot{"v": {Voter: "v"}}, ""},
		"the last vote":            {9, 2_499_998, nil, ""},
		"one vote too many":        {9, 2_499_999, nil, "2500001 votes"},
		"fewer votes, still large": {9, 2_500_002, map[string]domain.Ballot{"v": {Voter: "v", Votes: []domain.Vote{{Program: "a", Points: 1}, {Program: "b", Points: 1}, {Program: "c", Points: 1}}}}, "2500001 votes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := domain.Election{
				Organization: "o", Budget: "fy", ID: "e", Kind: model.Scoring, State: domain.ElectionOpen, Ballots: c.ballots,
				Projects: []domain.ElectionProject{{Program: "a", Votes: c.votes, Points: 9}, {Program: "b", Votes: 0, Points: 9}, {Program: "c", Points: 9}},
			}
			_, _, _, err := e.Record([]domain.Ballot{{Voter: "v", Votes: []domain.Vote{{Program: "b", Points: 5}, {Program: "a", Points: 2}}}}, c.old, time.Unix(0, 0))
			if (err == nil) != (c.want == "") || (err != nil && !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// What gets no points is not voted for: it takes no room and says nothing.
func TestNoPointsAreNoVote(t *testing.T) {
	t.Parallel()
	e := domain.Election{Kind: model.Cumulative, State: domain.ElectionOpen, Projects: []domain.ElectionProject{{Program: "a"}, {Program: "b"}}}
	e, written, _, err := e.Record([]domain.Ballot{{Voter: "v", Votes: []domain.Vote{{Program: "b"}, {Program: "a", Points: 2}}}}, nil, time.Unix(0, 0))
	if err != nil || len(written) != 1 || len(written[0].Votes) != 1 || e.Projects[0].Votes != 1 || e.Projects[1].Votes != 0 {
		t.Errorf("%+v, %+v, %v", e.Projects, written, err)
	}
}
