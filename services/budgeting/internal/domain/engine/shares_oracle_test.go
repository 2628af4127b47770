package engine_test

import (
	"cmp"
	"context"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// count is an election as the papers tell it: rationals, and every supporter of every project in every round.
type count struct {
	*model.Election
	unit    int64
	weights []map[int]int64 // by project: of each supporter
	score   []int64
}

func newCount(in *model.Input) *count {
	v := in.Election
	c := &count{Election: v, unit: model.CurrencyUnit(in.Currency), weights: make([]map[int]int64, len(v.Projects)), score: make([]int64, len(v.Projects))}
	for p := range v.Projects {
		c.weights[p] = map[int]int64{}
		for b, ballot := range v.Ballots {
			for _, vote := range ballot.Votes {
				if vote.Project != v.Projects[p].Program || vote.Points == 0 {
					continue
				}
				w := int64(1)
				if v.Rule.Utility == model.PointsUtility {
					w = vote.Points
					if v.Kind == model.Ordinal {
						ranks := []int64{}
						for _, other := range ballot.Votes {
							ranks = append(ranks, other.Points)
						}
						slices.Sort(ranks)
						w = int64(len(ranks) - slices.Index(ranks, vote.Points))
					}
				}
				c.weights[p][b] = w
				c.score[p] += w
			}
		}
	}
	return c
}

// least is the least price per weight at which supporters pay the cost, nil for none: the poorest give all they have, one more after the other,
// until the rest can pay the price that is left to them.
func (c *count) least(p int, left []*big.Rat) *big.Rat {
	type purse struct {
		has, per *big.Rat
		weight   int64
	}
	var purses []purse
	weight := int64(0)
	for b := range c.Ballots {
		if w := c.weights[p][b]; w > 0 {
			purses = append(purses, purse{left[b], new(big.Rat).Quo(left[b], big.NewRat(w, 1)), w})
			weight += w
		}
	}
	slices.SortFunc(purses, func(x, y purse) int { return x.per.Cmp(y.per) })
	owed, price := new(big.Rat).SetInt64(c.Projects[p].Cost), new(big.Rat)
	for _, x := range purses {
		if price.Quo(owed, big.NewRat(weight, 1)).Cmp(x.per) <= 0 {
			return price
		}
		owed.Sub(owed, x.has)
		weight -= x.weight
	}
	return nil
}

func (c *count) before(p, q int) bool {
	return cmp.Or(cmp.Compare(c.Projects[p].Cost, c.Projects[q].Cost), cmp.Compare(len(c.weights[q]), len(c.weights[p])), cmp.Compare(p, q)) < 0
}

func (c *count) round(p int, phase model.SharesPhase) model.SharesRound {
	return model.SharesRound{Program: c.Projects[p].Program, Phase: phase, Cost: c.Projects[p].Cost, Supporters: int64(len(c.weights[p])), Score: c.score[p]}
}

// share is one run of equal shares.
func (c *count) share(divided int64) (rounds []model.SharesRound, in []bool, left []*big.Rat, cost int64) {
	rounds, in = []model.SharesRound{}, make([]bool, len(c.Projects))
	for range c.Ballots {
		left = append(left, big.NewRat(divided, int64(len(c.Ballots))))
	}
	for {
		best := -1
		var rate, price *big.Rat
		for p := range c.Projects {
			if in[p] {
				continue
			}
			per := c.least(p, left)
			if per == nil {
				continue
			}
			rho := per
			if c.Rule.Utility == model.CostUtility {
				rho = new(big.Rat).Quo(per, big.NewRat(c.Projects[p].Cost, 1))
			}
			if best < 0 || rho.Cmp(rate) < 0 || (rho.Cmp(rate) == 0 && c.before(p, best)) {
				best, rate, price = p, rho, per
			}
		}
		if best < 0 {
			return rounds, in, left, cost
		}
		r := c.round(best, model.PhaseEqualShares)
		r.Rate = &model.Rate{Num: rate.Num().String(), Den: rate.Denom().String()}
		for b, w := range c.weights[best] {
			due := new(big.Rat).Mul(price, big.NewRat(w, 1))
			switch {
			case left[b].Cmp(due) >= 0:
				r.Full++
				left[b] = new(big.Rat).Sub(left[b], due)
			case left[b].Sign() > 0:
				r.Emptied++
				left[b] = new(big.Rat)
			}
		}
		rounds = append(rounds, r)
		in[best] = true
		cost += c.Projects[best].Cost
	}
}

// note is all that a plan has to say of the election.
func (c *count) note(m model.Method) *model.SharesNote {
	n := &model.SharesNote{Voters: int64(len(c.Ballots)), Budget: c.Budget, Rounds: []model.SharesRound{}}
	in, left := make([]bool, len(c.Projects)), []*big.Rat(nil)
	if m == model.EqualShares {
		n.Divided, n.Stop = c.Budget, model.StopFixed
		n.Rounds, in, left, n.Spent = c.share(n.Divided)
		adds := c.Rule.Completion == model.AddOne || c.Rule.Completion == model.AddOneUtilitarian
		for adds && n.Stop == model.StopFixed {
			n.Stop = model.StopExhausted
			for p := range in {
				if !in[p] && len(c.weights[p]) > 0 && c.Projects[p].Cost <= c.Budget-n.Spent {
					n.Stop = model.StopFixed
				}
			}
			if n.Stop == model.StopExhausted {
				break
			}
			divided := (c.Budget/n.Voters/c.unit + n.Steps + 1) * c.unit * n.Voters
			rounds, then, rest, cost := c.share(divided)
			if cost > c.Budget {
				n.Stop, n.Refused = model.StopOverspends, &model.SharesRefused{Divided: divided}
				for i := 0; n.Refused.Cost <= c.Budget; i++ {
					n.Refused.Rounds = append(n.Refused.Rounds, rounds[i])
					n.Refused.Cost += rounds[i].Cost
				}
				break
			}
			n.Steps++
			n.Divided, n.Rounds, in, left, n.Spent = divided, rounds, then, rest, cost
		}
	}
	rest := make([]model.SharesRest, len(c.Projects))
	var order []int
	for p := range rest {
		rest[p] = model.SharesRest{Program: c.Projects[p].Program, Supporters: int64(len(c.weights[p])), Score: c.score[p]}
		if len(c.weights[p]) > 0 {
			order = append(order, p)
		}
		if left != nil {
			sum := new(big.Rat)
			for b := range c.weights[p] {
				sum.Add(sum, left[b])
			}
			rest[p].Money = new(big.Int).Quo(sum.Num(), sum.Denom()).Int64()
		}
	}
	slices.SortFunc(order, func(p, q int) int {
		if s := cmp.Compare(c.score[q], c.score[p]); s != 0 || p == q {
			return s
		}
		if c.before(p, q) {
			return -1
		}
		return 1
	})
	for _, p := range order {
		switch {
		case in[p] || (m == model.EqualShares && (c.Rule.Completion == model.NoCompletion || c.Rule.Completion == model.AddOne)):
		case c.Projects[p].Cost <= c.Budget-n.Spent:
			in[p] = true
			n.Spent += c.Projects[p].Cost
			n.Rounds = append(n.Rounds, c.round(p, model.PhaseVotes))
		default:
			rest[p].Remaining = c.Budget - n.Spent
		}
	}
	for p := range rest {
		if !in[p] {
			n.Rest = append(n.Rest, rest[p])
		}
	}
	return n
}

// perRule is how many elections there are of each kind, completion and utility.
const perRule = 20

// Every kind of vote, completion and utility: the engine's account is that of the papers, to the last fraction.
func TestElectionsEqualTheOracle(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(8, 1))
	bought, steps, stops := 0, int64(0), map[model.SharesStop]int{}
	for _, kind := range model.VoteKinds() {
		for _, completion := range model.Completions() {
			for _, utility := range model.Utilities() {
				for trial := range modeltest.Cases(perRule) {
					method := model.EqualShares
					if trial%10 == 9 {
						method = model.GreedyVotes
					}
					in := modeltest.RandomOf(r, engine.Version, method)
					if trial%15 == 0 {
						in.Currency = "JPY" // many small steps
					}
					in.Election.Kind, in.Election.Rule = kind, model.ElectionRule{Completion: completion, Utility: utility}
					modeltest.Vote(r, in.Election)
					s, err := engine.Solve(context.Background(), in)
					if err != nil {
						b, _ := in.Canonical()
						t.Fatalf("%v: %v\n%s", err, unwrap(err), b)
					}
					in = in.Normalize()
					want := s.Plan
					want.Shares = newCount(&in).note(method)
					if b, _ := want.Encode(); string(b) != string(s.Encoded) {
						b, _ := in.Canonical()
						t.Fatalf("%s\n%+v\nwant\n%+v", b, s.Plan.Shares, want.Shares)
					}
					bought += len(s.Plan.Shares.Rounds)
					steps += s.Plan.Shares.Steps
					stops[s.Plan.Shares.Stop]++
				}
			}
		}
	}
	if bought < 1000 || steps < 1000 || stops[model.StopExhausted] < 100 || stops[model.StopOverspends] < 100 {
		t.Errorf("the elections are too narrow: %d projects bought, %d steps, stops %v", bought, steps, stops)
	}
	t.Log(bought, steps, stops)
}
