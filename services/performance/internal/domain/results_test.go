package domain

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const fire = "organizations/o/programs/fire"

// judged is a measure with target 10 that contributes to fire; value nil is unknown.
func judged(id string, weight int, value ...float64) Judged {
	m := Measure{Organization: "o", ID: id, Direction: Increase, Links: []Link{{fire, weight, Contributes}}}
	j := Judged{Measure: m, Target: Target{Value: 10}}
	for _, v := range value {
		j.Value = &Observation{Organization: "o", Cell: cell(id, "2027-01-01", ""), Value: v, Revision: 1, RecordTime: noon}
	}
	return j
}

func TestSignals(t *testing.T) {
	tests := []struct {
		name       string
		judged     []Judged
		status     Status
		met, known int
	}{
		{"nothing known", []Judged{judged("a", 1), judged("b", 2)}, Unknown, 0, 0},
		{"half is enough", []Judged{judged("a", 1, 10), judged("b", 1, 9)}, Met, 500_000, PPM},
		{"less than half is not", []Judged{judged("a", 1, 10), judged("b", 2, 9)}, Missed, 333_333, PPM},
		{"the unknown is neutral", []Judged{judged("a", 1, 10), judged("b", 9)}, Met, PPM, 100_000},
		{"all missed", []Judged{judged("a", 1, 1), judged("b", 1)}, Missed, 0, 500_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := Results("o", "r", Published{}, tt.judged, noon)
			if len(r.Signals) != 1 {
				t.Fatalf("%+v", r)
			}
			if s := r.Signals[0]; s.Subject != fire || s.Status != tt.status || s.MetPPM != tt.met || s.KnownPPM != tt.known || len(s.Evidence) != len(tt.judged) {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestSupportingMeasuresNeverCount(t *testing.T) {
	counts, informs := judged("a", 1, 10), judged("b", 1000, 1)
	informs.Measure.Links[0].Contribution = Supports
	r := Results("o", "r", Published{}, []Judged{counts, informs}, noon)
	if s := r.Signals[0]; s.Status != Met || len(s.Evidence) != 1 || s.Evidence[0].Measure != "a" {
		t.Errorf("%+v", s)
	}
}

func TestContentHash(t *testing.T) {
	r := Results("o", "r1", Published{}, []Judged{judged("a", 1, 12.5)}, noon)
	// printf 'signal\torganizations/o/programs/fire\tMET\t1000000\t1000000\nevidence\torganizations/o/measures/a\t2027-01-01\t12.5\t1\t10\t0\tINCREASE\tMET\t1\t250000\n' | sha256sum
	if want := "f0fed3feef8725a79a8c3cfa53fe98ef42ce5bcc0f8e1d58e3e3965b66cd633d"; r.ContentHash != want {
		t.Errorf("hash %s, want %s", r.ContentHash, want)
	}
	later := Results("o", "r2", Published{ID: "r1", Sequence: 1}, []Judged{judged("a", 1, 12.5)}, noon.Add(time.Hour))
	if later.ContentHash != r.ContentHash || later.Sequence != 2 || later.Revision() != 1 {
		t.Errorf("the same content: %+v", later)
	}
	if other := Results("o", "r3", Published{}, []Judged{judged("a", 1, 12.6)}, noon); other.ContentHash == r.ContentHash {
		t.Error("other content has the same hash")
	}
}

func TestEffectiveTimeIsNoEarlierThanItsEvidence(t *testing.T) {
	j := judged("a", 1, 10)
	j.Value.RecordTime = noon.Add(time.Second)
	for _, tt := range []struct {
		last time.Time
		want time.Time
	}{{time.Time{}, noon.Add(time.Second)}, {noon.Add(time.Minute), noon.Add(time.Minute + time.Microsecond)}} {
		last := Published{EffectiveTime: tt.last}
		if !tt.last.IsZero() {
			last.Sequence = 1
		}
		if r := Results("o", "r", last, []Judged{j}, noon); !r.EffectiveTime.Equal(tt.want) {
			t.Errorf("effective %v, want %v", r.EffectiveTime, tt.want)
		}
	}
}

// The revision depends neither on the order in which measures are read nor on how weights are scaled.
func TestOrderAndScaleOfMeasuresAreNeutral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []Judged
		for i := range rapid.IntRange(1, 8).Draw(t, "measures") {
			var value []float64
			if rapid.Bool().Draw(t, "known") {
				value = append(value, float64(rapid.IntRange(8, 12).Draw(t, "value")))
			}
			j := judged(fmt.Sprintf("m%d", i), rapid.IntRange(1, 9).Draw(t, "weight"), value...)
			if rapid.Bool().Draw(t, "also") {
				j.Measure.Links = append(j.Measure.Links, Link{"organizations/o/plans/p/goals/g", 2, Contributes})
			}
			all = append(all, j)
		}
		one := Results("o", "r", Published{}, all, noon)
		other := Results("o", "r", Published{}, rapid.Permutation(all).Draw(t, "order"), noon)
		if one.ContentHash != other.ContentHash {
			t.Fatalf("%+v\nand\n%+v", one, other)
		}
		for i, j := range all {
			links := make([]Link, len(j.Measure.Links))
			for k, l := range j.Measure.Links {
				l.Weight *= 10
				links[k] = l
			}
			all[i].Measure.Links = links
		}
		for i, s := range Results("o", "r", Published{}, all, noon).Signals {
			if was := one.Signals[i]; s.Status != was.Status || s.MetPPM != was.MetPPM || s.KnownPPM != was.KnownPPM {
				t.Errorf("heavier alike: %+v, was %+v", s, was)
			}
		}
	})
}
