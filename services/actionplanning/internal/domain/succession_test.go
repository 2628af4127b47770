package domain

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// town is staff with their work, as a store would keep them.
type town struct {
	staff     []Employee
	work      map[string]Assignment
	proposals map[string]Succession
}

// write takes next versions of employees and hands over the work of those who left by them.
func (w *town) write(t *rapid.T, changed []Employee, now time.Time) {
	before := map[string]Employee{}
	for _, e := range w.staff {
		before[e.ID] = e
	}
	w.staff = after(w.staff, changed)
	var leavers []Employee
	for _, e := range changed {
		if b, known := before[e.ID]; known && e.Status == EmployeeTerminated && b.Status != EmployeeTerminated {
			leavers = append(leavers, e)
		}
	}
	open := map[string]Succession{}
	for _, s := range w.proposals {
		if s.State == SuccessionOpen && s.Interim != "" {
			open[s.Interim] = s
		}
	}
	var work []Assignment
	for _, a := range w.work {
		work = append(work, a)
	}
	slices.SortFunc(work, func(a, b Assignment) int { return strings.Compare(a.ID, b.ID) })
	h := HandOver(leavers, work, open, func(id string) (Employee, bool) {
		i := slices.IndexFunc(w.staff, func(e Employee) bool { return e.ID == id })
		if i < 0 {
			return Employee{}, false
		}
		return w.staff[i], true
	}, now)
	for _, a := range h.Removed {
		delete(w.work, a.ID)
	}
	for _, a := range h.Ended {
		w.work[a.ID] = a
	}
	for _, a := range h.Interim {
		if _, taken := w.work[a.ID]; taken {
			t.Fatalf("two assignments of the id %s", a.ID)
		}
		w.work[a.ID] = a
	}
	for _, s := range h.Opened {
		if _, taken := w.proposals[s.ID]; taken {
			t.Fatalf("two proposals of the id %s", s.ID)
		}
		w.proposals[s.ID] = s
	}
	for _, s := range h.Moved {
		w.proposals[s.ID] = s
	}
}

// check holds the town to what a sync promises about leavers' work on each day to come.
func (w *town) check(t *rapid.T, before map[string]Assignment, today Date) {
	byID := map[string]Employee{}
	for _, e := range w.staff {
		byID[e.ID] = e
	}
	for _, a := range w.work {
		if e := byID[a.Employee]; e.GoneOn(today) && a.openFor(e, today) {
			t.Fatalf("%s of %s, who left, goes on", a.ID, a.Employee)
		}
		if err := a.check(); err != nil {
			t.Fatalf("%+v: %v", a, err)
		}
		for _, o := range w.work {
			if a.ID != o.ID && a.Role == RoleLead && o.Role == RoleLead && a.Objective == o.Objective && a.days().overlap(o.days()) {
				t.Fatalf("%s and %s both lead %s", a.ID, o.ID, a.Objective)
			}
		}
	}
	for id, was := range before {
		e := byID[was.Employee]
		if !e.GoneOn(today) || !was.openFor(e, today) {
			continue
		}
		proposed := false
		for _, s := range w.proposals {
			proposed = proposed || (s.State == SuccessionOpen && s.Work.Objective == was.Objective && s.Work.Role == was.Role &&
				(s.Ended == id || was.Interim) && (s.Interim == "" || !byID[w.work[s.Interim].Employee].GoneOn(today)))
		}
		if !proposed {
			t.Fatalf("the work %s of %s, who left, has no proposal", id, was.Employee)
		}
	}
}

func TestNoWorkOfALeaverIsLost(t *testing.T) {
	keys := []string{"1", "2", "3", "4", "5", "6"}
	row := rapid.Custom(func(t *rapid.T) StaffRow {
		r := StaffRow{
			ExternalID: rapid.SampledFrom(keys).Draw(t, "key"), DisplayName: "Ann", ManagerExternalID: rapid.SampledFrom(append([]string{""}, keys...)).Draw(t, "manager"),
			Status: rapid.SampledFrom([]EmployeeStatus{"", "", EmployeeLeave, EmployeeTerminated}).Draw(t, "status"),
		}
		if rapid.IntRange(0, 3).Draw(t, "ends") == 0 {
			r.EndDate = on(rapid.IntRange(-5, 30).Draw(t, "end"))
		}
		return r
	})
	rapid.Check(t, func(t *rapid.T) {
		w := town{work: map[string]Assignment{}, proposals: map[string]Succession{}}
		day := 0
		for n := range rapid.IntRange(1, 6).Draw(t, "rounds") {
			day += rapid.IntRange(0, 6).Draw(t, "days")
			now := time.Date(2027, 1, 1+day, 12, 0, 0, 0, time.UTC)
			for i := range rapid.IntRange(0, 2).Draw(t, "new work") { // as CreateAssignment would allow it
				a := Assignment{Organization: "o", ID: fmt.Sprintf("a%d-%d", n, i), Strategy: "s", Objective: rapid.SampledFrom([]string{"x", "y"}).Draw(t, "objective"), Role: RoleLead}
				a.Employee = EmployeeID(rapid.SampledFrom(keys).Draw(t, "employee"))
				a.StartDate, a.EndDate = drawDays(t, "work", false)
				at := slices.IndexFunc(w.staff, func(e Employee) bool { return e.ID == a.Employee })
				taken := slices.ContainsFunc(slices.Sorted(maps.Keys(w.work)), func(id string) bool {
					return a.CheckLead([]Assignment{w.work[id]}) != nil && w.work[id].Objective == a.Objective
				})
				if at >= 0 && !taken && a.CheckHolder(w.staff[at], nil, Today(now)) == nil {
					a.Meta = Meta{}.Next(now)
					w.work[a.ID] = a
				}
			}
			before := maps.Clone(w.work)
			w.write(t, Due(w.staff, now), now)
			mode := rapid.SampledFrom([]SyncMode{SyncDelta, SyncFull}).Draw(t, "mode")
			_, changed, err := StaffSync{Organization: "o", Mode: mode, Rows: rapid.SliceOfN(row, 0, 6).Draw(t, "rows"), MaxTombstonePPM: PPM}.Reconcile(w.staff, now)
			if err != nil {
				t.Fatal(err)
			}
			w.write(t, changed, now)
			w.check(t, before, Today(now))
		}
	})
}

func TestGapsWithoutAnybody(t *testing.T) {
	objectives := []Objective{
		{Organization: "o", Strategy: "s", ID: "open", DisplayName: "Open", State: ObjectiveActive},
		{Organization: "o", Strategy: "s", ID: "later", DisplayName: "Later", State: ObjectiveDraft},
		{Organization: "o", Strategy: "s", ID: "over", State: ObjectiveCompleted},
		{Organization: "o", Strategy: "s", ID: "dropped", State: ObjectiveCancelled},
		{Organization: "o", Strategy: "s", ID: "part", DisplayName: "Part", State: ObjectiveActive},
	}
	ann := Employee{Organization: "o", ID: "e-1", DisplayName: "Ann", FTEPPM: PPM, Status: EmployeeActive}
	work := []Assignment{
		{Organization: "o", ID: "a", Strategy: "s", Objective: "open", Employee: "e-1", Role: RoleLead, StartDate: "2026-01-01", EndDate: "2026-12-31"},
		{Organization: "o", ID: "b", Strategy: "s", Objective: "later", Employee: "e-1", Role: RoleLead, StartDate: "2027-06-01", EffortPPM: PPM},
		{Organization: "o", ID: "c", Strategy: "s", Objective: "part", Milestone: "m", Employee: "e-1", Role: RoleLead, StartDate: "2027-06-01", EffortPPM: 1},
	}
	var got []string
	for _, g := range Gaps(objectives, work, map[string]Employee{"e-1": ann}, nil, "2027-01-01") {
		got = append(got, fmt.Sprintln(g.Kind, g.Objective, g.Employee, g.Detail))
	}
	want := []string{
		"NO_LEAD organizations/o/strategies/s/objectives/open  nobody leads Open today or later; assign a LEAD, or accept a successor if one is proposed\n",
		"NO_LEAD organizations/o/strategies/s/objectives/part  nobody leads Part today or later; assign a LEAD, or accept a successor if one is proposed\n",
		"OVER_ALLOCATED  organizations/o/staff/e-1 Ann is asked for 1000001 ppm of 1000000 ppm from 2027-06-01 on; lower an effort, move its days, or give work to somebody else\n",
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
