package domain

import (
	"cmp"
	"slices"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// Vote is what a voter gives a project: 1 for an approval, the rank for a ranking (1 is the best), points otherwise.
type Vote struct {
	Program string // id
	Points  int64
}

// Ballot is one voter's; the voter is a number, never a name.
type Ballot struct {
	Voter string
	Votes []Vote // by program
}

// Same says whether next says what b says already.
func (b Ballot) Same(next Ballot) bool {
	return b.Voter == next.Voter && slices.Equal(b.Votes, next.Votes)
}

// What one election takes: some three times the largest ever held. Whoever allocates it holds all ballots at once, two kilobytes each.
const (
	mostBallots = 250_000
	mostVotes   = 2_500_000
)

// Record is the next version of e with ballots, of which old are those they replace, by voter; and the ballots to write.
//
// Errors: FailedPrecondition when e is closed; Invalid with every violation.
func (e Election) Record(ballots []Ballot, old map[string]Ballot, now time.Time) (Election, []Ballot, Upserted[Ballot], error) {
	var n Upserted[Ballot]
	if e.State != ElectionOpen {
		return e, nil, n, fault.State("ELECTION_CLOSED", "%s is closed: its ballots are final", e.Name())
	}
	var v fault.Violations
	var written []Ballot
	e.Projects = slices.Clone(e.Projects)
	seen := make(map[string]bool, len(ballots))
	for i, b := range ballots {
		field := fieldAt("ballots", i)
		required(&v, field+".voter", b.Voter)
		v.Check(!seen[b.Voter], field+".voter", "repeats %q; send one ballot a voter", b.Voter)
		seen[b.Voter] = true
		bad := len(v)
		b = e.checkedBallot(&v, field, b)
		if len(v) > bad {
			continue
		}
		before, found := old[b.Voter]
		switch {
		case !found:
			n.Created++
			e.Ballots++
		case before.Same(b):
			n.Unchanged++
			continue
		default:
			n.Updated++
			e.count(&v, field, before, -1)
		}
		e.count(&v, field, b, 1)
		written = append(written, b)
	}
	var votes int64
	for i := range e.Projects {
		votes += e.Projects[i].Votes
	}
	v.Check(e.Ballots <= mostBallots, "ballots", "make %d ballots of the election; it takes %d, so divide it by district", e.Ballots, mostBallots)
	v.Check(votes <= mostVotes, "ballots", "make %d votes of the election; it takes %d, so divide it by district", votes, mostVotes)
	if len(written) > 0 {
		e.Meta = e.Next(now)
	}
	return e, written, n, v.Err()
}

// checkedBallot is the ballot with its votes in order. An approval of 0 points is refused: taken for 1 it would approve what the voter does not.
func (e Election) checkedBallot(v *fault.Violations, at string, b Ballot) Ballot {
	b.Votes = slices.Clone(b.Votes)
	ranks := map[int64]bool{} // looked up only, never walked
	for i := range b.Votes {
		vote := &b.Votes[i]
		field := fieldAt(at+".votes", i)
		v.Check(e.project(vote.Program) >= 0, field+".program", "%s is no project of the election; name one that is", ProgramName(e.Organization, vote.Program))
		v.Check(vote.Points >= 0, field+".points", "must not be negative")
		switch e.Kind {
		case model.Approval, model.ChooseOne:
			v.Check(vote.Points == 1, field+".points", "is %d; an approval counts 1, and what a voter does not approve is left out", vote.Points)
		case model.Ordinal:
			v.Check(vote.Points >= 1 && vote.Points <= int64(len(b.Votes)) && !ranks[vote.Points], field+".points",
				"is %d; ranks are 1 to the number of votes, each once", vote.Points)
			ranks[vote.Points] = true
		case model.Cumulative, model.Scoring:
		}
	}
	b.Votes = slices.DeleteFunc(b.Votes, func(x Vote) bool { return x.Points == 0 }) // no points are no vote
	v.Check(e.Kind != model.ChooseOne || len(b.Votes) <= 1, at+".votes", "has %d votes; voters choose one project", len(b.Votes))
	slices.SortStableFunc(b.Votes, func(x, y Vote) int { return cmp.Compare(x.Program, y.Program) })
	once(v, at+".votes", b.Votes, func(x Vote) string { return x.Program })
	return b
}

// count adds a ballot to the tallies, or takes it away.
func (e Election) count(v *fault.Violations, at string, b Ballot, sign int64) {
	for _, vote := range b.Votes {
		p := &e.Projects[e.project(vote.Program)]
		if vote.Points > 0 {
			p.Votes += sign
		}
		sum, fine := money.Add(p.Points, sign*vote.Points)
		v.Check(fine && sum <= money.Limit, at+".votes", "gives more points than can be counted; use smaller ones")
		p.Points = sum
	}
}
