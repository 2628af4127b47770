package earmark

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// instance is a small problem in the terms of the rule: every claim has a set of funds, as bits.
type instance struct {
	curves   []waterfill.Curve
	sets     []uint
	capacity []int64
	order    []int32
}

// kind is what the curves of an instance answer to.
type kind string

const (
	reduction kind = "reduction" // x = base − z, shared by Cut; a cap may lie below base
	growth    kind = "growth"    // x = base + y, shared by Grow; a floor may lie above base
	oneRate   kind = "one rate"  // x = λ·w from nothing
	mixed     kind = "mixed"     // all of that side by side
)

var kinds = []kind{reduction, growth, oneRate, mixed}

// random has at most 8 claims and 4 funds; three quarters have small numbers, for many ties.
func random(r *rand.Rand, of kind) instance {
	n, k := 1+r.IntN(8), 1+r.IntN(4)
	in := instance{}
	amount, weight := int64(13), int64(4)
	if r.IntN(4) == 0 {
		amount, weight = 40, 1000
	}
	for range n {
		in.curves = append(in.curves, of.curve(r, amount, weight))
		in.sets = append(in.sets, 1+uint(r.IntN(1<<k-1)))
	}
	for i := range k {
		in.capacity = append(in.capacity, r.Int64N(40))
		in.order = append(in.order, int32(i))
	}
	shuffle(r, in.order)
	return in
}

func (of kind) curve(r *rand.Rand, amount, weight int64) waterfill.Curve {
	c := waterfill.Curve{Base: r.Int64N(amount)}
	switch of {
	case reduction:
		c.Hi = r.Int64N(c.Base + 1)
		c.Lo = r.Int64N(c.Hi + 1)
		if r.IntN(2) == 0 {
			c.Hi = c.Base
		}
		c.Cut = 1 + r.Int64N(weight)
	case growth:
		c.Lo = c.Base + r.Int64N(1+r.Int64N(4))
		c.Hi = c.Lo + r.Int64N(12)
		c.Grow = 1 + r.Int64N(weight)
	case oneRate:
		c.Base = 0
		c.Lo = r.Int64N(1 + r.Int64N(amount))
		c.Hi = c.Lo + r.Int64N(amount)
		c.Grow = 1 + r.Int64N(weight)
	case mixed:
		c.Lo = r.Int64N(c.Base + 2)
		c.Hi = c.Lo + r.Int64N(12)
		c.Cut, c.Grow = r.Int64N(weight), r.Int64N(weight)
		if c.Cut == 0 {
			c.Lo = max(c.Lo, min(c.Base, c.Hi))
		}
		if c.Grow == 0 {
			c.Hi = min(c.Hi, max(c.Base, c.Lo))
		}
	}
	return c
}

func (in instance) clone() instance {
	return instance{slices.Clone(in.curves), slices.Clone(in.sets), slices.Clone(in.capacity), slices.Clone(in.order)}
}

func (in instance) problem() Problem {
	p := Problem{Curves: in.curves, Capacity: in.capacity, Order: in.order}
	classOf := map[uint]int32{}
	for _, set := range in.sets {
		c, ok := classOf[set]
		if !ok {
			c = int32(len(p.Eligible))
			classOf[set] = c
			var funds []int32
			for k := range in.capacity {
				if set>>k&1 == 1 {
					funds = append(funds, int32(k))
				}
			}
			p.Eligible = append(p.Eligible, funds)
		}
		p.Class = append(p.Class, c)
	}
	return p
}

// worst is the most by which amounts break a Hall condition: for every set of funds, the claims that only those funds may pay fit into them.
func (in instance) worst(amount func(i int) int64) (worst int64) {
	for set := uint(1); set < 1<<len(in.capacity); set++ {
		var need, have int64
		for i, s := range in.sets {
			if s&^set == 0 {
				need += amount(i)
			}
		}
		for k, c := range in.capacity {
			if set>>k&1 == 1 {
				have += c
			}
		}
		worst = max(worst, need-have)
	}
	return worst
}

// payable is the most that claims of at most these amounts can be paid together.
func (in instance) payable(amount func(i int) int64) (sum int64) {
	for i := range in.sets {
		sum += amount(i)
	}
	return sum - in.worst(amount)
}

func (in instance) lo(i int) int64 { return in.curves[i].Lo }
func (in instance) hi(i int) int64 { return in.curves[i].Hi }

func totalShort(s Solution) (sum int64) {
	for _, b := range s.Blocks {
		sum += b.Short
	}
	return sum
}

func shuffle[T any](r *rand.Rand, s []T) {
	r.Shuffle(len(s), func(i, j int) { s[i], s[j] = s[j], s[i] })
}

func solve(tb testing.TB, p Problem) Solution {
	tb.Helper()
	s, err := Solve(context.Background(), p)
	if err != nil {
		tb.Fatal(err)
	}
	return s
}
