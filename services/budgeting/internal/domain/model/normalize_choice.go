package model

import (
	"cmp"
	"strings"
)

func byGrant(a, b *GrantAward) int { return strings.Compare(a.ID, b.ID) }
func byTitle(a, b *Position) int   { return strings.Compare(a.Title, b.Title) }
func byPackage(a, b *Package) int  { return strings.Compare(a.ID, b.ID) }
func byWork(a, b *Project) int     { return strings.Compare(a.Program, b.Program) }
func byVoter(a, b *Ballot) int     { return strings.Compare(a.Voter, b.Voter) }
func byVote(a, b *Vote) int        { return strings.Compare(a.Project, b.Project) }
func byRef(a, b *PackageRef) int {
	return cmp.Or(strings.Compare(a.Package, b.Package), strings.Compare(a.Level, b.Level))
}

func byLater(a, b *LaterEnvelope) int {
	return cmp.Or(strings.Compare(a.Fund, b.Fund), cmp.Compare(a.Year, b.Year))
}

func byCost(a, b *PackageCost) int {
	return cmp.Or(strings.Compare(a.Fund, b.Fund), cmp.Compare(a.Year, b.Year), ongoingFirst(a.OneTime, b.OneTime))
}

func ongoingFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// packagesInOrder copies and sorts packages, each with its costs and references; levels stay in the order of service.
func packagesInOrder(packages []Package) []Package {
	out := inOrder(packages, byPackage)
	levels, costs := 0, 0
	for i := range out {
		levels += len(out[i].Levels)
		for j := range out[i].Levels {
			costs += len(out[i].Levels[j].Costs)
		}
	}
	levelRoom, costRoom := make([]PackageLevel, levels), make([]PackageCost, costs)
	for i := range out {
		p := &out[i]
		p.Requires, p.Excludes = inOrder(p.Requires, byRef), inOrder(p.Excludes, byRef)
		p.Levels = take(&levelRoom, p.Levels)
		for j := range p.Levels {
			if len(p.Levels[j].Costs) > 0 {
				p.Levels[j].Costs = takeInOrder(&costRoom, p.Levels[j].Costs, byCost)
			}
		}
	}
	return out
}

func arePackagesInOrder(packages []Package) bool {
	if !isSorted(packages, byPackage) {
		return false
	}
	for i := range packages {
		p := &packages[i]
		if p.Levels == nil || !isSorted(p.Requires, byRef) || !isSorted(p.Excludes, byRef) {
			return false
		}
		for j := range p.Levels {
			if !isSorted(p.Levels[j].Costs, byCost) {
				return false
			}
		}
	}
	return true
}

// inOrder copies and sorts projects, ballots, and the votes of each.
func (v *Election) inOrder() *Election {
	if v == nil {
		return nil
	}
	out := *v
	out.Projects, out.Ballots = sorted(v.Projects, byWork), sorted(v.Ballots, byVoter)
	votes := 0
	for i := range out.Ballots {
		votes += len(out.Ballots[i].Votes)
	}
	room := make([]Vote, votes)
	for i := range out.Ballots {
		out.Ballots[i].Votes = takeInOrder(&room, out.Ballots[i].Votes, byVote)
	}
	return &out
}

func (v *Election) isInOrder() bool {
	if v == nil {
		return true
	}
	if v.Projects == nil || v.Ballots == nil || !isSorted(v.Projects, byWork) || !isSorted(v.Ballots, byVoter) {
		return false
	}
	for i := range v.Ballots {
		if v.Ballots[i].Votes == nil || !isSorted(v.Ballots[i].Votes, byVote) {
			return false
		}
	}
	return true
}
