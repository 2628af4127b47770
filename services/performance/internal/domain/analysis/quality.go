package analysis

import (
	"fmt"
	"math"
)

// FindingKind names what is wrong with the data.
type FindingKind string

// Findings, with what each takes off a score of 100:
//
//	EMPTY            no value at all                                                100
//	SHORT_SERIES     fewer than 3 values in the latest segment                       40
//	                 fewer than 12                                                   20
//	MISSING_PERIODS  of the periods from first to last, share without a value × 60, up to 30
//	LATE             periods ended more than one ago without a value, 10 each,       up to 30
//	REPEATED_VALUES  five or more equal values in a row                              10
//	EXTREME_JUMPS    moving ranges beyond their limit, 5 each,                       up to 20
//	MANY_REVISIONS   more than a quarter of the values were revised                  10
//	NO_TARGET        the latest point has no target                                  10
//
// A finding says "look", not "wrong": values may rightly repeat or jump. LATE grants each value the period after its own
// to arrive in. Deductions are whole numbers, rounded up; the score stops at 0.
const (
	Empty          FindingKind = "EMPTY"
	ShortSeries    FindingKind = "SHORT_SERIES"
	MissingPeriods FindingKind = "MISSING_PERIODS"
	Late           FindingKind = "LATE"
	RepeatedValues FindingKind = "REPEATED_VALUES"
	ExtremeJumps   FindingKind = "EXTREME_JUMPS"
	ManyRevisions  FindingKind = "MANY_REVISIONS"
	WithoutTarget  FindingKind = "NO_TARGET"
)

// manyEqual is how many equal values in a row are a finding.
const manyEqual = 5

// mostPeriods is how many periods a finding names at most.
const mostPeriods = 12

// Finding is one thing to look at.
type Finding struct {
	Kind      FindingKind
	Count     int // points or periods concerned
	Deduction int
	Periods   []int // the first 12 concerned; empty where the whole series is
	Detail    string
}

// Quality is what the data are worth: 100 less the deductions.
type Quality struct {
	Score    int
	Findings []Finding // in the order of FindingKind's constants
}

func (q *Quality) add(kind FindingKind, deduction, count int, periods []int, format string, args ...any) {
	if count == 0 {
		return
	}
	q.Score = max(0, q.Score-deduction)
	if len(periods) > mostPeriods {
		periods = periods[:mostPeriods]
	}
	q.Findings = append(q.Findings, Finding{Kind: kind, Count: count, Deduction: deduction, Periods: periods, Detail: fmt.Sprintf(format, args...)})
}

// quality looks at the whole series, not only its latest segment: data that were bad once were badly collected.
func (a *analysis) quality() Quality {
	q := Quality{Score: 100}
	s, ok := a.latest()
	if !ok {
		q.add(Empty, 100, 1, nil, "there is no value")
		return q
	}
	if points := s.Last - s.First + 1; points < MinComparison {
		q.add(ShortSeries, 40, points, nil, "%d values are too few for any verdict; %d are the least", points, MinComparison)
	} else if points < FullLength {
		q.add(ShortSeries, 20, points, nil, "%d values make provisional verdicts; %d make full ones", points, FullLength)
	}
	a.missing(&q)
	a.late(&q)
	a.repeated(&q)
	a.jumps(&q)
	revised, periods := 0, []int(nil)
	for _, p := range a.series.Points {
		if p.Revision > 1 {
			revised, periods = revised+1, append(periods, p.Period)
		}
	}
	if 4*revised > len(a.series.Points) {
		q.add(ManyRevisions, 10, revised, periods, "%d of %d values were revised", revised, len(a.series.Points))
	}
	if !a.target().OK {
		q.add(WithoutTarget, 10, 1, []int{a.series.Points[s.Last].Period}, "the latest point has no target")
	}
	return q
}

func (a *analysis) missing(q *Quality) {
	points := a.series.Points
	span := points[len(points)-1].Period - points[0].Period + 1
	count := span - len(points)
	var periods []int
	for i := 1; i < len(points) && len(periods) < mostPeriods; i++ {
		for p := points[i-1].Period + 1; p < points[i].Period && len(periods) < mostPeriods; p++ {
			periods = append(periods, p)
		}
	}
	share := float64(count) / float64(span)
	q.add(MissingPeriods, min(30, int(math.Ceil(60*share))), count, periods, "%d of %d periods from the first to the last have no value", count, span)
}

func (a *analysis) late(q *Quality) {
	last := a.series.Points[len(a.series.Points)-1].Period
	count := max(0, a.opts.Now-2-last) // the period under way and the one before owe nothing yet
	var periods []int
	for p := last + 1; p <= last+count && len(periods) < mostPeriods; p++ {
		periods = append(periods, p)
	}
	q.add(Late, min(30, 10*count), count, periods, "%d periods after the last value are overdue", count)
}

func (a *analysis) repeated(q *Quality) {
	longest, length, end := 0, 0, 0
	for i := range a.y {
		if i > 0 && a.side(a.y[i], a.y[i-1]) == 0 {
			length++
		} else {
			length = 1
		}
		if length > longest {
			longest, end = length, i
		}
	}
	if longest < manyEqual {
		return
	}
	var periods []int
	for _, p := range a.series.Points[end+1-longest : end+1] {
		periods = append(periods, p.Period)
	}
	q.add(RepeatedValues, 10, longest, periods, "%d values in a row are equal", longest)
}

func (a *analysis) jumps(q *Quality) {
	var periods []int
	for _, s := range a.out.Segments {
		for i := s.First; i <= s.Last && s.HasLimits; i++ {
			if c := a.out.Charted[i]; c.HasRange && a.side(c.Range, s.RangeLimit) > 0 {
				periods = append(periods, a.series.Points[i].Period)
			}
		}
	}
	q.add(ExtremeJumps, min(20, 5*len(periods)), len(periods), periods, "%d moving ranges lie beyond their limit", len(periods))
}
