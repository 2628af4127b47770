package earmark

import (
	"context"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// instance is a small problem in the oracle's own terms: every claim has a set of funds, as bits.
type instance struct {
	curves   []waterfill.Curve
	sets     []uint
	capacity []int64
	order    []int32
}

func randomInstance(r *rand.Rand) instance {
	n, k := 1+r.IntN(8), 1+r.IntN(4)
	in := instance{}
	big := r.IntN(4) == 0 // many ties otherwise
	for range n {
		c := waterfill.Curve{Base: r.Int64N(13)}
		if big {
			c.Base = r.Int64N(40)
		}
		c.Lo = r.Int64N(c.Base + 2)
		c.Hi = c.Lo + r.Int64N(12)
		weight := int64(4)
		if big {
			weight = 1000
		}
		c.Cut, c.Grow = r.Int64N(weight), r.Int64N(weight)
		if c.Cut == 0 {
			c.Lo = max(c.Lo, min(c.Base, c.Hi))
		}
		if c.Grow == 0 {
			c.Hi = min(c.Hi, max(c.Base, c.Lo))
		}
		in.curves = append(in.curves, c)
		in.sets = append(in.sets, 1+uint(r.IntN(1<<k-1)))
	}
	for i := range k {
		in.capacity = append(in.capacity, r.Int64N(40))
		in.order = append(in.order, int32(i))
	}
	r.Shuffle(k, func(i, j int) { in.order[i], in.order[j] = in.order[j], in.order[i] })
	return in
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

// hall says whether x can be paid: for every set of funds, the claims that only those funds may pay fit into them.
func (in instance) hall(x []int64) bool {
	for set := uint(1); set < 1<<len(in.capacity); set++ {
		var need, have int64
		for i, s := range in.sets {
			if s&^set == 0 {
				need += x[i]
			}
		}
		for k, c := range in.capacity {
			if set>>k&1 == 1 {
				have += c
			}
		}
		if need > have {
			return false
		}
	}
	return true
}

// greedy is the oracle: from the lower limits, give one unit at a time to the claim that comes first, as long as every Hall condition holds.
func (in instance) greedy() ([]int64, bool) {
	x := make([]int64, len(in.curves))
	for i, c := range in.curves {
		x[i] = c.Lo
	}
	if !in.hall(x) {
		return nil, false
	}
	blocked := make([]bool, len(x))
	for {
		best := -1
		for i, c := range in.curves {
			if !blocked[i] && x[i] < c.Hi && (best < 0 || in.before(i, x[i], best, x[best])) {
				best = i
			}
		}
		if best < 0 {
			return x, true
		}
		x[best]++
		if !in.hall(x) {
			x[best]--
			blocked[best] = true // the sets that are full stay full
		}
	}
}

// before orders the units above amounts x of claim i and y of claim j as the rule states it.
func (in instance) before(i int, x int64, j int, y int64) bool {
	a, aw, aRat := in.at(i, x)
	b, bw, bRat := in.at(j, y)
	if c := aRat.Cmp(bRat); c != 0 {
		return c < 0
	}
	switch {
	case a != b:
		return a < b
	case aw != bw && a < 0: // under a shortage the heavier gives first
		return aw < bw
	case aw != bw:
		return aw > bw
	default:
		return i < j
	}
}

// at is the signed rate at which claim i gets the unit above x: below base the middle of the unit over Cut, above it over Grow.
func (in instance) at(i int, x int64) (side int, weight int64, rate *big.Rat) {
	c := in.curves[i]
	if x < c.Base {
		return -1, c.Cut, big.NewRat(2*(x-c.Base)+1, 2*c.Cut)
	}
	return 1, c.Grow, big.NewRat(2*(x-c.Base)+1, 2*c.Grow)
}

func TestSolveEqualsTheUnitByUnitGreedy(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	solved, short, split := 0, 0, 0
	for trial := range 40_000 {
		in := randomInstance(r)
		p := in.problem()
		got, err := Solve(context.Background(), p)
		if err != nil {
			t.Fatal(err)
		}
		want, ok := in.greedy()
		if !ok {
			short++
			checkShort(t, in, got)
			continue
		}
		if !slices.Equal(got.Units, want) {
			t.Fatalf("trial %d: %+v\n got %v\nwant %v", trial, in, got.Units, want)
		}
		if totalShort(got) != 0 {
			t.Fatalf("trial %d: short %d where every limit can be paid", trial, totalShort(got))
		}
		checkPaid(t, p, got)
		solved++
		if len(got.Blocks) > 1 {
			split++
		}
	}
	if solved < 10_000 || short < 1000 || split < 5000 {
		t.Fatalf("the cases are too narrow: %d solved, %d short, %d split", solved, short, split)
	}
}

func totalShort(s Solution) (sum int64) {
	for _, b := range s.Blocks {
		sum += b.Short
	}
	return sum
}

// checkShort proves the amount that packages must find: it is the worst violation of a Hall condition by the lower limits.
func checkShort(t *testing.T, in instance, got Solution) {
	t.Helper()
	var worst int64
	for set := uint(1); set < 1<<len(in.capacity); set++ {
		var need, have int64
		for i, s := range in.sets {
			if s&^set == 0 {
				need += in.curves[i].Lo
			}
		}
		for k, c := range in.capacity {
			if set>>k&1 == 1 {
				have += c
			}
		}
		worst = max(worst, need-have)
	}
	if totalShort(got) != worst {
		t.Fatalf("%+v: short %d, want %d", in, totalShort(got), worst)
	}
}

// checkPaid proves that every claim is paid whole, no fund pays more than it has, and restricted funds are used as far as possible.
func checkPaid(t *testing.T, p Problem, s Solution) {
	t.Helper()
	used := make([]int64, len(p.Capacity))
	needs := make([]int64, len(p.Eligible))
	for c, set := range p.Eligible {
		for i, k := range set {
			if s.Paid[c][i] < 0 {
				t.Fatalf("fund %d pays class %d a negative amount", k, c)
			}
			used[k] += s.Paid[c][i]
			needs[c] += s.Paid[c][i]
		}
	}
	for i, c := range p.Class {
		needs[c] -= s.Units[i]
	}
	for c, n := range needs {
		if n != 0 {
			t.Fatalf("class %d is paid %d too much", c, n)
		}
	}
	for k := range used {
		if used[k] > p.Capacity[k] {
			t.Fatalf("fund %d pays %d of %d", k, used[k], p.Capacity[k])
		}
	}
	checkRestrictedFirst(t, p, s, used)
}

// checkRestrictedFirst compares the use of funds with the greatest that is possible: for each prefix of the order, the most that those funds
// together can pay is the least, over sets of them left out, of what remains.
func checkRestrictedFirst(t *testing.T, p Problem, s Solution, used []int64) {
	t.Helper()
	demand := make([]int64, len(p.Eligible))
	for i, c := range p.Class {
		demand[c] += s.Units[i]
	}
	var prefix uint
	var sum int64
	for _, k := range p.Order {
		prefix |= 1 << k
		sum += used[k]
		most := int64(1 << 40)
		for set := range uint(1) << len(p.Capacity) {
			if set&^prefix != 0 {
				continue
			}
			var bound int64 // capacity of the set, and the demand that funds of the prefix outside it may pay
			for f := range p.Capacity {
				if set>>f&1 == 1 {
					bound += p.Capacity[f]
				}
			}
			for c, eligible := range p.Eligible {
				if slices.ContainsFunc(eligible, func(f int32) bool { return prefix&^set>>f&1 == 1 }) {
					bound += demand[c]
				}
			}
			most = min(most, bound)
		}
		if sum != most {
			t.Fatalf("the most restricted funds, %b, pay %d and could pay %d", prefix, sum, most)
		}
	}
}
