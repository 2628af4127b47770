package earmark

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// city is claims on funds that are 7 % short on the whole. A third of the claims, or all, may draw on one to three more funds out of the spread that
// follow their own; uneven is how far apart, in percent, the funds lie: it makes many blocks, some of them short.
type city struct {
	funds, claims, spread int
	all                   bool
	uneven                int64
}

func (c city) problem() Problem {
	r := rand.New(rand.NewPCG(uint64(c.funds), uint64(c.claims)))
	p := Problem{Capacity: make([]int64, c.funds)}
	known := map[string]int32{}
	for i := range c.claims {
		curve := waterfill.Curve{Base: 10_000 + r.Int64N(1_000_000)}
		curve.Lo, curve.Hi = curve.Base/2, curve.Base*11/10
		curve.Cut, curve.Grow = curve.Base*(5000+r.Int64N(10_000)), curve.Base*r.Int64N(10_000)
		if curve.Grow == 0 {
			curve.Hi = curve.Base
		}
		home := i % c.funds
		p.Capacity[home] += curve.Base * (80 + r.Int64N(27)) / 100
		set := []int32{int32(home)}
		if c.spread > 0 && (r.IntN(3) == 0 || c.all) {
			for range 1 + r.IntN(3) {
				k := int32((home + 1 + r.IntN(c.spread)) % c.funds)
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
		p.Curves = append(p.Curves, curve)
		p.Class = append(p.Class, class)
	}
	for k := range c.funds {
		p.Order = append(p.Order, int32(k))
		p.Capacity[k] = p.Capacity[k] / 100 * (100 - c.uneven/2 + r.Int64N(1+c.uneven))
	}
	return p
}
