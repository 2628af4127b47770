package domain

import (
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

func good() Measure {
	return Measure{
		Organization: "o", ID: "m", DisplayName: "Response time", Unit: "minutes", Kind: "OUTCOME", Direction: Decrease, Frequency: Monthly,
		Targets: []Target{{Start: "2027-01-01", End: "2027-12-31", Value: 8}, {Start: "2026-01-01", End: "2026-12-31", Value: 9}},
		Links:   []Link{{Subject: "organizations/o/programs/fire", Contribution: Contributes}},
	}
}

func TestMeasureChecks(t *testing.T) {
	tests := []struct {
		name  string
		spoil func(*Measure)
		want  []string // fields
	}{
		{"good", func(*Measure) {}, nil},
		{"nothing said", func(m *Measure) { *m = Measure{Organization: "o"} }, []string{
			"measure.display_name", "measure.unit", "measure.kind", "measure.direction", "measure.frequency",
		}},
		{"target ends before it starts", func(m *Measure) { m.Targets[0].End = "2026-12-31" }, []string{"measure.targets[0].end_date"}},
		{"no such day", func(m *Measure) { m.Targets[0].Start, m.Targets[1].End = "2027-02-30", "" }, []string{
			"measure.targets[0].start_date", "measure.targets[1].end_date",
		}},
		{"a day without a year", func(m *Measure) { m.Targets[1].Start = "0000-01-01" }, []string{"measure.targets[1].start_date"}},
		{"touching targets overlap", func(m *Measure) { m.Targets[1].End = "2027-01-01" }, []string{"measure.targets[0].start_date"}},
		{"a long target overlaps all later ones", func(m *Measure) {
			m.Targets = []Target{
				{Start: "2027-06-01", End: "2027-06-30"}, {Start: "2020-01-01", End: "2030-01-01"}, {Start: "2027-01-01", End: "2027-01-31"},
			}
		}, []string{"measure.targets[2].start_date", "measure.targets[0].start_date"}},
		{
			"range upside down", func(m *Measure) { m.Direction = MaintainRange; m.Targets = m.Targets[:1]; m.Targets[0].Upper = 7 },
			[]string{"measure.targets[0].upper_value"},
		},
		{"linked twice", func(m *Measure) { m.Links = append(m.Links, m.Links[0]) }, []string{"measure.links[1].subject"}},
		{"benchmarks without a source, and of one source", func(m *Measure) {
			m.Benchmarks = []Benchmark{{Value: 1}, {Value: 2, Source: "peers"}, {Value: 3, Source: "peers"}}
		}, []string{"measure.benchmarks[0].source", "measure.benchmarks[2].source"}},
		{"everything at once", func(m *Measure) {
			m.Unit, m.Targets[0].End = " ", "2026-12-31"
			m.Links = []Link{{Subject: "organizations/o/plans/p"}}
		}, []string{"measure.unit", "measure.targets[0].end_date", "measure.links[0].subject", "measure.links[0].contribution"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := good()
			tt.spoil(&m)
			_, err := NewMeasure(m, noon)
			var got []string
			if f, ok := fault.As(err); ok {
				for _, v := range f.Violations {
					got = append(got, v.Field)
				}
			}
			if len(got) != len(tt.want) {
				t.Fatalf("violations %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("violation %d is of %s, want %s", i, got[i], tt.want[i])
				}
			}
		})
	}
}

func TestSubjects(t *testing.T) {
	for subject, want := range map[string]bool{
		"organizations/o/programs/fire":               true,
		"organizations/o/plans/p/goals/g":             true,
		"organizations/o/strategies/s/objectives/o_1": true,
		"organizations/x/programs/fire":               false,
		"organizations/o/programs/":                   false,
		"organizations/o/programs/-":                  false,
		"organizations/o/programs/a b":                false,
		"organizations/o/plans/p":                     false,
		"organizations/o/plans/p/objectives/x":        false,
		"organizations/o/measures/m":                  false,
		"programs/fire":                               false,
	} {
		if got := isSubject("o", subject); got != want {
			t.Errorf("%s: %v", subject, got)
		}
	}
}

func TestWeightsAndVersions(t *testing.T) {
	m, err := NewMeasure(good(), noon)
	if err != nil || m.Links[0].Weight != 1 || m.Version != 1 || m.LastTargetDay() != "2027-12-31" {
		t.Fatalf("%+v, %v", m, err)
	}
	next, err := m.Changed(Measure{DisplayName: "x"}, noon.Add(time.Hour))
	if err == nil {
		t.Error("an empty measure was taken")
	}
	if next.Name() != "organizations/o/measures/m" || next.Version != 2 || !next.CreateTime.Equal(noon) || !next.UpdateTime.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v", next)
	}
}

func TestPeriods(t *testing.T) {
	tests := []struct {
		day                        Date
		monthly, quarterly, yearly bool
	}{
		{"2027-01-01", true, true, true},
		{"2027-07-01", true, true, false},
		{"2027-08-01", true, false, false},
		{"2027-07-02", false, false, false},
		{"2027-02-30", false, false, false},
		{"", false, false, false},
	}
	for _, tt := range tests {
		if m, q, y := Monthly.Starts(tt.day), Quarterly.Starts(tt.day), Yearly.Starts(tt.day); m != tt.monthly || q != tt.quarterly || y != tt.yearly {
			t.Errorf("%q: month %v, quarter %v, year %v", tt.day, m, q, y)
		}
	}
}
