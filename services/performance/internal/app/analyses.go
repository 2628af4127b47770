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
		if out.Measure, err = a.measureAsOf(tx, k, q.AsOf); err != nil {
			return out, err
		}
		out.Observations, err = tx.Observations().Series(k.Organization, k.Measure, q.Dimension, q.AsOf)
		return out, err
	})
	if err != nil {
		return out, err
	}
	ahead := q.Forecast
	if ahead == "" {
		ahead = out.Measure.LastTargetDay()
	}
	out.Result, err = domain.Analyze(out.Measure, out.Observations, domain.Question{Rules: q.RuleSet, Now: now, Forecast: ahead})
	return out, err
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
