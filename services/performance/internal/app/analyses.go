package app

import (
	"context"
	"time"

	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/resource"
)

// AnalysisQuery says what to analyze and how.
type AnalysisQuery struct {
	RuleSet   analysis.RuleSet // empty means NHS/1
	Dimension string
	AsOf      time.Time   // zero means now
	Forecast  domain.Date // a day of the period to forecast; empty means the last period ahead that has a target
}

// Analysis is what a measure's series says, with the values it says it of.
type Analysis struct {
	Measure      domain.Measure
	Observations []domain.Observation // by period
	Result       analysis.Result
}

// AnalyzeMeasure tells signal from noise in one measure's series, each point read once.
func (a *App) AnalyzeMeasure(ctx context.Context, k MeasureKey, q AnalysisQuery) (Analysis, error) {
	now := a.Now()
	if !q.AsOf.IsZero() {
		now = q.AsOf
	}
	out, err := resource.Read(ctx, a.Store, func(tx Tx) (out Analysis, err error) {
		if out.Measure, err = tx.Measures().Get(k.Organization, k.Measure); err != nil {
			return out, err
		}
		out.Observations, err = tx.Observations().Series(k.Organization, k.Measure, q.Dimension, q.AsOf)
		return out, err
	})
	if err != nil {
		return out, err
	}
	series := seriesOf(out.Measure, out.Observations)
	out.Result, err = analysis.Analyze(series, optionsOf(out.Measure, series, q, now))
	return out, err
}

func seriesOf(m domain.Measure, observations []domain.Observation) analysis.Series {
	s := analysis.Series{Direction: analysis.Direction(m.Direction), Frequency: analysis.Frequency(m.Frequency)}
	s.Points = make([]analysis.Point, 0, len(observations))
	for _, o := range observations {
		if period, ok := m.Frequency.Ordinal(o.Period); ok {
			s.Points = append(s.Points, analysis.Point{Period: period, Value: o.Value, Revision: o.Revision, Target: targetOf(m, o.Period)})
		}
	}
	for _, r := range m.Rebasings {
		if from, ok := m.Frequency.Ordinal(r.Start); ok {
			s.Rebases = append(s.Rebases, analysis.Rebase{From: from, Reason: r.Reason})
		}
	}
	return s
}

func optionsOf(m domain.Measure, s analysis.Series, q AnalysisQuery, now time.Time) analysis.Options {
	o := analysis.Options{RuleSet: q.RuleSet}
	o.Now, _ = m.Frequency.Ordinal(domain.Date(now.Format(time.DateOnly)))
	ahead := q.Forecast
	if ahead == "" {
		if targets := m.NewestTargets(); len(targets) > 0 {
			ahead = targets[0].End
		}
	}
	if to, ok := m.Frequency.Ordinal(ahead); ok && len(s.Points) > 0 && to > s.Points[len(s.Points)-1].Period {
		o.ForecastTo, o.ForecastTarget = to, targetOf(m, m.Frequency.Start(to))
	}
	return o
}

func targetOf(m domain.Measure, day domain.Date) analysis.Target {
	t, ok := m.TargetAt(day)
	return analysis.Target{Value: t.Value, Upper: t.Upper, OK: ok}
}

// RebaseMeasure starts a new segment of a measure's chart.
func (a *App) RebaseMeasure(ctx context.Context, k MeasureKey, etag string, r domain.Rebasing) (domain.Measure, error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (domain.Measure, error) {
		m, err := tx.Measures().Get(k.Organization, k.Measure)
		if err != nil {
			return m, err
		}
		if err := resource.CheckEtag(m, etag); err != nil {
			return m, err
		}
		next, err := m.Rebased(r, now)
		if err != nil {
			return m, err
		}
		return next, tx.Measures().Update(next)
	})
}
