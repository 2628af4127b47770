package earmark

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// each runs a check on random instances of every kind.
func each(t *testing.T, seed uint64, cases int, check func(t *testing.T, r *rand.Rand, of kind)) {
	t.Helper()
	for _, of := range kinds {
		t.Run(string(of), func(t *testing.T) {
			r := rand.New(rand.NewPCG(3, seed))
			for range cases {
				check(t, r, of)
			}
		})
	}
}

func TestSpendsAllItLegallyCanWithinBounds(t *testing.T) {
	each(t, 1, 2000, func(t *testing.T, r *rand.Rand, of kind) {
		in := random(r, of)
		s := solve(t, in.problem())
		var sum int64
		for i, x := range s.Units {
			sum += x
			if x < in.curves[i].Lo || x > in.curves[i].Hi {
				t.Fatalf("%+v: claim %d gets %d", in, i, x)
			}
		}
		if short := totalShort(s); short == 0 && sum != in.payable(in.hi) {
			t.Fatalf("%+v: spends %d, could spend %d", in, sum, in.payable(in.hi))
		}
	})
}

// A block that is solved alone gets the same units at the same rate, paid by the same funds.
func TestABlockAloneIsTheSame(t *testing.T) {
	each(t, 2, 2000, func(t *testing.T, r *rand.Rand, of kind) {
		in := random(r, of)
		p := in.problem()
		s := solve(t, p)
		b := s.Blocks[r.IntN(len(s.Blocks))]
		alone := Problem{Capacity: make([]int64, len(p.Capacity)), Order: p.Order}
		for _, k := range b.Funds {
			alone.Capacity[k] = p.Capacity[k]
		}
		for _, c := range b.Classes {
			alone.Eligible = append(alone.Eligible, slices.DeleteFunc(slices.Clone(p.Eligible[c]), func(k int32) bool { return !slices.Contains(b.Funds, k) }))
		}
		var claims []int
		for i, c := range p.Class {
			if at, ok := slices.BinarySearch(b.Classes, c); ok {
				claims = append(claims, i)
				alone.Curves, alone.Class = append(alone.Curves, p.Curves[i]), append(alone.Class, int32(at))
			}
		}
		got := solve(t, alone)
		if len(got.Blocks) != 1 || got.Blocks[0].Short != b.Short || got.Blocks[0].Rate.Last.N != b.Rate.Last.N || got.Blocks[0].Rate.Next.N != b.Rate.Next.N {
			t.Fatalf("%+v: block %+v becomes %+v", in, b, got.Blocks)
		}
		for at, i := range claims {
			if got.Units[at] != s.Units[i] {
				t.Fatalf("%+v: claim %d gets %d alone, %d before", in, i, got.Units[at], s.Units[i])
			}
		}
	})
}

// Consistency: when a claim leaves with the money it was paid, the others get what they got.
func TestTheOthersDoNotNoticeAClaimThatLeavesWithItsMoney(t *testing.T) {
	each(t, 3, 2000, func(t *testing.T, r *rand.Rand, of kind) {
		in := random(r, of)
		p := in.problem()
		s := solve(t, p)
		if totalShort(s) > 0 {
			return
		}
		gone := r.IntN(len(in.curves))
		left, c := s.Units[gone], p.Class[gone]
		other := in.clone()
		for at, k := range p.Eligible[c] {
			d := min(left, s.Paid[c][at])
			other.capacity[k] -= d
			left -= d
		}
		other.curves, other.sets = slices.Delete(other.curves, gone, gone+1), slices.Delete(other.sets, gone, gone+1)
		want := slices.Delete(slices.Clone(s.Units), gone, gone+1)
		if got := solve(t, other.problem()).Units; !slices.Equal(got, want) {
			t.Fatalf("%+v: without claim %d %v, before %v", in, gone, got, want)
		}
	})
}

// Funds and classes may be numbered in any way; the order in which funds pay does not move an amount.
func TestFundsMayBeRenumbered(t *testing.T) {
	each(t, 4, 2000, func(t *testing.T, r *rand.Rand, of kind) {
		in := random(r, of)
		other := in.clone()
		to := r.Perm(len(in.capacity))
		for k, c := range in.capacity {
			other.capacity[to[k]] = c
		}
		for i, set := range in.sets {
			other.sets[i] = 0
			for k := range in.capacity {
				other.sets[i] |= set >> k & 1 << to[k]
			}
		}
		shuffle(r, other.order)
		if x, y := solve(t, in.problem()).Units, solve(t, other.problem()).Units; !slices.Equal(x, y) {
			t.Fatalf("%+v: %v and %v", in, x, y)
		}
	})
}

// Claims may come in any order: it decides between units of one rate and one weight only, so it moves nobody by more than a unit, and nobody at
// all where weights differ.
func TestTheOrderOfClaimsDecidesTiesOnly(t *testing.T) {
	each(t, 5, 2000, func(t *testing.T, r *rand.Rand, of kind) {
		in := random(r, of)
		distinct := r.IntN(2) == 0
		for i := range in.curves {
			if c := &in.curves[i]; distinct { // eight apart, whatever they were
				c.Cut, c.Grow = min(1, c.Cut)*(8*c.Cut+int64(i)), min(1, c.Grow)*(8*c.Grow+int64(i))
			}
		}
		other := in.clone()
		to := r.Perm(len(in.curves))
		for i, at := range to {
			other.curves[at], other.sets[at] = in.curves[i], in.sets[i]
		}
		x, y := solve(t, in.problem()).Units, solve(t, other.problem()).Units
		for i, at := range to {
			if d := x[i] - y[at]; d < -1 || d > 1 || (distinct && d != 0) {
				t.Fatalf("%+v: claim %d gets %d, and %d as claim %d", in, i, x[i], y[at], at)
			}
		}
	})
}

func TestTheScaleOfWeightsDoesNotMatter(t *testing.T) {
	each(t, 6, 2000, func(t *testing.T, r *rand.Rand, of kind) {
		in := random(r, of)
		other := in.clone()
		cut, grow := 1+r.Int64N(1<<40), 1+r.Int64N(1<<40)
		for i := range other.curves {
			other.curves[i].Cut *= cut
			other.curves[i].Grow *= grow
		}
		if x, y := solve(t, in.problem()).Units, solve(t, other.problem()).Units; !slices.Equal(x, y) {
			t.Fatalf("%+v × %d, %d: %v and %v", in, cut, grow, x, y)
		}
	})
}

// Splitting: pieces of a claim and of its limits, in proportion to weight (floors are taken off first), get together what the whole got, within a
// unit for each piece.
func TestSplittingIsNeutral(t *testing.T) {
	each(t, 7, 2000, func(t *testing.T, r *rand.Rand, of kind) {
		in := random(r, of)
		whole, pieces := r.IntN(len(in.curves)), []int64{1 + r.Int64N(4), 1 + r.Int64N(4), r.Int64N(2)}
		for k := range in.capacity {
			in.capacity[k] += r.Int64N(20)
		}
		other := in.clone()
		other.curves[whole] = times(in.curves[whole], pieces[0])
		for _, n := range pieces[1:] {
			other.curves, other.sets = append(other.curves, times(in.curves[whole], n)), append(other.sets, in.sets[whole])
		}
		in.curves[whole] = times(in.curves[whole], pieces[0]+pieces[1]+pieces[2])
		x, y := solve(t, in.problem()).Units, solve(t, other.problem()).Units
		together := y[whole]
		for _, v := range y[len(x):] {
			together += v
		}
		if d := x[whole] - together; d < -2-pieces[2] || d > 2+pieces[2] {
			t.Fatalf("%+v: claim %d gets %d, its pieces %v %d", in, whole, x[whole], pieces, together)
		}
	})
}

func times(c waterfill.Curve, n int64) waterfill.Curve {
	return waterfill.Curve{Base: n * c.Base, Lo: n * c.Lo, Hi: n * c.Hi, Cut: n * c.Cut, Grow: n * c.Grow}
}

// What the rule does not promise, each by a least example.
func TestWhatIsNotPromised(t *testing.T) {
	cut := func(base, lo int64) waterfill.Curve { return waterfill.Curve{Base: base, Lo: lo, Hi: base, Cut: base} }
	tests := []struct {
		name          string
		before, after instance
		want, then    []int64
	}{
		{
			"a piece that keeps the whole floor is not neutral: the rest is cut by less than the floor had stopped",
			instance{[]waterfill.Curve{cut(30, 24), cut(30, 0)}, []uint{1, 1}, []int64{36}, []int32{0}},
			instance{[]waterfill.Curve{cut(24, 24), cut(30, 0), cut(6, 0)}, []uint{1, 1, 1}, []int64{36}, []int32{0}},
			[]int64{24, 12},
			[]int64{24, 10, 2},
		},
		{
			"another fund for one claim may help one of the others and cost another",
			instance{[]waterfill.Curve{cut(10, 0), cut(10, 0), cut(10, 0)}, []uint{1, 1, 2}, []int64{10, 10}, []int32{0, 1}},
			instance{[]waterfill.Curve{cut(10, 0), cut(10, 0), cut(10, 0)}, []uint{3, 1, 2}, []int64{10, 10}, []int32{0, 1}},
			[]int64{5, 5, 10},
			[]int64{7, 7, 6},
		},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			if x, y := solve(t, tc.before.problem()).Units, solve(t, tc.after.problem()).Units; !slices.Equal(x, tc.want) || !slices.Equal(y, tc.then) {
				t.Fatalf("got %v and %v, want %v and %v", x, y, tc.want, tc.then)
			}
		})
	}
}
