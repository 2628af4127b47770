package domain

import (
	"cmp"
	"slices"
	"time"
)

// Kind says what a measure counts: INPUT, OUTPUT, EFFICIENCY or OUTCOME.
type Kind string

// Frequency says how often a value is due.
type Frequency string

// Frequencies of measures.
const (
	Monthly   Frequency = "MONTHLY"
	Quarterly Frequency = "QUARTERLY"
	Yearly    Frequency = "YEARLY"
)

// Contribution says how a measure relates to what it is linked to.
type Contribution string

// Contributions of measures.
const (
	Contributes Contribution = "CONTRIBUTES" // counts in the result
	Supports    Contribution = "SUPPORTS"    // informs, never counts
)

// Link is what a measure speaks for.
type Link struct {
	Subject      string // name of a goal, an objective or a program of the same organization
	Weight       int    // among the measures of the same subject, from 1
	Contribution Contribution
}

// Benchmark is what others reach.
type Benchmark struct {
	Value  float64
	Source string // where, with its year
}

// Measure says what is counted, which way is better, and what it is meant to reach.
type Measure struct {
	Meta
	Organization string
	ID           string
	DisplayName  string
	Description  string
	Kind         Kind
	Unit         string
	Direction    Direction
	Frequency    Frequency
	Baseline     *float64 // nil when unknown
	Targets      []Target // as sent; they do not overlap
	Links        []Link   // each subject once
	Owner        string
	Source       string
	VitalSign    bool
	Rebasings    []Rebasing  // by Start; written by Rebased alone
	Benchmarks   []Benchmark // what others reach, to compare with; each source once
	Dimensions   []Dimension // that values are recorded for beside the whole, as sent; none: any is taken
}

// MeasureName is the resource name of a measure.
func MeasureName(organization, id string) string {
	return name("organizations", organization, "measures", id)
}

// Name is the resource name.
func (m Measure) Name() string { return MeasureName(m.Organization, m.ID) }

// NewMeasure is the first version of a measure; a link without a weight weighs 1.
func NewMeasure(m Measure, now time.Time) (Measure, error) {
	m.Meta, m.Rebasings = Meta{}.Next(now), nil
	m.Links = weighted(m.Links)
	return m, m.check()
}

// Changed is the next version of m with the fields of next.
func (m Measure) Changed(next Measure, now time.Time) (Measure, error) {
	next.Organization, next.ID, next.Meta, next.Rebasings = m.Organization, m.ID, m.Next(now), m.Rebasings
	next.Links = weighted(next.Links)
	return next, next.check()
}

func weighted(links []Link) []Link {
	links = slices.Clone(links)
	for i := range links {
		links[i].Weight = cmp.Or(links[i].Weight, 1)
	}
	return links
}

// Contributes says whether the measure counts in the result of anything.
func (m Measure) Contributes() bool {
	return slices.ContainsFunc(m.Links, func(l Link) bool { return l.Contribution == Contributes })
}

// Starts says whether day is the first of one of the frequency's periods: of a month, a calendar quarter or a calendar year.
func (f Frequency) Starts(day Date) bool {
	t, ok := day.time()
	return ok && f.startsAt(t)
}

func (f Frequency) startsAt(t time.Time) bool {
	if t.Day() != 1 {
		return false
	}
	switch f {
	case Quarterly:
		return t.Month()%3 == 1
	case Yearly:
		return t.Month() == time.January
	default:
		return true
	}
}

// Period is what the frequency's values cover, such as "month".
func (f Frequency) Period() string {
	switch f {
	case Quarterly:
		return "quarter"
	case Yearly:
		return "year"
	default:
		return "month"
	}
}
