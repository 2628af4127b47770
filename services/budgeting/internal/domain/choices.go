package domain

import (
	"slices"
	"sort"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/explain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// effectsOf copies what a reduction is told in.
func (r *FundingRequest) effectsOf(out *model.Program) {
	for _, g := range r.Grants {
		award := model.GrantAward{ID: g.Title, Award: g.Award, MatchPPM: g.MatchPPM}
		if g.Effort != nil {
			award.Effort = *g.Effort
		}
		out.Grants = append(out.Grants, award)
	}
	for _, p := range r.Positions {
		out.Positions = append(out.Positions, model.Position{Title: p.Title, Count: p.Count, Cost: p.Cost})
	}
}

// packages adds the decision packages of the requests and the money of later years.
//
// Errors: FailedPrecondition RESTRICTION_VIOLATED for costs of funds that no longer admit the program.
func (b *Books) packages(in *model.Input, p Params) error {
	var bad fault.Violations
	for i := range b.Packages {
		d := &b.Packages[i]
		if at, found := sort.Find(len(b.Asks), func(i int) int { return strings.Compare(d.Program, b.Asks[i].Program.ID) }); found {
			known := len(bad)
			d.CheckFunds(&bad, &b.Asks[at].Program, b.Funds)
			for j := known; j < len(bad); j++ {
				bad[j].Field = strings.Replace(bad[j].Field, "decision_package", d.Name(), 1)
			}
		}
		out := model.Package{
			ID: packageID(d.Program, d.ID), Program: d.Program, Title: d.DisplayName, ReplacesBase: d.ReplacesBase,
			Requires: modelRefs(d.Prerequisites), Excludes: modelRefs(d.Exclusions),
		}
		for j := range d.Levels {
			l := &d.Levels[j]
			level := model.PackageLevel{ID: l.ID, Title: l.DisplayName, Benefit: int64(l.Benefit), FTEMilli: l.FTEMilli}
			for _, c := range l.Costs {
				level.Costs = append(level.Costs, model.PackageCost{Fund: c.Fund, Year: int64(c.Year), Amount: c.Amount, OneTime: c.OneTime})
			}
			out.Levels = append(out.Levels, level)
		}
		in.Packages = append(in.Packages, out)
	}
	for _, e := range p.Later {
		in.Later = append(in.Later, model.LaterEnvelope{Fund: e.Fund, Year: int64(e.Year), Available: e.Available})
	}
	return restricted(bad, "costs of decision packages")
}

// restricted refuses what a restriction forbids since it was changed; nil for nothing.
func restricted(bad fault.Violations, what string) error {
	if len(bad) == 0 {
		return nil
	}
	f := fault.State("RESTRICTION_VIOLATED", "%d %s are outside what their funds may be spent on; change the restrictions, or what is listed", len(bad), what)
	f.Violations = bad
	return f
}

// packageID is a package's id in the engine's input: ids of packages are unique in a request alone.
func packageID(program, id string) string { return program + "/" + id }

func modelRefs(refs []PackageRef) []model.PackageRef {
	var out []model.PackageRef
	for _, r := range refs {
		out = append(out, model.PackageRef{Package: packageID(r.Program, r.Package), Level: r.Level})
	}
	return out
}

// Asks are the asks of the projects alone, by program: what each is rated as, without what it costs today, for voters decide on the project only.
func (e Election) Asks(all []Ask, programs map[string]Program) []Ask {
	out := make([]Ask, len(e.Projects))
	for i, p := range e.Projects {
		out[i] = Ask{Program: programs[p.Program], Request: FundingRequest{
			Organization: e.Organization, Budget: e.Budget, Program: p.Program, Currency: e.Currency, ResultsPolicy: model.Neutral,
		}}
		j, found := slices.BinarySearchFunc(all, p.Program, func(a Ask, id string) int { return strings.Compare(a.Request.Program, id) })
		if !found {
			continue
		}
		r := all[j].Request
		out[i].Request.Meta, out[i].Request.Alignments, out[i].Request.Attributes = r.Meta, r.Alignments, r.Attributes
		out[i].Request.ResultsPolicy, out[i].Request.EquityPoints, out[i].Request.Attestations = r.ResultsPolicy, r.EquityPoints, r.Attestations
	}
	return out
}

// election narrows the input to an election: its fund, with its ballots. The programs are those of its projects already.
//
// Errors: FailedPrecondition when the election is open still, when its fund has less than the voters decide on, and when it no longer admits a
// project.
func (b *Books) election(in *model.Input) error {
	e := b.Election
	if e.State != ElectionClosed {
		return fault.State("ELECTION_OPEN", "%s is open still; close it, so that its ballots are final", e.Name())
	}
	of := slices.IndexFunc(in.Funds, func(f model.Fund) bool { return f.ID == e.Fund })
	if of < 0 || in.Funds[of].Available < e.Amount {
		var available int64
		if of >= 0 {
			available = in.Funds[of].Available
		}
		return fault.State("ELECTION_UNPAID", "voters of %s decide on %s, and the envelope of %s in %s comes to %s; raise it, or scale it by more", e.Name(),
			Money(e.Amount, e.Currency), FundName(e.Organization, e.Fund), b.Budget.Name(), Money(available, e.Currency))
	}
	var bad fault.Violations
	for i := range e.Projects {
		if fund, program := b.Funds[e.Fund], &b.Asks[i].Program; !fund.Admits(program) { // asks are those of the projects
			bad.Add(e.Name()+"."+fieldAt("projects", i), "%s", fund.Refusal(program))
		}
	}
	if err := restricted(bad, "projects of the election"); err != nil {
		return err
	}
	in.Funds = []model.Fund{in.Funds[of]}
	in.Funds[0].OneTime = 0
	in.Election = &model.Election{
		Fund: e.Fund, Budget: e.Amount, Kind: e.Kind, Rule: model.ElectionRule{Completion: e.Completion, Utility: e.Utility},
		Projects: make([]model.Project, len(e.Projects)), Ballots: make([]model.Ballot, len(b.Ballots)),
	}
	for i, p := range e.Projects {
		in.Election.Projects[i] = model.Project{Program: p.Program, Cost: p.Cost}
	}
	for i := range b.Ballots {
		votes := make([]model.Vote, len(b.Ballots[i].Votes))
		for j, v := range b.Ballots[i].Votes {
			votes[j] = model.Vote{Project: v.Program, Points: v.Points}
		}
		in.Election.Ballots[i] = model.Ballot{Voter: b.Ballots[i].Voter, Votes: votes}
	}
	return nil
}

// packages are the choices of a plan, in its order.
func (s *summary) packages(in model.Input) []PackageChoice {
	if len(s.plan.Packages) == 0 {
		return nil
	}
	out := make([]PackageChoice, 0, len(s.plan.Packages))
	for _, c := range explain.Choices(in, s.plan) {
		_, id, _ := strings.Cut(c.Package, "/")
		out = append(out, PackageChoice{
			Program: c.Program, Package: id, Level: c.Level, Amount: c.Amount, Value: c.Value, Reason: Told([]string{c.Reason}, s.titles, in.Goals)[0],
		})
	}
	return out
}

// searched is the proof of a search with its gap, rounded up.
func searched(s *model.Search) *Search {
	if s == nil {
		return nil
	}
	out := Search{Value: s.Value, Bound: s.Bound, PriceBound: s.DualBound, States: s.States}.WithGap()
	return &out
}

// WithGap is s with the bound's distance from the value, rounded up.
func (s Search) WithGap() Search {
	s.GapPPM = 0
	if s.Bound > s.Value && s.Bound > 0 {
		s.GapPPM, _ = money.MulDivFloor(s.Bound-s.Value, model.Whole, s.Bound) // at most the whole, as values are not negative
		if back, _ := money.MulDivFloor(s.GapPPM, s.Bound, model.Whole); back < s.Bound-s.Value {
			s.GapPPM++
		}
	}
	return s
}
