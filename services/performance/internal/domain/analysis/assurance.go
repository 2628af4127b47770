package analysis

import "fmt"

// Assurance says whether the process, as it is, meets the target of the latest point.
type Assurance string

// Assurances.
const (
	ReliablyMet    Assurance = "RELIABLY_MET"
	ReliablyMissed Assurance = "RELIABLY_MISSED"
	HitOrMiss      Assurance = "HIT_OR_MISS"
	NoTarget       Assurance = "NO_TARGET"
)

// Status is one word for both verdicts, for people who need one.
type Status string

// Statuses.
const (
	StatusOnTrack   Status = "ON_TRACK"
	StatusImproving Status = "IMPROVING"
	StatusStable    Status = "STABLE"
	StatusWatch     Status = "WATCH"
	StatusAtRisk    Status = "AT_RISK"
	StatusOffTrack  Status = "OFF_TRACK"
	StatusUnknown   Status = "UNKNOWN"
)

// statuses is the published table; a variation of INSUFFICIENT_DATA is UNKNOWN whatever the assurance.
//
//	                 variation  IMPROVING | COMMON_CAUSE | CONCERNING
//	assurance
//	RELIABLY_MET                ON_TRACK  | ON_TRACK     | WATCH
//	HIT_OR_MISS                 IMPROVING | WATCH        | AT_RISK
//	RELIABLY_MISSED             IMPROVING | OFF_TRACK    | OFF_TRACK
//	NO_TARGET                   IMPROVING | STABLE       | AT_RISK
var statuses = map[Variation]map[Assurance]Status{
	Improving:   {ReliablyMet: StatusOnTrack, HitOrMiss: StatusImproving, ReliablyMissed: StatusImproving, NoTarget: StatusImproving},
	CommonCause: {ReliablyMet: StatusOnTrack, HitOrMiss: StatusWatch, ReliablyMissed: StatusOffTrack, NoTarget: StatusStable},
	Concerning:  {ReliablyMet: StatusWatch, HitOrMiss: StatusAtRisk, ReliablyMissed: StatusOffTrack, NoTarget: StatusAtRisk},
}

// StatusOf reads the published table; whatever is not in it is UNKNOWN.
func StatusOf(v Variation, a Assurance) Status {
	if s, ok := statuses[v][a]; ok {
		return s
	}
	return StatusUnknown
}

// judgeAssurance compares the latest segment with the latest point's target. With 12 charted values or more, what the
// natural limits allow is compared: all of it meets the target, none of it does, or some. In a seasonal segment, the
// limits are put on each value of the latest year in turn. With 3 to 11 values, the latest three are compared, each
// with the target of its own period, or the latest where it has none. With fewer, nothing reliable can be said, which
// is HIT_OR_MISS.
func (a *analysis) judgeAssurance() {
	t := a.target()
	s, _ := a.latest()
	points := s.Last - s.First + 1
	var met, missed, all int
	count := func(t Target, low, high float64) {
		all++
		if a.meets(t, low, high) {
			met++
		}
		if a.misses(t, low, high) {
			missed++
		}
	}
	var of string
	switch {
	case !t.OK:
		a.out.Assurance, a.out.AssuranceReason = NoTarget, "The latest point has no target."
		return
	case points < MinComparison:
		a.out.Assurance = HitOrMiss
		a.out.AssuranceReason = fmt.Sprintf("%d of at least %d values are there.", points, MinComparison)
		return
	case s.Seasonal:
		of = "values within the seasonal limits"
		_, charted := a.chart.of(len(a.out.Segments) - 1)
		for _, p := range charted[max(0, len(charted)-a.series.Frequency.Year()):] {
			count(t, a.y[p]+s.Lower, a.y[p]+s.Upper)
		}
	case !s.Provisional:
		of = "values within the natural limits"
		count(t, s.Lower, s.Upper)
	default:
		of = "of the latest three values, which are few,"
		for i := s.Last + 1 - MinComparison; i <= s.Last; i++ {
			own := t
			if a.series.Points[i].Target.OK {
				own = a.scaleTarget(a.series.Points[i].Target)
			}
			count(own, a.y[i], a.y[i])
		}
	}
	switch all {
	case met:
		a.out.Assurance, a.out.AssuranceReason = ReliablyMet, "All "+of+" meet the target."
	case missed:
		a.out.Assurance, a.out.AssuranceReason = ReliablyMissed, "All "+of+" miss the target."
	default:
		a.out.Assurance, a.out.AssuranceReason = HitOrMiss, "Some "+of+" meet the target, others miss it."
	}
}

// meets says whether all values from low to high meet the target.
func (a *analysis) meets(t Target, low, high float64) bool {
	switch a.series.Direction {
	case Increase:
		return a.side(low, t.Value) >= 0
	case Decrease:
		return a.side(high, t.Value) <= 0
	default:
		return a.side(low, t.Value) >= 0 && a.side(high, t.Upper) <= 0
	}
}

// misses says whether no value from low to high meets the target.
func (a *analysis) misses(t Target, low, high float64) bool {
	switch a.series.Direction {
	case Increase:
		return a.side(high, t.Value) < 0
	case Decrease:
		return a.side(low, t.Value) > 0
	default:
		return a.side(high, t.Value) < 0 || a.side(low, t.Upper) > 0
	}
}
