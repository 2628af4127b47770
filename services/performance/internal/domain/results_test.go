package domain

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

const fire = "organizations/o/programs/fire"

// counts is a measure with target 10 in 2027 that contributes to fire.
func counts(id string, weight int) Measure {
	return Measure{
		Organization: "o", ID: id, Direction: Increase, Frequency: Monthly,
		Targets: []Target{{Start: "2027-01-01", End: "2027-12-31", Value: 10}}, Links: []Link{{fire, weight, Contributes}},
	}
}

// from is a series of months that ends in a month, such as 2027-06.
func from(m Measure, last Date, values ...float64) []Observation {
	end, _ := Monthly.Ordinal(last + "-01")
	series := make([]Observation, len(values))
	for i, v := range values {
		series[i] = Observation{
			Organization: "o", Cell: cell(m.ID, Monthly.Start(end-len(values)+1+i), ""), Value: v, Revision: 1, RecordTime: noon,
		}
	}
	return series
}

// speaks is a measure with its values up to June 2027.
type speaks struct {
	measure Measure
	values  []float64
}

// june is a moment at which values for June are under way.
var june = time.Date(2027, 6, 15, 0, 0, 0, 0, time.UTC)

func publish(t require, last Published, now time.Time, all ...speaks) ResultsRevision {
	p := NewPublication("o", "r", last, "", now)
	for _, s := range all {
		if err := p.Judge(s.measure, from(s.measure, "2027-06", s.values...)); err != nil {
			t.Fatalf("%v", err)
		}
	}
	return p.Revision()
}

// require is what tests and rapid's checks have in common.
type require interface {
	Fatalf(format string, args ...any)
}

// year is a year of noise around a level.
func year(level float64) []float64 {
	v := make([]float64, 12)
	for i := range v {
		v[i] = level + float64(i%2)
	}
	return v
}

func TestSignals(t *testing.T) {
	a, b := func(w int, v ...float64) speaks { return speaks{counts("a", w), v} }, func(w int, v ...float64) speaks { return speaks{counts("b", w), v} }
	tests := []struct {
		name       string
		all        []speaks
		status     Status
		met, known int
	}{
		{"nothing known", []speaks{a(1), b(2)}, Unknown, 0, 0},
		{"half is enough", []speaks{a(1, 10), b(1, 9)}, Met, 500_000, PPM},
		{"less than half is not", []speaks{a(1, 10), b(2, 9)}, Missed, 333_333, PPM},
		{"the unknown is neutral", []speaks{a(1, 10), b(9)}, Met, PPM, 100_000},
		{"all missed", []speaks{a(1, 1), b(1)}, Missed, 0, 500_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := publish(t, Published{}, june, tt.all...)
			if len(r.Signals) != 1 {
				t.Fatalf("%+v", r)
			}
			if s := r.Signals[0]; s.Subject != fire || s.Status != tt.status || s.MetPPM != tt.met || s.KnownPPM != tt.known || len(s.Evidence) != len(tt.all) {
				t.Errorf("%+v", s)
			}
		})
	}
}

// Verdicts of a subject are those of most of the usable weight.
func TestSignalsOfVerdicts(t *testing.T) {
	met, missed, up, down, short := year(20), year(2), append(year(9), 20), append(year(12), 1), []float64{1, 2}
	noTarget := counts("e", 3)
	noTarget.Targets = nil
	tests := []struct {
		name      string
		all       []speaks
		variation analysis.Variation
		assurance analysis.Assurance
		word      analysis.Status
		usable    int
		quality   int
	}{
		{"nothing", []speaks{{counts("a", 1), nil}}, analysis.InsufficientData, analysis.NoTarget, analysis.StatusUnknown, 0, 0},
		{"too few values", []speaks{{counts("a", 1), short}}, analysis.InsufficientData, analysis.NoTarget, analysis.StatusUnknown, 0, 60},
		{"one", []speaks{{counts("a", 1), met}}, analysis.CommonCause, analysis.ReliablyMet, analysis.StatusOnTrack, PPM, 100},
		{"the unusable does not vote", []speaks{{counts("a", 1), up}, {counts("b", 9), short}}, analysis.Improving, analysis.HitOrMiss, analysis.StatusImproving, 100_000, 64},
		{"most of the weight", []speaks{{counts("a", 2), up}, {counts("b", 3), missed}}, analysis.CommonCause, analysis.ReliablyMissed, analysis.StatusOffTrack, PPM, 98},
		{"half is no majority", []speaks{{counts("a", 1), up}, {counts("b", 1), down}}, analysis.CommonCause, analysis.HitOrMiss, analysis.StatusWatch, PPM, 95},
		{"no target has no vote on it", []speaks{{counts("a", 1), met}, {noTarget, up}}, analysis.Improving, analysis.ReliablyMet, analysis.StatusOnTrack, PPM, 89},
		{"none has a target", []speaks{{noTarget, met}}, analysis.CommonCause, analysis.NoTarget, analysis.StatusStable, PPM, 90},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := publish(t, Published{}, june, tt.all...).Signals[0]
			if s.Variation != tt.variation || s.Assurance != tt.assurance || s.StatusWord != tt.word || s.UsablePPM != tt.usable || s.Quality != tt.quality {
				t.Errorf("%s, %s, %s, usable %d, quality %d: %+v", s.Variation, s.Assurance, s.StatusWord, s.UsablePPM, s.Quality, s)
			}
			if s.Provisional {
				t.Error("12 values are not provisional")
			}
		})
	}
	few := publish(t, Published{}, june, speaks{counts("a", 1), []float64{10, 11, 10, 11, 10, 11}})
	if s := few.Signals[0]; !s.Provisional || s.UsablePPM != PPM {
		t.Errorf("6 values: %+v", s)
	}
}

func TestSupportingMeasuresNeverCount(t *testing.T) {
	informs := counts("b", 1000)
	informs.Links[0].Contribution = Supports
	both := counts("a", 1)
	both.Links = append(both.Links, Link{"organizations/o/plans/p/goals/g", 1000, Supports})
	r := publish(t, Published{}, june, speaks{both, year(12)}, speaks{informs, year(2)})
	if s := r.Signals[0]; len(r.Signals) != 1 || s.Status != Met || len(s.Evidence) != 1 || s.Evidence[0].Measure != "a" || len(r.Judged) != 1 {
		t.Errorf("%+v", r)
	}
}

func TestContentHash(t *testing.T) {
	twelve := speaks{counts("a", 1), []float64{12.5}}
	r := publish(t, Published{}, june, twelve)
	want := strings.Join([]string{
		"results\t2\tNHS/1\t50",
		"measure\torganizations/o/measures/a\tINCREASE\tMONTHLY",
		"target\t2027-01-01\t2027-12-31\t10\t0",
		// printf '2027-06-01\t12.5\t1\t10\t\n' | sha256sum
		"series\t1\t175f84f96f33ea0130bd448c4d59ec86cedc01f384c9287e9f81972cd66ec925",
		"latest\t2027-06-01\t12.5\t1\t10\t0\tMET\t250000",
		"verdict\tINSUFFICIENT_DATA\tHIT_OR_MISS\tNONE\ttrue\t60\t-\tfalse\tNot usable: 1 of at least 3 values are there.",
		"signal\torganizations/o/programs/fire\tMET\t1000000\t1000000\tINSUFFICIENT_DATA\tNO_TARGET\t0\tfalse\t60",
		"evidence\torganizations/o/measures/a\t1",
		"",
	}, "\n")
	if got := r.Canonical(); got != want {
		t.Errorf("canonical\n%s\nwant\n%s", got, want)
	}
	// sha256sum of that text
	if want := "6dfb2e1db8c4f9ce5509ba74d6632e3ae0c88f33e0a12d534e256b33edc80b15"; r.ContentHash != want {
		t.Errorf("hash %s, want %s", r.ContentHash, want)
	}
	later := publish(t, Published{ID: "r", Sequence: 1}, june.Add(time.Hour), twelve)
	if later.ContentHash != r.ContentHash || later.Sequence != 2 || later.Revision() != 1 {
		t.Errorf("the same content: %+v", later)
	}
	other := counts("a", 1)
	other.Targets[0].Start = "2026-12-01"
	for name, r := range map[string]ResultsRevision{
		"value":    publish(t, Published{}, june, speaks{counts("a", 1), []float64{12.6}}),
		"weight":   publish(t, Published{}, june, speaks{counts("a", 2), []float64{12.5}}),
		"target":   publish(t, Published{}, june, speaks{other, []float64{12.5}}),
		"lateness": publish(t, Published{}, june.AddDate(0, 3, 0), twelve),
	} {
		if r.ContentHash == later.ContentHash {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

func TestEffectiveTimeIsNoEarlierThanItsEvidence(t *testing.T) {
	for _, tt := range []struct {
		last time.Time
		want time.Time
	}{{time.Time{}, noon.Add(time.Second)}, {noon.Add(time.Minute), noon.Add(time.Minute + time.Microsecond)}} {
		last := Published{EffectiveTime: tt.last}
		if !tt.last.IsZero() {
			last.Sequence = 1
		}
		m := counts("a", 1)
		series := from(m, "2027-06", 10, 11)
		series[0].RecordTime = noon.Add(time.Second) // not the latest value's
		p := NewPublication("o", "r", last, "", noon)
		if err := p.Judge(m, series); err != nil {
			t.Fatal(err)
		}
		if r := p.Revision(); !r.EffectiveTime.Equal(tt.want) {
			t.Errorf("effective %v, want %v", r.EffectiveTime, tt.want)
		}
	}
}

// The revision depends neither on the order in which measures are read nor on how weights are scaled.
func TestOrderAndScaleOfMeasuresAreNeutral(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []speaks
		for i := range rapid.IntRange(1, 8).Draw(t, "measures") {
			values := rapid.SliceOfN(rapid.Float64Range(5, 15), 0, 14).Draw(t, "values")
			m := counts(fmt.Sprintf("m%d", i), rapid.IntRange(1, 9).Draw(t, "weight"))
			if rapid.Bool().Draw(t, "also") {
				m.Links = append(m.Links, Link{"organizations/o/plans/p/goals/g", 2, Contributes})
			}
			all = append(all, speaks{m, values})
		}
		one := publish(t, Published{}, june, all...)
		other := publish(t, Published{}, june, rapid.Permutation(all).Draw(t, "order")...)
		if one.ContentHash != other.ContentHash {
			t.Fatalf("%+v\nand\n%+v", one, other)
		}
		for i, s := range all {
			links := make([]Link, len(s.measure.Links))
			for k, l := range s.measure.Links {
				l.Weight *= 10
				links[k] = l
			}
			all[i].measure.Links = links
		}
		for i, s := range publish(t, Published{}, june, all...).Signals {
			was := one.Signals[i]
			s.Evidence, was.Evidence = nil, nil
			if fmt.Sprintf("%+v", s) != fmt.Sprintf("%+v", was) {
				t.Errorf("heavier alike: %+v, was %+v", s, was)
			}
		}
	})
}
