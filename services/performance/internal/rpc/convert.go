package rpc

import (
	"fmt"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/wire"
)

// Message is anything that a use case answers or that changes, as its proto message; nil is Empty. What a message of a
// stream recorded is told by its counts.
func Message(v any) (proto.Message, error) {
	switch v := v.(type) {
	case nil:
		return &emptypb.Empty{}, nil
	case domain.Measure:
		return measureProto(v), nil
	case domain.Recorded:
		return &performancev1.RecordObservationsResponse{
			Accepted: v.Accepted, Revised: v.Revised, Duplicate: v.Duplicate, Rejected: v.Rejected, Missing: v.Missing,
		}, nil
	case domain.ResultsRevision:
		return resultsRevisionProto(v), nil
	case domain.Evaluation:
		return evaluationProto(v), nil
	case domain.Gap:
		return gapProto(v), nil
	case domain.Reminded:
		return remindedProto(v), nil
	case domain.ProgressReport:
		return reportProto(v), nil
	}
	return nil, fmt.Errorf("a %T has no proto message", v)
}

func measureProto(m domain.Measure) *performancev1.Measure {
	out := &performancev1.Measure{
		Name: m.Name(), DisplayName: m.DisplayName, Description: m.Description, Kind: wire.Enum[performancev1.MeasureKind](m.Kind),
		Unit: m.Unit, Direction: wire.Enum[performancev1.Direction](m.Direction),
		Frequency: wire.Enum[performancev1.Frequency](m.Frequency), Baseline: m.Baseline, Owner: m.Owner, Source: m.Source,
		VitalSign: m.VitalSign, Etag: resource.Etag(m), CreateTime: wire.Time(m.CreateTime), UpdateTime: wire.Time(m.UpdateTime),
	}
	for _, t := range m.Targets {
		out.Targets = append(out.Targets, &performancev1.Target{
			StartDate: wire.Date(t.Start), EndDate: wire.Date(t.End), Value: t.Value, UpperValue: t.Upper,
		})
	}
	for _, r := range m.Rebasings {
		out.Rebasings = append(out.Rebasings, &performancev1.Rebasing{
			StartPeriod: wire.Date(r.Start), Reason: r.Reason, RecordedBy: r.RecordedBy, RecordTime: wire.Time(r.RecordTime),
		})
	}
	for _, d := range m.Dimensions {
		out.Dimensions = append(out.Dimensions, &performancev1.Dimension{
			Dimension: d.Dimension, Kind: wire.Enum[performancev1.DimensionKind](d.Kind), DisplayName: d.DisplayName,
		})
	}
	for _, b := range m.Benchmarks {
		out.Benchmarks = append(out.Benchmarks, &performancev1.Benchmark{Value: b.Value, Source: b.Source})
	}
	for _, l := range m.Links {
		out.Links = append(out.Links, &performancev1.MeasureLink{
			Subject: l.Subject, Weight: int32(l.Weight), Contribution: wire.Enum[performancev1.Contribution](l.Contribution),
		})
	}
	return out
}

// ReadMeasure reads a measure as events carry it, with what callers cannot set.
func ReadMeasure(archived []byte) (domain.Measure, error) {
	var m performancev1.Measure
	if err := proto.Unmarshal(archived, &m); err != nil {
		return domain.Measure{}, fmt.Errorf("decode a measure: %w", err)
	}
	key, err := measureKey("name", m.GetName())
	if err != nil {
		return domain.Measure{}, err
	}
	out := measureDomain(key.Organization, key.Measure, &m)
	out.CreateTime, out.UpdateTime = wire.FromTime(m.GetCreateTime()), wire.FromTime(m.GetUpdateTime())
	for _, r := range m.GetRebasings() {
		out.Rebasings = append(out.Rebasings, domain.Rebasing{
			Start: wire.FromDate[domain.Date](r.GetStartPeriod()), Reason: r.GetReason(), RecordedBy: r.GetRecordedBy(),
			RecordTime: wire.FromTime(r.GetRecordTime()),
		})
	}
	return out, nil
}

func measureDomain(organization, id string, m *performancev1.Measure) domain.Measure {
	out := domain.Measure{
		Organization: organization, ID: id, DisplayName: m.GetDisplayName(), Description: m.GetDescription(),
		Kind: wire.FromEnum[domain.Kind](m.GetKind()), Unit: m.GetUnit(), Direction: wire.FromEnum[domain.Direction](m.GetDirection()),
		Frequency: wire.FromEnum[domain.Frequency](m.GetFrequency()), Baseline: m.Baseline, Owner: m.GetOwner(),
		Source: m.GetSource(), VitalSign: m.GetVitalSign(),
	}
	for _, t := range m.GetTargets() {
		out.Targets = append(out.Targets, domain.Target{
			Start: wire.FromDate[domain.Date](t.GetStartDate()), End: wire.FromDate[domain.Date](t.GetEndDate()),
			Value: t.GetValue(), Upper: t.GetUpperValue(),
		})
	}
	for _, d := range m.GetDimensions() {
		out.Dimensions = append(out.Dimensions, domain.Dimension{
			Dimension: d.GetDimension(), Kind: wire.FromEnum[domain.DimensionKind](d.GetKind()), DisplayName: d.GetDisplayName(),
		})
	}
	for _, b := range m.GetBenchmarks() {
		out.Benchmarks = append(out.Benchmarks, domain.Benchmark{Value: b.GetValue(), Source: b.GetSource()})
	}
	for _, l := range m.GetLinks() {
		out.Links = append(out.Links, domain.Link{
			Subject: l.GetSubject(), Weight: int(l.GetWeight()), Contribution: wire.FromEnum[domain.Contribution](l.GetContribution()),
		})
	}
	return out
}

func observationProto(o domain.Observation) *performancev1.Observation {
	return &performancev1.Observation{
		Name: o.Name(), PeriodStart: wire.Date(o.Period), Dimension: o.Dimension, Value: o.Value, Source: o.Source,
		Revision: int32(o.Revision), RecordTime: wire.Time(o.RecordTime), RecordedBy: o.RecordedBy,
	}
}
