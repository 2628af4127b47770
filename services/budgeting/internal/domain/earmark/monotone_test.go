package earmark

import (
	"math/rand/v2"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// A direction says what may happen to an amount when something changes.
type direction int

const (
	anyway  direction = 0
	noLess  direction = 1
	noMore  direction = -1
	changes           = 2000 // of each kind
)

func (d direction) broken(before, after int64) bool { return int64(d)*(after-before) < 0 }

// TestChangesMoveAmountsOneWay holds for solved and for short problems alike, for reductions as for growth and shares from nothing.
func TestChangesMoveAmountsOneWay(t *testing.T) {
	tests := []struct {
		name        string
		change      func(r *rand.Rand, in instance, i int) bool // false where there is nothing to change
		own, others direction
	}{
		{"more money takes from nobody", func(r *rand.Rand, in instance, _ int) bool {
			in.capacity[r.IntN(len(in.capacity))] += 1 + r.Int64N(4)
			return true
		}, noLess, noLess},
		{"more weight in growth never costs its claim and helps nobody else", func(r *rand.Rand, in instance, i int) bool {
			in.curves[i].Grow += 1 + r.Int64N(3)
			return true
		}, noLess, noMore},
		{"more weight in a reduction never helps its claim and costs nobody else", func(r *rand.Rand, in instance, i int) bool {
			in.curves[i].Cut += 1 + r.Int64N(3)
			return true
		}, noMore, noLess},
		{"a higher cap never costs its claim and helps nobody else", func(r *rand.Rand, in instance, i int) bool {
			c := &in.curves[i]
			c.Hi += 1 + r.Int64N(4)
			return moves(c)
		}, noLess, noMore},
		{"a higher floor never costs its claim and helps nobody else", func(r *rand.Rand, in instance, i int) bool {
			c := &in.curves[i]
			c.Lo += 1 + r.Int64N(4)
			return c.Lo <= c.Hi
		}, noLess, noMore},
		{"another eligible fund never costs its claim", func(r *rand.Rand, in instance, i int) bool {
			before := in.sets[i]
			in.sets[i] |= 1 << r.IntN(len(in.capacity))
			return in.sets[i] != before
		}, noLess, anyway},
	}
	for seed, tc := range tests {
		for _, of := range kinds {
			t.Run(tc.name+"/"+string(of), func(t *testing.T) {
				r := rand.New(rand.NewPCG(2, uint64(seed)))
				for range changes {
					in := random(r, of)
					changed, own := in.clone(), r.IntN(len(in.curves))
					if !tc.change(r, changed, own) {
						continue
					}
					x, y := solve(t, in.problem()).Units, solve(t, changed.problem()).Units
					for i := range x {
						want := tc.others
						if i == own {
							want = tc.own
						}
						if want.broken(x[i], y[i]) {
							t.Fatalf("claim %d changed:\n%+v %v\n%+v %v", own, in, x, changed, y)
						}
					}
				}
			})
		}
	}
}

// moves says whether a curve keeps the rule that a zero weight cannot move.
func moves(c *waterfill.Curve) bool {
	return (c.Grow > 0 || c.Hi <= max(c.Base, c.Lo)) && (c.Cut > 0 || c.Lo >= min(c.Base, c.Hi))
}
