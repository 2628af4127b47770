package analysis

import (
	"testing"

	"pgregory.net/rapid"
)

// Cases of each property and rule set, and how many of them are seasonal, or have more than one segment, at the least.
const (
	cases     = 2000
	someCases = 300
)

// tally counts what a property was tried on.
type tally struct{ cases, seasonal, segments int }

func (c *tally) add(r Result) {
	c.cases++
	if len(r.Segments) > 1 {
		c.segments++
	}
	for _, s := range r.Segments {
		if s.Seasonal {
			c.seasonal++
			return
		}
	}
}

// forBothRuleSets tries a property, which tallies the cases that it is about, until it was tried often enough.
func forBothRuleSets(t *testing.T, property func(t *rapid.T, set RuleSet, c *tally)) {
	t.Helper()
	for _, set := range []RuleSet{NHS1, Wheeler1} {
		t.Run(string(set), func(t *testing.T) {
			var c tally
			for c.cases < cases {
				rapid.Check(t, func(t *rapid.T) { property(t, set, &c) })
			}
			if c.seasonal < someCases || c.segments < someCases {
				t.Errorf("of %d cases, %d were seasonal and %d had several segments", c.cases, c.seasonal, c.segments)
			}
		})
	}
}

// draw makes a series of whole numbers with levels, seasons, gaps, revisions, targets and re-basings, and options to go
// with it.
func draw(t *rapid.T, set RuleSet) (Series, Options) {
	s := Series{
		Direction:      rapid.SampledFrom([]Direction{Increase, Decrease, MaintainRange}).Draw(t, "direction"),
		BaselineLength: rapid.IntRange(FullLength, LongestBase).Draw(t, "baseline"),
	}
	var n, height, gaps int
	if rapid.IntRange(0, 2).Draw(t, "kind") == 0 { // seasonal, most likely
		s.Frequency = rapid.SampledFrom([]Frequency{Quarterly, Quarterly, Monthly}).Draw(t, "frequency")
		n, height = s.Frequency.Year()*2+rapid.IntRange(8, 28).Draw(t, "length"), 200
	} else {
		s.Frequency = rapid.SampledFrom([]Frequency{Monthly, Quarterly, Yearly}).Draw(t, "frequency")
		n, gaps = rapid.IntRange(0, 44).Draw(t, "length"), rapid.SampledFrom([]int{0, 0, 2}).Draw(t, "gaps")
		height = rapid.SampledFrom([]int{0, 0, 40}).Draw(t, "season")
	}
	noise := rapid.SampledFrom([]int{1, 3, 30}).Draw(t, "noise")
	slope := rapid.IntRange(-2, 2).Draw(t, "slope")
	target := drawTarget(t, s.Direction)
	period := begin
	for i := range n {
		v := rapid.IntRange(-noise, noise).Draw(t, "value") + slope*i/2 + height*(i%s.Frequency.Year()%5)
		s.Points = append(s.Points, Point{Period: period, Value: float64(v), Revision: int64(i % 3), Target: target})
		period += 1 + rapid.IntRange(0, gaps).Draw(t, "gap")
	}
	from := begin - 1
	for range rapid.SampledFrom([]int{0, 0, 1, 1, 2, 3}).Draw(t, "re-basings") {
		from += rapid.IntRange(1, max(1, period-begin)).Draw(t, "from")
		s.Rebases = append(s.Rebases, Rebase{From: from, Reason: "changed"})
	}
	return s, Options{
		RuleSet: set, Now: period + 2, ForecastTo: period + rapid.IntRange(0, 20).Draw(t, "ahead"), ForecastTarget: drawTarget(t, s.Direction),
	}
}

func drawTarget(t *rapid.T, d Direction) Target {
	target := Target{Value: float64(rapid.IntRange(-30, 60).Draw(t, "target")), OK: rapid.IntRange(0, 4).Draw(t, "has target") > 0}
	if d == MaintainRange {
		target.Upper = target.Value + float64(rapid.IntRange(0, 30).Draw(t, "width"))
	}
	return target
}

// change applies a function to all values and targets of copies.
func change(s Series, o Options, f func(float64) float64) (Series, Options) {
	of := func(t Target) Target {
		t.Value, t.Upper = f(t.Value), f(t.Upper)
		return t
	}
	points := make([]Point, len(s.Points))
	for i, p := range s.Points {
		p.Value, p.Target = f(p.Value), of(p.Target)
		points[i] = p
	}
	s.Points, o.ForecastTarget = points, of(o.ForecastTarget)
	return s, o
}
