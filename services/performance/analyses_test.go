package performance_test

import (
	"math"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// months are monthly rows from January 2026 on.
func months(measure string, values ...float64) rows {
	out := make(rows, 0, len(values))
	for i, v := range values {
		year, month := 2026+i/12, i%12+1
		out = append(out, &performancev1.ObservationRow{Measure: measure, PeriodStart: day(int32(year), int32(month), 1), Value: new(v)})
	}
	return out
}

func close9(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

// A year between 10 and 12 has mean 11 and mean moving range 2, so limits 11 ± 2.66 × 2; January 2027 at 20 lies above them,
// and above is worse for a response time. The target of 8 lies between the limits.
func TestAnalyzeTellsSignalFromNoise(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	name := f.measure(t, "rt", response())
	_, err := f.record(ctx, months(name, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12))
	must(t, err)
	noise, err := f.client.AnalyzeMeasure(ctx, &performancev1.AnalyzeMeasureRequest{Name: name})
	must(t, err)
	if noise.GetVariation() != performancev1.Variation_VARIATION_COMMON_CAUSE || len(noise.GetSignals()) != 0 || noise.GetProvisional() {
		t.Errorf("noise became %v", noise)
	}
	before := f.later()
	_, err = f.record(ctx, rows{row(name, 1, "", 20)})
	must(t, err)
	got, err := f.client.AnalyzeMeasure(ctx, &performancev1.AnalyzeMeasureRequest{Name: name, RuleSet: performancev1.RuleSet_RULE_SET_WHEELER})
	must(t, err)
	if got.GetVariation() != performancev1.Variation_VARIATION_CONCERNING || got.GetAssurance() != performancev1.Assurance_ASSURANCE_HIT_OR_MISS ||
		got.GetStatus() != performancev1.StatusWord_STATUS_WORD_AT_RISK || got.GetRuleSet() != "WHEELER/1" {
		t.Errorf("verdicts %v", got)
	}
	limits := got.GetSegments()[0].GetLimits()
	if !close9(limits.GetMean(), 11) || !close9(limits.GetLower(), 11-5.32) || !close9(limits.GetUpper(), 11+5.32) || !close9(limits.GetMovingRange(), 6.534) {
		t.Errorf("limits %v", limits)
	}
	want := &performancev1.ChartSignal{
		Rule: "OUTSIDE_LIMITS", StartPeriod: day(2027, 1, 1), EndPeriod: day(2027, 1, 1), High: true,
		Favour: performancev1.Favour_FAVOUR_UNFAVOURABLE, Current: true,
	}
	if len(got.GetSignals()) != 1 || !proto.Equal(got.GetSignals()[0], want) {
		t.Errorf("signals %v, want %v", got.GetSignals(), want)
	}
	if last := got.GetPoints()[12]; last.GetMovingRange() != 8 || last.GetTarget() != 8 || last.UpperTarget != nil || last.GetChartedValue() != 20 {
		t.Errorf("last point %v", last)
	}
	if fc := got.GetForecast(); !proto.Equal(fc.GetPeriodStart(), day(2027, 12, 1)) || fc.GetLow() > fc.GetValue() || fc.GetHigh() < fc.GetValue() {
		t.Errorf("forecast %v", fc)
	}
	asOf, err := f.client.AnalyzeMeasure(ctx, &performancev1.AnalyzeMeasureRequest{Name: name, AsOf: timestamppb.New(before)})
	must(t, err)
	if len(asOf.GetPoints()) != 12 || asOf.GetVariation() != performancev1.Variation_VARIATION_COMMON_CAUSE {
		t.Errorf("as it was known before: %v", asOf)
	}
}

func TestRebaseIsARecordedAct(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	name := f.measure(t, "rt", response())
	_, err := f.record(ctx, months(name, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 10, 12, 10, 12, 10))
	must(t, err)
	rebase := &performancev1.RebaseMeasureRequest{Name: name, StartPeriod: day(2027, 1, 1), Reason: "a second station opened", RequestId: "r1"}
	f.clock.Add(int64(time.Hour / time.Second))
	m, err := f.client.RebaseMeasure(ctx, rebase)
	must(t, err)
	again, err := f.client.RebaseMeasure(ctx, rebase)
	must(t, err)
	r := m.GetRebasings()
	if !proto.Equal(m, again) || len(r) != 1 || r[0].GetReason() != "a second station opened" || r[0].GetRecordedBy() != "mia" ||
		!r[0].GetRecordTime().AsTime().Equal(f.now()) {
		t.Errorf("re-based %v, again %v", m, again)
	}
	a, err := f.client.AnalyzeMeasure(ctx, &performancev1.AnalyzeMeasureRequest{Name: name})
	must(t, err)
	if s := a.GetSegments(); len(s) != 2 || s[1].GetReason() != "a second station opened" || s[1].GetPoints() != 5 || !s[1].GetProvisional() ||
		!close9(s[1].GetLimits().GetMean(), 10.8) || !close9(s[0].GetLimits().GetMean(), 21) {
		t.Errorf("segments %v", s)
	}
	for reason, bad := range map[string]*performancev1.RebaseMeasureRequest{
		"INVALID_FIELDS": {Name: name, StartPeriod: day(2027, 1, 15), Reason: "mid-month"},
		"ETAG_MISMATCH":  {Name: name, StartPeriod: day(2027, 2, 1), Reason: "stale", Etag: "1"},
	} {
		_, err := f.client.RebaseMeasure(ctx, bad)
		wantReason(t, err, reason)
	}
	_, err = f.client.RebaseMeasure(ctx, &performancev1.RebaseMeasureRequest{Name: name, StartPeriod: day(2027, 1, 1), Reason: "twice"})
	wantReason(t, err, "INVALID_FIELDS")
	// An update leaves what rebaseMeasure wrote.
	updated, err := f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{Measure: &performancev1.Measure{Name: name, DisplayName: "New"}})
	must(t, err)
	if len(updated.GetRebasings()) != 1 || updated.GetDisplayName() != "New" {
		t.Errorf("updated %v", updated)
	}
}

// What was known includes what was measured and what it was meant to reach: neither a later re-basing nor a later target shows.
func TestAnalysesAsOfUseTheDefinitionOfThen(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	name := f.measure(t, "rt", response())
	_, err := f.record(ctx, append(months(name, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 10), row(name, 1, "north", 30)))
	must(t, err)
	analyze := func(at *timestamppb.Timestamp) *performancev1.MeasureAnalysis {
		t.Helper()
		a, err := f.client.AnalyzeMeasure(ctx, &performancev1.AnalyzeMeasureRequest{Name: name, AsOf: at})
		must(t, err)
		return a
	}
	compare := func(at *timestamppb.Timestamp) *performancev1.MeasureEquity {
		t.Helper()
		e, err := f.client.CompareDimensions(ctx, &performancev1.CompareDimensionsRequest{Name: name, AsOf: at})
		must(t, err)
		return e
	}
	early, known, compared := timestamppb.New(f.now().Add(-time.Hour)), analyze(nil), compare(nil)
	before := timestamppb.New(f.later())
	_, err = f.client.RebaseMeasure(ctx, &performancev1.RebaseMeasureRequest{Name: name, StartPeriod: day(2027, 1, 1), Reason: "a second station"})
	must(t, err)
	between := timestamppb.New(f.later())
	changed := response()
	changed.Name, changed.Direction, changed.Targets[0].Value = name, performancev1.Direction_DIRECTION_INCREASE, 1
	changed.Dimensions = []*performancev1.Dimension{{Dimension: "north", Kind: performancev1.DimensionKind_DIMENSION_KIND_DISTRICT, DisplayName: "The north"}}
	_, err = f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{Measure: changed})
	must(t, err)
	if got := analyze(before); !proto.Equal(got, known) {
		t.Errorf("as it was known at first\n%v\nwant\n%v", got, known)
	}
	if got := analyze(between); len(got.GetSegments()) != 2 || got.GetPoints()[12].GetTarget() != 8 {
		t.Errorf("after the re-basing %v", got)
	}
	if got := analyze(nil); got.GetPoints()[12].GetTarget() != 1 || proto.Equal(got, known) {
		t.Errorf("now %v", got)
	}
	if got := compare(before); !proto.Equal(got, compared) || got.GetDimensions()[0].GetGap() != -20 {
		t.Errorf("compared as it was known at first\n%v\nwant\n%v", got, compared)
	}
	if got := compare(nil); got.GetDimensions()[0].GetGap() != 20 || got.GetDimensions()[0].GetDisplayName() != "The north" {
		t.Errorf("compared now %v", got)
	}
	if got := analyze(early); len(got.GetPoints()) != 0 || got.GetVariation() != performancev1.Variation_VARIATION_INSUFFICIENT_DATA {
		t.Errorf("before it was created %v", got)
	}
}

func TestAnalyzeRefusals(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	_, err := f.client.AnalyzeMeasure(ctx, &performancev1.AnalyzeMeasureRequest{Name: parent + "/measures/none"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	name := f.measure(t, "rt", response())
	_, err = f.client.AnalyzeMeasure(ctx, &performancev1.AnalyzeMeasureRequest{Name: name, ForecastDate: day(2027, 2, 30)})
	wantReason(t, err, "INVALID_FIELDS")
	empty, err := f.client.AnalyzeMeasure(ctx, &performancev1.AnalyzeMeasureRequest{Name: name})
	must(t, err)
	if empty.GetVariation() != performancev1.Variation_VARIATION_INSUFFICIENT_DATA || empty.GetQualityScore() != 0 || empty.GetForecast() != nil {
		t.Errorf("nothing recorded: %v", empty)
	}
}
