package domain

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func moment(day string) time.Time {
	t, _ := Date(day).time()
	return t.Add(13 * time.Hour)
}

func TestGaps(t *testing.T) {
	const january = "2027-01-01"
	target := func(start, end Date) []Target { return []Target{{Start: start, End: end}} }
	always := target("2027-01-01", "2029-12-31")
	tests := []struct {
		name      string
		frequency Frequency
		targets   []Target
		owner     string
		last      Date
		now       string
		want      []string // kind, due, periods
	}{
		{"fresh", Monthly, always, "chief", january, "2027-02-28", nil},
		{"due, not overdue", Monthly, always, "chief", january, "2027-03-31", nil},
		{"the period after has ended", Monthly, always, "chief", january, "2027-04-01", []string{"STALE 2027-02-01 1"}},
		{"two overdue", Monthly, always, "chief", january, "2027-05-31", []string{"STALE 2027-02-01 2"}},
		{"a value of the future", Monthly, always, "chief", "2028-01-01", "2027-05-31", nil},
		{"quarters", Quarterly, always, "chief", january, "2027-09-30", nil},
		{"a quarter overdue", Quarterly, always, "chief", january, "2027-10-01", []string{"STALE 2027-04-01 1"}},
		{"years", Yearly, always, "chief", january, "2029-12-31", nil},
		{"a year overdue", Yearly, target("2027-01-01", "2030-12-31"), "chief", january, "2030-01-01", []string{"STALE 2028-01-01 1"}},

		{"created this month", Monthly, always, "chief", "", "2027-01-31", nil},
		{"its first value is due", Monthly, always, "chief", "", "2027-02-28", nil},
		{"its first value is overdue", Monthly, always, "chief", "", "2027-03-01", []string{"NO_VALUE 2027-01-01 1"}},
		{"targets of the past want values", Monthly, target("2026-11-01", "2027-12-31"), "chief", "", "2027-01-31", []string{"NO_VALUE 2026-11-01 1"}},
		{"from the first whole period", Monthly, target("2026-10-02", "2027-12-31"), "chief", "", "2027-01-31", []string{"NO_VALUE 2026-11-01 1"}},

		{"nobody", Monthly, always, " ", january, "2027-02-28", []string{"NO_OWNER  0"}},
		{"no target", Monthly, nil, "chief", january, "2027-02-28", []string{"NO_TARGET  0"}},
		{"a target for the period under way", Monthly, target("2027-02-01", "2027-02-01"), "chief", january, "2027-02-28", nil},
		{"a target of the past", Monthly, target("2026-01-01", "2027-01-31"), "chief", january, "2027-02-28", []string{"NO_TARGET  0"}},
		{"a target to come", Monthly, target("2027-09-01", "2027-09-01"), "chief", january, "2027-02-28", nil},
		{"a target that no period starts in", Monthly, target("2027-09-02", "2027-09-30"), "chief", january, "2027-02-28", []string{"NO_TARGET  0"}},
		{"a target until the quarter under way", Quarterly, target("2027-01-01", "2027-02-28"), "chief", january, "2027-03-31", nil},
		{"nothing was ever recorded, and nothing wants it", Monthly, nil, "chief", "", "2027-04-30", []string{"NO_VALUE 2027-01-01 2", "NO_TARGET  0"}},
		{"everything", Monthly, nil, "", "", "2027-04-30", []string{"NO_VALUE 2027-01-01 2", "NO_OWNER  0", "NO_TARGET  0"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := Measure{Organization: "o", ID: "m", DisplayName: "Response time", Frequency: tt.frequency, Owner: tt.owner, Targets: tt.targets}
			m.Links = good().Links
			m.CreateTime = moment("2027-01-15")
			var got []string
			for _, g := range m.Gaps(tt.last, moment(tt.now)) {
				got = append(got, fmt.Sprintf("%s %s %d", g.Kind, g.Due, g.Periods))
				if g.Organization != "o" || g.Measure != "m" || g.DisplayName != "Response time" || g.Owner != tt.owner || g.Detail == "" {
					t.Errorf("%+v", g)
				}
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("gaps %q, want %q", got, tt.want)
			}
		})
	}
}

// A measure that has values cannot be deleted. Without links and without a target ahead it lacks nothing, whoever owns it.
func TestRetiredMeasuresLackNothing(t *testing.T) {
	past, ahead := []Target{{Start: "2026-01-01", End: "2026-12-31"}}, []Target{{Start: "2028-01-01", End: "2028-12-31"}}
	for _, tt := range []struct {
		name    string
		links   []Link
		targets []Target
		last    Date
		want    int
	}{
		{"retired", nil, past, "2026-05-01", 0},
		{"without any target", nil, nil, "2026-05-01", 0},
		{"linked still", []Link{{Subject: "organizations/o/programs/fire", Contribution: Supports}}, past, "2026-05-01", 3},
		{"it aims at something still", nil, ahead, "2026-05-01", 2},
		{"it has no value, and can be deleted", nil, nil, "", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := Measure{Organization: "o", ID: "m", Frequency: Monthly, Links: tt.links, Targets: tt.targets}
			m.CreateTime = moment("2026-01-15")
			if got := m.Gaps(tt.last, moment("2027-01-15")); len(got) != tt.want {
				t.Errorf("gaps %+v, want %d", got, tt.want)
			}
		})
	}
}

func TestGapsSayWhatWouldMendThem(t *testing.T) {
	m := Measure{Organization: "o", ID: "m", Frequency: Quarterly, Links: good().Links}
	m.CreateTime = moment("2027-01-15")
	for _, tt := range []struct {
		last Date
		now  string
		want []string
	}{
		{"", "2027-12-31", []string{
			"No value was ever recorded for the whole city; overdue: 2 quarters, from 2027-01-01 on. Record them, or delete the measure.",
			"Nobody owns it; set owner to who answers for its values.",
			"No target holds for the quarter from 2027-10-01 or a later one; add one to targets.",
		}},
		{"2027-04-01", "2028-01-01", []string{"The latest value is that of 2027-04-01; overdue: 1 quarter, from 2027-07-01 on. Record them."}},
	} {
		for i, want := range tt.want {
			if got := m.Gaps(tt.last, moment(tt.now))[i].Detail; got != want {
				t.Errorf("%q, want %q", got, want)
			}
		}
	}
}

// Whatever days a measure reports on, its gaps agree with the lateness that an analysis of the same values finds.
func TestStaleIsWhatAnalysesCallLate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Measure{Organization: "o", ID: "m", Links: good().Links, Direction: Increase, Frequency: rapid.SampledFrom([]Frequency{Monthly, Quarterly, Yearly}).Draw(t, "frequency")}
		now := moment("2020-01-01").AddDate(0, 0, rapid.IntRange(0, 4000).Draw(t, "days"))
		last := m.Frequency.Start(m.period(now) - rapid.IntRange(-2, 9).Draw(t, "before"))
		found, err := Analyze(m, []Observation{{Cell: Cell{Period: last}, Value: 1, Revision: 1}}, Question{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		late := 0
		for _, f := range found.Quality.Findings {
			if f.Kind == "LATE" {
				late = f.Count
			}
		}
		stale := 0
		for _, g := range m.Gaps(last, now) {
			if g.Kind == GapStale {
				stale = g.Periods
			}
		}
		if late != stale {
			t.Errorf("last value %s, seen on %s: %d late, but %d stale", last, now, late, stale)
		}
	})
}

func TestRemind(t *testing.T) {
	stale := Gap{GapKey: GapKey{"a", GapStale, "2027-02-01"}, Organization: "o"}
	owner := Gap{GapKey: GapKey{"b", GapNoOwner, ""}, Organization: "o"}
	before := moment("2027-01-01")
	sent := map[GapKey]time.Time{owner.GapKey: before, {"a", GapStale, "2026-12-01"}: before, {"a", GapNoTarget, ""}: before}
	remind, mended := Remind([]Gap{stale, owner}, sent, noon)
	if stale.Reminded = noon; !reflect.DeepEqual(remind, []Gap{stale}) {
		t.Errorf("reminds of %+v", remind)
	}
	if !reflect.DeepEqual(mended, []GapKey{{"a", GapNoTarget, ""}, {"a", GapStale, "2026-12-01"}}) {
		t.Errorf("forgets %+v", mended)
	}
}

func TestMended(t *testing.T) {
	bare := Measure{Organization: "o", ID: "m", Frequency: Monthly}
	bare.CreateTime = moment("2026-01-01") // long overdue, which no update mends
	full := bare
	full.Owner, full.Targets = "chief", []Target{{Start: "2027-01-01", End: "2027-12-31"}}
	if got := bare.Mended(full, noon); !reflect.DeepEqual(got, []GapKey{{"m", GapNoOwner, ""}, {"m", GapNoTarget, ""}}) {
		t.Errorf("mended %v", got)
	}
	if got := full.Mended(bare, noon); got != nil {
		t.Errorf("opened gaps count as mended: %v", got)
	}
}
