package domain

import (
	"cmp"
	"slices"
	"time"

	"github.com/throughline/throughline/services/platform/fault"
)

// Rebasing is a recorded act: from Start on the process is another one, and the limits of its chart are computed anew.
type Rebasing struct {
	Start      Date // first day of the new segment's first period
	Reason     string
	RecordedBy string
	RecordTime time.Time
}

// Rebased is the next version of m, with one more re-basing.
func (m Measure) Rebased(r Rebasing, now time.Time) (Measure, error) {
	var v fault.Violations
	v.Check(m.Frequency.Starts(r.Start), "start_period", "must be the first day of a %s", m.Frequency.Period())
	required(&v, "reason", r.Reason)
	v.Check(!slices.ContainsFunc(m.Rebasings, func(have Rebasing) bool { return have.Start == r.Start }),
		"start_period", "%s has been re-based there already; choose another period", m.Name())
	if err := v.Err(); err != nil {
		return m, err
	}
	r.RecordTime = now
	m.Rebasings = append(slices.Clone(m.Rebasings), r)
	slices.SortFunc(m.Rebasings, func(a, b Rebasing) int { return cmp.Compare(a.Start, b.Start) })
	m.Meta = m.Next(now)
	return m, nil
}

// TargetAt is the target of the period that starts on day, if there is one.
func (m Measure) TargetAt(day Date) (Target, bool) {
	i := slices.IndexFunc(m.Targets, func(t Target) bool { return t.Start <= day && day <= t.End })
	if i < 0 {
		return Target{}, false
	}
	return m.Targets[i], true
}

// Ordinal numbers the period that day lies in: months, quarters or years since the start of year 0. False when day is no calendar day.
func (f Frequency) Ordinal(day Date) (int, bool) {
	t, ok := day.time()
	if !ok {
		return 0, false
	}
	switch f {
	case Quarterly:
		return t.Year()*4 + (int(t.Month())-1)/3, true
	case Yearly:
		return t.Year(), true
	default:
		return t.Year()*12 + int(t.Month()) - 1, true
	}
}

// Start is the first day of the period with this ordinal.
func (f Frequency) Start(ordinal int) Date {
	year, month := ordinal, 1
	switch f {
	case Quarterly:
		year, month = ordinal/4, ordinal%4*3+1
	case Yearly:
	default:
		year, month = ordinal/12, ordinal%12+1
	}
	return Date(time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
}
