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

// draw makes a series of whole numbers with levels, seasons, gaps, revisions, targets and re-basings, and options to go
// with it.
func draw(t *rapid.T) (Series, Options) {
	s := Series{
		Direction:      rapid.SampledFrom([]Direction{Increase, Decrease, MaintainRange}).Draw(t, "direction"),
		Frequency:      rapid.SampledFrom([]Frequency{Monthly, Quarterly, Yearly}).Draw(t, "frequency"),
		BaselineLength: rapid.IntRange(FullLength, LongestBase).Draw(t, "baseline"),
	}
	n := rapid.IntRange(0, 48).Draw(t, "length")
	height := rapid.SampledFrom([]int{0, 0, 40}).Draw(t, "season")
	noise := rapid.SampledFrom([]int{1, 3, 30}).Draw(t, "noise")
	slope := rapid.IntRange(-2, 2).Draw(t, "slope")
	gaps := rapid.SampledFrom([]int{0, 0, 2}).Draw(t, "gaps")
	target := drawTarget(t, s.Direction)
	period := begin
	for i := range n {
		v := rapid.IntRange(-noise, noise).Draw(t, "value") + slope*i/2 + height*(i%s.Frequency.Year()%5)
		s.Points = append(s.Points, Point{Period: period, Value: float64(v), Revision: rapid.Int64Range(0, 2).Draw(t, "revision"), Target: target})
		period += 1 + rapid.IntRange(0, gaps).Draw(t, "gap")
	}
	if rapid.Bool().Draw(t, "rebased") {
		s.Rebases = []Rebase{{From: rapid.IntRange(begin-1, period+1).Draw(t, "from"), Reason: "changed"}}
	}
	return s, Options{
		RuleSet: rapid.SampledFrom([]RuleSet{NHS1, Wheeler1}).Draw(t, "rules"),
		Now:     period + 2, ForecastTo: period + rapid.IntRange(0, 20).Draw(t, "ahead"), ForecastTarget: drawTarget(t, s.Direction),
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

func TestShiftingAndScalingChangeNoVerdict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, o := draw(t)
		by := float64(rapid.IntRange(-1000, 1000).Draw(t, "shift"))
		times := rapid.SampledFrom([]float64{0.001, 0.1, 1, 3, 1e9, 1e300}).Draw(t, "scale")
		moved, mo := change(s, o, func(f float64) float64 { return (f + by) * times })
		was, err := Analyze(s, o)
		is, err2 := Analyze(moved, mo)
		if err != nil || err2 != nil || words(was) != words(is) {
			t.Fatalf("%s, %v became\n%s, %v", words(was), err, words(is), err2)
		}
	})
}

func TestReversedDecreaseMirrorsIncrease(t *testing.T) {
	opposite := map[Direction]Direction{Increase: Decrease, Decrease: Increase, MaintainRange: MaintainRange}
	mirror := map[Side]Side{High: Low, Low: High}
	rapid.Check(t, func(t *rapid.T) {
		s, o := draw(t)
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
		was.Signals, is.Signals = nil, nil
		if err != nil || err2 != nil || words(was) != words(is) {
			t.Fatalf("%s, %v became\n%s, %v", words(was), err, words(is), err2)
		}
	})
}

func swap(t Target) Target { return Target{Value: t.Upper, Upper: t.Value, OK: t.OK} }

func TestEqualValuesNeitherExtendNorBreakTrends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(-1, 3), 8, 30).Draw(t, "steps")
		values, level := steady(), 11.0
		for _, step := range steps {
			level += float64(step)
			values = append(values, level)
		}
		at := rapid.IntRange(FullLength, len(values)-1).Draw(t, "repeated")
		repeated := append(append([]float64{}, values[:at+1]...), values[at:]...)
		trends := func(v []float64) (out []string) {
			r, err := Analyze(series(Increase, Yearly, Target{}, v...), Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, g := range r.Signals {
				if g.Rule == Trend {
					out = append(out, fmt.Sprint(g.Side, g.Current, v[g.First], v[g.Last]))
				}
			}
			return out
		}
		if was, is := trends(values), trends(repeated); fmt.Sprint(was) != fmt.Sprint(is) {
			t.Fatalf("%v became %v", was, is)
		}
	})
}

func TestAnInLimitsPointRemovesNoEarlierSignal(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, o := draw(t)
		s.Rebases = nil
		was, err := Analyze(s, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(s.Points) < s.BaselineLength || s.Frequency != Yearly && len(s.Points) < 36 {
			return // the baseline, or the answer whether there is a season, is not fixed yet
		}
		g := was.Segments[0]
		in := g.Lower + (g.Upper-g.Lower)*rapid.Float64Range(0, 1).Draw(t, "in limits")
		last := s.Points[len(s.Points)-1]
		next := Point{Period: last.Period + 1, Value: in, Target: last.Target}
		if g.Seasonal {
			for _, p := range s.Points {
				if p.Period == next.Period-s.Frequency.Year() {
					next.Value += p.Value
				}
			}
		}
		s.Points = append(s.Points, next)
		is, err := Analyze(s, o)
		if err != nil {
			t.Fatal(err)
		}
		for _, g := range was.Signals {
			kept := false
			for _, h := range is.Signals {
				kept = kept || h.Rule == g.Rule && h.Side == g.Side && h.First <= g.First && h.Last >= g.Last
			}
			if is.Segments[0].Seasonal == was.Segments[0].Seasonal && !kept {
				t.Fatalf("%+v is gone from %+v", g, is.Signals)
			}
		}
	})
}
