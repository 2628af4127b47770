package analysis

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// said is all of a result that does not depend on the unit or the zero of the values.
type said struct {
	Variation  Variation
	Assurance  Assurance
	Status     Status
	Basis      Basis
	Advised    bool
	Provision  bool
	Signals    []Signal
	Seasonal   []bool
	Outlook    Outlook
	Score      int
	FindingsOf []FindingKind
}

func words(r Result) string {
	s := said{
		Variation: r.Variation, Assurance: r.Assurance, Status: r.Status, Basis: r.Basis, Advised: r.RebaseAdvised,
		Provision: r.Provisional, Signals: r.Signals, Score: r.Quality.Score,
	}
	for _, g := range r.Segments {
		s.Seasonal = append(s.Seasonal, g.Seasonal)
	}
	for _, f := range r.Quality.Findings {
		s.FindingsOf = append(s.FindingsOf, f.Kind)
	}
	if r.Forecast != nil {
		s.Outlook = r.Forecast.Outlook
	}
	return fmt.Sprintf("%+v", s)
}

func TestShiftingAndScalingChangeNoVerdict(t *testing.T) {
	forBothRuleSets(t, func(t *rapid.T, set RuleSet, c *tally) {
		s, o := draw(t, set)
		by := float64(rapid.IntRange(-1000, 1000).Draw(t, "shift"))
		times := rapid.SampledFrom([]float64{0.001, 0.1, 1, 3, 1e9, 1e300}).Draw(t, "scale")
		moved, mo := change(s, o, func(f float64) float64 { return (f + by) * times })
		was, err := Analyze(s, o)
		is, err2 := Analyze(moved, mo)
		if err != nil || err2 != nil || words(was) != words(is) {
			t.Fatalf("%s, %v became\n%s, %v", words(was), err, words(is), err2)
		}
		c.add(was)
	})
}

func TestReversedDecreaseMirrorsIncrease(t *testing.T) {
	opposite := map[Direction]Direction{Increase: Decrease, Decrease: Increase, MaintainRange: MaintainRange}
	mirror := map[Side]Side{High: Low, Low: High}
	forBothRuleSets(t, func(t *rapid.T, set RuleSet, c *tally) {
		s, o := draw(t, set)
		turned, to := change(s, o, func(f float64) float64 { return -f })
		turned.Direction = opposite[s.Direction]
		if s.Direction == MaintainRange {
			for i := range turned.Points {
				turned.Points[i].Target = swap(turned.Points[i].Target)
			}
			to.ForecastTarget = swap(to.ForecastTarget)
		}
		was, err := Analyze(s, o)
		is, err2 := Analyze(turned, to)
		for i := range is.Signals {
			is.Signals[i].Side = mirror[is.Signals[i].Side]
		}
		byRule := func(r Result) map[string]int { // two near-limit signals of a kind may change places
			count := map[string]int{}
			for _, g := range r.Signals {
				count[fmt.Sprintf("%+v", g)]++
			}
			return count
		}
		if fmt.Sprint(byRule(was)) != fmt.Sprint(byRule(is)) {
			t.Fatalf("signals %v became %v", was.Signals, is.Signals)
		}
		c.add(was)
		was.Signals, is.Signals = nil, nil
		if err != nil || err2 != nil || words(was) != words(is) {
			t.Fatalf("%s, %v became\n%s, %v", words(was), err, words(is), err2)
		}
	})
}

func swap(t Target) Target { return Target{Value: t.Upper, Upper: t.Value, OK: t.OK} }

// A charted value that comes twice in a row neither extends nor breaks a trend, wherever it does. In a seasonal series, what
// is charted are differences from the year before, so the series is made from them.
func TestEqualValuesNeitherExtendNorBreakTrends(t *testing.T) {
	forBothRuleSets(t, func(t *rapid.T, set RuleSet, c *tally) {
		var charted []float64
		level, up := 0.0, 1-2*rapid.IntRange(0, 1).Draw(t, "falling")
		for _, step := range rapid.SliceOfN(rapid.SampledFrom([]int{-1, 0, 1, 1, 1, 2}), 12, 36).Draw(t, "steps") {
			level += float64(up * step)
			charted = append(charted, level)
		}
		seasonal := rapid.IntRange(0, 2).Draw(t, "seasonal") == 0
		at := rapid.IntRange(0, len(charted)-1).Draw(t, "repeated")
		rebased := rapid.SampledFrom([]int{0, rapid.IntRange(1, len(charted)-1).Draw(t, "from")}).Draw(t, "rebased")
		repeated := append(append([]float64{}, charted[:at+1]...), charted[at:]...)
		moved := rebased
		if at < rebased {
			moved++ // the re-basing stays before the same value
		}
		was, wasTrends := trends(t, set, charted, rebased, seasonal)
		is, isTrends := trends(t, set, repeated, moved, seasonal)
		if seasonal && (!was.Segments[0].Seasonal || !is.Segments[0].Seasonal) {
			return // a re-basing left too little to see the season in
		}
		if fmt.Sprint(wasTrends) != fmt.Sprint(isTrends) {
			t.Fatalf("%v became %v", wasTrends, isTrends)
		}
		if set == Wheeler1 && wasTrends != nil {
			t.Fatalf("%s knows no trends, but found %v", set, wasTrends)
		}
		c.add(was)
	})
}

// trends are those in a series that is charted as told, by what is charted at their ends.
func trends(t *rapid.T, set RuleSet, charted []float64, rebased int, seasonal bool) (Result, []string) {
	values, f := charted, Yearly
	if seasonal {
		f = Quarterly
		values = []float64{0, 1e6, 3e6, 2e6}
		for i, d := range charted {
			values = append(values, values[i]+d)
		}
	}
	s := series(Increase, f, Target{}, values...)
	if rebased > 0 && !seasonal {
		s.Rebases = []Rebase{{From: begin + rebased, Reason: "changed"}}
	} else if rebased > 0 { // the second segment is seasonal, too, and charts from its second year on
		again := series(Increase, f, Target{}, values...).Points
		for i := range again {
			again[i].Period += len(values)
		}
		s.Points = append(s.Points, again...)
		s.Rebases = []Rebase{{From: begin + len(values), Reason: "changed"}}
	}
	r, err := Analyze(s, Options{RuleSet: set})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, g := range r.Signals {
		if g.Rule == Trend {
			out = append(out, fmt.Sprint(g.Segment, g.Side, g.Current, r.Charted[g.First].Value, r.Charted[g.Last].Value))
		}
	}
	return r, out
}

// An in-limits point removes no earlier signal. Two answers must be there already, as they are from some length on and for
// ever: the limits of the latest segment, which are provisional until its baseline is full, and whether it is seasonal.
// Signals of earlier segments, and trends, stay even without limits.
func TestAnInLimitsPointRemovesNoEarlierSignal(t *testing.T) {
	forBothRuleSets(t, func(t *rapid.T, set RuleSet, c *tally) {
		s, o := draw(t, set)
		was, err := Analyze(s, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Points) == 0 {
			return
		}
		latest := len(was.Segments) - 1
		g := was.Segments[latest]
		next := Point{Period: s.Points[len(s.Points)-1].Period + 1, Target: s.Points[len(s.Points)-1].Target}
		next.Value = g.Lower + (g.Upper-g.Lower)*rapid.Float64Range(0, 1).Draw(t, "in limits")
		for _, p := range s.Points[g.First:] {
			if g.Seasonal && p.Period == next.Period-s.Frequency.Year() {
				next.Value += p.Value
			}
		}
		for len(s.Rebases) > 0 && s.Rebases[len(s.Rebases)-1].From >= next.Period {
			s.Rebases = s.Rebases[:len(s.Rebases)-1] // which would begin another segment with the point
		}
		s.Points = append(s.Points, next)
		is, err := Analyze(s, o)
		if err != nil {
			t.Fatal(err)
		}
		fixed := g.Length >= s.BaselineLength && is.Segments[latest].Seasonal == g.Seasonal
		for _, g := range was.Signals {
			if g.Segment == latest && !fixed && (g.Rule != Trend || is.Segments[latest].Seasonal != was.Segments[latest].Seasonal) {
				continue
			}
			kept := false
			for _, h := range is.Signals {
				kept = kept || h.Rule == g.Rule && h.Side == g.Side && h.First <= g.First && h.Last >= g.Last
			}
			if !kept {
				t.Fatalf("%+v is gone from %+v", g, is.Signals)
			}
		}
		if fixed || latest > 0 {
			c.add(was)
		}
	})
}
