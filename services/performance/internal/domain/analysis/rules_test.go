package analysis

import (
	"reflect"
	"testing"
)

// Limits of steady are 10 ± 2.66 × 2 = 4.68 and 15.32. Near them is beyond 10 ± 5.32 × 2/3 = 6.453 and 13.547 (NHS),
// and beyond 10 ± 5.32 / 2 = 7.34 and 12.66 (WHEELER). Its last point, 11, is point 11.
func TestRules(t *testing.T) {
	type found struct {
		rule        Rule
		side        Side
		first, last int
		current     bool
	}
	tests := []struct {
		name string
		set  RuleSet
		more []float64
		want []found
	}{
		{"nothing", NHS1, nil, nil},
		{"on the upper limit is inside", NHS1, []float64{15.32}, nil},
		{"on the lower limit is inside", Wheeler1, []float64{4.68}, nil},
		{"above the limit", NHS1, []float64{15.33, 9}, []found{{OutsideLimits, High, 12, 12, false}}},
		{"below the limit twice is one signal", Wheeler1, []float64{4, 3}, []found{{OutsideLimits, Low, 12, 13, true}}},
		{"from above to below is two", Wheeler1, []float64{16, 4}, []found{{OutsideLimits, High, 12, 12, false}, {OutsideLimits, Low, 13, 13, true}}},

		{"two of three near", NHS1, []float64{14, 12, 14, 9}, []found{{NearLimit, High, 12, 14, false}}},
		{"two in a row near with their neighbour on the side", NHS1, []float64{14, 14}, []found{{NearLimit, High, 12, 13, true}}},
		{"the third on the other side", NHS1, []float64{14, 9, 14}, nil},
		{"two of three near below", NHS1, []float64{9, 6, 6.4}, []found{{NearLimit, Low, 13, 14, true}}},
		{"one each side", NHS1, []float64{14, 6}, nil},
		{"overlapping windows are one signal", NHS1, []float64{14, 12, 14, 12, 14, 9}, []found{{NearLimit, High, 12, 16, false}}},
		{"windows apart are two", NHS1, []float64{14, 14, 9, 9, 14, 14, 12}, []found{{NearLimit, High, 12, 13, false}, {NearLimit, High, 16, 17, false}}},
		{"three of four nearer the limit", Wheeler1, []float64{13, 9, 13, 13, 9}, []found{{NearLimit, High, 12, 15, false}}},
		{"half way is not nearer", Wheeler1, []float64{12.66, 12.66, 12.66}, nil},
		{"two of four", Wheeler1, []float64{13, 9, 13, 9}, nil},

		{"six on one side", NHS1, []float64{12, 11, 12, 11, 12, 9}, nil},
		{"seven on one side", NHS1, []float64{12, 11, 12, 11, 12, 11, 9}, []found{{Shift, High, 11, 17, false}}},
		{"seven are few for Wheeler", Wheeler1, []float64{12, 11, 12, 11, 12, 11, 9}, nil},
		{"eight on one side", Wheeler1, []float64{12, 11, 12, 11, 12, 11, 12}, []found{{Shift, High, 11, 18, true}}},
		{"on the mean neither extends", NHS1, []float64{12, 11, 12, 11, 12, 10, 10}, nil},
		{"nor breaks", NHS1, []float64{12, 11, 10, 11, 12, 10, 11, 12, 10}, []found{{Shift, High, 11, 19, true}}},

		{"six falls make a trend of seven", NHS1, []float64{10.5, 10.2, 10, 9.9, 9.8, 9.7, 11}, []found{{Trend, Low, 11, 17, false}}},
		{"five falls do not", NHS1, []float64{10.5, 10.2, 10, 9.9, 9.8, 11}, nil},
		{"equal values neither extend", NHS1, []float64{10.5, 10.2, 10.2, 10, 10, 9.9, 9.8, 9.8, 11}, nil},
		{"nor break, and a trend starts after its first plateau", NHS1, []float64{11, 10.5, 10.2, 10.2, 10, 9.9, 9.8, 9.7, 9.7}, []found{{Trend, Low, 12, 19, true}}},
		{"Wheeler knows no trends", Wheeler1, []float64{10.5, 10.2, 10, 9.9, 9.8, 9.7}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []found
			for _, g := range analyze(t, series(Increase, Yearly, Target{}, steady(tt.more...)...), Options{RuleSet: tt.set}).Signals {
				got = append(got, found{g.Rule, g.Side, g.First, g.Last, g.Current})
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("found %v, want %v", got, tt.want)
			}
		})
	}
}

func TestConstantBaseline(t *testing.T) {
	v := make([]float64, 13)
	for i := range v {
		v[i] = 0.1 // whose sum of 12 is not 12 × 0.1 in binary
	}
	if got := analyze(t, series(Increase, Monthly, Target{}, v...), Options{}); len(got.Signals) != 0 || got.Variation != CommonCause {
		t.Errorf("equal values signal %v", got.Signals)
	}
	v[12] = 0.2
	got := analyze(t, series(Increase, Monthly, Target{}, v...), Options{})
	if len(got.Signals) != 1 || got.Signals[0].Rule != OutsideLimits || got.Variation != Improving {
		t.Errorf("a change after none signals %v", got.Signals)
	}
}

func TestSignalsStayInTheirSegment(t *testing.T) {
	s := series(Increase, Yearly, Target{}, steady(11, 12, 11, 12, 11, 12, 11, 12)...)
	s.Rebases = []Rebase{{From: begin + 15, Reason: "new definition"}}
	if got := analyze(t, s, Options{}).Signals; len(got) != 0 {
		t.Errorf("a run across a re-basing signals %v", got)
	}
}
