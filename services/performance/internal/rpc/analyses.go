package rpc

import (
	"context"

	"google.golang.org/genproto/googleapis/type/date"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/wire"
)

// ruleSets are the versions that the names of the API stand for.
var ruleSets = map[performancev1.RuleSet]analysis.RuleSet{
	performancev1.RuleSet_RULE_SET_NHS: analysis.NHS1, performancev1.RuleSet_RULE_SET_WHEELER: analysis.Wheeler1,
}

// AnalyzeMeasure implements performancev1.PerformanceServiceServer.
func (s *Server) AnalyzeMeasure(ctx context.Context, r *performancev1.AnalyzeMeasureRequest) (*performancev1.MeasureAnalysis, error) {
	key, err := measureKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	q := app.AnalysisQuery{
		RuleSet: ruleSets[r.GetRuleSet()], Dimension: r.GetDimension(), AsOf: wire.FromTime(r.GetAsOf()),
		Forecast: wire.FromDate[domain.Date](r.GetForecastDate()),
	}
	if _, ok := domain.Yearly.Ordinal(q.Forecast); q.Forecast != "" && !ok {
		var v fault.Violations
		v.Add("forecast_date", "must be a calendar day")
		return nil, v.Err()
	}
	found, err := s.app.AnalyzeMeasure(ctx, key, q)
	return rpc.Reply(found, err, analysisProto)
}

// RebaseMeasure implements performancev1.PerformanceServiceServer.
func (s *Server) RebaseMeasure(ctx context.Context, r *performancev1.RebaseMeasureRequest) (*performancev1.Measure, error) {
	key, err := measureKey("name", r.GetName())
	if err != nil {
		return nil, err
	}
	id, _ := authn.FromContext(ctx)
	m, err := s.app.RebaseMeasure(resource.DryRun(ctx, r.GetValidateOnly()), key, r.GetEtag(), domain.Rebasing{
		Start: wire.FromDate[domain.Date](r.GetStartPeriod()), Reason: r.GetReason(), RecordedBy: id.Principal(),
	})
	return rpc.Reply(m, err, measureProto)
}

func analysisProto(a app.Analysis) *performancev1.MeasureAnalysis {
	res := a.Result
	day := func(point int) *date.Date { return wire.Date(a.Observations[point].Period) }
	out := &performancev1.MeasureAnalysis{
		Measure: a.Measure.Name(), RuleSet: string(res.RuleSet),
		Variation: wire.Enum[performancev1.Variation](res.Variation), VariationReason: res.VariationReason,
		Assurance: wire.Enum[performancev1.Assurance](res.Assurance), AssuranceReason: res.AssuranceReason,
		Status: wire.Enum[performancev1.StatusWord](res.Status), Basis: wire.Enum[performancev1.AnalysisBasis](res.Basis),
		Provisional: res.Provisional, RebaseAdvised: res.RebaseAdvised, QualityScore: int32(res.Quality.Score),
	}
	for i, o := range a.Observations {
		out.Points = append(out.Points, chartPoint(a.Measure, o, res.Charted[i]))
	}
	for _, s := range res.Segments {
		out.Segments = append(out.Segments, chartSegment(s, day))
	}
	for _, s := range res.Signals {
		out.Signals = append(out.Signals, &performancev1.ChartSignal{
			Rule: string(s.Rule), StartPeriod: day(s.First), EndPeriod: day(s.Last), High: s.Side == analysis.High,
			Favour: wire.Enum[performancev1.Favour](s.Favour), Current: s.Current,
		})
	}
	if f := res.Forecast; f != nil {
		out.Forecast = &performancev1.Forecast{
			PeriodStart: wire.Date(a.Measure.Frequency.Start(f.Period)), Value: f.Value, Low: f.Low, High: f.High, Coverage: f.Coverage,
			Slope: f.Slope, Points: int32(f.Points), Outlook: wire.Enum[performancev1.Outlook](f.Outlook),
		}
	}
	for _, f := range res.Quality.Findings {
		finding := &performancev1.QualityFinding{
			Kind: string(f.Kind), Deduction: int32(f.Deduction), Count: int32(f.Count), Detail: f.Detail,
		}
		for _, p := range f.Periods {
			finding.Periods = append(finding.Periods, wire.Date(a.Measure.Frequency.Start(p)))
		}
		out.Findings = append(out.Findings, finding)
	}
	return out
}

func chartPoint(m domain.Measure, o domain.Observation, c analysis.Charted) *performancev1.ChartPoint {
	p := &performancev1.ChartPoint{PeriodStart: wire.Date(o.Period), Value: o.Value, Revision: int32(o.Revision)}
	if c.HasValue {
		p.ChartedValue = &c.Value
	}
	if c.HasRange {
		p.MovingRange = &c.Range
	}
	if t, ok := m.TargetAt(o.Period); ok {
		p.Target = &t.Value
		if m.Direction == domain.MaintainRange {
			p.UpperTarget = &t.Upper
		}
	}
	return p
}

func chartSegment(s analysis.Segment, day func(point int) *date.Date) *performancev1.ChartSegment {
	out := &performancev1.ChartSegment{
		StartPeriod: day(s.First), EndPeriod: day(s.Last), Reason: s.Reason, Seasonal: s.Seasonal, Points: int32(s.Length),
		BaselinePoints: int32(s.Baseline), Provisional: s.Provisional,
	}
	if s.HasLimits {
		out.Limits = &performancev1.ChartLimits{
			Mean: s.Mean, MeanMovingRange: s.MeanRange, Lower: s.Lower, Upper: s.Upper, MovingRange: s.RangeLimit,
		}
	}
	return out
}
