package earmark

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// city has n claims on funds that are 7 % short; spread decides how many more funds a claim may draw on (at most 3).
func city(funds, n, spread int) Problem {
	r := rand.New(rand.NewPCG(uint64(funds), uint64(n)))
	p := Problem{Capacity: make([]int64, funds)}
	known := map[string]int32{}
	for i := range n {
		c := waterfill.Curve{Base: 10_000 + r.Int64N(1_000_000)}
		c.Lo, c.Hi = c.Base/2, c.Base*11/10
		c.Cut, c.Grow = c.Base*(5000+r.Int64N(10_000)), c.Base*r.Int64N(10_000)
		if c.Grow == 0 {
			c.Hi = c.Base
		}
		home := i % funds
		p.Capacity[home] += c.Base * (80 + r.Int64N(27)) / 100
		set := []int32{int32(home)}
		if spread > 0 && r.IntN(3) == 0 {
			for range 1 + r.IntN(3) {
				k := int32((home + 1 + r.IntN(spread)) % funds)
				if !slices.Contains(set, k) {
					set = append(set, k)
				}
			}
		}
		slices.Sort(set)
		name := fmt.Sprint(set)
		class, ok := known[name]
		if !ok {
			class = int32(len(p.Eligible))
			known[name] = class
			p.Eligible = append(p.Eligible, set)
		}
		p.Curves = append(p.Curves, c)
		p.Class = append(p.Class, class)
	}
	for k := range funds {
		p.Order = append(p.Order, int32(k))
	}
	return p
}

func BenchmarkSolve(b *testing.B) {
	for _, size := range []struct{ funds, claims, spread int }{{1, 3000, 0}, {20, 3000, 1}, {20, 3000, 19}, {100, 100_000, 5}, {100, 100_000, 99}} {
		p := city(size.funds, size.claims, size.spread)
		b.Run(fmt.Sprintf("%d_funds_%d_claims_%d_classes", size.funds, size.claims, len(p.Eligible)), func(b *testing.B) {
			b.ReportAllocs()
			blocks := 0
			for b.Loop() {
				s, err := Solve(context.Background(), p)
				if err != nil {
					b.Fatal(err)
				}
				blocks = len(s.Blocks)
			}
			b.ReportMetric(float64(blocks), "blocks")
		})
	}
}
