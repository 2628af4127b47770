package domain

import (
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// Evidence is one measure's part in a signal: its latest value against its target, and what its chart says.
type Evidence struct {
	Measure        string // id
	Period         Date   // the latest that has both a value and a target, else the latest that has a value; empty without values
	Value          float64
	Revision       int64
	Target         float64 // 0 where the period has none, which Status UNKNOWN tells
	Upper          float64 // for MAINTAIN_RANGE
	Direction      Direction
	Status         Status
	Weight         int // among the subject's measures
	MarginPPM      int
	Variation      analysis.Variation
	Assurance      analysis.Assurance
	StatusWord     analysis.Status // one word for variation and assurance
	Basis          analysis.Basis
	Provisional    bool // fewer than 12 charted values: it counts half where money is moved
	Quality        int  // of the data, 0 to 100
	MagnitudeMilli *int // see analysis.Magnitude; nil where there is none
	Usable         bool // its variation is known and its quality at least MinQuality
	Reason         string
	Points         int    // values it was judged by
	SeriesHash     string // see Measure.SeriesHash
}

// Signal is what the measures of one subject say together.
type Signal struct {
	Subject  string
	Status   Status
	MetPPM   int        // met share of the known weight
	KnownPPM int        // known share of the whole weight
	Evidence []Evidence // by measure

	Variation   analysis.Variation
	Assurance   analysis.Assurance
	StatusWord  analysis.Status // one word for variation and assurance
	UsablePPM   int             // usable share of the whole weight
	Provisional bool            // part of the usable weight rests on fewer than 12 values
	Quality     int             // mean quality of its data by weight, 0 to 100
}

// Judged is a measure that counts, as a revision saw it.
type Judged struct {
	Measure  Measure // what it was judged by alone, see Measure.definition
	Evidence Evidence
}

// ResultsRevision is results as published; it never changes.
type ResultsRevision struct {
	Organization  string
	ID            string
	Rules         analysis.RuleSet // empty in a revision of the former format, which had no verdicts
	MinQuality    int
	Judged        []Judged // by measure
	Signals       []Signal // by subject
	ContentHash   string
	EffectiveTime time.Time // observations recorded later are not in it
	Sequence      int64     // position among the organization's revisions, from 1

	Money *MoneyShare // as it was at publication; nil while nothing was adopted; not part of ContentHash
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
