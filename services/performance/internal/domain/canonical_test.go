package domain

import (
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawMeasure is a measure with any definition that can be stored.
func drawMeasure(t *rapid.T, id string) Measure {
	m := counts(id, rapid.IntRange(1, 1000).Draw(t, "weight"))
	m.Direction = rapid.SampledFrom([]Direction{Increase, Decrease, MaintainRange}).Draw(t, "direction")
	m.Links[0].Subject = OrganizationName("o") + "/programs/" + rapid.SampledFrom([]string{"fire", "parks"}).Draw(t, "program")
	m.Targets = nil
	for _, year := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"2027", "2026", "2028"}), rapid.ID[string]).Draw(t, "years") {
		low := rapid.Float64().Draw(t, "target")
		m.Targets = append(m.Targets, Target{
			Start: Date(year + "-01-01"), End: Date(year + "-12-31"), Value: low, Upper: max(low, rapid.Float64().Draw(t, "upper")),
		})
	}
	if rapid.Bool().Draw(t, "rebased") {
		m.Rebasings = []Rebasing{{Start: "2027-02-01", Reason: "x" + rapid.String().Draw(t, "reason"), RecordedBy: "ann", RecordTime: noon}}
	}
	return m
}

func TestCanonicalReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []speaks
		for _, id := range rapid.SliceOfDistinct(rapid.StringMatching(`[a-z][a-z0-9-]{0,8}`), rapid.ID[string]).Draw(t, "ids") {
			all = append(all, speaks{drawMeasure(t, id), rapid.SliceOfN(rapid.Float64(), 0, 15).Draw(t, "values")})
		}
		want := publish(t, Published{}, june, all...)
		bare := want
		bare.Judged, bare.Signals, bare.Rules, bare.MinQuality = nil, nil, "", 0
		got, err := bare.Parsed(want.Canonical())
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	})
}

func TestFormerFormatIsStillRead(t *testing.T) {
	got, err := ResultsRevision{Organization: "o", ID: "r"}.Parsed("signal\torganizations/o/programs/fire\tMET\t1000000\t500000\n" +
		"evidence\torganizations/o/measures/a\t2027-01-01\t12.5\t1\t10\t0\tINCREASE\tMET\t1\t250000\n")
	want := ResultsRevision{Organization: "o", ID: "r", Signals: []Signal{{
		Subject: fire, Status: Met, MetPPM: PPM, KnownPPM: 500_000, Evidence: []Evidence{{
			Measure: "a", Period: "2027-01-01", Value: 12.5, Revision: 1, Target: 10, Direction: Increase, Status: Met, Weight: 1, MarginPPM: 250_000,
		}},
	}}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	if _, err := got.Explain("organizations/o/measures/a", nil, nil); reasonOf(err) != "RESULTS_WITHOUT_VERDICTS" {
		t.Errorf("explained: %v", err)
	}
}

func TestSpoiltCanonicalIsRefused(t *testing.T) {
	m := counts("a", 1)
	m.Rebasings = []Rebasing{{Start: "2027-02-01", Reason: "new station"}}
	good := publish(t, Published{}, june, speaks{m, year(12)}).Canonical()
	spoilt := []string{
		"\n", "signal\tx\n", good[1:], good[:len(good)-3], good + good, strings.Replace(good, "results\t2", "results\t3", 1),
		"evidence\tm\t\t0\t0\t0\t0\tINCREASE\tUNKNOWN\t1\t0\n", "signal\tx\tMET\tmany\t0\n", "series\t1\tx\n", good + "evidence\tother\t1\n",
		strings.Replace(good, "300000", "many", 1), strings.Replace(good, "true", "yes", 1),
	}
	lines := strings.SplitAfter(good, "\n")
	for i, line := range lines[:len(lines)-1] { // a field too many
		spoilt = append(spoilt, strings.Join(lines[:i], "")+strings.TrimSuffix(line, "\n")+"\tmore\n"+strings.Join(lines[i+1:], ""))
	}
	for _, text := range spoilt {
		if text == good {
			t.Error("not spoilt")
		}
		if got, err := (ResultsRevision{Organization: "o"}).Parsed(text); err == nil {
			t.Errorf("%q was read as %+v", text, got)
		}
	}
}
