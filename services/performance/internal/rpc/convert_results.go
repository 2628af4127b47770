package rpc

import (
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

func resultsRevisionProto(r domain.ResultsRevision) *performancev1.ResultsRevision {
	out := &performancev1.ResultsRevision{
		Name: r.Name(), Signals: make([]*performancev1.Signal, len(r.Signals)), ContentHash: r.ContentHash,
		EffectiveTime: wire.Time(r.EffectiveTime), CreateTime: wire.Time(r.EffectiveTime), Etag: resource.Etag(r),
		RuleSet: string(r.Rules), MinQuality: int32(r.MinQuality), Money: moneyShareProto(r.Money),
	}
	for i, s := range r.Signals {
		out.Signals[i] = signalProto(r.Organization, s)
	}
	return out
}

func signalProto(organization string, s domain.Signal) *performancev1.Signal {
	out := &performancev1.Signal{
		Subject: s.Subject, Status: wire.Enum[performancev1.ResultStatus](s.Status), MetPpm: int32(s.MetPPM), KnownPpm: int32(s.KnownPPM),
		Evidence: make([]*performancev1.Evidence, len(s.Evidence)), Variation: wire.Enum[performancev1.Variation](s.Variation),
		Assurance: wire.Enum[performancev1.Assurance](s.Assurance), StatusWord: wire.Enum[performancev1.StatusWord](s.StatusWord),
		UsablePpm: int32(s.UsablePPM), Provisional: s.Provisional, QualityScore: int32(s.Quality),
	}
	for i, e := range s.Evidence {
		out.Evidence[i] = evidenceProto(organization, e)
	}
	return out
}

func evidenceProto(organization string, e domain.Evidence) *performancev1.Evidence {
	out := &performancev1.Evidence{
		Measure: domain.MeasureName(organization, e.Measure), PeriodStart: wire.Date(e.Period), Value: e.Value, Revision: int32(e.Revision),
		Target: e.Target, UpperTarget: e.Upper, Direction: wire.Enum[performancev1.Direction](e.Direction),
		Status: wire.Enum[performancev1.ResultStatus](e.Status), Weight: int32(e.Weight), MarginPpm: int32(e.MarginPPM),
		Variation: wire.Enum[performancev1.Variation](e.Variation), Assurance: wire.Enum[performancev1.Assurance](e.Assurance),
		StatusWord: wire.Enum[performancev1.StatusWord](e.StatusWord), Basis: wire.Enum[performancev1.AnalysisBasis](e.Basis),
		Provisional: e.Provisional, QualityScore: int32(e.Quality), Usable: e.Usable, Reason: e.Reason,
		Points: int32(e.Points), SeriesHash: e.SeriesHash,
	}
	if e.MagnitudeMilli != nil {
		out.MagnitudeMilli = new(int32(*e.MagnitudeMilli))
	}
	return out
}
