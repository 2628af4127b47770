package engine

import (
	"cmp"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
)

// voteTypes are the kinds of votes.
var voteTypes = map[model.VoteKind]shares.VoteType{
	model.Approval: shares.Approval, model.ChooseOne: shares.ChooseOne, model.Cumulative: shares.Cumulative, model.Scoring: shares.Scoring,
	model.Ordinal: shares.Ordinal,
}

// completions are what is done with money that equal shares leave.
var completions = map[model.Completion]shares.Completion{
	model.NoCompletion: shares.NoCompletion, model.AddOne: shares.Add1, model.Utilitarian: shares.Utilitarian, model.AddOneUtilitarian: shares.Add1Utilitarian,
}

// ruleOfBallots declares the rule of an input by ballots.
func ruleOfBallots(in *model.Input) shares.Rule {
	v := in.Election
	rule := shares.Rule{Method: shares.Greedy, Utility: shares.CountUtility, Ties: []shares.TieBreak{shares.LowerCost, shares.MoreVotes}}
	if v.Rule.Utility == model.PointsUtility {
		switch v.Kind {
		case model.Cumulative, model.Scoring:
			rule.Utility = shares.PointsUtility
		case model.Ordinal:
			rule.Utility, rule.Borda = shares.PointsUtility, shares.BordaBallot
		case model.Approval, model.ChooseOne: // an approval is one point
		}
	}
	if in.Method == model.GreedyVotes {
		return rule
	}
	rule.Method, rule.Completion = shares.EqualShares, completions[v.Rule.Completion]
	if v.Rule.Utility == model.CostUtility {
		rule.Utility = shares.CostUtility
	}
	if rule.Completion == shares.Add1 || rule.Completion == shares.Add1Utilitarian {
		rule.Increment = model.CurrencyUnit(in.Currency)
	}
	return rule
}

// poll is the election in flat slices. Rankings are put in the order of their ranks.
func poll(v *model.Election) shares.Election {
	e := shares.Election{Budget: v.Budget, Type: voteTypes[v.Kind], Projects: make([]shares.Project, len(v.Projects))}
	place := make(map[string]int32, len(v.Projects)) // looked up only
	for i, p := range v.Projects {
		e.Projects[i] = shares.Project{ID: p.Program, Cost: p.Cost}
		place[p.Program] = int32(i) //nolint:gosec // a valid election has at most 2^16 projects
	}
	votes := 0
	for i := range v.Ballots {
		votes += len(v.Ballots[i].Votes)
	}
	e.Ballots.Start, e.Ballots.Project = make([]int32, 0, len(v.Ballots)+1), make([]int32, 0, votes)
	if e.Type.HasPoints() {
		e.Ballots.Points = make([]int64, 0, votes)
	}
	var projects []int32
	var points []int64
	for i := range v.Ballots {
		ballot := v.Ballots[i].Votes
		if v.Kind == model.Ordinal {
			ballot = slices.Clone(ballot)
			slices.SortFunc(ballot, func(a, b model.Vote) int { return cmp.Compare(a.Points, b.Points) })
		}
		projects, points = projects[:0], points[:0]
		for _, vote := range ballot {
			projects = append(projects, place[vote.Project])
			if e.Type.HasPoints() {
				points = append(points, vote.Points)
			}
		}
		e.Ballots.Add(projects, points)
	}
	return e
}
