package earmark

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"testing"
)

// greedy is the oracle: from the lower limits, give one unit at a time to the claim that comes first, as long as every Hall condition holds.
func (in instance) greedy() ([]int64, bool) {
	x := make([]int64, len(in.curves))
	for i, c := range in.curves {
		x[i] = c.Lo
	}
	at := func(i int) int64 { return x[i] }
	if in.worst(at) > 0 {
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
		if in.worst(at) > 0 {
			x[best]--
			blocked[best] = true // the sets that are full stay full
		}
	}
}

// before orders the units above amounts x of claim i and y of claim j as the rule states it: by the signed rate at which a claim gets the unit,
// its middle over Cut below base and over Grow above it; then the lighter gives up later and the heavier gains first; then the earlier.
func (in instance) before(i int, x int64, j int, y int64) bool {
	a, v := in.at(i, x)
	b, w := in.at(j, y)
	if c := cmp.Compare(a*w, b*v); c != 0 {
		return c < 0
	}
	switch {
	case (a < 0) != (b < 0):
		return a < 0
	case v != w && a < 0:
		return v < w
	case v != w:
		return v > w
	default:
		return i < j
	}
}

func (in instance) at(i int, x int64) (twice, weight int64) {
	c := in.curves[i]
	if x < c.Base {
		return 2*(x-c.Base) + 1, c.Cut
	}
	return 2*(x-c.Base) + 1, c.Grow
}

func TestSolveEqualsTheUnitByUnitGreedy(t *testing.T) {
	for seed, of := range kinds {
		t.Run(string(of), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(seed)))
			solved, short, split := 0, 0, 0
			for trial := range 15_000 {
				in := random(r, of)
				p := in.problem()
				got, err := Solve(context.Background(), p)
				if err != nil {
					t.Fatal(err)
				}
				if want := in.worst(in.lo); totalShort(got) != want {
					t.Fatalf("trial %d: %+v: short %d, want %d", trial, in, totalShort(got), want)
				}
				want, ok := in.greedy()
				if !ok {
					short++
					continue
				}
				if !slices.Equal(got.Units, want) {
					t.Fatalf("trial %d: %+v\n got %v\nwant %v", trial, in, got.Units, want)
				}
				checkPaid(t, p, got)
				solved++
				if len(got.Blocks) > 1 {
					split++
				}
			}
			if solved < 3000 || short < 300 || split < 1500 {
				t.Fatalf("the cases are too narrow: %d solved, %d short, %d split", solved, short, split)
			}
		})
	}
}
