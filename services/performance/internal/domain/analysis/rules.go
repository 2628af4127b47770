package analysis

import (
	"cmp"
	"slices"
)

// RuleSet is a named, versioned set of rules. A version never changes: another rule makes another version.
type RuleSet string

// Rule sets.
//
// NHS/1 is NHS England's (Making Data Count): one point outside the limits; 7 points or more on one side of the mean; 7
// points or more that rise, or fall, each beyond the one before; 2 of 3 points in a row near a limit, which is beyond
// two thirds of the way to it, all 3 on one side of the mean (as in NHS-R, NHSRplotthedots).
//
// WHEELER/1 is Donald Wheeler's (Understanding Variation; with Chambers, Understanding Statistical Process Control):
// one point outside the limits; 8 points or more on one side of the mean; 3 of 4 points in a row nearer one limit than
// the mean.
const (
	NHS1     RuleSet = "NHS/1"
	Wheeler1 RuleSet = "WHEELER/1"
)

// Rule is one kind of signal.
type Rule string

// Rules. What lies exactly on a line counts for neither side of it: a point on a limit is inside; a point on two
// thirds, or on half, of the way is not near the limit; a point on the mean neither extends nor breaks a run on one
// side (run-chart practice: Perla, Provost and Murray, BMJ Quality & Safety 2011); a point equal to the one before
// neither extends nor breaks a trend.
const (
	OutsideLimits Rule = "OUTSIDE_LIMITS"
	NearLimit     Rule = "NEAR_LIMIT"
	Shift         Rule = "SHIFT"
	Trend         Rule = "TREND"
)

// Side is where a signal lies, or for a trend where it leads.
type Side string

// Sides.
const (
	High Side = "HIGH"
	Low  Side = "LOW"
)

// Favour says whether a signal is good news.
type Favour string

// Favours. For MAINTAIN_RANGE, what moves towards the latest point's target range is favourable, what moves away is
// not, and what does neither, or has no range to be judged by, is neutral.
const (
	Favourable   Favour = "FAVOURABLE"
	Unfavourable Favour = "UNFAVOURABLE"
	Neutral      Favour = "NEUTRAL"
)

// Signal is a pattern that chance alone would seldom make. First and Last are points of the series; all points of the
// pattern lie from First to Last. A signal never ends before it has to: overlapping patterns of one rule and side are
// one.
type Signal struct {
	Rule        Rule
	Side        Side
	Favour      Favour
	Segment     int
	First, Last int
	Current     bool // not broken by the segment's last point
}

// rules are the numbers of a rule set; 0 leaves a rule out.
type rules struct {
	shift    int     // points on one side
	trend    int     // points that move one way
	near, of int     // so many points of so many in a row
	reach    float64 // how near: beyond this part of the way from mean to limit
	oneSide  bool    // all of them on one side of the mean
}

var ruleSets = map[RuleSet]rules{
	NHS1:     {shift: 7, trend: 7, near: 2, of: 3, reach: 2.0 / 3, oneSide: true},
	Wheeler1: {shift: 8, near: 3, of: 4, reach: 1.0 / 2},
}

// findSignals applies the rules to one segment; patterns never cross a re-basing.
func (a *analysis) findSignals(segment int) {
	s := a.out.Segments[segment]
	if !s.HasLimits {
		return
	}
	v, points := a.chart.of(segment)
	start := len(a.out.Signals)
	found := func(rule Rule) func(first, last, side int, current bool) {
		return func(first, last, side int, current bool) {
			g := Signal{Rule: rule, Side: High, Segment: segment, First: points[first], Last: points[last], Current: current}
			if side < 0 {
				g.Side = Low
			}
			g.Favour = a.favour(s, g)
			a.out.Signals = append(a.out.Signals, g)
		}
	}
	runs(len(v), 1, true, func(i int) int {
		if up := a.side(v[i], s.Upper); up > 0 {
			return up
		}
		return min(0, a.side(v[i], s.Lower))
	}, found(OutsideLimits))
	a.nearLimit(s, v, found(NearLimit))
	runs(len(v), a.rules.shift, false, func(i int) int { return a.side(v[i], s.Mean) }, found(Shift))
	if a.rules.trend > 0 {
		trend := found(Trend) // a move to point i+1 starts at point i
		runs(len(v)-1, a.rules.trend-1, false, func(i int) int { return a.side(v[i+1], v[i]) },
			func(first, last, side int, current bool) { trend(first, last+1, side, current) })
	}
	slices.SortStableFunc(a.out.Signals[start:], func(g, h Signal) int { return cmp.Compare(g.First, h.First) })
}

// runs finds the longest stretches of enough steps to one side. Steps to no side break a stretch when strict, and
// are passed over when not.
func runs(n, enough int, strict bool, side func(int) int, found func(first, last, side int, current bool)) {
	var first, last, count, at int
	end := func(current bool) {
		if at != 0 && count >= enough {
			found(first, last, at, current)
		}
	}
	for i := range n {
		switch now := side(i); {
		case now == 0 && !strict:
		case now == at:
			last = i
			count++
		default:
			end(false)
			first, last, count, at = i, i, 1, now
		}
	}
	end(true)
}

// nearLimit finds so many of so many points near one limit. Points outside it are near it, too.
func (a *analysis) nearLimit(s Segment, v []float64, found func(first, last, side int, current bool)) {
	for _, side := range []int{1, -1} {
		first, last := -1, -1
		for from := range len(v) - a.rules.of + 1 {
			begin, end, ok := a.nearIn(v[from:from+a.rules.of], s, side)
			if !ok {
				continue
			}
			begin, end = from+begin, from+end
			if last >= 0 && begin > last { // apart from what came before
				found(first, last, side, false)
				first = -1
			}
			if first < 0 {
				first = begin
			}
			last = end // windows move on, and so do their ends
		}
		if last >= 0 {
			found(first, last, side, last == len(v)-1)
		}
	}
}

// nearIn says whether enough of one window's points are near the limit on one side, and which are the first and last of
// them.
func (a *analysis) nearIn(window []float64, s Segment, side int) (begin, end int, ok bool) {
	line := s.Mean + float64(side)*a.rules.reach*limitFactor*s.MeanRange
	begin = -1
	var near, beside int
	for i, f := range window {
		if a.side(f, s.Mean) == side {
			beside++
		}
		if a.side(f, line) == side {
			near++
			end = i
			if begin < 0 {
				begin = i
			}
		}
	}
	return begin, end, near >= a.rules.near && (!a.rules.oneSide || beside == len(window))
}
