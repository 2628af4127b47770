package domain

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// DimensionSeries are the values of one dimension, by period; "" is the whole.
type DimensionSeries struct {
	Dimension string
	Values    []Observation // one at least
}

// Part is what one dimension says beside the whole. Its verdicts are those of its values up to the period compared; without a
// value in that period they are those of no values at all.
type Part struct {
	Dimension
	Value       *Observation // nil when unknown
	Gap         *float64     // by how much it is better (positive) or worse than the whole, in the measure's unit; nil when unknown
	RatioPPM    *int64       // value by the whole's; nil when unknown, and where the whole's is not positive
	Variation   analysis.Variation
	Assurance   analysis.Assurance
	Status      analysis.Status
	Provisional bool

	good float64 // the value so that more is better
	fair bool    // there is a value, and it can be called good or bad
}

// name is what to print.
func (p Part) name() string { return cmp.Or(p.DisplayName, p.Dimension.Dimension) }

// Equity holds the dimensions of one measure side by side.
type Equity struct {
	Measure  Measure
	Period   Date // first day; empty when no value is known
	Whole    Part
	Parts    []Part   // declared or recorded; the worst first, those without a value last
	Spread   *float64 // from the worst to the best; nil with fewer than two to compare
	Unknown  int      // declared dimensions without a value
	Findings []string // sentences
}

// Compare holds a measure's dimensions beside the whole in the period that day lies in; an empty day means the latest period
// with a value for any dimension, or for the whole where none has one. now is the moment by which values may be late.
func Compare(m Measure, all []DimensionSeries, day Date, now time.Time) (Equity, error) {
	e := Equity{Measure: m, Period: comparedPeriod(m, all, day), Whole: Part{Dimension: Dimension{DisplayName: "All"}}}
	values := make(map[string][]Observation, len(all))
	for _, s := range all {
		values[s.Dimension] = s.Values
	}
	judge := func(p *Part) (err error) {
		*p, err = e.judged(*p, values[p.Dimension.Dimension], now)
		return err
	}
	if err := judge(&e.Whole); err != nil {
		return e, err
	}
	for _, d := range dimensionsOf(m, all) {
		p := Part{Dimension: d}
		if err := judge(&p); err != nil {
			return e, err
		}
		p.against(e.Whole)
		e.Parts = append(e.Parts, p)
	}
	slices.SortStableFunc(e.Parts, func(a, b Part) int { return a.compare(b) })
	for _, p := range e.Parts {
		if p.Value == nil && p.Kind != "" {
			e.Unknown++
		}
	}
	if worst, best, ok := e.ends(); ok {
		e.Spread = new(finite(best.good - worst.good))
	}
	e.Findings = e.findings()
	return e, nil
}

// comparedPeriod is the first day of the period to compare.
func comparedPeriod(m Measure, all []DimensionSeries, day Date) Date {
	if at, ok := m.Frequency.Ordinal(day); ok {
		return m.Frequency.Start(at)
	}
	var latest, ofWhole Date
	for _, s := range all {
		switch last := s.Values[len(s.Values)-1].Period; {
		case s.Dimension == "":
			ofWhole = last
		case last > latest:
			latest = last
		}
	}
	return cmp.Or(latest, ofWhole)
}

// dimensionsOf are those declared, and after them those only recorded, each with the name to print.
func dimensionsOf(m Measure, all []DimensionSeries) []Dimension {
	dimensions := slices.Clone(m.Dimensions)
	for _, s := range all {
		declared := func(d Dimension) bool { return d.Dimension == s.Dimension }
		if s.Dimension != "" && !slices.ContainsFunc(m.Dimensions, declared) {
			dimensions = append(dimensions, Dimension{Dimension: s.Dimension})
		}
	}
	for i, d := range dimensions {
		dimensions[i].DisplayName = cmp.Or(d.DisplayName, d.Dimension)
	}
	return dimensions
}

// judged is the part with its value of the period and its verdicts.
func (e Equity) judged(p Part, series []Observation, now time.Time) (Part, error) {
	at, found := slices.BinarySearchFunc(series, e.Period, func(o Observation, period Date) int { return cmp.Compare(o.Period, period) })
	if found {
		series = series[:at+1]
		p.Value = &series[at]
		p.good, p.fair = e.Measure.goodness(*p.Value)
	} else {
		series = nil
	}
	result, err := Analyze(e.Measure, series, Question{Now: now})
	if err != nil {
		return p, fmt.Errorf("analyze %s of %s: %w", p.name(), e.Measure.Name(), err)
	}
	p.Variation, p.Assurance, p.Status, p.Provisional = result.Variation, result.Assurance, result.Status, result.Provisional
	return p, nil
}

// goodness is the value so that more is better: turned round where less is, and within a range the nearer the better. A range
// to maintain must be known for that.
func (m Measure) goodness(o Observation) (good float64, ok bool) {
	switch m.Direction {
	case Increase:
		return o.Value, true
	case Decrease:
		return -o.Value, true
	default:
		t, ok := m.TargetAt(o.Period)
		if !ok {
			return 0, false
		}
		return -max(0, t.Value-o.Value, o.Value-t.Upper), true
	}
}

// against sets what compares the part with the whole.
func (p *Part) against(whole Part) {
	if p.fair && whole.fair {
		p.Gap = new(finite(p.good - whole.good))
	}
	if p.Value != nil && whole.Value != nil && whole.Value.Value > 0 {
		const most = 1 << 62
		p.RatioPPM = new(int64(math.Round(max(-most, min(most, p.Value.Value/whole.Value.Value*PPM)))))
	}
}

// compare orders the worst first, those without a value last, and what is equally good by dimension.
func (p Part) compare(other Part) int {
	rank := func(p Part) int {
		switch {
		case p.fair:
			return 0
		case p.Value != nil:
			return 1
		default:
			return 2
		}
	}
	return cmp.Or(cmp.Compare(rank(p), rank(other)), cmp.Compare(p.good, other.good), cmp.Compare(p.Dimension.Dimension, other.Dimension.Dimension))
}

// ends are the worst and the best part, when there are two to compare.
func (e Equity) ends() (worst, best Part, ok bool) {
	n := 0
	for n < len(e.Parts) && e.Parts[n].fair {
		n++
	}
	if n < 2 {
		return worst, best, false
	}
	return e.Parts[0], e.Parts[n-1], true
}

// finite keeps differences of the largest numbers representable.
func finite(f float64) float64 { return max(-math.MaxFloat64, min(math.MaxFloat64, f)) }
