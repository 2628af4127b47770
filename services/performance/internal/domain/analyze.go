package domain

import (
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// Question says how to analyze a series.
type Question struct {
	Rules    analysis.RuleSet // empty means NHS/1
	Now      time.Time        // moment by which values may be late
	Forecast Date             // a day of the period to forecast; empty means none
}

// Analyze tells signal from noise in one dimension's values: series holds the latest revision of each period, by period. It
// is what every verdict of the service comes from. Charted values of the result are by position in series.
func Analyze(m Measure, series []Observation, q Question) (analysis.Result, error) {
	s := analysis.Series{Direction: analysis.Direction(m.Direction), Frequency: analysis.Frequency(m.Frequency)}
	s.Points = make([]analysis.Point, len(series))
	for i, o := range series {
		period, _ := m.Frequency.Ordinal(o.Period)
		s.Points[i] = analysis.Point{Period: period, Value: o.Value, Revision: o.Revision, Target: m.chartTarget(o.Period)}
	}
	for _, r := range m.Rebasings {
		from, _ := m.Frequency.Ordinal(r.Start)
		s.Rebases = append(s.Rebases, analysis.Rebase{From: from, Reason: r.Reason})
	}
	o := analysis.Options{RuleSet: q.Rules}
	o.Now, _ = m.Frequency.Ordinal(Date(q.Now.Format(time.DateOnly)))
	if to, ok := m.Frequency.Ordinal(q.Forecast); ok && len(s.Points) > 0 && to > s.Points[len(s.Points)-1].Period {
		o.ForecastTo, o.ForecastTarget = to, m.chartTarget(m.Frequency.Start(to))
	}
	return analysis.Analyze(s, o)
}

// LastTargetDay is the last day of the target that starts last; empty without targets.
func (m Measure) LastTargetDay() Date {
	var last Target
	for _, t := range m.Targets {
		if t.Start > last.Start {
			last = t
		}
	}
	return last.End
}

func (m Measure) chartTarget(day Date) analysis.Target {
	t, ok := m.TargetAt(day)
	return analysis.Target{Value: t.Value, Upper: t.Upper, OK: ok}
}
