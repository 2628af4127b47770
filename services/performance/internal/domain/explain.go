package domain

import (
	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/fault"
)

// Explained is a measure as a results revision saw it, judged again.
type Explained struct {
	Measure      Measure  // the definition that was published
	Evidence     Evidence // what was published, with weight 0
	Result       analysis.Result
	SeriesHash   string
	Reproduced   bool // the hash is the published one, and so are both verdicts
	ChangedSince int  // values revised or added since
}

// Explain judges a measure, by name, again: then are its values as of the revision's EffectiveTime, now its values today,
// both by period.
func (r ResultsRevision) Explain(measure string, then, now []Observation) (Explained, error) {
	if r.Rules == "" {
		return Explained{}, fault.State("RESULTS_WITHOUT_VERDICTS",
			"%s was published before results held verdicts; publish again and explain the new revision", r.Name())
	}
	for _, j := range r.Judged {
		if j.Measure.Name() == measure {
			return j.explain(r, then, now)
		}
	}
	return Explained{}, fault.New(fault.NotFound, "MEASURE_NOT_IN_RESULTS",
		"%s contributed to nothing in %s; name one of the measures in its evidence", measure, r.Name())
}

func (j Judged) explain(r ResultsRevision, then, now []Observation) (Explained, error) {
	out := Explained{Measure: j.Measure, Evidence: j.Evidence, SeriesHash: j.Measure.SeriesHash(then)}
	var err error
	out.Result, err = Analyze(j.Measure, then, Question{Rules: r.Rules, Now: r.EffectiveTime, Forecast: j.Measure.LastTargetDay()})
	out.Reproduced = out.SeriesHash == j.Evidence.SeriesHash &&
		out.Result.Variation == j.Evidence.Variation && out.Result.Assurance == j.Evidence.Assurance
	known := make(map[Date]int64, len(then))
	for _, o := range then {
		known[o.Period] = o.Revision
	}
	for _, o := range now {
		if o.Revision != known[o.Period] {
			out.ChangedSince++
		}
	}
	return out, err
}
