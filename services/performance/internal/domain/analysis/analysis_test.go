package analysis

import (
	"math"
	"reflect"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
)

const begin = 24_000 // January 2000, where periods are months

// series has a value a period and one target for all.
func series(d Direction, f Frequency, target Target, values ...float64) Series {
	s := Series{Direction: d, Frequency: f}
	for i, v := range values {
		s.Points = append(s.Points, Point{Period: begin + i, Value: v, Revision: 1, Target: target})
	}
	return s
}

// steady is 12 points with mean 10 and mean moving range 2, so with limits 10 ± 5.32, and then more.
func steady(more ...float64) []float64 {
	return append([]float64{9, 11, 9, 11, 9, 11, 9, 11, 9, 11, 9, 11}, more...)
}

func analyze(t testing.TB, s Series, o Options) Result {
	t.Helper()
	r, err := Analyze(s, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func near(t *testing.T, name string, got, want, within float64) {
	t.Helper()
	if math.IsNaN(got) || math.Abs(got-want) > within {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

func TestMovingRanges(t *testing.T) {
	r := analyze(t, series(Increase, Monthly, Target{}, 49.6, 47.6, 49.9, 51.3, 47.8), Options{})
	if c := r.Charted[3]; !c.HasRange || math.Abs(c.Range-1.4) > 1e-9 || r.Charted[0].HasRange {
		t.Errorf("moving ranges start with %+v, then %+v; want none, then 1.4", r.Charted[0], c)
	}
	near(t, "mean moving range", r.Segments[0].MeanRange, (2+2.3+1.4+3.5)/4, 1e-9)
}

func TestBaselineStaysFixed(t *testing.T) {
	short := analyze(t, series(Increase, Yearly, Target{}, steady()...), Options{})
	s := series(Increase, Yearly, Target{}, steady(50, 60, 70, 50, 60, 70, 50, 60, 70)...)
	long := analyze(t, s, Options{})
	if a, b := short.Segments[0], long.Segments[0]; a.Mean != b.Mean || a.Upper != b.Upper || a.Provisional || b.Baseline != 12 || b.Length != 21 {
		t.Errorf("limits moved from %+v to %+v", a, b)
	}
	s.BaselineLength = 14 // mean (10*12+50+60)/14
	near(t, "mean of 14", analyze(t, s, Options{}).Segments[0].Mean, 230.0/14, 1e-9)
}

func TestRebase(t *testing.T) {
	values := append(steady(), 20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22)
	s := series(Increase, Monthly, Target{Value: 15, OK: true}, values...)
	before := analyze(t, s, Options{})
	if before.Assurance != HitOrMiss || before.Variation != Improving || !before.RebaseAdvised {
		t.Errorf("before: %s, %s, advised %v", before.Variation, before.Assurance, before.RebaseAdvised)
	}
	s.Rebases = []Rebase{
		{From: begin - 5, Reason: "outrun before there was a point"},
		{From: begin - 3, Reason: "began"},
		{From: begin + 11, Reason: "a month of training"},
		{From: begin + 12, Reason: "new crew"},
		{From: begin + 99, Reason: "planned"},
	}
	after := analyze(t, s, Options{})
	if len(after.Segments) != 3 || after.Segments[0].Reason != "began" || after.Segments[2].Reason != "new crew" || after.Segments[2].First != 12 {
		t.Fatalf("segments %+v", after.Segments)
	}
	near(t, "mean", after.Segments[2].Mean, 21, 1e-9)
	if after.Variation != CommonCause || after.Assurance != ReliablyMet || after.RebaseAdvised || after.Charted[12].HasRange {
		t.Errorf("after: %s, %s, advised %v", after.Variation, after.Assurance, after.RebaseAdvised)
	}
	s.Rebases = []Rebase{{From: begin + 20, Reason: "late"}}
	if got := analyze(t, s, Options{}); !got.Provisional || got.Segments[1].HasLimits || got.Variation != InsufficientData || got.Assurance != ReliablyMet {
		t.Errorf("four months after: %s, %s; want too few values, all of which meet the target", got.Variation, got.Assurance)
	}
}

func TestBadInputIsListed(t *testing.T) {
	nan := math.NaN()
	s := Series{
		Direction: "UP", Frequency: "DAILY", BaselineLength: 21,
		Points: []Point{
			{Period: 5, Value: nan},
			{Period: 5, Value: math.Inf(1), Revision: -1},
			{Period: -1, Target: Target{Value: nan, OK: true}},
			{Period: 7, Target: Target{Value: nan}}, // no target, so not looked at
		},
		Rebases: []Rebase{{From: 3, Reason: " "}, {From: 3, Reason: "x"}},
	}
	_, err := Analyze(s, Options{RuleSet: "NELSON", Now: -1, ForecastTo: maxPeriod, ForecastTarget: Target{Value: math.Inf(-1), OK: true}})
	f, ok := fault.As(err)
	if !ok || f.Kind != fault.Invalid {
		t.Fatalf("error %v", err)
	}
	var got []string
	for _, v := range f.Violations {
		got = append(got, v.Field)
	}
	want := []string{
		"direction", "frequency", "baseline_length", "points[0].value", "points[1].period", "points[1].value", "points[1].revision",
		"points[2].period", "points[2].period", "points[2].target", "rebases[0].reason", "rebases[1].from", "rule_set", "now",
		"forecast_to", "forecast_target",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("violations of\n%v, want\n%v", got, want)
	}
	upside := series(MaintainRange, Monthly, Target{Value: 2, Upper: 1, OK: true}, 1)
	if _, err := Analyze(upside, Options{}); err == nil {
		t.Error("a range upside down was taken")
	}
}

func TestHugeValues(t *testing.T) {
	const m = math.MaxFloat64
	s := series(Increase, Monthly, Target{Value: m / 2, OK: true}, m, -m, m, -m, m, -m, m, -m, m, -m, m, -m, m)
	r := analyze(t, s, Options{ForecastTo: maxPeriod - 1})
	g := r.Segments[0]
	if g.Upper != m || g.Lower != -m || g.MeanRange != m || math.Abs(g.Mean) > 1e-9*m || r.Assurance != HitOrMiss {
		t.Errorf("%+v, %s; want clamped limits", g, r.Assurance)
	}
	if f := r.Forecast; f == nil || !finite(f.Low) || !finite(f.High) || f.Low > f.High {
		t.Errorf("forecast %+v", f)
	}
}
