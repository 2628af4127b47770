package timeline

import "time"

const secondsOfDay = 24 * 60 * 60

// lastDay is 9999-12-31: no calendar of ours goes further.
const lastDay Day = 2_932_896

// ParseDay reads "2027-07-01"; anything else, and a day of the year 0, is None.
func ParseDay[T ~string](date T) Day {
	t, err := time.Parse(time.DateOnly, string(date))
	if err != nil || t.Year() == 0 {
		return None
	}
	return Day(t.Unix() / secondsOfDay) // exact: midnight UTC
}

// String is the day as "2027-07-01"; "" for None, and 9999-12-31 for all that comes after it.
func (d Day) String() string {
	if d == None {
		return ""
	}
	return time.Unix(int64(min(d, lastDay))*secondsOfDay, 0).UTC().Format(time.DateOnly)
}
