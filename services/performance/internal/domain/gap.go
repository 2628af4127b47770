package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// GapKind says what a measure lacks.
type GapKind string

// Kinds of gaps. A value is due when its period ends, and overdue when the period after that has ended too: what quality
// findings call LATE.
const (
	GapNoValue  GapKind = "NO_VALUE"  // it never had a value for the whole city, and one is overdue
	GapStale    GapKind = "STALE"     // it had values, and a later one is overdue
	GapNoOwner  GapKind = "NO_OWNER"  // nobody answers for its values
	GapNoTarget GapKind = "NO_TARGET" // it has no target for the period under way or a later one
)

// GapKey tells gaps of one organization apart. A gap that is mended and comes back later has the same key, unless it is
// about a value: then another period is due.
type GapKey struct {
	Measure string // id
	Kind    GapKind
	Due     Date // first day of the first overdue period; empty where no value is missing
}

// Gap is one thing that one measure lacks.
type Gap struct {
	GapKey
	Organization string
	DisplayName  string
	Owner        string
	Periods      int       // overdue
	Detail       string    // what is missing, and what would mend it
	Reminded     time.Time // when a reminder was last sent; zero when none was
}

// MeasureName is the resource name of the measure.
func (g Gap) MeasureName() string { return MeasureName(g.Organization, g.Measure) }

// Subject is what events about the gap are about. It is not the measure, whose own events tell what the measure was like; and no
// measure has two gaps of one kind.
func (g Gap) Subject() string { return name(g.MeasureName(), "gaps", string(g.Kind)) }

// Gaps are what the measure lacks now, in the order of their kinds above; a retired one lacks nothing. last is the latest period with a
// value for the whole city, empty when there is none.
func (m Measure) Gaps(last Date, now time.Time) []Gap {
	if last != "" && m.retired(m.period(now)) {
		return nil
	}
	var gaps []Gap
	lacks := func(kind GapKind, due Date, periods int, detail string, args ...any) {
		gaps = append(gaps, Gap{
			GapKey: GapKey{m.ID, kind, due}, Organization: m.Organization, DisplayName: m.DisplayName, Owner: m.Owner,
			Periods: periods, Detail: fmt.Sprintf(detail, args...),
		})
	}
	today, first := m.period(now), m.firstDue()
	at, has := m.Frequency.Ordinal(last)
	if has {
		first = at + 1
	}
	due := m.Frequency.Start(first)
	switch overdue := today - 1 - first; { // neither the period under way nor the one before owes anything yet
	case overdue <= 0:
	case has:
		lacks(GapStale, due, overdue, "The latest value is that of %s; overdue: %s, from %s on. Record them.",
			last, count(overdue, m.Frequency.Period()), due)
	default:
		lacks(GapNoValue, due, overdue, "No value was ever recorded for the whole city; overdue: %s, from %s on. Record them, or delete the measure.",
			count(overdue, m.Frequency.Period()), due)
	}
	if strings.TrimSpace(m.Owner) == "" {
		lacks(GapNoOwner, "", 0, "Nobody owns it; set owner to who answers for its values.")
	}
	if !m.aims(today) {
		lacks(GapNoTarget, "", 0, "No target holds for the %s from %s or a later one; add one to targets.", m.Frequency.Period(), m.Frequency.Start(today))
	}
	return gaps
}

// retired says whether the measure, which has values and so cannot be deleted, is kept for them alone: it speaks for nothing,
// and aims at nothing any more.
func (m Measure) retired(period int) bool { return len(m.Links) == 0 && !m.aims(period) }

// period is the ordinal of the period that the moment lies in.
func (m Measure) period(at time.Time) int {
	ordinal, _ := m.Frequency.Ordinal(Date(at.UTC().Format(time.DateOnly)))
	return ordinal
}

// firstDue is the first period that owes a value: the one in which the measure was created, or an earlier one that it has a
// target for.
func (m Measure) firstDue() int {
	first := m.period(m.CreateTime)
	for _, t := range m.Targets {
		if at, ok := m.Frequency.from(t.Start); ok {
			first = min(first, at)
		}
	}
	return first
}

// aims says whether a target holds for the period or a later one.
func (m Measure) aims(period int) bool {
	return slices.ContainsFunc(m.Targets, func(t Target) bool {
		at, ok := m.Frequency.from(t.Start)
		return ok && m.Frequency.Start(max(at, period)) <= t.End
	})
}

// from is the ordinal of the first period that starts on day or later.
func (f Frequency) from(day Date) (int, bool) {
	at, ok := f.Ordinal(day)
	if ok && !f.Starts(day) {
		at++
	}
	return at, ok
}

// Mended are m's gaps that next, its next version, has no more; gaps about values are none of them.
func (m Measure) Mended(next Measure, now time.Time) []GapKey {
	still := map[GapKey]bool{}
	for _, g := range next.Gaps("", now) {
		still[g.GapKey] = true
	}
	var mended []GapKey
	for _, g := range m.Gaps("", now) {
		if g.Due == "" && !still[g.GapKey] {
			mended = append(mended, g.GapKey)
		}
	}
	return mended
}

// Reminded is what a round of reminders came to.
type Reminded struct {
	Sent     int // gaps that a reminder was sent of
	Repeated int // gaps that had been reminded of before
}

// Remind tells which of the gaps to remind of now, and which reminders to forget because their gap is mended, so that it is
// reminded of again should it come back. sent are the reminders kept.
func Remind(gaps []Gap, sent map[GapKey]time.Time, now time.Time) (remind []Gap, mended []GapKey) {
	open := make(map[GapKey]bool, len(gaps))
	for _, g := range gaps {
		open[g.GapKey] = true
		if _, repeated := sent[g.GapKey]; !repeated {
			g.Reminded = now
			remind = append(remind, g)
		}
	}
	for key := range sent {
		if !open[key] {
			mended = append(mended, key)
		}
	}
	slices.SortFunc(mended, GapKey.compare)
	return remind, mended
}

func (k GapKey) compare(other GapKey) int {
	return cmp.Or(cmp.Compare(k.Measure, other.Measure), cmp.Compare(k.Kind, other.Kind), cmp.Compare(k.Due, other.Due))
}

// count is a number of things, such as "1 month" or "2 months".
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
