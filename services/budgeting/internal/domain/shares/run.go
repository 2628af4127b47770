package shares

import (
	"context"
	"math/big"

	"github.com/throughline/throughline/services/platform/fault"
)

// Run selects projects by the rule. It fails with an Invalid fault that lists what Validate refuses, with FailedPrecondition when Add1 does not
// settle within the rule's steps, and with the context's error when that ends first.
func Run(ctx context.Context, e Election, rule Rule) (Result, error) {
	return decide(ctx, e, rule, allPlaces)
}

// allPlaces is as many binary places as there is room for.
const allPlaces = 64

// decide is Run with at most so many binary places of money; fewer leave more to the ledger and change nothing else.
func decide(ctx context.Context, e Election, rule Rule, places int) (Result, error) {
	if err := Validate(&e, &rule); err != nil {
		return Result{}, err
	}
	b := newBook(&e, &rule)
	var res Result
	if rule.Method != EqualShares {
		b.greedy(&res, StageGreedy, rule.Method == GreedyStop)
		return res, nil
	}
	run := newRun(b, places)
	res.Shares = &Shares{}
	if err := run.settle(ctx, res.Shares); err != nil {
		return Result{}, err
	}
	run.step(res.Shares.Steps)
	run.whole(Limit)
	run.report(&res)
	if rule.Completion.utilitarian() {
		b.greedy(&res, StageUtilitarian, false)
	}
	if res.Shares.Stop == StopOverspends {
		run.step(res.Shares.Steps + 1)
		cost := run.whole(e.Budget)
		res.Shares.Refused = &Refused{Budget: run.each(), Picks: run.picks(), Cost: cost}
	}
	return res, nil
}

// settle finds how many steps of Add1 are taken, and why no more.
func (r *run) settle(ctx context.Context, s *Shares) error {
	s.Stop = StopFixed
	if !r.rule.Completion.add1() {
		return ctx.Err()
	}
	limit := r.rule.MaxSteps
	if limit == 0 {
		limit = DefaultMaxSteps
	}
	r.step(0)
	for left := r.e.Budget - r.whole(Limit); !r.exhausted(left); s.Steps++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.Steps == limit {
			return fault.State("ADD1_UNSETTLED", "ADD1 has not settled after %d steps of %d minor units per voter; raise rule.increment or rule.max_steps",
				limit, r.rule.Increment)
		}
		r.step(s.Steps + 1)
		if left = r.e.Budget - r.whole(r.e.Budget); left < 0 {
			s.Stop = StopOverspends
			return nil
		}
	}
	s.Stop = StopExhausted
	return nil
}

// step opens the run of the given step: the first has budget ÷ voters per voter, the others whole increments, that rounded down plus one per step.
func (r *run) step(k int) {
	if k == 0 {
		r.start(r.e.Budget, r.voters)
		return
	}
	r.start((r.e.Budget/r.voters/r.rule.Increment+int64(k))*r.rule.Increment, 1)
}

// whole buys until nothing can be bought, or until more than limit is spent, and returns the cost.
func (r *run) whole(limit int64) (cost int64) {
	for cost <= limit {
		p := r.next()
		if p < 0 {
			break
		}
		cost += r.e.Projects[p].Cost
	}
	return cost
}

// exhausted says that no project with support that is left costs at most the amount.
func (r *run) exhausted(left int64) bool {
	for p := range r.e.Projects {
		if r.open[p] && r.bought[p] < 0 && r.e.Projects[p].Cost <= left {
			return false
		}
	}
	return true
}

// each is the budget per voter.
func (r *run) each() *big.Rat { return new(big.Rat).SetFrac64(r.num, r.den) }

// report writes the run into the result.
func (r *run) report(res *Result) {
	res.Picks = r.picks()
	for i := range res.Picks {
		res.Cost += r.e.Projects[res.Picks[i].Project].Cost
	}
	s := res.Shares
	s.Budget = r.each()
	s.Left = make([]int64, r.voters)
	left := make([]int64, len(r.size))
	for c := range r.size {
		left[c] = r.floor(r.left[c], r.slack[c], func() *big.Int { return r.ledger.purse(int32(c)) }) //nolint:gosec // at most MaxVoters
	}
	for v, c := range r.classOf {
		s.Left[v] = left[c]
	}
	for p := range r.e.Projects {
		if !r.open[p] || r.bought[p] >= 0 {
			continue
		}
		p := int32(p) //nolint:gosec // at most MaxProjects
		classes, _ := r.support.list(p)
		sum, slack := int64(0), int64(0)
		for _, c := range classes {
			sum, slack = sum+r.left[c]*r.size[c], slack+r.slack[c]*r.size[c]
		}
		s.Short = append(s.Short, Short{Project: int(p), Money: r.floor(sum, slack, func() *big.Int { return r.ledger.sum(p) })})
	}
}

// floor rounds a fixed-point amount down to minor units; where its bounds round differently the exact amount decides.
func (r *run) floor(amount, slack int64, exact func() *big.Int) int64 {
	low, high := (amount-slack)>>r.shift, (amount+slack)>>r.shift
	if low == high {
		return low
	}
	r.ledger.post(len(r.rounds))
	return new(big.Int).Quo(exact(), r.ledger.den()).Int64()
}

// picks lists the purchases with their exact prices.
func (r *run) picks() []Pick {
	r.ledger.post(len(r.rounds))
	picks := make([]Pick, len(r.rounds))
	for i := range r.rounds {
		p := r.rounds[i].project
		posted := &r.ledger.entries[i]
		k := Pick{Project: int(p), Stage: StageShares, Price: new(big.Rat).SetFrac(posted.price, posted.den)}
		k.Rho = k.Price
		if r.rule.Utility.cost() {
			k.Rho = new(big.Rat).Quo(k.Price, new(big.Rat).SetInt64(r.e.Projects[p].Cost))
		}
		k.Full, k.Rest = int(r.rounds[i].full), int(r.rounds[i].rest)
		picks[i] = k
	}
	return picks
}

// greedy adds projects by score while they fit; with stop it ends at the first that does not.
func (b *book) greedy(res *Result, stage Stage, stop bool) {
	in := res.Selected(len(b.e.Projects))
	for _, p := range b.byScore() {
		left := b.e.Budget - res.Cost
		switch cost := b.e.Projects[p].Cost; {
		case in[p]:
		case cost <= left:
			res.Picks = append(res.Picks, Pick{Project: int(p), Stage: stage})
			res.Cost += cost
		default:
			res.Skips = append(res.Skips, Skip{Project: int(p), Remaining: left})
			if stop {
				return
			}
		}
	}
}
