package goals_test

import (
	"context"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

// given is what one ballot gives to each item: integers, by the rules that the README tells, in ordinary arithmetic.
func given(method goalsv1.PrioritizationMethod, items []string, points []*goalsv1.GoalPoints, ranking []string, pairs []*goalsv1.Comparison) []int64 {
	out := make([]int64, len(items))
	for place, item := range ranking {
		out[slices.Index(items, item)] = int64(len(items) - 1 - place)
	}
	for _, p := range points {
		out[slices.Index(items, p.GetGoal())] = int64(p.GetPoints())
	}
	if method != goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_PAIRWISE {
		return out
	}
	logs, sum := make([]float64, len(items)), 0.0
	for _, c := range pairs {
		log := math.Log(float64(c.GetIntensity())) / float64(len(items))
		logs[slices.Index(items, c.GetPreferred())] += log
		logs[slices.Index(items, c.GetOther())] -= log
	}
	for _, log := range logs {
		sum += math.Exp(log)
	}
	for i, log := range logs {
		out[i] = int64(math.Round(math.Exp(log) / sum * 1e12))
	}
	return out
}

// apportion is the largest remainders of exact shares, ties to the first.
func apportion(shares []*big.Rat) []int32 {
	out, order, left := make([]int32, len(shares)), make([]int, len(shares)), 1_000_000
	rests := make([]*big.Rat, len(shares))
	for i, s := range shares {
		ppm := new(big.Rat).Mul(s, big.NewRat(1_000_000, 1))
		whole := new(big.Int).Div(ppm.Num(), ppm.Denom()).Int64()
		out[i], order[i], rests[i] = int32(whole), i, ppm.Sub(ppm, big.NewRat(whole, 1))
		left -= int(whole)
	}
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].Cmp(rests[a]) })
	for _, i := range order[:left] {
		out[i]++
	}
	return out
}

func sharesOf(items []string, all [][]int64, weights []int64) []*big.Rat {
	sums, total := make([]*big.Int, len(items)), new(big.Int)
	for i := range items {
		sums[i] = new(big.Int)
		for k, given := range all {
			n := new(big.Int).Mul(big.NewInt(given[i]), big.NewInt(weights[k]))
			sums[i].Add(sums[i], n)
			total.Add(total, n)
		}
	}
	out := make([]*big.Rat, len(items))
	for i, n := range sums {
		out[i] = new(big.Rat).SetFrac(n, total)
	}
	return out
}

type vote struct {
	points  []*goalsv1.GoalPoints
	ranking []string
	pairs   []*goalsv1.Comparison
}

func randomVote(r *rand.Rand, method goalsv1.PrioritizationMethod, items []string) (v vote) {
	switch method {
	case goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_BORDA:
		v.ranking = slices.Clone(items)
		r.Shuffle(len(items), func(i, j int) { v.ranking[i], v.ranking[j] = v.ranking[j], v.ranking[i] })
	case goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_PAIRWISE:
		for i, a := range items {
			for _, b := range items[i+1:] {
				pair := &goalsv1.Comparison{Preferred: a, Other: b, Intensity: int32(1 + r.IntN(9))}
				if r.IntN(2) == 0 {
					pair.Preferred, pair.Other = b, a
				}
				v.pairs = append(v.pairs, pair)
			}
		}
	case goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_SCORE:
		for _, item := range items[r.IntN(len(items)):] { // what is left out scores 0
			v.points = append(v.points, &goalsv1.GoalPoints{Goal: item, Points: int32(1 + r.IntN(10))})
		}
	default:
		left := int32(100)
		for i, item := range items {
			n := left
			if i < len(items)-1 {
				n = r.Int32N(left + 1)
			}
			left -= n
			v.points = append(v.points, &goalsv1.GoalPoints{Goal: item, Points: n})
		}
	}
	return v
}

// TestAnyoneCanRecompute derives the weights of rounds by every method from their ballots again, apart from the service's code,
// with recusals and answers of the community, and finds those of the certified revision.
func TestAnyoneCanRecompute(t *testing.T) {
	f := start(t)
	plan := f.city(t, "arts", "growth", "parks", "safety", "water")
	var items []string
	for _, id := range []string{"arts", "growth", "parks", "safety", "water"} {
		items = append(items, plan+"/goals/"+id)
	}
	r := rand.New(rand.NewPCG(4, 2))
	ann, manager := f.as(t, "ann", "council"), f.as(t, "mia", "manager")
	council := []string{"ann", "bob", "cy", "dee", "eli"}
	for method := range goalsv1.PrioritizationMethod_name {
		for share := range map[int32]bool{0: true, 250_000: true, 1_000_000: true} {
			if method == 0 {
				continue
			}
			method := goalsv1.PrioritizationMethod(method)
			round := f.opened(t, plan, fmt.Sprintf("r-%d-%d", method, share), &goalsv1.Prioritization{
				Method: method, Electorate: &goalsv1.Electorate{Members: members(council...)}, CommunitySharePpm: share,
			})
			for _, member := range council {
				v := randomVote(r, method, items)
				must(t, f.cast(manager, round.GetName(), &goalsv1.Ballot{Member: member, Points: v.points, Ranking: v.ranking, Comparisons: v.pairs}))
			}
			_, err := f.client.RecuseMember(manager, &goalsv1.RecuseMemberRequest{Name: round.GetName(), Member: "dee", Reason: "owns land"})
			must(t, err)
			var heard [][]int64
			var weights []int64
			if share > 0 {
				var answers []*goalsv1.CommunityBallot
				for i := range 7 {
					v, weight := randomVote(r, method, items), 1+r.Int32N(1_000_000)
					answers = append(answers, &goalsv1.CommunityBallot{
						Respondent: fmt.Sprint(i), Weight: weight, Points: v.points, Ranking: v.ranking, Comparisons: v.pairs,
					})
					heard, weights = append(heard, given(method, items, v.points, v.ranking, v.pairs)), append(weights, int64(weight))
				}
				_, err := f.client.RecordCommunityBallots(manager, &goalsv1.RecordCommunityBallotsRequest{Name: round.GetName(), Ballots: answers})
				must(t, err)
			}
			_, err = f.client.ClosePrioritization(ann, &goalsv1.ClosePrioritizationRequest{Name: round.GetName()})
			must(t, err)
			certified, err := f.client.CertifyPrioritization(ann, &goalsv1.CertifyPrioritizationRequest{Name: round.GetName()})
			must(t, err)
			rev, err := f.client.GetPriorityRevision(ann, &goalsv1.GetPriorityRevisionRequest{Name: certified.GetPriorityRevision()})
			must(t, err)
			ballots, err := f.client.ListBallots(ann, &goalsv1.ListBallotsRequest{Parent: round.GetName()})
			must(t, err)
			var cast [][]int64
			var ones []int64
			for _, b := range ballots.GetBallots() {
				if b.GetMember() != "dee" {
					cast, ones = append(cast, given(method, items, b.GetPoints(), b.GetRanking(), b.GetComparisons())), append(ones, 1)
				}
			}
			mixed := sharesOf(items, cast, ones)
			if share > 0 {
				theirs := sharesOf(items, heard, weights)
				for i := range mixed {
					ours := new(big.Rat).Mul(mixed[i], big.NewRat(int64(1_000_000-share), 1_000_000))
					mixed[i] = ours.Add(ours, theirs[i].Mul(theirs[i], big.NewRat(int64(share), 1_000_000)))
				}
			}
			for i, want := range apportion(mixed) {
				if w := rev.GetWeights()[i]; w.GetGoal() != items[i] || w.GetWeightPpm() != want {
					t.Errorf("%v, community %d: %v, want %d", method, share, w, want)
				}
			}
			again, err := f.client.RecomputePrioritization(f.as(t, "sam", "staff"), &goalsv1.RecomputePrioritizationRequest{Name: round.GetName()})
			must(t, err)
			if !again.GetEqual() || again.GetBallots() != 4 || int(again.GetCommunityBallots()) != len(heard) {
				t.Errorf("recomputed: %v", again)
			}
		}
	}
}

func (f *fixture) cast(ctx context.Context, round string, b *goalsv1.Ballot) error {
	_, err := f.client.CastBallot(ctx, &goalsv1.CastBallotRequest{Name: round, Ballot: b})
	return err
}
