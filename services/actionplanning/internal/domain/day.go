package domain

import "time"

// never comes after every day: the end of what is open-ended.
const never Date = "~"

// Today is the calendar day of a moment, UTC.
func Today(now time.Time) Date { return Date(now.UTC().Format(time.DateOnly)) }

// Add is the day that lies so many years and days later; never stays never, and so does what lies beyond the year 9999.
func (d Date) Add(years, days int) Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return never
	}
	if t = t.AddDate(years, 0, days); t.Year() > 9999 {
		return never
	}
	return Date(t.Format(time.DateOnly))
}

// Next is the day after d, the last day of something: never if it is open-ended.
func (d Date) Next() Date { return d.Add(0, 1) }

// days are those from Start to End, the last one; an unset Start reaches back for ever, an unset End on for ever.
type days struct{ Start, End Date }

// hold says whether day is among them.
func (d days) hold(day Date) bool { return d.Start <= day && (d.End == "" || day <= d.End) }

// overlap says whether both have a day in common.
func (d days) overlap(o days) bool {
	return (o.End == "" || d.Start <= o.End) && (d.End == "" || o.Start <= d.End)
}

func (d days) String() string {
	switch {
	case d.End == "":
		return "from " + string(d.Start) + " on"
	case d.Start == d.End:
		return "on " + string(d.Start)
	}
	return "from " + string(d.Start) + " to " + string(d.End)
}
