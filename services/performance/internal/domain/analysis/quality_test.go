package analysis

import (
	"reflect"
	"testing"
)

func TestQuality(t *testing.T) {
	target := Target{Value: 1, OK: true}
	good := func(more ...float64) Series { return series(Increase, Monthly, target, steady(more...)...) }
	revised := good()
	for i := range 4 {
		revised.Points[i*3].Revision = 2
	}
	untargeted := good()
	untargeted.Points[11].Target = Target{}
	type found struct {
		kind    FindingKind
		count   int
		periods []int
	}
	tests := []struct {
		name   string
		series Series
		now    int
		score  int
		want   []found
	}{
		{"all well", good(), begin + 13, 100, nil},
		{"nothing", series(Increase, Monthly, target), begin, 0, []found{{Empty, 1, nil}}},
		{"two values", series(Increase, Monthly, target, 1, 2), 0, 60, []found{{ShortSeries, 2, nil}}},
		{"eleven values", series(Increase, Monthly, target, steady()[:11]...), 0, 80, []found{{ShortSeries, 11, nil}}},
		// 2 of 14 periods: 60 × 0.1429 = 8.6, up to 9
		{"two missing", gap(good(), 6, 2), 0, 91, []found{{MissingPeriods, 2, []int{begin + 6, begin + 7}}}},
		{"most missing", gap(good(), 6, 13), 0, 70, []found{{MissingPeriods, 13, []int{
			begin + 6, begin + 7, begin + 8, begin + 9, begin + 10, begin + 11, begin + 12, begin + 13, begin + 14, begin + 15, begin + 16, begin + 17,
		}}}},
		{"a period late", good(), begin + 14, 90, []found{{Late, 1, []int{begin + 12}}}},
		{"five periods late", good(), begin + 18, 70, []found{{Late, 5, []int{begin + 12, begin + 13, begin + 14, begin + 15, begin + 16}}}},
		{"lateness unjudged", good(), 0, 100, nil},
		{"five equal", good(10, 10, 10, 10, 10), 0, 90, []found{{RepeatedValues, 5, []int{begin + 12, begin + 13, begin + 14, begin + 15, begin + 16}}}},
		{"four equal", good(10, 10, 10, 10), 0, 100, nil},
		// Ranges go to 3.267 × 2 = 6.534; from 11 to 17.5 is 6.5, from there to 10 is 7.5.
		{"a jump", good(17.5, 10), 0, 95, []found{{ExtremeJumps, 1, []int{begin + 13}}}},
		{"five jumps", good(1, 11, 1, 11, 1), 0, 80, []found{{ExtremeJumps, 5, []int{begin + 12, begin + 13, begin + 14, begin + 15, begin + 16}}}},
		{"a third revised", revised, 0, 90, []found{{ManyRevisions, 4, []int{begin, begin + 3, begin + 6, begin + 9}}}},
		{"no target", untargeted, 0, 90, []found{{WithoutTarget, 1, []int{begin + 11}}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := analyze(t, tt.series, Options{Now: tt.now}).Quality
			var got []found
			deducted := 0
			for _, f := range q.Findings {
				got = append(got, found{f.Kind, f.Count, f.Periods})
				deducted += f.Deduction
				if f.Detail == "" {
					t.Errorf("%s says nothing", f.Kind)
				}
			}
			if q.Score != tt.score || !reflect.DeepEqual(got, tt.want) || q.Score != max(0, 100-deducted) {
				t.Errorf("score %d (deducted %d) for %v, want %d for %v", q.Score, deducted, got, tt.score, tt.want)
			}
		})
	}
}
