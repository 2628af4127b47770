package waterfill

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestChangesOfOneClaimMoveAmountsOneWay: weight, cap and floor of one claim move it and the others against each other.
func TestChangesOfOneClaimMoveAmountsOneWay(t *testing.T) {
	tests := []struct {
		name   string
		change func(c *Curve, by int64)
		up     int64 // where its claim may move
	}{
		{"more weight in growth", func(c *Curve, by int64) { c.Grow += by }, 1},
		{"more weight in a reduction", func(c *Curve, by int64) { c.Cut += by }, -1},
		{"a higher cap", func(c *Curve, by int64) { c.Hi += by }, 1},
		{"a higher floor", func(c *Curve, by int64) { c.Lo += by }, 1},
	}
	var f Filler
	for seed, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, uint64(seed)))
			for range 6000 {
				curves := randomCurves(r, 1+r.IntN(9))
				changed, own := slices.Clone(curves), r.IntN(len(curves))
				tc.change(&changed[own], 1+r.Int64N(5))
				c := changed[own]
				if c.Lo > c.Hi || (c.Grow == 0 && c.Hi > max(c.Base, c.Lo)) || (c.Cut == 0 && c.Lo < min(c.Base, c.Hi)) {
					continue
				}
				least, most := bounds(curves)
				newLeast, newMost := bounds(changed)
				if least, most = max(least, newLeast), min(most, newMost); least > most {
					continue
				}
				target := least + r.Int64N(most-least+1)
				x, y := make([]int64, len(curves)), make([]int64, len(curves))
				f.Fill(curves, all(len(curves)), target, x)
				f.Fill(changed, all(len(curves)), target, y)
				for i := range x {
					up := -tc.up
					if i == own {
						up = tc.up
					}
					if up*(y[i]-x[i]) < 0 {
						t.Fatalf("claim %d changed:\n%+v %v\n%+v %v", own, curves, x, changed, y)
					}
				}
			}
		})
	}
}

// Consistency: any of the claims, with what they got, share it alone in the same way.
func TestAnyOfTheClaimsShareTheSameAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 1))
	var f Filler
	for range 10_000 {
		curves := randomCurves(r, 1+r.IntN(9))
		least, most := bounds(curves)
		x, y := make([]int64, len(curves)), make([]int64, len(curves))
		f.Fill(curves, all(len(curves)), least+r.Int64N(most-least+1), x)
		var some []int32
		var target int64
		for i := range curves {
			if r.IntN(2) == 0 {
				some = append(some, int32(i))
				target += x[i]
			}
		}
		f.Fill(curves, some, target, y)
		for _, i := range some {
			if x[i] != y[i] {
				t.Fatalf("%+v: claim %d gets %d, and %d among %v", curves, i, x[i], y[i], some)
			}
		}
	}
}

// TestTheRateTellsWhatMoved: Last and Next are the units at the edge of what moved, in the order of First.
func TestTheRateTellsWhatMoved(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 1))
	var f Filler
	for range 10_000 {
		curves := randomCurves(r, 1+r.IntN(9))
		least, most := bounds(curves)
		x := make([]int64, len(curves))
		rate := f.Fill(curves, all(len(curves)), least+r.Int64N(most-least+1), x)
		below, above := int32(-1), int32(-1) // claims with the last unit that is there and with the first that is not, of those that may move
		for at := range curves {
			i, c := int32(at), &curves[at]
			has, lacks := x[i] > c.Start(), x[i] < c.Hi
			if rate.Direction == Shortage {
				has, lacks = x[i] > c.Lo, x[i] < c.Start()
			}
			if has && (below < 0 || First(curves, below, x[below]-1, i, x[i]-1)) {
				below = i
			}
			if lacks && (above < 0 || First(curves, i, x[i], above, x[above])) {
				above = i
			}
		}
		want := Rate{Direction: rate.Direction, Last: None, Next: None}
		unit := func(i int32, more int64) Unit {
			if i < 0 {
				return None
			}
			return Unit{i, int64(rate.Direction)*(x[i]-curves[i].Base) + more}
		}
		switch rate.Direction {
		case Growth:
			want.Last, want.Next = unit(below, 0), unit(above, 1)
		case Shortage:
			want.Last, want.Next = unit(above, 0), unit(below, 1)
		case Held:
		}
		if rate != want {
			t.Fatalf("%+v %v: the rate is %+v, want %+v", curves, x, rate, want)
		}
	}
}

// TestSumsUpTo62Bits: with amounts and weights that add up to just below 2^62, every claim still gets its rounded share.
func TestSumsUpTo62Bits(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 1))
	var f Filler
	for range 5000 {
		n := int64(1 + r.IntN(9))
		most := (1<<62 - 1) / n
		curves := make([]Curve, n)
		for i := range curves {
			c := Curve{Base: most - r.Int64N(1+most>>uint(r.IntN(50))), Hi: most - r.Int64N(1+most>>uint(r.IntN(50)))}
			c.Lo, c.Cut, c.Grow = c.Hi-r.Int64N(c.Hi), most-r.Int64N(most), most-r.Int64N(most)
			curves[i] = c
		}
		least, highest := bounds(curves)
		target := least + r.Int64N(highest-least+1)
		x := make([]int64, n)
		rate := f.Fill(curves, all(len(curves)), target, x)
		for i := range x {
			target -= x[i]
			if !agrees(curves, i, x[i], rate) {
				t.Fatalf("claim %d of %+v gets %d, not its rounded share at %+v", i, curves, x[i], rate)
			}
		}
		if target != 0 {
			t.Fatalf("%+v: %d are missing", curves, target)
		}
	}
}
