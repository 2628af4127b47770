package domain

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
)

// on is day n of 2027.
func on(n int) Date { return Date("2027-01-01").Add(0, n) }

// drawDays draws days within some weeks, at times open-ended or on one day.
func drawDays(t *rapid.T, what string, openStart bool) (from, to Date) {
	a, b := rapid.IntRange(0, 40).Draw(t, what+" from"), rapid.IntRange(0, 40).Draw(t, what+" to")
	from, to = on(min(a, b)), on(max(a, b))
	if rapid.IntRange(0, 4).Draw(t, what+" open") == 0 {
		to = ""
	}
	if openStart && rapid.IntRange(0, 4).Draw(t, what+" ever") == 0 {
		from = ""
	}
	return from, to
}

func drawEmployee(t *rapid.T) Employee {
	e := Employee{Organization: "o", ID: "e-1", FTEPPM: rapid.SampledFrom([]int{PPM, 500_000}).Draw(t, "fte")}
	for range rapid.IntRange(0, 3).Draw(t, "jobs") {
		j := Job{FTEPPM: rapid.IntRange(1, PPM).Draw(t, "job fte")}
		j.StartDate, j.EndDate = drawDays(t, "job", true)
		e.Jobs = append(e.Jobs, j)
	}
	for range rapid.IntRange(0, 3).Draw(t, "leaves") {
		var l Leave
		l.StartDate, l.EndDate = drawDays(t, "leave", false)
		e.Leaves = append(e.Leaves, l)
	}
	if rapid.Bool().Draw(t, "ends") {
		e.EndDate = on(rapid.IntRange(0, 40).Draw(t, "end"))
	}
	e.OnLeave = rapid.IntRange(0, 9).Draw(t, "on leave") == 0
	return e
}

func drawWork(t *rapid.T) (work []Assignment) {
	for i := range rapid.IntRange(0, 4).Draw(t, "assignments") {
		a := Assignment{Organization: "o", ID: fmt.Sprint(i), Employee: "e-1", EffortPPM: rapid.IntRange(0, PPM).Draw(t, "effort")}
		a.StartDate, a.EndDate = drawDays(t, "assignment", false)
		work = append(work, a)
	}
	return work
}

// availableOn is what an employee can give on one day, as the words say it.
func availableOn(e Employee, day Date) (available int) {
	if e.OnLeave || (e.EndDate != "" && day > e.EndDate) {
		return 0
	}
	for _, l := range e.Leaves {
		if l.StartDate <= day && (l.EndDate == "" || day <= l.EndDate) {
			return 0
		}
	}
	if len(e.Jobs) == 0 {
		return e.FTEPPM
	}
	for _, j := range e.Jobs {
		if j.StartDate <= day && (j.EndDate == "" || day <= j.EndDate) {
			available += j.FTEPPM
		}
	}
	return available
}

func loadOn(work []Assignment, day Date) (load int) {
	for _, a := range work {
		if a.StartDate <= day && (a.EndDate == "" || day <= a.EndDate) {
			load += a.EffortPPM
		}
	}
	return load
}

func TestLoadIsThatOfEveryDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, work := drawEmployee(t), drawWork(t)
		from, to := on(rapid.IntRange(-3, 20).Draw(t, "first")), on(rapid.IntRange(20, 50).Draw(t, "last"))
		spans, over := Load(e, work, from, to)
		at, most, free := 0, 0, 1<<40
		for day := from; day <= to; day = day.Next() {
			if day > spans[at].End {
				if at++; spans[at].Start != day {
					t.Fatalf("span %d starts on %s after %s", at, spans[at].Start, spans[at-1].End)
				}
			}
			s := spans[at]
			if s.AvailablePPM != availableOn(e, day) || s.LoadPPM != loadOn(work, day) {
				t.Fatalf("%s: %d of %d, want %d of %d", day, s.LoadPPM, s.AvailablePPM, loadOn(work, day), availableOn(e, day))
			}
			sum := 0
			for _, a := range s.Assignments {
				sum += a.EffortPPM
			}
			if sum != s.LoadPPM {
				t.Fatalf("%s: the assignments listed ask %d of %d", day, sum, s.LoadPPM)
			}
			most, free = max(most, s.LoadPPM-s.AvailablePPM), min(free, s.AvailablePPM-s.LoadPPM)
		}
		if spans[0].Start != from || spans[len(spans)-1].End != to || over != most {
			t.Fatalf("spans %+v from %s to %s, over by %d, want %d", spans, from, to, over, most)
		}
		if got := Free(e, work, from, to); got != max(0, free) {
			t.Fatalf("%d free on the tightest day, want %d", got, max(0, free))
		}
		for i := 1; i < len(spans); i++ {
			if spans[i].same(spans[i-1]) {
				t.Fatalf("spans %d and %d are the same", i-1, i)
			}
		}
	})
}

func TestOverAllocationIsThatOfSomeDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, work := drawEmployee(t), drawWork(t)
		next := Assignment{Organization: "o", ID: "next", Employee: "e-1", EffortPPM: rapid.IntRange(0, PPM).Draw(t, "effort")}
		if len(work) > 0 && rapid.Bool().Draw(t, "change") {
			next.ID = work[0].ID
		}
		next.StartDate, next.EndDate = drawDays(t, "next", false)
		after := append(without(work, next.ID), next)
		worse, flagged := false, map[string]bool{}
		for day := on(-1); day <= on(60); day = day.Next() {
			if load := loadOn(after, day); load > availableOn(e, day) {
				worse = worse || load > loadOn(work, day)
				for _, a := range after {
					if a.EffortPPM > 0 && a.days().hold(day) {
						flagged[a.ID] = true
					}
				}
			}
		}
		if err := next.CheckLoad(e, work); (err != nil) != worse {
			t.Fatalf("worse %t, error %v", worse, err)
		}
		if got := Flagged(e, after); fmt.Sprint(got) != fmt.Sprint(flagged) {
			t.Fatalf("flagged %v, want %v", got, flagged)
		}
	})
}

func without(work []Assignment, id string) []Assignment {
	return slices.DeleteFunc(slices.Clone(work), func(a Assignment) bool { return a.ID == id })
}

func TestOverAllocationNamesWhoWhenAndHowMuch(t *testing.T) {
	e := Employee{Organization: "o", ID: "e-1", DisplayName: "Ann", FTEPPM: 800_000}
	a := Assignment{Organization: "o", ID: "a", Employee: "e-1", EffortPPM: 500_000, StartDate: "2027-01-01", EndDate: "2027-06-30"}
	b := Assignment{Organization: "o", ID: "b", Employee: "e-1", EffortPPM: 400_000, StartDate: "2027-05-01"}
	err := b.CheckLoad(e, []Assignment{a})
	if fault.Reason(err) != "OVER_ALLOCATED" || !strings.Contains(err.Error(), "organizations/o/staff/e-1 (Ann) would be asked for 900000 ppm of 800000 ppm from 2027-05-01 to 2027-06-30;") {
		t.Errorf("error %v", err)
	}
	b.StartDate = "2027-07-01"
	if err := b.CheckLoad(e, []Assignment{a}); err != nil {
		t.Errorf("after the other: %v", err)
	}
	// Ending what was too much is no further over-allocation.
	b.StartDate, b.EndDate = "2027-01-01", ""
	shorter := b
	shorter.EndDate = "2027-03-31"
	if err := shorter.CheckLoad(e, []Assignment{a, b}); err != nil {
		t.Errorf("a shorter one: %v", err)
	}
}

func TestDatesAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		day         Date
		years, days int
		want        Date
	}{
		{"2027-12-31", 0, 1, "2028-01-01"},
		{"2028-02-28", 0, 1, "2028-02-29"},
		{"2027-01-01", 0, -1, "2026-12-31"},
		{"2027-06-01", 1, 0, "2028-06-01"},
		{"9999-12-31", 0, 1, never},
		{"", 0, 1, never},
		{never, 0, 1, never},
	} {
		if got := c.day.Add(c.years, c.days); got != c.want {
			t.Errorf("%s and %d years %d days is %s, want %s", c.day, c.years, c.days, got, c.want)
		}
	}
	if got := Today(time.Date(2027, 1, 1, 0, 30, 0, 0, time.FixedZone("", 3600))); got != "2026-12-31" {
		t.Errorf("today is %s", got)
	}
	e := Employee{Organization: "o", ID: "e-1", FTEPPM: PPM, EndDate: "9999-12-31"}
	if spans, _ := Load(e, nil, "9999-12-30", "9999-12-31"); len(spans) != 1 || spans[0].End != "9999-12-31" || spans[0].AvailablePPM != PPM {
		t.Errorf("the last days: %+v", spans)
	}
	for name, c := range map[string]struct {
		from, to Date
		first    Date
		last     Date
		bad      string
	}{
		"defaults":    {"", "", "2027-01-01", "2028-01-01", ""},
		"one day":     {"2027-03-01", "2027-03-01", "2027-03-01", "2027-03-01", ""},
		"ten years":   {"2027-03-01", "2037-03-01", "2027-03-01", "2037-03-01", ""},
		"longer":      {"2027-03-01", "2037-03-02", "", "", "end_date"},
		"backwards":   {"2027-03-01", "2027-02-28", "", "", "end_date"},
		"no such day": {"2027-02-30", "2027-02-28", "", "", "start_date"},
	} {
		first, last, err := LoadDays(c.from, c.to, "2027-01-01")
		f, _ := fault.As(err)
		if (f == nil) != (c.bad == "") || (f != nil && f.Violations[0].Field != c.bad) || (f == nil && (first != c.first || last != c.last)) {
			t.Errorf("%s: %s to %s, %v", name, first, last, err)
		}
	}
}
