package analysis

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/throughline/throughline/services/platform/fault"
)

// bits are numbers as their bytes.
func bits(numbers ...float64) []byte {
	var b []byte
	for _, f := range numbers {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(f))
	}
	return b
}

func FuzzAnalyze(f *testing.F) {
	f.Add(bits(steady(16, 4)...), uint8(0), 10.0, 12.0, uint16(3), uint16(9))
	f.Add(bits(wave(months, 60)...), uint8(4), 10.0, 12.0, uint16(0), uint16(40))
	f.Add(bits(math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64, 0, 1, math.SmallestNonzeroFloat64), uint8(8), -math.MaxFloat64, math.MaxFloat64, uint16(9), uint16(65535))
	f.Add(bits(1, math.NaN(), math.Inf(1)), uint8(2), math.Inf(-1), 0.0, uint16(0), uint16(0))
	f.Fuzz(func(t *testing.T, data []byte, kind uint8, target, upper float64, rebase, ahead uint16) {
		s := Series{
			Direction: []Direction{Increase, Decrease, MaintainRange}[kind%3],
			Frequency: []Frequency{Monthly, Quarterly, Yearly}[kind/3%3],
		}
		allFinite := finite(target) && (s.Direction != MaintainRange || finite(upper) && upper >= target)
		for i := 0; i+8 <= len(data) && i < 8*100; i += 8 {
			v := math.Float64frombits(binary.LittleEndian.Uint64(data[i:]))
			allFinite = allFinite && finite(v)
			s.Points = append(s.Points, Point{Period: begin + i/8, Value: v, Target: Target{target, upper, true}})
		}
		if rebase > 0 {
			s.Rebases = []Rebase{{From: begin + int(rebase), Reason: "fuzz"}}
		}
		o := Options{RuleSet: []RuleSet{NHS1, Wheeler1}[kind/9%2], Now: begin, ForecastTo: begin + int(ahead), ForecastTarget: Target{target, upper, true}}
		r, err := Analyze(s, o)
		if err != nil {
			if e, ok := fault.As(err); !ok || e.Kind != fault.Invalid || len(e.Violations) == 0 || allFinite {
				t.Fatalf("good: %v, but refused: %v", allFinite, err)
			}
			return
		}
		checkSane(t, s, r)
	})
}

func checkSane(t *testing.T, s Series, r Result) {
	t.Helper()
	var numbers []float64
	for _, g := range r.Segments {
		numbers = append(numbers, g.Mean, g.MeanRange, g.Lower, g.Upper, g.RangeLimit)
		if g.HasLimits && (g.Lower > g.Mean || g.Mean > g.Upper) || g.First > g.Last {
			t.Errorf("limits out of order: %+v", g)
		}
	}
	for _, c := range r.Charted {
		numbers = append(numbers, c.Value, c.Range)
	}
	if f := r.Forecast; f != nil {
		numbers = append(numbers, f.Value, f.Low, f.High, f.Slope, f.SlopeLow, f.SlopeHigh)
		if f.Low > f.High || f.SlopeLow > f.Slope || f.Slope > f.SlopeHigh || f.Coverage < 0 || f.Coverage > 1 {
			t.Errorf("interval out of order: %+v", f)
		}
	}
	for _, n := range numbers {
		if !finite(n) {
			t.Errorf("%v is in %+v", n, r)
		}
	}
	for _, g := range r.Signals {
		if g.First < r.Segments[g.Segment].First || g.Last > r.Segments[g.Segment].Last || g.First > g.Last {
			t.Errorf("%+v leaves its segment", g)
		}
	}
	if len(r.Charted) != len(s.Points) || r.Quality.Score < 0 || r.Quality.Score > 100 || r.Status == "" {
		t.Errorf("%d charted, score %d, status %q", len(r.Charted), r.Quality.Score, r.Status)
	}
}
