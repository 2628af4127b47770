package modeltest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// randomElection makes projects of all programs and has voters choose among them.
func randomElection(r *rand.Rand, in *model.Input) {
	in.Params.EquityFloor = nil
	for k := range in.Funds {
		in.Funds[k].OneTime, in.Funds[k].Named = 0, true
	}
	f := &in.Funds[r.IntN(len(in.Funds))]
	f.Available++
	v := &model.Election{
		Fund: f.ID, Budget: 1 + r.Int64N(f.Available), Kind: pick(r, model.VoteKinds()...),
		Rule: model.ElectionRule{Completion: pick(r, model.Completions()...), Utility: pick(r, model.Utilities()...)},
	}
	same := r.IntN(3) == 0 // equal costs make ties
	for i := range in.Programs {
		p := &in.Programs[i]
		*p = model.Program{ID: p.ID, Version: p.Version, Alignment: p.Alignment, Attributes: p.Attributes, Results: p.Results, EquityBP: p.EquityBP}
		cost := 1 + r.Int64N(v.Budget/2+2)
		if same && i > 0 {
			cost = v.Projects[0].Cost
		}
		v.Projects = append(v.Projects, model.Project{Program: p.ID, Cost: cost})
	}
	Vote(r, v)
	in.Election = v
}

// Vote fills in new ballots of the election's kind, at most 12.
func Vote(r *rand.Rand, v *model.Election) {
	v.Ballots = nil
	for i := range 1 + r.IntN(12) {
		v.Ballots = append(v.Ballots, randomBallot(r, strconv.Itoa(i), v))
	}
}

func randomBallot(r *rand.Rand, voter string, v *model.Election) model.Ballot {
	b := model.Ballot{Voter: voter}
	for _, j := range r.Perm(len(v.Projects))[:r.IntN(len(v.Projects)+1)] {
		vote := model.Vote{Project: v.Projects[j].Program, Points: 1}
		switch v.Kind {
		case model.Ordinal:
			vote.Points = int64(len(b.Votes) + 1)
		case model.Cumulative, model.Scoring:
			vote.Points = r.Int64N(10)
		case model.Approval, model.ChooseOne:
		}
		b.Votes = append(b.Votes, vote)
		if v.Kind == model.ChooseOne {
			break
		}
	}
	return b
}

// Ballots is the participatory budget of a large city: approvals of 1 to 15 projects, more often of popular ones and of those in the voter's own
// of ten neighbourhoods, projects from 5,000 to 500,000 units of the currency, and a fifth of what they cost altogether.
func Ballots(voters, projects int, version string) model.Input {
	r := rand.New(rand.NewPCG(uint64(voters), uint64(projects))) //nolint:gosec // the same city every time
	in := base(version)
	in.Method = model.EqualShares
	v := &model.Election{
		Fund: "participatory", Kind: model.Approval, Rule: model.ElectionRule{Completion: model.AddOneUtilitarian, Utility: model.CostUtility},
	}
	var all int64
	for i := range projects {
		cost := 100 * (5_000 + r.Int64N(30_000)*(1+r.Int64N(16)))
		all += cost
		id := fmt.Sprintf("p%04d", i)
		v.Projects = append(v.Projects, model.Project{Program: id, Cost: cost})
		in.Programs = append(in.Programs, model.Program{ID: id})
	}
	for i := range voters {
		b := model.Ballot{Voter: fmt.Sprintf("%07d", i)}
		home := r.IntN(10)
		for range 1 + r.IntN(15) {
			p := min(r.IntN(projects), r.IntN(projects))
			if r.IntN(2) == 0 {
				p = (p/10*10 + home) % projects
			}
			vote := model.Vote{Project: v.Projects[p].Program, Points: 1}
			if !slices.Contains(b.Votes, vote) {
				b.Votes = append(b.Votes, vote)
			}
		}
		v.Ballots = append(v.Ballots, b)
	}
	v.Budget = all / 5
	in.Funds = []model.Fund{{ID: v.Fund, Available: v.Budget, Class: model.Assigned, Kind: model.General}}
	in.Election = v
	return in
}
