package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/platform/fault"
)

// LoadSpan are days on which neither what an employee can give nor what is asked of them changes.
type LoadSpan struct {
	Start, End   Date
	AvailablePPM int          // FTE of the jobs held; 0 on leave and after the last day
	LoadPPM      int          // what the assignments ask
	Assignments  []Assignment // those that hold on these days, in the order given
}

// turn is a day on which something starts or has ended, and by how much.
type turn struct {
	day                   Date
	fte, away, load, were int
}

// turns gathers the days on which something changes, so that the days between them need no look.
type turns []turn

// during adds change to the turns for the days it holds.
func (t *turns) during(d days, change turn) {
	change.day = d.Start
	*t = append(*t, change)
	if end := d.End.Next(); end != never {
		*t = append(*t, turn{end, -change.fte, -change.away, -change.load, -change.were})
	}
}

// employment adds what the employee can give.
func (t *turns) employment(e Employee) {
	if len(e.Jobs) == 0 {
		t.during(days{}, turn{fte: e.FTEPPM})
	}
	for _, j := range e.Jobs {
		t.during(j.days(), turn{fte: j.FTEPPM})
	}
	for _, l := range e.Leaves {
		t.during(l.days(), turn{away: 1})
	}
	switch {
	case e.OnLeave, e.EndDate == "" && e.Status == EmployeeTerminated:
		t.during(days{}, turn{away: 1})
	case e.EndDate != "":
		t.during(days{Start: e.EndDate.Next()}, turn{away: 1})
	}
}

// sums are what holds on some days.
type sums struct {
	days
	available, load, were int
}

// each passes over the runs of days within from and to ("" is for ever) on which nothing changes, first to last.
func (t turns) each(from, to Date, visit func(sums)) {
	slices.SortStableFunc(t, func(a, b turn) int { return strings.Compare(string(a.day), string(b.day)) })
	var at turn
	start := from
	pass := func(next Date) {
		if next <= start {
			return
		}
		s := sums{days: days{Start: start, End: next.Add(0, -1)}, load: at.load, were: at.were}
		if next == never {
			s.End = to
		}
		if at.away == 0 {
			s.available = at.fte
		}
		visit(s)
		start = next
	}
	beyond := never
	if to != "" {
		beyond = to.Next()
	}
	for i := 0; i < len(t) && t[i].day < beyond; {
		day := t[i].day
		pass(day)
		for ; i < len(t) && t[i].day == day; i++ {
			at.fte += t[i].fte
			at.away += t[i].away
			at.load += t[i].load
			at.were += t[i].were
		}
	}
	pass(beyond)
}

// Load is what work asks of an employee between two days, without gaps, and the most by which it exceeds what they can give.
func Load(e Employee, work []Assignment, from, to Date) (spans []LoadSpan, overPPM int) {
	var t turns
	t.employment(e)
	for _, a := range work {
		t.during(a.days(), turn{load: a.EffortPPM})
	}
	t.each(from, to, func(s sums) {
		span := LoadSpan{Start: s.Start, End: s.End, AvailablePPM: s.available, LoadPPM: s.load}
		for _, a := range work {
			if a.days().hold(s.Start) {
				span.Assignments = append(span.Assignments, a)
			}
		}
		overPPM = max(overPPM, s.load-s.available)
		if n := len(spans); n > 0 && spans[n-1].same(span) {
			spans[n-1].End = span.End
			return
		}
		spans = append(spans, span)
	})
	return spans, overPPM
}

func (s LoadSpan) same(o LoadSpan) bool {
	return s.AvailablePPM == o.AvailablePPM && s.LoadPPM == o.LoadPPM &&
		slices.EqualFunc(s.Assignments, o.Assignments, func(a, b Assignment) bool { return a.ID == b.ID })
}

// Free is what the employee has left on the tightest of the days between from and to ("" is for ever), never less than nothing.
func Free(e Employee, work []Assignment, from, to Date) int {
	var t turns
	t.employment(e)
	for _, a := range work {
		t.during(a.days(), turn{load: a.EffortPPM})
	}
	free, first := 0, true
	t.each(from, to, func(s sums) {
		if left := s.available - s.load; first || left < free {
			free, first = left, false
		}
	})
	return max(0, free)
}

// Excess are days on which more is asked of an employee than they can give.
type Excess struct {
	days
	Available, Load int
}

// String tells days and amounts.
func (x Excess) String() string {
	return fmt.Sprintf("%d ppm of %d ppm %s", x.Load, x.Available, x.days)
}

// Overload are the days, from the given one on ("" is for ever before), on which work asks more of the employee than they can give.
func Overload(e Employee, work []Assignment, from Date) []Excess { return overload(e, nil, work, from) }

// overload leaves out the days on which as much was asked before.
func overload(e Employee, before, after []Assignment, from Date) (over []Excess) {
	var t turns
	t.employment(e)
	for _, a := range before {
		t.during(a.days(), turn{were: a.EffortPPM})
	}
	for _, a := range after {
		t.during(a.days(), turn{load: a.EffortPPM})
	}
	t.each(from, "", func(s sums) {
		if s.load > s.available && s.load > s.were {
			x := Excess{s.days, s.available, s.load}
			if n := len(over); n > 0 && over[n-1].Available == x.Available && over[n-1].Load == x.Load && over[n-1].End.Next() == x.Start {
				over[n-1].End = x.End
				return
			}
			over = append(over, x)
		}
	})
	return over
}

// daysShown is how many runs of days a sentence lists.
const daysShown = 3

// Excesses tells the first of them, and how many more there are.
func Excesses(over []Excess) string {
	shown := make([]string, 0, daysShown)
	for _, x := range over[:min(daysShown, len(over))] {
		shown = append(shown, x.String())
	}
	text := strings.Join(shown, ", ")
	if more := len(over) - daysShown; more > 0 {
		text += fmt.Sprintf(" and %d more runs of days", more)
	}
	return text
}

// CheckLoad refuses a if it makes the load of its employee exceed what they can give. work are all the employee's assignments, an
// earlier version of a perhaps among them: days on which as much was asked before are not held against it.
func (a Assignment) CheckLoad(e Employee, work []Assignment) error {
	after := append(slices.DeleteFunc(slices.Clone(work), func(o Assignment) bool { return o.ID == a.ID }), a)
	over := overload(e, work, after, a.StartDate)
	if len(over) == 0 {
		return nil
	}
	return fault.State("OVER_ALLOCATED",
		"%s (%s) would be asked for %s; lower the effort, choose other days or somebody else, or let the assignment policy flag such work",
		e.Name(), e.DisplayName, Excesses(over)).With("employee", e.Name()).With("over_ppm", strconv.Itoa(over[0].Load-over[0].Available))
}

// Flagged are the ids of those of an employee's assignments that ask for something on a day on which too much is asked.
func Flagged(e Employee, work []Assignment) map[string]bool {
	flagged := map[string]bool{}
	for _, x := range Overload(e, work, "") {
		for _, a := range work {
			if a.EffortPPM > 0 && a.days().overlap(x.days) {
				flagged[a.ID] = true
			}
		}
	}
	return flagged
}

// MaxLoadYears is how many years of load can be asked for at once.
const MaxLoadYears = 10

// LoadDays are the days to show the load of: from today for a year unless others are asked for.
func LoadDays(from, to, today Date) (first, last Date, err error) {
	var v fault.Violations
	first, last = cmp.Or(from, today), to
	v.Check(first.valid(), "start_date", "must be a calendar day, or unset")
	if last == "" {
		last = first.Add(1, 0)
	} else {
		v.Check(last.valid(), "end_date", "must be a calendar day, or unset")
	}
	if err := v.Err(); err != nil {
		return first, last, err
	}
	v.Check(last >= first, "end_date", "is before start_date (%s); move one of them", first)
	v.Check(last <= first.Add(MaxLoadYears, 0), "end_date", "is more than %d years after start_date; ask for fewer days", MaxLoadYears)
	return first, last, v.Err()
}
