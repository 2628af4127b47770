package analysis

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// notPrinted stands for what a source leaves out.
var notPrinted = math.NaN()

// published is a worked example. Points are counted from 1, as the sources count them.
type published struct {
	source   string
	values   []float64
	baseline int

	mean, meanRange, lower, upper, rangeLimit float64 // as printed
	digit, rangeDigit                         float64 // half a unit of the last digit printed, or what the source's own rounding allows

	jumps   int                  // moving ranges beyond their limit
	signals map[RuleSet][]string // rule, side, first-last
}

var (
	// D. J. Wheeler, Making Sense of Data, SPC Press 2003, p. 382: data set to use when verifying software. (Its first values are
	// those of W. A. Shewhart's insulation, Economic Control of Quality of Manufactured Product, 1931.)
	verifying = []float64{5045, 4350, 4350, 3975, 4290, 4430, 4485, 4285, 3980, 3925, 3645, 3760, 3300, 3685, 3463, 5200}
	// The same, table 9.1: accident rates of two groups.
	accidentsA = []float64{43, 40, 37, 33, 30, 33, 34, 35, 29, 33, 31, 39}
	accidentsB = []float64{35, 37, 33, 32, 27, 29, 31, 22, 25, 30, 24, 19}
	// The same, table 9.2: accounts receivable in percent of sales in two years.
	receivable = []float64{
		55.6, 54.7, 54.9, 54.8, 56.9, 55.7, 53.8, 54.8, 53.4, 57.0, 59.4, 63.2,
		60.9, 60.7, 58.6, 57.3, 56.9, 58.1, 58.3, 50.9, 53.3, 52.5, 50.8, 52.9,
	}
)

var examples = []published{
	{
		// Wheeler prints 1163.19, with a factor of 3.268; 3.267 makes 1162.83. The last point is outside, and eight on one side
		// are not there, while the seven that NHS England wants are.
		source: "Wheeler, Making Sense of Data, p. 382", values: verifying, baseline: 16,
		mean: 4135.50, meanRange: 355.93, lower: 3188.72, upper: 5082.28, digit: 0.005, rangeLimit: 1163.19, rangeDigit: 0.37, jumps: 1,
		signals: map[RuleSet][]string{
			Wheeler1: {"OUTSIDE_LIMITS HIGH 16-16"},
			NHS1:     {"SHIFT LOW 9-15", "NEAR_LIMIT LOW 13-15", "OUTSIDE_LIMITS HIGH 16-16"},
		},
	},
	{
		// Peak flow rates before medication, days 1 to 18. Wheeler multiplies the rounded mean range, which moves his limits
		// (43.7, 322.5 and 171.3) by up to 0.3. He finds days 9 to 12 nearer the limit than the mean.
		source: "Wheeler, Making Sense of Data, figure 9.9, p. 130", baseline: 18,
		values: []float64{120, 140, 100, 150, 260, 150, 100, 120, 300, 300, 275, 300, 140, 170, 150, 150, 190, 180},
		mean:   183.1, meanRange: 52.4, lower: 43.7, upper: 322.5, digit: 0.2, rangeLimit: 171.3, rangeDigit: 0.3, jumps: 1,
		signals: map[RuleSet][]string{Wheeler1: {"NEAR_LIMIT HIGH 9-12"}, NHS1: {"NEAR_LIMIT HIGH 9-12"}},
	},
	{
		// High school seniors who smoke daily, 1984 to 1997, in percent: Wheeler's run of eight below the central line.
		source: "Wheeler, Making Sense of Data, table 8.1", baseline: 14,
		values: []float64{21.3, 20.2, 20.9, 21.0, 18.8, 19.6, 18.7, 18.6, 18.1, 18.9, 19.2, 18.2, 17.3, 19.0},
		mean:   notPrinted, meanRange: notPrinted, lower: notPrinted, upper: notPrinted, rangeLimit: notPrinted,
		signals: map[RuleSet][]string{
			Wheeler1: {"NEAR_LIMIT HIGH 1-4", "SHIFT LOW 7-14"}, NHS1: {"NEAR_LIMIT HIGH 1-4", "SHIFT LOW 7-14"},
		},
	},
	{
		// Group B held against the limits of group A: its 8th, 9th, 11th and 12th points are outside.
		source: "Wheeler, Making Sense of Data, table 9.1, limits of A", values: append(accidentsA[:12:12], accidentsB...), baseline: 12,
		mean: notPrinted, meanRange: notPrinted, lower: 25.6, upper: 43.9, digit: 0.05, rangeLimit: notPrinted,
		signals: map[RuleSet][]string{
			Wheeler1: {"SHIFT LOW 15-24", "NEAR_LIMIT LOW 17-24", "OUTSIDE_LIMITS LOW 20-21", "OUTSIDE_LIMITS LOW 23-24"},
			NHS1:     {"SHIFT LOW 15-24", "OUTSIDE_LIMITS LOW 20-21", "NEAR_LIMIT LOW 20-24", "OUTSIDE_LIMITS LOW 23-24"},
		},
	},
	{
		// Group A held against the limits of group B: its first two points are outside.
		source: "Wheeler, Making Sense of Data, table 9.1, limits of B", values: append(accidentsB[:12:12], accidentsA...), baseline: 12,
		mean: notPrinted, meanRange: notPrinted, lower: 18.0, upper: 39.3, digit: 0.05, rangeLimit: notPrinted, jumps: 1, // from the last of B to the first of A
		signals: map[RuleSet][]string{
			Wheeler1: {"OUTSIDE_LIMITS HIGH 13-14", "NEAR_LIMIT HIGH 13-15", "SHIFT HIGH 13-24"},
			NHS1:     {"OUTSIDE_LIMITS HIGH 13-14", "NEAR_LIMIT HIGH 13-15", "SHIFT HIGH 13-24"},
		},
	},
	{
		// The second year held against the first: the 12th to 14th points are above 60.68, which he prints as 60.7, the 20th and
		// 23rd are below, and the step to the 20th is beyond the limit of moving ranges.
		source: "Wheeler, Making Sense of Data, table 9.2", values: receivable, baseline: 12,
		mean: notPrinted, meanRange: notPrinted, lower: notPrinted, upper: 60.7, digit: 0.05, rangeLimit: notPrinted, jumps: 1,
		signals: map[RuleSet][]string{
			Wheeler1: {
				"SHIFT HIGH 10-19", "NEAR_LIMIT HIGH 11-15", "OUTSIDE_LIMITS HIGH 12-14", "OUTSIDE_LIMITS LOW 20-20", "NEAR_LIMIT LOW 20-24",
				"OUTSIDE_LIMITS LOW 23-23",
			},
			NHS1: {
				"SHIFT HIGH 10-19", "NEAR_LIMIT HIGH 11-14", "OUTSIDE_LIMITS HIGH 12-14", "OUTSIDE_LIMITS LOW 20-20", "NEAR_LIMIT LOW 20-24",
				"OUTSIDE_LIMITS LOW 23-23",
			},
		},
	},
	{
		// What NHS England's Making Data Count tool makes of a single high point, with no range left out (screen_outliers = FALSE):
		// one special cause.
		source: "NHS-R Community, NHSRplotthedots 0.2, vignette Deviations from Excel defaults, 1", baseline: 18,
		values: []float64{1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1},
		mean:   1.94, meanRange: notPrinted, lower: -3.06, upper: 6.95, digit: 0.005, rangeLimit: notPrinted, jumps: 2,
		signals: map[RuleSet][]string{NHS1: {"OUTSIDE_LIMITS HIGH 5-5"}, Wheeler1: {"OUTSIDE_LIMITS HIGH 5-5"}},
	},
	{
		// The last two points are near a limit, each another: common cause.
		source: "NHS-R Community, NHSRplotthedots 0.2, test of two of three on the same side of the mean", baseline: 16,
		values: []float64{1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 1, -1, 5.5, -5.5},
		mean:   notPrinted, meanRange: notPrinted, lower: notPrinted, upper: notPrinted, rangeLimit: notPrinted, jumps: 1,
		signals: map[RuleSet][]string{NHS1: nil, Wheeler1: nil},
	},
	{
		// Viscosities of 15 batches of aircraft primer paint, in control.
		source: "D. C. Montgomery, Introduction to Statistical Quality Control, 4th edition 2001, example 5-5", baseline: 15,
		values: []float64{33.75, 33.05, 34.00, 33.81, 33.46, 34.02, 33.68, 33.27, 33.49, 33.20, 33.62, 33.00, 33.54, 33.12, 33.84},
		mean:   33.52, meanRange: 0.48, lower: 32.24, upper: 34.80, digit: 0.005, rangeLimit: 1.57, rangeDigit: 0.005,
		signals: map[RuleSet][]string{NHS1: nil, Wheeler1: nil},
	},
	{
		// Flow rates of ten batches, in control. The handbook takes 3/1.128 where 2.66 is used here.
		source: "NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2 Individuals Control Charts", baseline: 12,
		values: []float64{49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1},
		mean:   50.81, meanRange: 1.8778, lower: 45.8159, upper: 55.8041, digit: 0.001, rangeLimit: notPrinted,
		signals: map[RuleSet][]string{NHS1: nil, Wheeler1: nil},
	},
}

// found are the signals as the examples write them.
func found(r Result) []string {
	var all []string
	for _, g := range r.Signals {
		all = append(all, fmt.Sprintf("%s %s %d-%d", g.Rule, g.Side, g.First+1, g.Last+1))
	}
	return all
}

func TestPublishedExamples(t *testing.T) {
	for _, e := range examples {
		t.Run(e.source, func(t *testing.T) {
			for set, want := range e.signals {
				s := series(Increase, Yearly, Target{}, e.values...)
				s.BaselineLength = e.baseline
				r := analyze(t, s, Options{RuleSet: set})
				g := r.Segments[0]
				printed(t, "mean", g.Mean, e.mean, e.digit)
				printed(t, "mean moving range", g.MeanRange, e.meanRange, e.digit)
				printed(t, "lower limit", g.Lower, e.lower, e.digit)
				printed(t, "upper limit", g.Upper, e.upper, e.digit)
				printed(t, "limit of ranges", g.RangeLimit, e.rangeLimit, e.rangeDigit)
				if got := found(r); !reflect.DeepEqual(got, want) {
					t.Errorf("%s finds\n%s\nwant\n%s", set, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
				jumps := 0
				for _, f := range r.Quality.Findings {
					if f.Kind == ExtremeJumps {
						jumps = f.Count
					}
				}
				if jumps != e.jumps {
					t.Errorf("%d moving ranges beyond their limit, want %d", jumps, e.jumps)
				}
				if g.Provisional != (len(e.values) < FullLength) || g.Baseline != min(e.baseline, len(e.values)) {
					t.Errorf("%+v", g)
				}
			}
		})
	}
}

func printed(t *testing.T, name string, got, want, within float64) {
	t.Helper()
	if !math.IsNaN(want) {
		near(t, name, got, want, within)
	}
}

// The vectors that NHS-R Community tests its rules with (NHSRplotthedots 0.2, test-ptd_calculate_point_type.R), where point
// flags are turned into values: 11 and 9 lie on either side of a mean of 10, 14 and 12 lie on the side of the upper limit, the
// first near it. Points are counted from 1 in the vector.
func TestNHSRVectors(t *testing.T) {
	flags := func(of map[int]float64, vector ...int) []float64 {
		values := make([]float64, len(vector))
		for i, f := range vector {
			values[i] = of[f]
		}
		return values
	}
	side := map[int]float64{1: 11, -1: 9}
	nearness := map[int]float64{1: 14, 0: 12}
	up, down := steady()[1:], append(steady(), 9) // such that the vector's first point begins a run
	for _, tt := range []struct {
		name     string
		rule     Rule
		baseline []float64
		vector   []float64
		want     []string
	}{
		{"six on one side", Shift, down, flags(side, 1, 1, 1, 1, 1, 1), nil},
		{"six, and one on the other", Shift, down, flags(side, 1, 1, 1, 1, 1, 1, -1), nil},
		{"eight, and one on the other", Shift, down, flags(side, 1, 1, 1, 1, 1, 1, 1, 1, -1), []string{"SHIFT HIGH 1-8"}},
		{"eight below, and one above", Shift, append(up, 11), flags(side, -1, -1, -1, -1, -1, -1, -1, -1, 1), []string{"SHIFT LOW 1-8"}},

		{"one to six", Trend, nil, []float64{1, 2, 3, 4, 5, 6}, nil},
		{"one to six, with three twice", Trend, nil, []float64{1, 2, 3, 3, 4, 5, 6}, nil},
		{"one to seven", Trend, nil, []float64{1, 2, 3, 4, 5, 6, 7}, []string{"TREND HIGH 1-7"}},
		{"one to seven within others", Trend, nil, []float64{2, 1, 2, 3, 4, 5, 6, 7, 3}, []string{"TREND HIGH 2-8"}},
		{"seven to one", Trend, nil, []float64{7, 6, 5, 4, 3, 2, 1}, []string{"TREND LOW 1-7"}},
		{"seven to one within others", Trend, nil, []float64{2, 7, 6, 5, 4, 3, 2, 1, 3}, []string{"TREND LOW 2-8"}},

		{"none of three", NearLimit, down, flags(nearness, 0, 0, 0), nil},
		{"first and third", NearLimit, down, flags(nearness, 1, 0, 1), []string{"NEAR_LIMIT HIGH 1-3"}},
		{"second and third", NearLimit, down, flags(nearness, 0, 1, 1), []string{"NEAR_LIMIT HIGH 2-3"}},
		{"first and second", NearLimit, down, flags(nearness, 1, 1, 0), []string{"NEAR_LIMIT HIGH 1-2"}},
		{"two of seven, one between", NearLimit, down, flags(nearness, 0, 0, 1, 0, 1, 0, 0), []string{"NEAR_LIMIT HIGH 3-5"}},
		{"two of seven, in a row", NearLimit, down, flags(nearness, 0, 0, 1, 1, 0, 0, 0), []string{"NEAR_LIMIT HIGH 3-4"}},
		{"two of four, two between", NearLimit, down, flags(nearness, 1, 0, 0, 1), nil},
		{"and one more", NearLimit, down, flags(nearness, 1, 0, 0, 1, 1), []string{"NEAR_LIMIT HIGH 4-5"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := analyze(t, series(Increase, Yearly, Target{}, slices.Concat(tt.baseline, tt.vector)...), Options{})
			var got []string
			for _, g := range r.Signals {
				if g.Rule == tt.rule {
					got = append(got, fmt.Sprintf("%s %s %d-%d", g.Rule, g.Side, g.First+1-len(tt.baseline), g.Last+1-len(tt.baseline)))
				}
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}
