package engine

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// weights turns what a claim weighs and q into the weights of the curves, divided by what all of them share.
type weights struct {
	flat, steep int64 // Cut = D × (flat + steep × (10,000 − q)): the cut factor without what scale and spread share
	common      int64 // greatest common divisor of all that claims weigh
	cut, grow   int64 // running sums
}

func newWeights(b *book) weights {
	g := gcd(scale, b.rule.spread)
	w := weights{flat: scale / g, steep: b.rule.spread / g}
	for i := range b.claims {
		w.common = gcd(b.claims[i].weigh, w.common)
	}
	w.common = max(w.common, 1)
	return w
}

// set fills in the weights of a curve; false when they leave 62 bits.
func (w *weights) set(c *waterfill.Curve, of *claim, r *rule) bool {
	const limit = 1 << 62
	d := of.weigh / w.common
	cut, fine := money.Mul(d, w.flat+w.steep*(fullScore-of.q))
	grow, alsoFine := money.Mul(d, r.growFactor(of.q))
	if !fine || !alsoFine || cut >= limit || grow >= limit {
		return false
	}
	w.cut += cut
	w.grow += grow
	c.Cut, c.Grow = cut, grow
	return w.cut < limit && w.grow < limit && w.cut >= 0 && w.grow >= 0
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// classes groups claims by the nodes that may pay them: the carrying fund, and the program's eligible funds that compete.
func classes(b *book) (class []int32, eligible [][]int32) {
	class = zeroed(&b.class, len(b.claims))
	alone := make([]int32, len(b.left)) // 1 + class of claims that only this node may pay
	known := map[string]int32{}         // looked up only, never walked
	var key []byte
	for i := range b.claims {
		set := b.eligible(&b.claims[i])
		if len(set) == 1 {
			if alone[set[0]] == 0 {
				eligible = append(eligible, []int32{set[0]})
				alone[set[0]] = int32(len(eligible)) //nolint:gosec // there are no more classes than claims
			}
			class[i] = alone[set[0]] - 1
			continue
		}
		key = key[:0]
		for _, k := range set {
			key = append(key, byte(k), byte(k>>8), byte(k>>16), byte(k>>24)) //nolint:gosec // all four bytes are kept
		}
		id, ok := known[string(key)]
		if !ok {
			id = int32(len(eligible)) //nolint:gosec // there are no more classes than claims
			known[string(key)] = id
			eligible = append(eligible, slices.Clone(set))
		}
		class[i] = id
	}
	return class, eligible
}

// eligible is the ascending set of nodes that may pay a claim; the slice is good until the next call.
func (b *book) eligible(c *claim) []int32 {
	b.set = b.nodes(b.set[:0], c.fund, c.oneTime)
	if !c.held {
		for _, id := range b.in.Programs[c.program].EligibleFunds {
			if k := b.place(id); k != c.fund && b.in.Funds[k].InPool() {
				b.set = b.nodes(b.set, k, c.oneTime)
			}
		}
	}
	if len(b.set) > 1 {
		slices.Sort(b.set)
	}
	return b.set
}
