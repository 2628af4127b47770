package shares

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
)

// village is small enough to check by hand: 10 voters, 100.00 each.
func village() Election {
	e := Election{Budget: 100_000, Type: Approval, Projects: []Project{
		{ID: "school", Cost: 60_000}, {ID: "bridge", Cost: 30_000}, {ID: "bench", Cost: 6_000}, {ID: "lamp", Cost: 9_000}, {ID: "moat", Cost: 500},
	}}
	for v := range 10 {
		switch {
		case v < 6:
			e.Ballots.Add([]int32{0, 2}, nil)
		case v < 9:
			e.Ballots.Add([]int32{1, 2}, nil)
		default:
			e.Ballots.Add([]int32{3}, nil)
		}
	}
	return e
}

func TestVillage(t *testing.T) {
	// All nine supporters of the bench pay 666⅔. Then the school's six have 9,333⅓ each and owe 10,000; so do the bridge's three; the lamp's one
	// can pay alone. One more minor unit per voter at a time makes the school affordable when 6 × (each − 666⅔) ≥ 60,000: at 10,667 each.
	for _, c := range []struct {
		name     string
		rule     Rule
		selected []int
		cost     int64
		steps    int
		stop     Stop
	}{
		{"none", Rule{Method: EqualShares, Utility: CostUtility}, []int{2, 3}, 15_000, 0, StopFixed},
		{"utilitarian", Rule{Method: EqualShares, Utility: CostUtility, Completion: Utilitarian}, []int{2, 3, 0}, 75_000, 0, StopFixed},
		{
			"add1 cannot tell the school from the bridge",
			Rule{Method: EqualShares, Utility: CostUtility, Completion: Add1, Increment: 1},
			[]int{2, 3},
			15_000, 666, StopOverspends,
		},
		{"add1 in steps of 1,000", Rule{Method: EqualShares, Utility: CostUtility, Completion: Add1, Increment: 1000}, []int{2, 3}, 15_000, 0, StopOverspends},
		{
			"add1 utilitarian",
			Rule{Method: EqualShares, Utility: CostUtility, Completion: Add1Utilitarian, Increment: 1},
			[]int{2, 3, 0},
			75_000, 666, StopOverspends,
		},
		{"count utility prefers cheap projects", Rule{Method: EqualShares, Utility: CountUtility}, []int{2, 3}, 15_000, 0, StopFixed},
		{"greedy", Rule{Method: Greedy, Utility: CountUtility}, []int{2, 0, 1}, 96_000, 0, ""},
		{"greedy stops", Rule{Method: GreedyStop, Utility: CountUtility}, []int{2, 0, 1}, 96_000, 0, ""},
		{"threshold", Rule{Method: Greedy, Utility: CountUtility, Threshold: 4}, []int{2, 0}, 66_000, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, err := Run(t.Context(), village(), c.rule)
			if err != nil {
				t.Fatal(err)
			}
			var selected []int
			for _, k := range res.Picks {
				selected = append(selected, k.Project)
			}
			if !slices.Equal(selected, c.selected) || res.Cost != c.cost {
				t.Errorf("selected %v for %d, want %v for %d", selected, res.Cost, c.selected, c.cost)
			}
			if res.Shares != nil && (res.Shares.Steps != c.steps || res.Shares.Stop != c.stop) {
				t.Errorf("%d steps, %s; want %d, %s", res.Shares.Steps, res.Shares.Stop, c.steps, c.stop)
			}
		})
	}
}

func TestExplain(t *testing.T) {
	e, rule := village(), Rule{Method: EqualShares, Utility: CostUtility, Completion: Utilitarian}
	res, err := Run(t.Context(), e, rule)
	if err != nil {
		t.Fatal(err)
	}
	facts := Explain(&e, &rule, &res)
	school, bridge, bench, moat := facts[0], facts[1], facts[2], facts[4]
	if bench.Outcome != Bought || bench.Place != 1 || bench.Price.RatString() != "2000/3" || bench.Full != 9 || bench.EffectiveVotes.RatString() != "9" {
		t.Errorf("bench: %+v", bench)
	}
	if school.Outcome != Added || school.Place != 3 || school.Supporters != 6 || school.Equal.RatString() != "10000" {
		t.Errorf("school: %+v", school)
	}
	if bridge.Outcome != NoRoom || bridge.Remaining != 25_000 || bridge.Money != 28_000 || bridge.Missing != 2_000 {
		t.Errorf("bridge: %+v", bridge)
	}
	if moat.Outcome != NoSupport || moat.Equal != nil {
		t.Errorf("moat: %+v", moat)
	}
	rule = Rule{Method: GreedyStop, Utility: CountUtility, Threshold: 2}
	e.Budget = 65_000
	if res, err = Run(t.Context(), e, rule); err != nil {
		t.Fatal(err)
	}
	facts = Explain(&e, &rule, &res)
	if got := []Outcome{facts[0].Outcome, facts[1].Outcome, facts[2].Outcome, facts[3].Outcome}; !slices.Equal(got,
		[]Outcome{NoRoom, NotReached, Taken, BelowThreshold}) {
		t.Errorf("outcomes %v", got)
	}
}

func TestRunStops(t *testing.T) {
	e := village()
	rule := Rule{Method: EqualShares, Utility: CostUtility, Completion: Add1, Increment: 1, MaxSteps: 10}
	if _, err := Run(t.Context(), e, rule); fault.Reason(err) != "ADD1_UNSETTLED" {
		t.Errorf("ten steps: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Run(ended, e, rule); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: %v", err)
	}
	// A project without support fits for ever; Add1 ends when all that have support are bought.
	e.Budget = 1_000_000
	rule.MaxSteps = 0
	if res, err := Run(t.Context(), e, rule); err != nil || res.Shares.Stop != StopExhausted || len(res.Picks) != 4 {
		t.Errorf("plenty: %+v, %v", res, err)
	}
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(e *Election, r *Rule)
		want   string
	}{
		{"budget", func(e *Election, _ *Rule) { e.Budget = 0 }, "election.budget: is 0"},
		{"type", func(e *Election, _ *Rule) { e.Type = "SHOUTING" }, "election.type"},
		{"no projects", func(e *Election, _ *Rule) { e.Projects, e.Ballots = nil, Ballots{Start: []int32{0, 0}} }, "election.projects: has 0"},
		{"no ballots", func(e *Election, _ *Rule) { e.Ballots = Ballots{} }, "election.ballots.start: has 0 ballots"},
		{"empty id", func(e *Election, _ *Rule) { e.Projects[1].ID = "" }, "election.projects[1].id: is empty"},
		{"same id", func(e *Election, _ *Rule) { e.Projects[1].ID = "school" }, "election.projects[1].id: \"school\" is also projects[0]"},
		{"cost", func(e *Election, _ *Rule) { e.Projects[1].Cost = -1 }, "election.projects[1].cost: is -1"},
		{"total", func(e *Election, _ *Rule) { e.Projects[0].Cost, e.Projects[1].Cost = Limit-1, Limit-1 }, "cost 2^62 minor units or more"},
		{"size", func(e *Election, _ *Rule) { e.Budget = Limit / 2 }, ""},
		{"product", func(e *Election, r *Rule) { e.Projects[0].Cost, r.Completion, r.Increment = Limit/8, Add1, 1 }, "must stay below 2^62"},
		{"unknown project", func(e *Election, _ *Rule) { e.Ballots.Project[3] = 5 }, "election.ballots[1]: names project 5"},
		{"twice", func(e *Election, _ *Rule) { e.Ballots.Project[1] = 0 }, "election.ballots[0]: names project \"school\" twice"},
		{"start", func(e *Election, _ *Rule) { e.Ballots.Start[2] = 99 }, "election.ballots.start: must rise"},
		{"points on approvals", func(e *Election, _ *Rule) { e.Ballots.Points = []int64{1} }, "election.ballots.points: has 1"},
		{"points missing", func(e *Election, _ *Rule) { e.Type = Cumulative }, "election.ballots.points: has 0 entries for 19"},
		{"points negative", func(e *Election, _ *Rule) {
			e.Type, e.Ballots.Points = Scoring, make([]int64, len(e.Ballots.Project))
			e.Ballots.Points[0] = -2
		}, "election.ballots[0]: gives -2 points"},
		{"two choices", func(e *Election, _ *Rule) { e.Type = ChooseOne }, "election.ballots[0]: names 2 projects"},
		{"method", func(_ *Election, r *Rule) { r.Method = "" }, "rule.method"},
		{"utility", func(_ *Election, r *Rule) { r.Utility = "JOY" }, "rule.utility"},
		{"points of approvals", func(_ *Election, r *Rule) { r.Utility = PointsUtility }, "rule.utility: is POINTS, but APPROVAL"},
		{"borda missing", func(e *Election, r *Rule) { e.Type, r.Utility = Ordinal, PointsUtility }, "rule.borda: is \"\""},
		{"borda idle", func(_ *Election, r *Rule) { r.Borda = BordaBallot }, "rule.borda: is only"},
		{"completion", func(_ *Election, r *Rule) { r.Completion = "MORE" }, "rule.completion: is"},
		{"completion of greedy", func(_ *Election, r *Rule) { r.Method, r.Completion = Greedy, Utilitarian }, "rule.completion: is only"},
		{"increment", func(_ *Election, r *Rule) { r.Completion = Add1 }, "rule.increment: is 0"},
		{"increment idle", func(_ *Election, r *Rule) { r.Increment = 1 }, "rule.increment: is only"},
		{"steps", func(_ *Election, r *Rule) { r.MaxSteps = -1 }, "rule.max_steps"},
		{"threshold", func(_ *Election, r *Rule) { r.Threshold = -1 }, "rule.threshold"},
		{"ties", func(_ *Election, r *Rule) { r.Ties = []TieBreak{"COIN"} }, "rule.ties[0]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, r := village(), Rule{Method: EqualShares, Utility: CostUtility}
			c.change(&e, &r)
			_, err := Run(t.Context(), e, r)
			switch {
			case c.want == "" && err != nil:
				t.Fatal(err)
			case c.want != "" && (!fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.want)):
				t.Fatalf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestSymmetry: the order of voters means nothing, and neither do names where they decide no tie.
func TestSymmetry(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for i := range 1500 {
		kind := []VoteType{Approval, ChooseOne, Ordinal, Cumulative, Scoring}[i%5]
		e := randomElection(r, kind, 20, 8)
		scale := int64(64)
		if e.Budget > 1<<40 {
			scale = 1
		}
		for p := range e.Projects {
			e.Projects[p].Cost = e.Projects[p].Cost*scale + int64(p) // no two alike
		}
		e.Budget *= scale
		rule := randomRule(r, &e)
		rule.Ties = []TieBreak{LowerCost}
		res, err := Run(t.Context(), e, rule)
		if err != nil {
			t.Fatal(err)
		}
		if res.Cost > e.Budget {
			t.Fatalf("spends %d of %d", res.Cost, e.Budget)
		}
		turned := Election{Budget: e.Budget, Type: e.Type, Projects: slices.Clone(e.Projects)}
		names := r.Perm(len(e.Projects))
		for p := range turned.Projects {
			turned.Projects[p].ID = e.Projects[names[p]].ID
		}
		order := r.Perm(e.Ballots.Voters())
		for _, v := range order {
			from, to := e.Ballots.Start[v], e.Ballots.Start[v+1]
			var points []int64
			if kind.HasPoints() {
				points = e.Ballots.Points[from:to]
			}
			turned.Ballots.Add(e.Ballots.Project[from:to], points)
		}
		again, err := Run(t.Context(), turned, rule)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.EqualFunc(res.Picks, again.Picks, func(a, b Pick) bool {
			return a.Project == b.Project && a.Stage == b.Stage && (a.Price == nil || a.Price.Cmp(b.Price) == 0)
		}) {
			t.Fatalf("case %d: turned ballots select otherwise", i)
		}
		for at, v := range order {
			if res.Shares.Left[v] != again.Shares.Left[at] {
				t.Fatalf("case %d: voter %d has %d, then %d", i, v, res.Shares.Left[v], again.Shares.Left[at])
			}
		}
	}
}

// TestJustifiedRepresentation: approvals with count utility give every group that deserves a unit-cost set of projects somebody with as many
// (extended justified representation, Peters and Skowron 2020): with unit costs, ℓ·n/k voters who agree on ℓ projects contain one with ℓ selected.
func TestJustifiedRepresentation(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 800 {
		e := randomElection(r, Approval, 9, 6)
		for p := range e.Projects {
			e.Projects[p].Cost = 100
		}
		k := 1 + r.IntN(len(e.Projects))
		e.Budget = int64(100 * k)
		res, err := Run(t.Context(), e, Rule{Method: EqualShares, Utility: CountUtility})
		if err != nil {
			t.Fatal(err)
		}
		in := res.Selected(len(e.Projects))
		n := e.Ballots.Voters()
		for set := 1; set < 1<<len(in); set++ {
			l, group, best := 0, 0, 0
			for p := range in {
				l += set >> p & 1
			}
			for v := range n {
				agreed, has := 0, 0
				for _, p := range e.Ballots.Project[e.Ballots.Start[v]:e.Ballots.Start[v+1]] {
					agreed += set >> p & 1
					if in[p] {
						has++
					}
				}
				if agreed == l {
					group++
					best = max(best, has)
				}
			}
			// The group deserves as many as its part of the budget pays for, at most l.
			if deserved := min(l, group*k/n); best < deserved {
				t.Fatalf("%d of %d voters agree on %b and deserve %d of %d, but nobody has more than %d", group, n, set, deserved, k, best)
			}
		}
	}
}
