package modeltest

import (
	"math/rand/v2"
	"strconv"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// RandomOf is a small valid input of any method, as Random makes them, with one-time money and costs, an equity floor, grants and positions
// besides.
func RandomOf(r *rand.Rand, version string, method model.Method) model.Input {
	in := Random(r, version)
	in.Method = method
	if r.IntN(3) == 0 {
		in.Params.EquityFloor = &model.EquityFloor{MinBP: 1 + r.Int64N(500), MaxCutPPM: pick[int64](r, 0, 20_000, 100_000, 500_000)}
	}
	if r.IntN(2) == 0 {
		oneTime(r, &in)
	}
	for i := range in.Programs {
		stakes(r, &in.Programs[i])
	}
	switch method {
	case model.Packages:
		randomPackages(r, &in)
	case model.EqualShares, model.GreedyVotes:
		randomElection(r, &in)
	case model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard, model.CutLine:
	}
	return in
}

// oneTime turns some lines into costs of this year only and some money into money that does not come again.
func oneTime(r *rand.Rand, in *model.Input) {
	for i := range in.Programs {
		for j := range in.Programs[i].CostLines {
			in.Programs[i].CostLines[j].OneTime = r.IntN(3) == 0
		}
	}
	for k := range in.Funds {
		f := &in.Funds[k]
		var income int64
		for i := range in.Programs {
			for _, v := range in.Programs[i].Revenue {
				if v.Fund == f.ID {
					income += v.Amount
				}
			}
		}
		if r.IntN(3) > 0 {
			f.OneTime = r.Int64N(f.Available - income + 1)
		}
	}
}

func stakes(r *rand.Rand, p *model.Program) {
	var cost int64
	for _, l := range p.CostLines {
		cost += max(l.Amount, 0)
	}
	for j := range r.IntN(3) {
		g := model.GrantAward{ID: "grant" + strconv.Itoa(j), Award: r.Int64N(cost + 2), MatchPPM: pick[int64](r, 0, 250_000, 333_333, 1_000_000)}
		if r.IntN(2) == 0 {
			g.Effort = r.Int64N(cost + 2)
		}
		p.Grants = append(p.Grants, g)
	}
	for j := range r.IntN(3) {
		p.Positions = append(p.Positions, model.Position{Title: "job" + strconv.Itoa(j), Count: 1 + r.Int64N(4), Cost: 1 + r.Int64N(cost/4+1)})
	}
}

// randomPackages adds service levels to some programs, and packages to others, in the budget's year and the next two.
func randomPackages(r *rand.Rand, in *model.Input) {
	in.Params.PackageValue = pick(r, "", model.PriorityDollars, model.Benefit)
	in.Params.CarryForward = r.IntN(2) == 0
	scale := int64(10)
	for _, f := range in.Funds {
		scale = max(scale, f.Available)
		for year := range int64(2) {
			if r.IntN(3) > 0 {
				in.Later = append(in.Later, model.LaterEnvelope{Fund: f.ID, Year: year + 1, Available: r.Int64N(f.Available + 10)})
			}
		}
	}
	for i := range in.Programs {
		for range r.IntN(3) {
			randomPackage(r, in, &in.Programs[i], max(1, scale/4))
		}
	}
}

func randomPackage(r *rand.Rand, in *model.Input, p *model.Program, scale int64) {
	v := model.Package{ID: "k" + strconv.Itoa(len(in.Packages)), Program: p.ID, ReplacesBase: r.IntN(4) == 0}
	least := int64(0)
	if p.Mandate != nil && p.Mandate.Attested {
		least = p.Mandate.Minimum
	}
	for _, other := range in.Packages {
		if other.Program == p.ID && other.ReplacesBase {
			v.ReplacesBase = false
		}
		switch r.IntN(8) {
		case 0:
			v.Requires = append(v.Requires, model.PackageRef{Package: other.ID})
		case 1:
			v.Excludes = append(v.Excludes, model.PackageRef{Package: other.ID, Level: other.Levels[0].ID})
		}
	}
	for j := range 1 + r.IntN(3) {
		l := model.PackageLevel{ID: "level" + strconv.Itoa(j), Benefit: r.Int64N(100)}
		l.Costs = append(l.Costs, model.PackageCost{Fund: pick(r, in.Funds...).ID, Amount: least + r.Int64N(scale), OneTime: r.IntN(4) == 0})
		if len(in.Later) > 0 && r.IntN(3) == 0 {
			e := pick(r, in.Later...)
			l.Costs = append(l.Costs, model.PackageCost{Fund: e.Fund, Year: e.Year, Amount: r.Int64N(scale)})
		}
		v.Levels = append(v.Levels, l)
	}
	in.Packages = append(in.Packages, v)
}

// randomElection has voters choose among some of the programs.
func randomElection(r *rand.Rand, in *model.Input) {
	f := pick(r, in.Funds...)
	v := &model.Election{
		Fund: f.ID, Budget: r.Int64N(f.Available + 1), Kind: pick(r, model.VoteKinds()...),
		Rule: model.ElectionRule{Completion: pick(r, model.Completions()...), Utility: pick(r, model.Utilities()...)},
	}
	for i := range in.Programs {
		if i == 0 || r.IntN(4) > 0 {
			v.Projects = append(v.Projects, model.Project{Program: in.Programs[i].ID, Cost: 1 + r.Int64N(v.Budget/2+2)})
		}
	}
	for i := range 1 + r.IntN(12) {
		v.Ballots = append(v.Ballots, randomBallot(r, strconv.Itoa(i), v))
	}
	in.Election = v
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
