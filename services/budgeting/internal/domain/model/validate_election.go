package model

import (
	"fmt"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// Limits of elections.
const (
	maxProjects = 1 << 16
	maxVoters   = 1 << 24
	maxVotes    = 1 << 30
	maxPoints   = 1 << 20
)

func (c *checker) election(in Input, programs map[string]int) {
	v := in.Election
	c.known("election.fund", v.Fund)
	c.between("election.budget", v.Budget, 1, money.Limit)
	if k, known := c.funds[v.Fund]; known {
		f := in.Funds[k]
		c.Check(v.Budget <= f.Available, "election.budget", "is %d but its fund has %d; lower it or raise the envelope", v.Budget, f.Available)
		c.Check(f.InPool(), "election.fund", "%q does not compete; name it in this allocation or choose another fund", v.Fund)
	}
	oneOf(c, "election.kind", v.Kind, VoteKinds())
	oneOf(c, "election.rule.completion", v.Rule.Completion, Completions())
	oneOf(c, "election.rule.utility", v.Rule.Utility, Utilities())
	c.count("election.projects", len(v.Projects), maxProjects)
	c.count("election.ballots", len(v.Ballots), maxVoters)
	projects := make(map[string]bool, len(v.Projects))
	for i, p := range v.Projects {
		field := fmt.Sprintf("election.projects[%d]", i)
		_, known := programs[p.Program]
		c.Check(known, field+".program", "%q is not one of the programs; add the program or correct the name", p.Program)
		c.Check(!projects[p.Program], field+".program", "repeats %q; name it once", p.Program)
		projects[p.Program] = true
		c.between(field+".cost", p.Cost, 1, money.Limit)
	}
	c.onlyProjects(in, projects)
	voters := make(map[string]bool, len(v.Ballots))
	votes := 0
	for i := range v.Ballots {
		c.ballot(i, &v.Ballots[i], v.Kind, projects, voters)
		votes += len(v.Ballots[i].Votes)
	}
	c.Check(votes <= maxVotes, "election.ballots", "have %d votes; at most %d are counted", votes, maxVotes)
}

func (c *checker) count(field string, n, most int) {
	c.Check(n > 0 && n <= most, field, "has %d items; give 1 to %d", n, most)
}

// onlyProjects refuses what the methods by ballots have no place for: whatever is said of today's money.
func (c *checker) onlyProjects(in Input, projects map[string]bool) {
	c.Check(in.Params.EquityFloor == nil, "params.equity_floor", "protects what programs have today, and projects start from nothing; drop it or change the method")
	for i := range in.Funds {
		c.Check(in.Funds[i].OneTime == 0, fmt.Sprintf("funds[%d].one_time", i), "is not told apart where voters decide; set it to 0 and keep the whole envelope in available")
	}
	for i := range in.Programs {
		p, at := &in.Programs[i], spot{program: i}
		if !projects[p.ID] {
			c.Add(at.field(""), "%q is not a project of the election, which decides alone; drop the program or add the project", p.ID)
			continue
		}
		for _, has := range [...]struct {
			leaf string
			it   bool
		}{
			{"cost_lines", len(p.CostLines) > 0},
			{"requested", p.Requested != 0},
			{"eligible_funds", len(p.EligibleFunds) > 0},
			{"mandate", p.Mandate != nil},
			{"cap", p.Cap != nil},
			{"hold_harmless", p.HoldHarmless != nil},
			{"revenue", len(p.Revenue) > 0},
			{"grants", len(p.Grants) > 0},
			{"positions", len(p.Positions) > 0},
		} {
			if has.it {
				c.Add(at.field(has.leaf), "has no place here: projects have no base in this method; drop the %s", has.leaf)
			}
		}
	}
}

// ballot writes a field out only for a violation: elections have hundreds of thousands of votes.
func (c *checker) ballot(i int, b *Ballot, kind VoteKind, projects, voters map[string]bool) {
	field := func(n int, leaf string) string {
		if n < 0 {
			return fmt.Sprintf("election.ballots[%d].%s", i, leaf)
		}
		return fmt.Sprintf("election.ballots[%d].votes[%d].%s", i, n, leaf)
	}
	switch {
	case b.Voter == "":
		c.text(field(-1, "voter"), b.Voter)
	case voters[b.Voter]:
		c.Add(field(-1, "voter"), "repeats %q; one ballot a voter", b.Voter)
	}
	voters[b.Voter] = true
	c.valid("election.ballots", b.Voter)
	if kind == ChooseOne && len(b.Votes) > 1 {
		c.Add(field(-1, "votes"), "has %d votes; a voter chooses one project", len(b.Votes))
	}
	least, most := int64(0), int64(maxPoints)
	switch kind {
	case Approval, ChooseOne:
		least, most = 1, 1
	case Ordinal:
		least, most = 1, int64(len(projects))
	case Cumulative, Scoring:
	}
	for n := range b.Votes {
		vote := &b.Votes[n]
		if !projects[vote.Project] {
			c.Add(field(n, "project"), "%q is not one of the projects; correct the name or drop the vote", vote.Project)
		}
		if vote.Points < least || vote.Points > most {
			c.between(field(n, "points"), vote.Points, least, most)
		}
		if repeats(b.Votes[:n], func(o *Vote) bool { return o.Project == vote.Project }) {
			c.Add(field(n, "project"), "repeats %q; one vote a project", vote.Project)
		}
		if kind == Ordinal && repeats(b.Votes[:n], func(o *Vote) bool { return o.Points == vote.Points }) {
			c.Add(field(n, "points"), "repeats rank %d; ranks are different", vote.Points)
		}
	}
}
