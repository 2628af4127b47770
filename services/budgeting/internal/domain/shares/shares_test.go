package shares

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"testing"
)

// differ says where a result and the oracle's disagree: selection, order, payments, purses, steps.
func differ(res *Result, want *oracleResult) string {
	if got := len(res.Picks); got != len(want.buys)+len(want.added) {
		return fmt.Sprintf("%d picks, want %d", got, len(want.buys)+len(want.added))
	}
	if res.Cost != want.cost {
		return fmt.Sprintf("cost %d, want %d", res.Cost, want.cost)
	}
	for i, b := range want.buys {
		p := res.Picks[i]
		if p.Project != b.project || p.Price.Cmp(b.price) != 0 || p.Rho.Cmp(b.rho) != 0 || p.Full != b.full || p.Rest != b.rest {
			return fmt.Sprintf("pick %d is %+v, want %+v", i, p, b)
		}
	}
	for i, p := range want.added {
		if got := res.Picks[len(want.buys)+i].Project; got != p {
			return fmt.Sprintf("added %d, want %d", got, p)
		}
	}
	if res.Shares == nil {
		return ""
	}
	if s := res.Shares; s.Steps != want.steps || s.Stop != want.stop || s.Budget.Cmp(want.each) != 0 {
		return fmt.Sprintf("%d steps to %v, %s; want %d to %v, %s", s.Steps, s.Budget, s.Stop, want.steps, want.each, want.stop)
	}
	for v, left := range want.left {
		if floor := new(big.Int).Quo(left.Num(), left.Denom()).Int64(); res.Shares.Left[v] != floor {
			return fmt.Sprintf("voter %d has %d left, want %v", v, res.Shares.Left[v], left)
		}
	}
	return ""
}

func TestOracle(t *testing.T) {
	const each = 4200 // of five kinds
	for _, kind := range []VoteType{Approval, ChooseOne, Ordinal, Cumulative, Scoring} {
		t.Run(string(kind), func(t *testing.T) {
			r := rand.New(rand.NewPCG(8, uint64(len(kind))))
			for i := range each {
				e := randomElection(r, kind, 10, 7)
				rule := randomRule(r, &e)
				if i%25 == 0 {
					rule = Rule{Method: []Method{Greedy, GreedyStop}[r.IntN(2)], Utility: CountUtility, Ties: rule.Ties, Threshold: rule.Threshold}
				}
				// Few binary places make the bounds silent and the ledger speak.
				res, err := decide(t.Context(), e, rule, []int{allPlaces, 0, 1, 2, 4}[i%5])
				if err != nil {
					t.Fatalf("case %d: %v", i, err)
				}
				want := newOracle(&e, &rule).run()
				if d := differ(&res, &want); d != "" {
					t.Fatalf("case %d: %s\nelection %+v\nrule %+v", i, d, e, rule)
				}
			}
		})
	}
}
