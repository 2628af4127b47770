package domain

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// dimension holds the values of one from January 2027 on; NaN is none.
func dimension(name string, all ...float64) DimensionSeries {
	s := DimensionSeries{Dimension: name}
	for i, v := range all {
		if !math.IsNaN(v) {
			s.Values = append(s.Values, Observation{
				Organization: "o", Cell: Cell{Measure: "m", Period: Monthly.Start(2027*12 + i), Dimension: name}, Value: v, Revision: 1,
			})
		}
	}
	return s
}

// compared writes a part as "name value gap ratio", with - for what is unknown.
func compared(p Part) string {
	value, gap, ratio := "-", "-", "-"
	if p.Value != nil {
		value = fmt.Sprint(p.Value.Value)
	}
	if p.Gap != nil {
		gap = fmt.Sprint(*p.Gap)
	}
	if p.RatioPPM != nil {
		ratio = fmt.Sprint(*p.RatioPPM)
	}
	return strings.Join([]string{p.name(), value, gap, ratio}, " ")
}

func compare(t *testing.T, m Measure, day Date, all ...DimensionSeries) Equity {
	t.Helper()
	e, err := Compare(m, all, day, noon)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestCompare(t *testing.T) {
	none := math.NaN()
	minutes := Measure{Organization: "o", ID: "m", Unit: "minutes", Direction: Decrease, Frequency: Monthly, Dimensions: []Dimension{
		{"north", District, "North"}, {"south", District, ""}, {"east", District, "East"},
	}}
	rising := minutes
	rising.Direction, rising.Dimensions = Increase, nil
	ranged := rising
	ranged.Direction, ranged.Targets = MaintainRange, []Target{{Start: "2027-01-01", End: "2027-12-31", Value: 10, Upper: 20}}
	unranged := ranged
	unranged.Targets = nil
	tests := []struct {
		name    string
		measure Measure
		day     Date
		all     []DimensionSeries
		period  Date
		whole   string
		parts   []string
		spread  any
		unknown int
	}{
		{"nothing", minutes, "", nil, "", "All - - -", []string{"East - - -", "North - - -", "south - - -"}, nil, 3},
		{
			"less is better", minutes, "",
			[]DimensionSeries{dimension("", 8, 8), dimension("north", 9, 10), dimension("other", 8, 8), dimension("south", 7, 6)},
			"2027-02-01", "All 8 - -",
			[]string{"North 10 -2 1250000", "other 8 0 1000000", "south 6 2 750000", "East - - -"},
			4.0, 1,
		},
		{
			"more is better", rising, "",
			[]DimensionSeries{dimension("", 8), dimension("north", 10), dimension("south", 6)},
			"2027-01-01", "All 8 - -",
			[]string{"south 6 -2 750000", "north 10 2 1250000"},
			4.0, 0,
		},
		{
			"nearer to the range is better", ranged, "",
			[]DimensionSeries{dimension("", 22), dimension("a", 8), dimension("b", 15), dimension("c", 20), dimension("d", 25)},
			"2027-01-01", "All 22 - -",
			[]string{"d 25 -3 1136364", "a 8 0 363636", "b 15 2 681818", "c 20 2 909091"},
			5.0, 0,
		},
		{
			"no range", unranged, "",
			[]DimensionSeries{dimension("", 22), dimension("b", 15), dimension("a", 25)},
			"2027-01-01", "All 22 - -",
			[]string{"a 25 - 1136364", "b 15 - 681818"},
			nil, 0,
		},
		{
			"the latest period of any dimension", minutes, "",
			[]DimensionSeries{dimension("", 8, 8, 8), dimension("north", none, 9), dimension("south", 7)},
			"2027-02-01", "All 8 - -",
			[]string{"North 9 -1 1125000", "East - - -", "south - - -"},
			nil, 2,
		},
		{
			"a period asked for", minutes, "2027-01-20",
			[]DimensionSeries{dimension("", 8, 1), dimension("north", 9, 1), dimension("south", 7, 1)},
			"2027-01-01", "All 8 - -",
			[]string{"North 9 -1 1125000", "south 7 1 875000", "East - - -"},
			2.0, 1,
		},
		{"a period without values", minutes, "2030-06-30", []DimensionSeries{dimension("", 8), dimension("north", 9)}, "2030-06-01", "All - - -", []string{"East - - -", "North - - -", "south - - -"}, nil, 3},
		{"no whole", rising, "", []DimensionSeries{dimension("a", 8), dimension("b", 9)}, "2027-01-01", "All - - -", []string{"a 8 - -", "b 9 - -"}, 1.0, 0},
		{"only the whole", rising, "", []DimensionSeries{dimension("", 1, 2)}, "2027-02-01", "All 2 - -", nil, nil, 0},
		{"a whole of nothing", rising, "", []DimensionSeries{dimension("", 0), dimension("a", 1)}, "2027-01-01", "All 0 - -", []string{"a 1 1 -"}, nil, 0},
		{
			"the largest numbers", rising, "",
			[]DimensionSeries{dimension("", math.SmallestNonzeroFloat64), dimension("a", -math.MaxFloat64), dimension("b", math.MaxFloat64)},
			"2027-01-01", "All 5e-324 - -",
			[]string{
				"a -1.7976931348623157e+308 -1.7976931348623157e+308 -4611686018427387904",
				"b 1.7976931348623157e+308 1.7976931348623157e+308 4611686018427387904",
			},
			math.MaxFloat64, 0,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := compare(t, tt.measure, tt.day, tt.all...)
			var parts []string
			for _, p := range e.Parts {
				parts = append(parts, compared(p))
			}
			if e.Period != tt.period || compared(e.Whole) != tt.whole || !reflect.DeepEqual(parts, tt.parts) || e.Unknown != tt.unknown {
				t.Errorf("in %q %s beside %q, %d unknown; want in %q %s beside %q, %d unknown",
					e.Period, compared(e.Whole), parts, e.Unknown, tt.period, tt.whole, tt.parts, tt.unknown)
			}
			if tt.spread == nil && e.Spread != nil || tt.spread != nil && (e.Spread == nil || *e.Spread != tt.spread) {
				t.Errorf("spread %v, want %v", e.Spread, tt.spread)
			}
		})
	}
}

func TestVerdictsOfDimensions(t *testing.T) {
	level := []float64{9, 11, 9, 11, 9, 11, 9, 11, 9, 11, 9, 11, 10} // limits about 10 ± 5.3
	worse := slices.Concat(level[:12], []float64{16})
	m := Measure{
		Organization: "o", ID: "m", Unit: "minutes", Direction: Decrease, Frequency: Monthly,
		Targets:    []Target{{Start: "2027-01-01", End: "2028-12-31", Value: 16}},
		Dimensions: []Dimension{{"late", Group, "Late ones"}},
	}
	e := compare(t, m, "", dimension("", level...), dimension("north", worse...), dimension("few", worse[10:]...), dimension("late", level[:12]...))
	if w := e.Whole; w.Variation != analysis.CommonCause || w.Assurance != analysis.ReliablyMet || w.Status != analysis.StatusOnTrack || w.Provisional {
		t.Errorf("whole %+v", w)
	}
	north := e.Parts[0]
	if north.Variation != analysis.Concerning || north.Assurance != analysis.ReliablyMet || north.Status != analysis.StatusWatch || north.Provisional {
		t.Errorf("north %+v", north)
	}
	late := e.Parts[1]
	if late.Value != nil || late.Variation != analysis.InsufficientData || late.Assurance != analysis.NoTarget || late.Status != analysis.StatusUnknown {
		t.Errorf("a dimension without a value of the period has verdicts: %+v", late)
	}
	want := []string{
		"north is worst: by 6 minutes worse than the whole.",
		"CONCERNING in north, though COMMON_CAUSE for the whole.",
		"No value in the month from 2028-01-01: Late ones.",
	}
	if !reflect.DeepEqual(e.Findings, want) {
		t.Errorf("findings %q, want %q", e.Findings, want)
	}
	// In the year before, no later value is known, not even to the verdicts.
	if before := compare(t, m, "2027-12-31", dimension("", level...), dimension("north", worse...)); before.Parts[0].Variation != analysis.CommonCause {
		t.Errorf("the verdict of December knows January: %+v", before.Parts[0])
	}
	if few := compare(t, m, "2027-03-31", dimension("", level...), dimension("few", worse[10:]...)).Parts[0]; !few.Provisional || few.Status != analysis.StatusUnknown && few.Variation == "" {
		t.Errorf("three values are not provisional: %+v", few)
	}
}

func TestFindings(t *testing.T) {
	m := Measure{Organization: "o", ID: "m", Unit: "days", Direction: Increase, Frequency: Quarterly}
	for i := range 14 {
		m.Dimensions = append(m.Dimensions, Dimension{Dimension: fmt.Sprintf("d%02d", i), Kind: District})
	}
	ranged := m
	ranged.Direction, ranged.Dimensions = MaintainRange, nil
	for _, tt := range []struct {
		name    string
		measure Measure
		all     []DimensionSeries
		want    []string
	}{
		{"nothing", m, nil, []string{"No value is known."}},
		{"no whole, many unknown", m, []DimensionSeries{dimension("d00", 1.0/3), dimension("d01", 2)}, []string{
			"The whole has no value in the quarter from 2027-01-01, so its parts can only be held against each other.",
			"1.6667 days lie between d00, the worst, and d01, the best.",
			"No value in the quarter from 2027-01-01: d02, d03, d04, d05, d06, d07, d08, d09, d10, d11, d12, d13.",
			"Fewer than 12 values, so verdicts are provisional: d00, d01.",
		}},
		{"all equal", m, []DimensionSeries{dimension("", 1), dimension("d00", 1)}, []string{
			"No value in the quarter from 2027-01-01: d01, d02, d03, d04, d05, d06, d07, d08, d09, d10, d11, d12 and 1 more.",
			"Fewer than 12 values, so verdicts are provisional: d00.",
		}},
		{"no range", ranged, []DimensionSeries{dimension("", 1), dimension("a", 2)}, []string{
			"The quarter from 2027-01-01 has no target range, so no value in it is better than another.",
			"Fewer than 12 values, so verdicts are provisional: a.",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := compare(t, tt.measure, "", tt.all...).Findings; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestFigures(t *testing.T) {
	for f, want := range map[float64]string{
		0: "0", 1.0 / 3: "0.3333", 125_825: "125825", 1_000_000.5: "1000000.5", -0.5: "-0.5", 0.1 + 0.2: "0.3", 0.00012345: "0.0001234", 1e300: "1e+300",
	} {
		if got := figure(f); got != want {
			t.Errorf("%v is %s, want %s", f, got, want)
		}
	}
}

// Turning values and direction round changes neither order, gaps nor spread; nor does the order in which dimensions come.
func TestEquityMirrors(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Measure{Organization: "o", ID: "m", Direction: Increase, Frequency: Monthly}
		all := []DimensionSeries{dimension("", whole(t, "whole"))}
		for i := range rapid.IntRange(0, 8).Draw(t, "dimensions") {
			all = append(all, dimension(fmt.Sprint("d", i), whole(t, "value")))
		}
		was, err := Compare(m, all, "", noon)
		turned := make([]DimensionSeries, len(all))
		for i, s := range rapid.Permutation(all).Draw(t, "order") {
			turned[i] = dimension(s.Dimension, -s.Values[0].Value)
		}
		m.Direction = Decrease
		is, err2 := Compare(m, turned, "", noon)
		if err != nil || err2 != nil || len(was.Parts) != len(is.Parts) {
			t.Fatalf("%v, %v", err, err2)
		}
		for i, p := range was.Parts {
			if q := is.Parts[i]; p.name() != q.name() || *p.Gap != *q.Gap {
				t.Errorf("%s by %v became %s by %v", p.name(), *p.Gap, q.name(), *q.Gap)
			}
			if i > 0 && *p.Gap < *was.Parts[i-1].Gap {
				t.Errorf("%s is worse than the one before it", p.name())
			}
		}
	})
}
