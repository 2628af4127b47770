package timeline_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"syscall"
	"testing"

	"github.com/throughline/throughline/services/actionplanning/internal/domain/timeline"
)

func day(t testing.TB, text string) timeline.Day {
	t.Helper()
	d := timeline.ParseDay(text)
	if d == timeline.None {
		t.Fatalf("%q is no day", text)
	}
	return d
}

// step is a milestone with its planned days, and its actual ones where they are set.
func step(t testing.TB, name, start, end, actualStart, actualEnd string, dependsOn ...string) timeline.Milestone {
	t.Helper()
	return timeline.Milestone{
		Name: name, PlannedStart: day(t, start), PlannedEnd: day(t, end),
		ActualStart: timeline.ParseDay(actualStart), ActualEnd: timeline.ParseDay(actualEnd), DependsOn: dependsOn,
	}
}

// A dispatch centre: the design took two days longer than planned, the hiring is under way and late, the rest waits.
func TestWorkedByHand(t *testing.T) {
	all := []timeline.Milestone{
		step(t, "design", "2027-03-01", "2027-03-05", "2027-03-01", "2027-03-07"),
		step(t, "hire", "2027-03-01", "2027-03-10", "2027-03-02", ""),             // ten days from the 2nd: to the 11th; today is the 12th
		step(t, "build", "2027-03-06", "2027-03-15", "", "", "design"),            // ten days from today: the 12th to the 21st
		step(t, "train", "2027-03-11", "2027-03-14", "", "", "hire"),              // four days after today: the 13th to the 16th
		step(t, "open", "2027-03-16", "2027-03-17", "", "", "build", "train"),     // two days: the 22nd and 23rd
		step(t, "celebrate", "2027-03-20", "2027-03-20", "", ""),                  // as planned
		step(t, "permit", "2027-03-01", "2027-03-12", "2027-03-12", "", "design"), // started against its dependency: twelve days to the 23rd
	}
	got, err := timeline.Compute(all, day(t, "2027-03-12"))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		start, end, latest string
		critical           bool
	}{
		{"2027-03-01", "2027-03-07", "2027-03-11", false},
		{"2027-03-02", "2027-03-12", "2027-03-17", false},
		{"2027-03-12", "2027-03-21", "2027-03-21", true},
		{"2027-03-13", "2027-03-16", "2027-03-21", false},
		{"2027-03-22", "2027-03-23", "2027-03-23", true},
		{"2027-03-20", "2027-03-20", "2027-03-23", false},
		{"2027-03-12", "2027-03-23", "2027-03-23", true},
	} {
		e := got.Entries[i]
		if e.Start.String() != want.start || e.End.String() != want.end || e.Latest.String() != want.latest || e.Critical != want.critical {
			t.Errorf("%s: %v to %v, latest %v, critical %v; want %+v", all[i].Name, e.Start, e.End, e.Latest, e.Critical, want)
		}
	}
	// Both chains start on the 12th; "open" comes before "permit".
	if want := []int{2, 4}; !reflect.DeepEqual(got.Path, want) || got.Finish.String() != "2027-03-23" {
		t.Errorf("path %v to %v, want %v", got.Path, got.Finish, want)
	}
}

func TestOutsideHoldsUpAndIsNotCounted(t *testing.T) {
	other := step(t, "other", "2027-03-01", "2027-05-31", "", "")
	other.Outside = true
	long := step(t, "long", "2027-03-01", "2027-12-31", "", "")
	long.Outside = true
	mine := step(t, "mine", "2027-03-01", "2027-03-02", "", "", "other", "not given")
	got, err := timeline.Compute([]timeline.Milestone{other, long, mine}, day(t, "2027-01-01"))
	if err != nil {
		t.Fatal(err)
	}
	if got.Finish.String() != "2027-06-02" || !reflect.DeepEqual(got.Path, []int{0, 2}) || got.Entries[1].Latest != timeline.Never || got.Entries[1].Critical {
		t.Errorf("finish %v, path %v, %+v", got.Finish, got.Path, got.Entries)
	}
}

func TestWhatCannotBeComputed(t *testing.T) {
	for name, c := range map[string]struct {
		all  []timeline.Milestone
		want string
	}{
		"a circle": {[]timeline.Milestone{
			step(t, "a", "2027-03-01", "2027-03-01", "", "", "b"), step(t, "b", "2027-03-01", "2027-03-01", "", "", "a"),
			step(t, "c", "2027-03-01", "2027-03-01", "", ""),
		}, "2 milestones wait for each other in a circle"},
		"two of one name": {[]timeline.Milestone{step(t, "a", "2027-03-01", "2027-03-01", "", ""), step(t, "a", "2027-03-01", "2027-03-01", "", "")}, "a is given twice"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := timeline.Compute(c.all, 0); err == nil || err.Error() != c.want {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	if empty, err := timeline.Compute(nil, 0); err != nil || empty.Finish != timeline.None || empty.Path != nil {
		t.Errorf("without milestones: %+v %v", empty, err)
	}
}

func TestDays(t *testing.T) {
	for text, want := range map[string]timeline.Day{"1970-01-01": 0, "1969-12-31": -1, "2028-02-29": 21243, "2027-02-29": timeline.None, "": timeline.None} {
		got := timeline.ParseDay(text)
		if got != want {
			t.Errorf("%q is day %d, want %d", text, got, want)
		}
		if got != timeline.None && got.String() != text {
			t.Errorf("day %d is %s, want %s", got, got, text)
		}
	}
	if timeline.None.String() != "" || timeline.Never.String() != "9999-12-31" || timeline.ParseDay("0001-01-01").String() != "0001-01-01" {
		t.Errorf("ends of the calendar: %q %q", timeline.None, timeline.Never)
	}
}

// many are n milestones of which each depends on up to five earlier ones; the first tenth makes one long chain.
func many(n int) []timeline.Milestone {
	random := rand.New(rand.NewPCG(1, 2))
	all := make([]timeline.Milestone, n)
	name := func(i int) string {
		return fmt.Sprintf("organizations/riverbend/strategies/s%02d/objectives/o/milestones/m%05d", i%40, i)
	}
	for i := range all {
		start := timeline.Day(20_000 + random.Int64N(2000))
		all[i] = timeline.Milestone{
			Name: name(i), PlannedStart: start, PlannedEnd: start + timeline.Day(random.Int64N(30)), ActualStart: timeline.None, ActualEnd: timeline.None,
		}
		if 0 < i && i < n/10 {
			all[i].DependsOn = append(all[i].DependsOn, name(i-1))
		}
		for range random.IntN(5) {
			if i > 0 {
				all[i].DependsOn = append(all[i].DependsOn, name(random.IntN(i)))
			}
		}
	}
	return all
}

func BenchmarkTenThousand(b *testing.B) {
	all := many(10_000)
	cpu := func() int64 {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return u.Utime.Nano() + u.Stime.Nano()
	}
	from := cpu()
	b.ReportAllocs()
	for b.Loop() {
		if t, err := timeline.Compute(all, 20_500); err != nil || len(t.Path) == 0 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(cpu()-from)/float64(b.N)/1e6, "cpu-ms/op")
}
