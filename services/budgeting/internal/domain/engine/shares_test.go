package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
	"github.com/throughline/throughline/services/platform/fault"
)

// square is an election on four projects by ten voters with $10 each; every ballot is a word of first letters.
func square(method model.Method, completion model.Completion, utility model.Utility) model.Input {
	in := town(150)
	in.Method, in.Programs = method, nil
	in.Election = &model.Election{Fund: in.Funds[0].ID, Budget: 100_00, Kind: model.Approval, Rule: model.ElectionRule{Completion: completion, Utility: utility}}
	projects := map[byte]string{'b': "bikes", 'h': "hall", 'p': "park", 't': "trees"}
	for _, p := range []model.Project{{Program: "park", Cost: 40_00}, {Program: "bikes", Cost: 30_00}, {Program: "hall", Cost: 50_00}, {Program: "trees", Cost: 8_00}} {
		in.Programs = append(in.Programs, model.Program{ID: p.Program, Alignment: []model.Alignment{{Goal: in.Goals[0].ID, Level: 2}}})
		in.Election.Projects = append(in.Election.Projects, p)
	}
	for i, word := range []string{"p", "p", "p", "pb", "pb", "b", "b", "hb", "h", "t"} {
		b := model.Ballot{Voter: strconv.Itoa(i)}
		for j := range word {
			b.Votes = append(b.Votes, model.Vote{Project: projects[word[j]], Points: 1})
		}
		in.Election.Ballots = append(in.Election.Ballots, b)
	}
	return in
}

// told writes an account of rounds the way people would.
func told(n *model.SharesNote) string {
	var words []string
	for _, r := range n.Rounds {
		w := r.Program
		if r.Rate != nil {
			w += " " + r.Rate.Num + "/" + r.Rate.Den
		}
		words = append(words, w)
	}
	return strings.Join(words, ", ")
}

func TestElectionsByHand(t *testing.T) {
	const fixed, adds, votes, both = model.NoCompletion, model.AddOne, model.Utilitarian, model.AddOneUtilitarian
	tests := []struct {
		name   string
		in     model.Input
		rounds string
		steps  int64
		stop   model.SharesStop
		rest   []model.SharesRest
	}{
		{
			"equal costs per supporter: the project of more voters", square(model.EqualShares, fixed, model.CardinalityUtility), "bikes 600/1, trees 800/1", 0, model.StopFixed,
			[]model.SharesRest{{Program: "hall", Supporters: 2, Score: 2, Money: 14_00}, {Program: "park", Supporters: 5, Score: 5, Money: 38_00}},
		},
		{
			"cost utilities: large projects count for more", square(model.EqualShares, fixed, model.CostUtility), "bikes 1/5, trees 1/1", 0, model.StopFixed,
			[]model.SharesRest{{Program: "hall", Supporters: 2, Score: 2, Money: 14_00}, {Program: "park", Supporters: 5, Score: 5, Money: 38_00}},
		},
		{
			"one more dollar for everyone", square(model.EqualShares, adds, model.CostUtility), "bikes 1/5, park 1/4, trees 1/1", 1, model.StopExhausted,
			[]model.SharesRest{{Program: "hall", Supporters: 2, Score: 2, Money: 16_00}},
		},
		{
			"what is left by votes", square(model.EqualShares, votes, model.CostUtility), "bikes 1/5, trees 1/1, park", 0, model.StopFixed,
			[]model.SharesRest{{Program: "hall", Supporters: 2, Score: 2, Money: 14_00, Remaining: 22_00}},
		},
		{
			"greedy by votes, the cheaper of equals first, and skipping", square(model.GreedyVotes, both, model.CostUtility), "bikes, park, trees", 0, "",
			[]model.SharesRest{{Program: "hall", Supporters: 2, Score: 2, Remaining: 30_00}},
		},
		{
			"greedy by points", func() model.Input {
				in := square(model.GreedyVotes, fixed, model.PointsUtility)
				in.Election.Kind = model.Scoring
				in.Election.Ballots[8].Votes[0].Points = 20
				in.Election.Ballots[9].Votes[0].Points = 0
				return in
			}(), "hall, bikes", 0, "",
			[]model.SharesRest{{Program: "park", Supporters: 5, Score: 5, Remaining: 20_00}, {Program: "trees"}},
		},
		{
			"a ranking gives its last project one point", func() model.Input {
				in := square(model.EqualShares, fixed, model.PointsUtility)
				in.Election.Kind = model.Ordinal
				for i := range in.Election.Ballots {
					for j := range in.Election.Ballots[i].Votes {
						in.Election.Ballots[i].Votes[j].Points = int64(2*j + 1)
					}
				}
				return in
			}(), "bikes 600/1, trees 800/1", 0, model.StopFixed,
			[]model.SharesRest{{Program: "hall", Supporters: 2, Score: 3, Money: 14_00}, {Program: "park", Supporters: 5, Score: 7, Money: 38_00}},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			plan, _, err := engine.Allocate(context.Background(), tc.in)
			if err != nil {
				t.Fatal(err, unwrap(err))
			}
			n := plan.Shares
			if told(n) != tc.rounds || n.Steps != tc.steps || n.Stop != tc.stop || !reflect.DeepEqual(n.Rest, tc.rest) {
				t.Errorf("%s in %d steps until %s; rest %+v", told(n), n.Steps, n.Stop, n.Rest)
			}
			if f := plan.Funds[0]; f.Competing != n.Spent || f.Surplus != f.Available-n.Spent || plan.Totals.GrossAmount != n.Spent || plan.Totals.PriorityValue != n.Spent/2 {
				t.Errorf("fund %+v, totals %+v for %d spent", f, plan.Totals, n.Spent)
			}
			for _, l := range plan.Lines {
				if (l.Reason == model.Selected) != (l.Amount == l.Max) || (l.Amount != 0 && l.Amount != l.Max) || l.Block != -1 {
					t.Errorf("line %+v", l)
				}
			}
		})
	}
}

func TestGoldenElections(t *testing.T) {
	tests := []struct {
		in              model.Input
		input, planHash string
	}{
		{square(model.EqualShares, model.AddOneUtilitarian, model.CostUtility), "3d07c573f31a3ca46fb3b84436a90bbb420690175e868c3deb4a51f136e7cd73", "cef7464b6448d74b2dbdf8bb97a933e4afb8d317d268668f946d5c4d8710f07f"},
		{square(model.GreedyVotes, model.NoCompletion, model.CardinalityUtility), "0dd0099cec6c173292e358d61ccd680221cbb2c639169f1b6e84d09af85ee9b0", "87be236579cfb1bbac461fc8a261065436b9f1e45a41e832113cfd1b4aee8006"},
	}
	for _, tc := range tests {
		t.Run(string(tc.in.Method), func(t *testing.T) {
			_, cert, err := engine.Allocate(context.Background(), tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if cert.InputHash != tc.input || cert.PlanHash != tc.planHash {
				t.Fatalf("hashes %q, %q", cert.InputHash, cert.PlanHash)
			}
		})
	}
}

// The order of voters, of their votes and of projects is nobody's business, and neither are the numbers of voters.
func TestElectionsDoNotDependOnOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 6))
	for i := range 300 {
		in := modeltest.RandomOf(r, engine.Version, []model.Method{model.EqualShares, model.GreedyVotes}[i%2])
		a, err := engine.Solve(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		v := in.Election
		r.Shuffle(len(v.Ballots), func(i, j int) { v.Ballots[i], v.Ballots[j] = v.Ballots[j], v.Ballots[i] })
		slices.Reverse(v.Projects)
		slices.Reverse(in.Programs)
		for j := range v.Ballots {
			slices.Reverse(v.Ballots[j].Votes)
		}
		b, err := engine.Solve(context.Background(), in)
		if err != nil || !bytes.Equal(a.Encoded, b.Encoded) {
			t.Fatalf("another order gives another plan: %v", err)
		}
		for j := range v.Ballots {
			v.Ballots[j].Voter = fmt.Sprintf("voter %d", j)
		}
		renamed, err := engine.Solve(context.Background(), in)
		renamed.Plan.InputHash = b.Plan.InputHash
		if err != nil || !reflect.DeepEqual(renamed.Plan, b.Plan) {
			t.Fatalf("other numbers of voters give another plan: %v", err)
		}
	}
}

func TestElectionsBeyondTheIntegersAreRefused(t *testing.T) {
	in := square(model.EqualShares, model.AddOne, model.PointsUtility)
	in.Election.Kind = model.Scoring
	in.Funds[0].Available, in.Election.Projects[0].Cost = 1<<58, 1<<58
	for i := range in.Election.Ballots {
		in.Election.Ballots[i].Votes[0].Points = 1 << 20
	}
	_, _, err := engine.Allocate(context.Background(), in)
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid || len(f.Violations) != 1 || f.Violations[0].Field != "election" || !strings.Contains(f.Violations[0].Detail, "use larger units") {
		t.Fatalf("%+v", err)
	}
}

func TestElectionsCanBeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := engine.Allocate(ctx, square(model.EqualShares, model.AddOne, model.CostUtility)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
}

func TestElectionsReplay(t *testing.T) {
	s, err := engine.Solve(context.Background(), square(model.EqualShares, model.AddOneUtilitarian, model.CostUtility))
	if err != nil {
		t.Fatal(err)
	}
	plan, _, err := engine.Replay(context.Background(), s.Input)
	if err != nil || !reflect.DeepEqual(plan, s.Plan) {
		t.Fatalf("%+v, %v", plan, err)
	}
	if read, err := model.DecodePlan(s.Encoded); err != nil || !reflect.DeepEqual(read, s.Plan) {
		t.Fatalf("%+v, %v", read, err)
	}
}

// BenchmarkElection is a hundred thousand voters: check of the input, canonical bytes and hash, every step of ADD_ONE, certificate, bytes of the plan.
func BenchmarkElection(b *testing.B) {
	for _, voters := range []int{10_000, 100_000} {
		for _, method := range []model.Method{model.EqualShares, model.GreedyVotes} {
			in := modeltest.Ballots(voters, 100, engine.Version)
			in.Method = method
			b.Run(fmt.Sprintf("%s_%d_voters_100_projects", method, voters), func(b *testing.B) {
				b.ReportAllocs()
				start := cpu()
				for b.Loop() {
					if _, _, err := engine.Allocate(context.Background(), in); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(cpu()-start)/float64(b.N)/1e6, "cpu-ms/op")
			})
		}
	}
}
