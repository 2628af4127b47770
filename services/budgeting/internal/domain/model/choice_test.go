package model_test

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/platform/fault"
)

// shop is a city with two packages, the first of which replaces the base of its program, and money of the year after.
func shop() model.Input {
	in := valid()
	in.Method = model.Packages
	in.Later = []model.LaterEnvelope{{Fund: "f000", Year: 1, Available: 100}}
	in.Packages = []model.Package{
		{ID: "a", Program: "p000000", ReplacesBase: true, Levels: []model.PackageLevel{{ID: "low", Costs: []model.PackageCost{{Fund: "f000", Amount: 5}}}, {ID: "high"}}},
		{
			ID: "b", Program: "p000001", Levels: []model.PackageLevel{{ID: "only", Costs: []model.PackageCost{{Fund: "f000", Year: 1, Amount: 7}}}},
			Requires: []model.PackageRef{{Package: "a", Level: "high"}},
		},
	}
	return in
}

// poll is a city whose residents choose between two projects.
func poll() model.Input {
	in := valid()
	in.Method = model.EqualShares
	in.Programs = []model.Program{{ID: "p000000"}, {ID: "p000001"}}
	in.Election = &model.Election{
		Fund: "f000", Budget: 10, Kind: model.Approval, Rule: model.ElectionRule{Completion: model.AddOne, Utility: model.CostUtility},
		Projects: []model.Project{{Program: "p000000", Cost: 4}, {Program: "p000001", Cost: 5}},
		Ballots:  []model.Ballot{{Voter: "1", Votes: []model.Vote{{Project: "p000000", Points: 1}}}, {Voter: "2", Votes: []model.Vote{{Project: "p000001", Points: 1}}}},
	}
	return in
}

func TestValidateNamesTheFieldAndTheRemedyOfChoices(t *testing.T) {
	tests := []struct {
		name   string
		of     func() model.Input
		change func(*model.Input)
		field  string
		says   string
	}{
		{"one-time above the envelope", valid, func(in *model.Input) { in.Funds[0].OneTime = in.Funds[0].Available + 1 }, "funds[0].one_time", "part of the"},
		{"one-time negative", valid, func(in *model.Input) { in.Funds[0].OneTime = -1 }, "funds[0].one_time", "from 0"},
		{"revenue is ongoing", valid, func(in *model.Input) {
			in.Funds[0].OneTime = in.Funds[0].Available
			in.Programs[0].Revenue = []model.Revenue{{Fund: "f000", Amount: 11}}
		}, "funds[0].one_time", "revenue is ongoing"},
		{"equity points", valid, func(in *model.Input) { in.Params.EquityFloor = &model.EquityFloor{} }, "params.equity_floor.min_bp", "from 1"},
		{"equity cut", valid, func(in *model.Input) { in.Params.EquityFloor = &model.EquityFloor{MinBP: 1, MaxCutPPM: -1} }, "params.equity_floor.max_cut_ppm", "from 0"},
		{"package value", valid, func(in *model.Input) { in.Params.PackageValue = "GUESS" }, "params.package_value", "PRIORITY_DOLLARS"},
		{"work limit", valid, func(in *model.Input) { in.Params.WorkLimit = -1 }, "params.work_limit", "from 0"},
		{"grant repeated", valid, func(in *model.Input) { in.Programs[0].Grants = []model.GrantAward{{ID: "g"}, {ID: "g"}} }, "programs[0].grants[1].id", "unique in the program"},
		{"grant fund", valid, func(in *model.Input) { in.Programs[0].Grants = []model.GrantAward{{ID: "g", Fund: "x"}} }, "programs[0].grants[0].fund", "add the fund"},
		{"grant match", valid, func(in *model.Input) { in.Programs[0].Grants = []model.GrantAward{{ID: "g", MatchPPM: 10_000_001}} }, "programs[0].grants[0].match_ppm", "to 10000000"},
		{"position count", valid, func(in *model.Input) { in.Programs[0].Positions = []model.Position{{Title: "clerk", Cost: 1}} }, "programs[0].positions[0].count", "from 1"},
		{"position repeated", valid, func(in *model.Input) {
			in.Programs[0].Positions = []model.Position{{"clerk", 1, 1}, {"clerk", 1, 2}}
		}, "programs[0].positions[1].title", "titles of their own"},
		{"packages of another method", shop, func(in *model.Input) { in.Method = model.CutLine }, "packages", "PACKAGES alone"},
		{"later years of another method", shop, func(in *model.Input) { in.Method = model.CutLine }, "later", "PACKAGES alone"},
		{"package repeated", shop, func(in *model.Input) { in.Packages[1].ID = "a" }, "packages[1].id", "unique"},
		{"reserved id", shop, func(in *model.Input) { in.Packages[1].ID = "capital" }, "packages[1].id", "choose another id"},
		{"package program", shop, func(in *model.Input) { in.Packages[1].Program = "x" }, "packages[1].program", "add the program"},
		{"no levels", shop, func(in *model.Input) { in.Packages[1].Levels = nil }, "packages[1].levels", "add a level"},
		{"level repeated", shop, func(in *model.Input) { in.Packages[0].Levels[1].ID = "low" }, "packages[0].levels[1].id", "unique"},
		{"level cost", shop, func(in *model.Input) { in.Packages[0].Levels[0].Costs[0].Amount = -1 }, "packages[0].levels[0].costs[0].amount", "from 0"},
		{"level fund", shop, func(in *model.Input) { in.Packages[0].Levels[0].Costs[0].Fund = "x" }, "packages[0].levels[0].costs[0].fund", "add the fund"},
		{"level cost twice", shop, func(in *model.Input) {
			l := &in.Packages[0].Levels[0]
			l.Costs = append(l.Costs, model.PackageCost{Fund: "f000", Amount: 9})
		}, "packages[0].levels[0].costs[1]", "add the amounts up"},
		{"year without an envelope", shop, func(in *model.Input) { in.Packages[1].Levels[0].Costs[0].Year = 2 }, "packages[1].levels[0].costs[0].year", "add the envelope of that year"},
		{"benefit", shop, func(in *model.Input) { in.Packages[0].Levels[0].Benefit = 1_000_001 }, "packages[0].levels[0].benefit", "to 1000000"},
		{"two sets of levels", shop, func(in *model.Input) { in.Packages[1].Program, in.Packages[1].ReplacesBase = "p000000", true }, "packages[1].replaces_base", "keep one"},
		{"no level keeps the mandate", shop, func(in *model.Input) {
			in.Programs[0].Mandate = &model.Mandate{Minimum: 6, Attested: true, Citation: "c"}
		}, "packages[0].levels", "add a level that keeps it"},
		{"unknown prerequisite", shop, func(in *model.Input) { in.Packages[1].Requires[0].Package = "x" }, "packages[1].requires[0].package", "drop the reference"},
		{"its own prerequisite", shop, func(in *model.Input) { in.Packages[1].Requires[0] = model.PackageRef{Package: "b"} }, "packages[1].requires[0].package", "itself"},
		{"unknown level of an exclusion", shop, func(in *model.Input) { in.Packages[0].Excludes = []model.PackageRef{{Package: "b", Level: "x"}} }, "packages[0].excludes[0].level", "empty for any"},
		{"later year", shop, func(in *model.Input) { in.Later[0].Year = 10 }, "later[0].year", "from 1 to 9"},
		{"later repeated", shop, func(in *model.Input) { in.Later = append(in.Later, in.Later[0]) }, "later[1]", "add the amounts up"},
		{"no election", poll, func(in *model.Input) { in.Election = nil }, "election", "decides by its ballots"},
		{"an election of another method", poll, func(in *model.Input) { in.Method = model.OneRate }, "election", "drop it"},
		{"election budget", poll, func(in *model.Input) { in.Election.Budget = in.Funds[0].Available + 1 }, "election.budget", "raise the envelope"},
		{"election kind", poll, func(in *model.Input) { in.Election.Kind = "SHOUT" }, "election.kind", "APPROVAL"},
		{"election rule", poll, func(in *model.Input) { in.Election.Rule.Completion = "MORE" }, "election.rule.completion", "ADD_ONE"},
		{"project cost", poll, func(in *model.Input) { in.Election.Projects[0].Cost = 0 }, "election.projects[0].cost", "from 1"},
		{"project program", poll, func(in *model.Input) { in.Election.Projects[0].Program = "x" }, "election.projects[0].program", "add the program"},
		{"voter repeated", poll, func(in *model.Input) { in.Election.Ballots[1].Voter = "1" }, "election.ballots[1].voter", "one ballot a voter"},
		{"unknown project", poll, func(in *model.Input) { in.Election.Ballots[0].Votes[0].Project = "x" }, "election.ballots[0].votes[0].project", "drop the vote"},
		{"an approval of two points", poll, func(in *model.Input) { in.Election.Ballots[0].Votes[0].Points = 2 }, "election.ballots[0].votes[0].points", "from 1 to 1"},
		{"two of one rank", poll, func(in *model.Input) {
			in.Election.Kind = model.Ordinal
			in.Election.Ballots[0].Votes = append(in.Election.Ballots[0].Votes, model.Vote{Project: "p000001", Points: 1})
		}, "election.ballots[0].votes[1].points", "ranks are different"},
		{"two choices of one", poll, func(in *model.Input) {
			in.Election.Kind = model.ChooseOne
			in.Election.Ballots[0].Votes = append(in.Election.Ballots[0].Votes, model.Vote{Project: "p000001", Points: 1})
		}, "election.ballots[0].votes", "chooses one project"},
		{"a budget of nothing", poll, func(in *model.Input) { in.Election.Budget = 0 }, "election.budget", "from 1"},
		{"no ballots", poll, func(in *model.Input) { in.Election.Ballots = nil }, "election.ballots", "give 1 to"},
		{"no projects", poll, func(in *model.Input) { in.Election.Projects = nil }, "election.projects", "give 1 to"},
		{"a fund that does not compete", poll, func(in *model.Input) { in.Funds[0].Kind = model.Enterprise }, "election.fund", "does not compete"},
		{"one-time money of an election", poll, func(in *model.Input) { in.Funds[0].OneTime = 1 }, "funds[0].one_time", "set it to 0"},
		{"an equity floor of an election", poll, func(in *model.Input) { in.Params.EquityFloor = &model.EquityFloor{MinBP: 1} }, "params.equity_floor", "drop it"},
		{"a program that is no project", poll, func(in *model.Input) { in.Programs = append(in.Programs, model.Program{ID: "x"}) }, "programs[2]", "drop the program or add the project"},
		{"cost lines of a project", poll, func(in *model.Input) {
			in.Programs[1].CostLines = []model.CostLine{{ID: "a", Fund: "f000", Treatment: model.Competes}}
		}, "programs[1].cost_lines", "projects have no base in this method; drop the cost_lines"},
		{"a request of a project", poll, func(in *model.Input) { in.Programs[0].Requested = 1 }, "programs[0].requested", "drop the requested"},
		{"a cap of a project", poll, func(in *model.Input) { in.Programs[0].Cap = new(int64) }, "programs[0].cap", "drop the cap"},
		{"too many points", poll, func(in *model.Input) {
			in.Election.Kind = model.Scoring
			in.Election.Ballots[0].Votes[0].Points = 1<<20 + 1
		}, "election.ballots[0].votes[0].points", "to 1048576"},
		{"package costs beyond the limit", shop, func(in *model.Input) {
			in.Packages[0].Levels[0].Costs[0].Amount, in.Later[0].Available = 1<<60, 1<<60
		}, "programs", "wrong scale"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			in := tc.of()
			if err := in.Validate(); err != nil {
				t.Fatal(err)
			}
			tc.change(&in)
			f, ok := fault.As(in.Validate())
			if !ok || f.Kind != fault.Invalid {
				t.Fatal("the input passes")
			}
			if !slices.ContainsFunc(f.Violations, func(v fault.Violation) bool { return v.Field == tc.field && strings.Contains(v.Detail, tc.says) }) {
				t.Fatalf("violations %v", f.Violations)
			}
		})
	}
}

func TestInputsOfEveryMethodAreValidAndRoundTrip(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 2))
	for _, method := range model.Methods() {
		for range 300 {
			in := modeltest.RandomOf(r, "1", method)
			if err := in.Validate(); err != nil {
				t.Fatalf("%s: %v", method, err)
			}
			b, _ := in.Canonical()
			read, err := model.Decode(b)
			if err != nil {
				t.Fatal(err)
			}
			slices.Reverse(read.Packages)
			slices.Reverse(read.Later)
			if read.Election != nil {
				slices.Reverse(read.Election.Ballots)
				slices.Reverse(read.Election.Projects)
			}
			if again, _ := read.Canonical(); !bytes.Equal(again, b) {
				t.Fatalf("bytes differ:\n%s\n%s", b, again)
			}
		}
	}
}

func TestTheOrderOfServiceLevelsIsKept(t *testing.T) {
	in := shop()
	slices.Reverse(in.Packages[0].Levels)
	a, _ := shop().Hash()
	b, _ := in.Hash()
	if a == b || in.Normalize().Packages[0].Levels[0].ID != "high" {
		t.Fatal("the order of service is lost")
	}
}

func TestMatchIsRoundedUp(t *testing.T) {
	tests := []struct{ award, ppm, want int64 }{{0, 500_000, 0}, {100, 0, 0}, {100, 250_000, 25}, {101, 250_000, 26}, {3, 333_333, 1}, {1 << 56, 10_000_000, 10 << 56}}
	for _, tc := range tests {
		g := model.GrantAward{Award: tc.award, MatchPPM: tc.ppm}
		if got := g.Match(); got != tc.want {
			t.Errorf("a match of %d ppm of %d is %d, want %d", tc.ppm, tc.award, got, tc.want)
		}
	}
}

// Whatever bytes come, Decode reads only what it would write, and Validate answers without a panic; what is valid survives the round trip.
func FuzzDecodeAndValidate(f *testing.F) {
	for _, in := range []model.Input{valid(), shop(), poll()} {
		b, _ := in.Canonical()
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		in, err := model.Decode(b)
		if err != nil {
			return
		}
		again, _ := in.Canonical()
		if !bytes.Equal(again, b) {
			t.Fatalf("%s is read and written as %s", b, again)
		}
		if err := in.Validate(); err != nil && !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
}
