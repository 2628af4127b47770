package domain

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// Evidence is one measure's part in a signal.
type Evidence struct {
	Measure   string // id
	Period    Date   // empty when no period has both a value and a target
	Value     float64
	Revision  int64
	Target    float64
	Upper     float64 // for MAINTAIN_RANGE
	Direction Direction
	Status    Status
	Weight    int // among the subject's measures
	MarginPPM int
}

// Signal is what the measures of one subject say together.
type Signal struct {
	Subject  string
	Status   Status
	MetPPM   int        // met share of the known weight
	KnownPPM int        // known share of the whole weight
	Evidence []Evidence // by measure
}

// ResultsRevision is results as published; it never changes.
type ResultsRevision struct {
	Organization  string
	ID            string
	Signals       []Signal // by subject
	ContentHash   string
	EffectiveTime time.Time // observations recorded later are not in it
	Sequence      int64     // position among the organization's revisions, from 1
}

// Published is the latest revision in short; zero when there is none.
type Published struct {
	ID            string
	EffectiveTime time.Time
	Sequence      int64
	ContentHash   string
}

// ResultsRevisionName is the resource name of a revision.
func ResultsRevisionName(organization, id string) string {
	return name("organizations", organization, "resultsRevisions", id)
}

// Name is the resource name.
func (r ResultsRevision) Name() string { return ResultsRevisionName(r.Organization, r.ID) }

// Revision is always 1: a revision never changes.
func (r ResultsRevision) Revision() int64 { return 1 }

// Judged is a measure with its value in the latest period that has both a value and a target; Value nil when none has.
type Judged struct {
	Measure Measure
	Target  Target
	Value   *Observation
}

// Results publishes what the measures say for every subject that one of them contributes to. It is effective now, or later
// if the clock has fallen behind the evidence or the last revision.
func Results(organization, id string, last Published, judged []Judged, now time.Time) ResultsRevision {
	r := ResultsRevision{Organization: organization, ID: id, EffectiveTime: now, Sequence: last.Sequence + 1}
	if after := last.EffectiveTime.Add(time.Microsecond); last.Sequence > 0 && after.After(now) {
		r.EffectiveTime = after // so that their times order revisions as their sequence does
	}
	bySubject := map[string][]Evidence{}
	for _, j := range judged {
		if j.Value != nil && j.Value.RecordTime.After(r.EffectiveTime) {
			r.EffectiveTime = j.Value.RecordTime
		}
		e := j.evidence()
		for _, l := range j.Measure.Links {
			if l.Contribution == Contributes {
				e.Weight = l.Weight
				bySubject[l.Subject] = append(bySubject[l.Subject], e)
			}
		}
	}
	for _, subject := range slices.Sorted(maps.Keys(bySubject)) {
		r.Signals = append(r.Signals, signal(subject, bySubject[subject]))
	}
	r.ContentHash = contentHash(r.Canonical())
	return r
}

func (j Judged) evidence() Evidence {
	e := Evidence{Measure: j.Measure.ID, Direction: j.Measure.Direction, Status: Unknown}
	if j.Value == nil {
		return e
	}
	e.Period, e.Value, e.Revision, e.Target = j.Value.Period, j.Value.Value, j.Value.Revision, j.Target.Value
	if e.Direction == MaintainRange {
		e.Upper = j.Target.Upper
	}
	e.Status, e.MarginPPM = j.Target.Judge(e.Direction, e.Value)
	return e
}

// signal is MET when at least half of the known weight is met.
func signal(subject string, evidence []Evidence) Signal {
	slices.SortFunc(evidence, func(a, b Evidence) int { return cmp.Compare(a.Measure, b.Measure) })
	s := Signal{Subject: subject, Status: Unknown, Evidence: evidence}
	var met, known, whole int
	for _, e := range evidence {
		whole += e.Weight
		if e.Status != Unknown {
			known += e.Weight
		}
		if e.Status == Met {
			met += e.Weight
		}
	}
	s.KnownPPM = known * PPM / whole // every link weighs at least 1
	if known == 0 {
		return s
	}
	s.MetPPM, s.Status = met*PPM/known, Missed
	if 2*met >= known {
		s.Status = Met
	}
	return s
}
