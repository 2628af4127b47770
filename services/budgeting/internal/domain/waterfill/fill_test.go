package waterfill

import (
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// randomCurves makes n claims; weights are small for many ties, or up to 2^54.
func randomCurves(r *rand.Rand, n int) []Curve {
	weight := []int64{3, 1000, 1 << 54}[r.IntN(3)]
	curves := make([]Curve, n)
	for i := range curves {
		c := &curves[i]
		c.Base = r.Int64N(30)
		c.Lo = r.Int64N(c.Base + 3)
		c.Hi = c.Lo + r.Int64N(25)
		c.Cut, c.Grow = r.Int64N(weight), r.Int64N(weight)
		if c.Cut == 0 {
			c.Lo = max(c.Lo, min(c.Base, c.Hi))
		}
		if c.Grow == 0 {
			c.Hi = min(c.Hi, max(c.Base, c.Lo))
		}
	}
	return curves
}

func all(n int) []int32 {
	idx := make([]int32, n)
	for i := range idx {
		idx[i] = int32(i)
	}
	return idx
}

func bounds(curves []Curve) (least, most int64) {
	for _, c := range curves {
		least += c.Lo
		most += c.Hi
	}
	return least, most
}

func TestFillIsWebsterRoundingAtOneRate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var f Filler
	for range 20_000 {
		curves := randomCurves(r, 1+r.IntN(9))
		least, most := bounds(curves)
		target := least + r.Int64N(most-least+1)
		x := make([]int64, len(curves))
		rate := f.Fill(curves, all(len(curves)), target, x)
		var sum int64
		for i, c := range curves {
			sum += x[i]
			if x[i] < c.Lo || x[i] > c.Hi {
				t.Fatalf("%+v gets %d", c, x[i])
			}
			if !agrees(curves, i, x[i], rate) {
				t.Fatalf("claim %d of %+v gets %d, not its rounded share at %+v", i, curves, x[i], rate)
			}
		}
		if sum != target {
			t.Fatalf("%+v: shared %d of %d", curves, sum, target)
		}
	}
}

// agrees says whether x lies within half a unit of the response at the rate, or at the bound that stops it.
func agrees(curves []Curve, i int, x int64, rate Rate) bool {
	c := curves[i]
	weight := c.Grow
	if rate.Direction == Shortage {
		weight = c.Cut
	}
	response := big.NewRat(c.Base, 1)
	if rate.Last.Claim >= 0 {
		critical := curves[rate.Last.Claim].Grow
		if rate.Direction == Shortage {
			critical = curves[rate.Last.Claim].Cut
		}
		change := big.NewRat(2*rate.Last.N-1, 2)
		change.Mul(change, new(big.Rat).SetFrac64(weight, critical))
		if rate.Direction == Shortage {
			change.Neg(change)
		}
		response.Add(response, change)
	}
	gap := new(big.Rat).Sub(big.NewRat(x, 1), response)
	half := big.NewRat(1, 2)
	tooLow, tooHigh := gap.Cmp(new(big.Rat).Neg(half)) < 0, gap.Cmp(half) > 0
	return (!tooLow || x == c.Hi) && (!tooHigh || x == c.Lo)
}

func TestOneMoreUnitTakesFromNobody(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 1))
	var f Filler
	for range 5000 {
		curves := randomCurves(r, 1+r.IntN(9))
		least, most := bounds(curves)
		if least == most {
			continue
		}
		target := least + r.Int64N(most-least)
		x, y := make([]int64, len(curves)), make([]int64, len(curves))
		f.Fill(curves, all(len(curves)), target, x)
		f.Fill(curves, all(len(curves)), target+1, y)
		gained := -1
		for i := range x {
			if y[i] < x[i] || y[i] > x[i]+1 {
				t.Fatalf("%+v: one unit more moves claim %d from %d to %d", curves, i, x[i], y[i])
			}
			if y[i] > x[i] {
				gained = i
			}
		}
		for i := range curves { // the unit went to the claim that First names
			if i != gained && x[i] < curves[i].Hi && First(curves, int32(i), x[i], int32(gained), x[gained]) {
				t.Fatalf("%+v: claim %d got the unit that was due to %d at %v", curves, gained, i, x)
			}
		}
	}
}

func TestTheScaleOfWeightsAndTheOrderOfClaimsDoNotMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	var f Filler
	for range 3000 {
		curves := randomCurves(r, 1+r.IntN(9))
		scaled := slices.Clone(curves)
		for i := range scaled {
			scaled[i].Cut *= 7
			scaled[i].Grow *= 3
		}
		least, most := bounds(curves)
		target := least + r.Int64N(most-least+1)
		x, y := make([]int64, len(curves)), make([]int64, len(curves))
		f.Fill(curves, all(len(curves)), target, x)
		idx := all(len(curves))
		r.Shuffle(len(idx), func(i, j int) { idx[i], idx[j] = idx[j], idx[i] })
		f.Fill(scaled, idx, target, y)
		if !slices.Equal(x, y) {
			t.Fatalf("%+v: %v and %v", curves, x, y)
		}
	}
}

func TestTiesGoByWeightThenIndex(t *testing.T) {
	tests := []struct {
		name   string
		curves []Curve
		target int64
		want   []int64
	}{
		{"equal weights share a shortage: the later gives first", []Curve{{Base: 5, Hi: 5, Cut: 1, Grow: 1}, {Base: 5, Hi: 5, Cut: 1, Grow: 1}}, 9, []int64{5, 4}},
		{"equal weights share growth: the earlier gains first", []Curve{{Base: 5, Hi: 9, Cut: 1, Grow: 1}, {Base: 5, Hi: 9, Cut: 1, Grow: 1}}, 11, []int64{6, 5}},
		{"at one rate the heavier gives first", []Curve{{Base: 9, Hi: 9, Cut: 1}, {Base: 9, Hi: 9, Cut: 3}}, 16, []int64{9, 7}},
		{"at one rate the heavier gains first", []Curve{{Hi: 9, Grow: 1}, {Hi: 9, Grow: 3}}, 2, []int64{0, 2}},
		{"zero-based: amounts follow weight", []Curve{{Hi: 100, Grow: 1}, {Hi: 100, Grow: 2}, {Hi: 100, Grow: 7}}, 20, []int64{2, 4, 14}},
		{"a floor and a cap bind", []Curve{{Lo: 8, Hi: 100, Grow: 1}, {Hi: 3, Grow: 2}, {Hi: 100, Grow: 7}}, 20, []int64{8, 3, 9}},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			var f Filler
			x := make([]int64, len(tc.curves))
			f.Fill(tc.curves, all(len(x)), tc.target, x)
			if !slices.Equal(x, tc.want) {
				t.Fatalf("got %v, want %v", x, tc.want)
			}
		})
	}
}

func BenchmarkFill(b *testing.B) {
	r := rand.New(rand.NewPCG(4, 1))
	curves := make([]Curve, 3000)
	var base int64
	for i := range curves {
		w := 1 + r.Int64N(1<<40)
		curves[i] = Curve{Base: 10_000 + r.Int64N(1_000_000), Cut: w, Grow: w}
		curves[i].Lo, curves[i].Hi = curves[i].Base*8/10, curves[i].Base
		base += curves[i].Base
	}
	x := make([]int64, len(curves))
	idx := all(len(curves))
	var f Filler
	b.ReportAllocs()
	for b.Loop() {
		f.Fill(curves, idx, base*93/100, x)
	}
}
