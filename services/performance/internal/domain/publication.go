package domain

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// Publication makes a results revision: Judge every measure once, in any order, then take the Revision.
type Publication struct {
	revision  ResultsRevision
	now       time.Time
	bySubject map[string][]Evidence
}

// NewPublication starts the revision that follows last. It is effective now, or later if the clock has fallen behind the
// last revision or what it is judged by.
func NewPublication(organization, id string, last Published, rules analysis.RuleSet, now time.Time) *Publication {
	if after := last.EffectiveTime.Add(time.Microsecond); last.Sequence > 0 && after.After(now) {
		now = after // so that their times order revisions as their sequence does
	}
	return &Publication{
		revision: ResultsRevision{
			Organization: organization, ID: id, Rules: cmp.Or(rules, analysis.NHS1), MinQuality: MinQuality,
			EffectiveTime: now, Sequence: last.Sequence + 1,
		},
		now: now, bySubject: map[string][]Evidence{},
	}
}

// Judge adds what a measure's values for the whole city say to every subject that it contributes to; series is as in the
// function Judge. A measure that contributes to nothing leaves no trace.
func (p *Publication) Judge(m Measure, series []Observation) error {
	if !m.Contributes() {
		return nil
	}
	e, err := Judge(m, series, p.revision.Rules, p.now)
	if err != nil {
		return err
	}
	for _, o := range series {
		if o.RecordTime.After(p.revision.EffectiveTime) {
			p.revision.EffectiveTime = o.RecordTime // a read as of the revision shows what it was made from
		}
	}
	p.revision.Judged = append(p.revision.Judged, Judged{Measure: m.definition(), Evidence: e})
	for _, l := range m.Links {
		if l.Contribution == Contributes {
			e.Weight = l.Weight
			p.bySubject[l.Subject] = append(p.bySubject[l.Subject], e)
		}
	}
	return nil
}

// Revision is what the measures judged so far say.
func (p *Publication) Revision() ResultsRevision {
	r := p.revision
	slices.SortFunc(r.Judged, func(a, b Judged) int { return cmp.Compare(a.Measure.ID, b.Measure.ID) })
	for _, subject := range slices.Sorted(maps.Keys(p.bySubject)) {
		r.Signals = append(r.Signals, signal(subject, p.bySubject[subject]))
	}
	r.ContentHash = contentHash(r.Canonical())
	return r
}

// definition is the part of a measure that its values are judged by: direction, frequency, targets by start, and starts and
// reasons of its re-basings.
func (m Measure) definition() Measure {
	d := Measure{Organization: m.Organization, ID: m.ID, Direction: m.Direction, Frequency: m.Frequency}
	d.Targets = slices.Clone(m.Targets)
	slices.SortFunc(d.Targets, func(a, b Target) int { return cmp.Compare(a.Start, b.Start) })
	for i := range d.Targets {
		if m.Direction != MaintainRange {
			d.Targets[i].Upper = 0 // unused
		}
	}
	for _, r := range m.Rebasings {
		d.Rebasings = append(d.Rebasings, Rebasing{Start: r.Start, Reason: r.Reason})
	}
	return d
}

// signal is MET when at least half of the known weight is met.
func signal(subject string, evidence []Evidence) Signal {
	slices.SortFunc(evidence, func(a, b Evidence) int { return cmp.Compare(a.Measure, b.Measure) })
	s := Signal{Subject: subject, Status: Unknown, Evidence: evidence}
	var met, known, usable, quality, whole int
	for _, e := range evidence {
		whole += e.Weight
		quality += e.Weight * e.Quality
		if e.Status != Unknown {
			known += e.Weight
		}
		if e.Status == Met {
			met += e.Weight
		}
		if e.Usable {
			usable += e.Weight
			s.Provisional = s.Provisional || e.Provisional
		}
	}
	s.KnownPPM, s.UsablePPM = known*PPM/whole, usable*PPM/whole // every link weighs at least 1
	s.Quality = (2*quality + whole) / (2 * whole)               // rounded to the nearest
	s.Variation = variationOf(evidence)
	s.Assurance = assuranceOf(evidence)
	s.StatusWord = analysis.StatusOf(s.Variation, s.Assurance)
	if known == 0 {
		return s
	}
	s.MetPPM, s.Status = met*PPM/known, Missed
	if 2*met >= known {
		s.Status = Met
	}
	return s
}

// variationOf is what more than half of the usable weight says, else COMMON_CAUSE; INSUFFICIENT_DATA when nothing is usable.
func variationOf(evidence []Evidence) analysis.Variation {
	v, weight := majority(evidence, func(e Evidence) (analysis.Variation, bool) { return e.Variation, e.Usable })
	switch {
	case weight == 0:
		return analysis.InsufficientData
	case v == "":
		return analysis.CommonCause
	default:
		return v
	}
}

// assuranceOf is what more than half of the usable weight with a target says, else HIT_OR_MISS; NO_TARGET when none has one.
func assuranceOf(evidence []Evidence) analysis.Assurance {
	a, weight := majority(evidence, func(e Evidence) (analysis.Assurance, bool) {
		return e.Assurance, e.Usable && e.Assurance != analysis.NoTarget
	})
	switch {
	case weight == 0:
		return analysis.NoTarget
	case a == "":
		return analysis.HitOrMiss
	default:
		return a
	}
}

// majority is the verdict of more than half of the weight that counts, "" when there is none; weight is all that counts.
func majority[T ~string](evidence []Evidence, of func(Evidence) (verdict T, counts bool)) (verdict T, weight int) {
	weights := map[T]int{}
	for _, e := range evidence {
		if v, counts := of(e); counts {
			weights[v] += e.Weight
			weight += e.Weight
		}
	}
	for v, w := range weights { // at most one has more than half
		if 2*w > weight {
			return v, weight
		}
	}
	return "", weight
}
