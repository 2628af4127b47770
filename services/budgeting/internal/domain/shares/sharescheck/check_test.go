package sharescheck

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/shares"
)

// election has 12 voters in three blocs, a project that nobody wants, and supporters who run out of money.
func election() shares.Election {
	e := shares.Election{Budget: 12_000, Type: shares.Approval, Projects: []shares.Project{
		{ID: "park", Cost: 3000},
		{ID: "path", Cost: 3000},
		{ID: "pool", Cost: 4100},
		{ID: "pump", Cost: 2500},
		{ID: "plaza", Cost: 1900},
		{ID: "pier", Cost: 2600},
		{ID: "none", Cost: 10},
		{ID: "pond", Cost: 2680},
		{ID: "pole", Cost: 1300},
	}}
	for v := range 12 {
		switch {
		case v < 6:
			e.Ballots.Add([]int32{0, 1, 2, 7}, nil)
		case v < 8:
			e.Ballots.Add([]int32{0, 3, 4, 7}, nil)
		case v < 9:
			e.Ballots.Add([]int32{8, 0, 3, 4}, nil)
		default:
			e.Ballots.Add([]int32{5, 4, 1}, nil)
		}
	}
	return e
}

func rule(completion shares.Completion) shares.Rule {
	r := shares.Rule{Method: shares.EqualShares, Utility: shares.CostUtility, Completion: completion, Ties: shares.EqualSharesTies()}
	if completion == shares.Add1 || completion == shares.Add1Utilitarian {
		r.Increment = 1
	}
	return r
}

func run(t *testing.T, e *shares.Election, r *shares.Rule) shares.Result {
	t.Helper()
	res, err := shares.Run(t.Context(), *e, *r)
	if err != nil {
		t.Fatal(err)
	}
	if err := Check(e, r, &res); err != nil {
		t.Fatalf("the true result is refused: %v", err)
	}
	return res
}

func TestCheckRefusesTampering(t *testing.T) {
	third := func(r *shares.Result) {
		i := slices.IndexFunc(r.Picks, func(k shares.Pick) bool { return k.Stage == shares.StageShares && k.Rest > 0 })
		r.Picks[i].Price = new(big.Rat).Add(r.Picks[i].Price, big.NewRat(1, 1_000_000_007))
		r.Picks[i].Rho = new(big.Rat).Quo(r.Picks[i].Price, new(big.Rat).SetInt64(election().Projects[r.Picks[i].Project].Cost))
	}
	for _, c := range []struct {
		name       string
		completion shares.Completion
		tamper     func(r *shares.Result)
		want       string
	}{
		{"cost misstated", shares.NoCompletion, func(r *shares.Result) { r.Cost-- }, "cost"},
		{"project twice", shares.NoCompletion, func(r *shares.Result) { r.Picks = append(r.Picks, r.Picks[0]) }, "selected before"},
		{"project that does not exist", shares.NoCompletion, func(r *shares.Result) { r.Picks[0].Project = 7 }, "does not exist"},
		{"project without support", shares.NoCompletion, func(r *shares.Result) { r.Picks[0].Project = 6 }, "no support"},
		{"order of purchases swapped", shares.NoCompletion, func(r *shares.Result) { r.Picks[0], r.Picks[1] = r.Picks[1], r.Picks[0] }, "ties with"},
		{"last purchase left out", shares.NoCompletion, func(r *shares.Result) {
			r.Cost -= election().Projects[r.Picks[len(r.Picks)-1].Project].Cost
			r.Picks = r.Picks[:len(r.Picks)-1]
		}, "had"},
		{"price a billionth higher", shares.NoCompletion, third, "do not add up"},
		{"price without rho", shares.NoCompletion, func(r *shares.Result) { r.Picks[1].Price = new(big.Rat).Add(r.Picks[1].Price, big.NewRat(1, 3)) }, "rho"},
		{"price missing", shares.NoCompletion, func(r *shares.Result) { r.Picks[1].Price = nil }, "no price"},
		{"payers miscounted", shares.NoCompletion, func(r *shares.Result) { r.Picks[0].Full--; r.Picks[0].Rest++ }, "pay the price"},
		{"voter has more left", shares.NoCompletion, func(r *shares.Result) { r.Shares.Left[3]++ }, "had"},
		{"voter forgotten", shares.NoCompletion, func(r *shares.Result) { r.Shares.Left = r.Shares.Left[1:] }, "voters are told"},
		{"supporters have less left", shares.NoCompletion, func(r *shares.Result) { r.Shares.Short[0].Money-- }, "had"},
		{"loser forgotten", shares.NoCompletion, func(r *shares.Result) { r.Shares.Short = r.Shares.Short[1:] }, "not told so"},
		{"budget per voter raised", shares.NoCompletion, func(r *shares.Result) { r.Shares.Budget = big.NewRat(1001, 1) }, "does not give every voter"},
		{"picks added by score to the bare rule", shares.NoCompletion, func(r *shares.Result) {
			r.Picks = append(r.Picks, shares.Pick{Project: r.Shares.Short[0].Project, Stage: shares.StageUtilitarian})
		}, "adds no projects by score"},
		{"account missing", shares.NoCompletion, func(r *shares.Result) { r.Shares = nil }, "account"},
		{"step too early", shares.Add1, func(r *shares.Result) {
			r.Shares.Steps--
			r.Shares.Budget = big.NewRat(r.Shares.Budget.Num().Int64()-1, 1)
		}, "had"},
		{"stop without reason", shares.Add1, func(r *shares.Result) { r.Shares.Stop, r.Shares.Refused = shares.StopExhausted, nil }, "another project fits"},
		{"refused step missing", shares.Add1, func(r *shares.Result) { r.Shares.Refused = nil }, "refused step"},
		{"refused step cheap", shares.Add1, func(r *shares.Result) {
			r.Shares.Refused.Picks = r.Shares.Refused.Picks[:1]
			r.Shares.Refused.Cost = 3000
		}, "not more than the budget"},
		{"refused step at another budget", shares.Add1, func(r *shares.Result) { r.Shares.Refused.Budget = big.NewRat(2000, 1) }, "refused step"},
		{"refused step invented", shares.Add1, func(r *shares.Result) {
			k := r.Shares.Refused.Picks
			k[0], k[len(k)-1] = k[len(k)-1], k[0]
		}, "refused step, pick 1"},
		{"not run", shares.Add1, func(r *shares.Result) { r.Shares.Stop, r.Shares.Refused = shares.StopFixed, nil }, "not run"},
		{"completion left out", shares.Utilitarian, func(r *shares.Result) {
			k := r.Picks[len(r.Picks)-1]
			r.Picks, r.Cost = r.Picks[:len(r.Picks)-1], r.Cost-election().Projects[k.Project].Cost
		}, "turn"},
		{"completion out of order", shares.Utilitarian, func(r *shares.Result) { r.Skips[0].Remaining++ }, "turn"},
		{"skip invented", shares.Utilitarian, func(r *shares.Result) { r.Skips = append(r.Skips, r.Skips[0]) }, "after the last turn"},
		{"stage mislabelled", shares.Utilitarian, func(r *shares.Result) { r.Picks[len(r.Picks)-1].Stage = shares.StageGreedy }, "out of place"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e, r := election(), rule(c.completion)
			res := run(t, &e, &r)
			c.tamper(&res)
			err := Check(&e, &r, &res)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestCheckGreedy(t *testing.T) {
	for _, method := range []shares.Method{shares.Greedy, shares.GreedyStop} {
		e, r := election(), shares.Rule{Method: method, Utility: shares.CountUtility}
		res := run(t, &e, &r)
		res.Picks[0], res.Picks[1] = res.Picks[1], res.Picks[0]
		if err := Check(&e, &r, &res); err == nil {
			t.Errorf("%s: a result in the wrong order passes", method)
		}
		res = run(t, &e, &r)
		res.Shares = &shares.Shares{}
		if err := Check(&e, &r, &res); err == nil {
			t.Errorf("%s: an account of equal shares passes", method)
		}
	}
}

// TestCheckAcceptsRuns runs elections of middling size, whose prices have denominators of hundreds of bits.
func TestCheckAcceptsRuns(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for i := range 60 {
		e := shares.Election{Budget: 50_000 + r.Int64N(100_000), Type: []shares.VoteType{shares.Approval, shares.Cumulative, shares.Ordinal}[i%3]}
		projects := 10 + r.IntN(30)
		for p := range projects {
			e.Projects = append(e.Projects, shares.Project{ID: string(rune('A' + p)), Cost: 500 + r.Int64N(20_000)})
		}
		for range 50 + r.IntN(150) {
			var ballot []int32
			var points []int64
			for _, p := range r.Perm(projects)[:1+r.IntN(8)] {
				ballot = append(ballot, int32(p))
				if e.Type == shares.Cumulative {
					points = append(points, r.Int64N(10))
				}
			}
			e.Ballots.Add(ballot, points)
		}
		ru := rule([]shares.Completion{shares.NoCompletion, shares.Add1, shares.Utilitarian, shares.Add1Utilitarian}[i/3%4])
		if e.Type != shares.Approval {
			ru.Utility = []shares.Utility{shares.PointsUtility, shares.PointsCostUtility}[i%2]
		}
		if e.Type == shares.Ordinal {
			ru.Borda = shares.BordaLongest
		}
		run(t, &e, &ru)
	}
}

// BenchmarkCheck checks a run of 20,000 voters on 80 projects.
func BenchmarkCheck(b *testing.B) {
	r := rand.New(rand.NewPCG(5, 5))
	e := shares.Election{Budget: 200_000_000, Type: shares.Approval}
	for p := range 80 {
		e.Projects = append(e.Projects, shares.Project{ID: string(rune('A' + p)), Cost: 1_000_000 + r.Int64N(20_000_000)})
	}
	for range 20_000 {
		var ballot []int32
		for _, p := range r.Perm(80)[:1+r.IntN(12)] {
			if r.IntN(80) > p {
				ballot = append(ballot, int32(p))
			}
		}
		e.Ballots.Add(ballot, nil)
	}
	ru := rule(shares.NoCompletion)
	res, err := shares.Run(b.Context(), e, ru)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := Check(&e, &ru, &res); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(res.Picks)), "rounds")
	b.ReportMetric(float64(res.Picks[len(res.Picks)-1].Price.Denom().BitLen()), "bits")
}
