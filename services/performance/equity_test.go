package performance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/types/known/timestamppb"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// equity compares and writes what it finds as "period: whole | dimension value gap ratio | ...", with - for the unknown.
func (f *fixture) equity(t testing.TB, request *performancev1.CompareDimensionsRequest) (*performancev1.MeasureEquity, string) {
	t.Helper()
	e, err := f.client.CompareDimensions(f.as(t, "auditor"), request)
	must(t, err)
	optional := func(known bool, v any) string {
		if !known {
			return "-"
		}
		return fmt.Sprint(v)
	}
	period := "-"
	if d := e.GetPeriodStart(); d != nil {
		period = fmt.Sprintf("%d-%02d", d.GetYear(), d.GetMonth())
	}
	parts := []string{period + ": " + optional(e.GetWhole().Value != nil, e.GetWhole().GetValue())}
	for _, p := range e.GetDimensions() {
		parts = append(parts, fmt.Sprintf("%s %s %s %s", p.GetDimension(), optional(p.Value != nil, p.GetValue()),
			optional(p.Gap != nil, p.GetGap()), optional(p.RatioPpm != nil, p.GetRatioPpm())))
	}
	return e, strings.Join(parts, " | ")
}

func TestCompareDimensions(t *testing.T) {
	f := start(t)
	m := response()
	m.Dimensions = []*performancev1.Dimension{
		{Dimension: "north", Kind: performancev1.DimensionKind_DIMENSION_KIND_DISTRICT, DisplayName: "North side"},
		{Dimension: "south", Kind: performancev1.DimensionKind_DIMENSION_KIND_DISTRICT},
		{Dimension: "renters", Kind: performancev1.DimensionKind_DIMENSION_KIND_GROUP},
	}
	name := f.measure(t, "rt", m)
	ask := func(d *date.Date, asOf time.Time, want string) *performancev1.MeasureEquity {
		t.Helper()
		request := &performancev1.CompareDimensionsRequest{Name: name, PeriodStart: d}
		if !asOf.IsZero() {
			request.AsOf = timestamppb.New(asOf)
		}
		e, got := f.equity(t, request)
		if got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
		return e
	}
	e := ask(nil, time.Time{}, "-: - | north - - - | renters - - - | south - - -")
	if e.GetUnknown() != 3 || e.Spread != nil || len(e.GetFindings()) != 1 {
		t.Errorf("nothing known: %v", e)
	}
	_, err := f.record(f.as(t), rows{
		row(name, 1, "", 8), row(name, 1, "north", 9), row(name, 1, "south", 7), row(name, 2, "", 8), row(name, 2, "north", 10), row(name, 2, "renters", 6),
	})
	must(t, err)
	first := f.later()
	e = ask(nil, time.Time{}, "2027-02: 8 | north 10 -2 1250000 | renters 6 2 750000 | south - - -")
	north, whole := e.GetDimensions()[0], e.GetWhole()
	if e.GetMeasure() != name || e.GetSpread() != 4 || e.GetUnknown() != 1 || whole.GetDimension() != "" || whole.GetDisplayName() != "All" || whole.Gap != nil || whole.RatioPpm != nil {
		t.Errorf("%v", e)
	}
	if north.GetDisplayName() != "North side" || north.GetKind() != performancev1.DimensionKind_DIMENSION_KIND_DISTRICT || north.GetRevision() != 1 || !north.GetProvisional() {
		t.Errorf("%v", north)
	}
	if south := e.GetDimensions()[2]; south.GetVariation() != performancev1.Variation_VARIATION_INSUFFICIENT_DATA || south.GetStatus() != performancev1.StatusWord_STATUS_WORD_UNKNOWN || south.GetDisplayName() != "south" {
		t.Errorf("%v", south)
	}
	wantList(t, e.GetFindings(),
		"North side is worst: by 2 minutes worse than the whole.", "4 minutes lie between North side, the worst, and renters, the best.",
		"No value in the month from 2027-02-01: south.", "Fewer than 12 values, so verdicts are provisional: North side, renters.")
	ask(day(2027, 1, 31), time.Time{}, "2027-01: 8 | north 9 -1 1125000 | south 7 1 875000 | renters - - -")
	_, err = f.record(f.as(t), rows{row(name, 2, "north", 5), row(name, 3, "", 8)})
	must(t, err)
	e = ask(nil, time.Time{}, "2027-02: 8 | renters 6 2 750000 | north 5 3 625000 | south - - -")
	if r := e.GetDimensions()[1].GetRevision(); r != 2 {
		t.Errorf("revision %d", r)
	}
	ask(nil, first, "2027-02: 8 | north 10 -2 1250000 | renters 6 2 750000 | south - - -")
	ask(day(2027, 3, 1), time.Time{}, "2027-03: 8 | north - - - | renters - - - | south - - -")
	ask(nil, epoch.Add(-time.Hour), "-: - | north - - - | renters - - - | south - - -")
}

func TestRecordedDimensionsNeedNoDeclaration(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	_, err := f.record(f.as(t), rows{row(name, 1, "west", 9), row(name, 1, "east", 7)})
	must(t, err)
	e, got := f.equity(t, &performancev1.CompareDimensionsRequest{Name: name})
	if got != "2027-01: - | west 9 - - | east 7 - -" || e.GetSpread() != 2 || e.GetUnknown() != 0 {
		t.Errorf("%s: %v", got, e)
	}
	if k := e.GetDimensions()[0].GetKind(); k != performancev1.DimensionKind_DIMENSION_KIND_UNSPECIFIED {
		t.Errorf("undeclared kind %v", k)
	}
}

// A district goes off while the city as a whole does not.
func TestEquityShowsWhatTheWholeHides(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	var all rows
	for month := range int32(12) {
		level := 9.0 + float64(month%2)*2
		all = append(all, row(name, month+1, "", level), row(name, month+1, "north", level), row(name, month+1, "south", level))
	}
	january := func(dimension string, value float64) *performancev1.ObservationRow {
		r := row(name, 1, dimension, value)
		r.PeriodStart = day(2028, 1, 1)
		return r
	}
	_, err := f.record(f.as(t), append(all, january("", 10), january("north", 17), january("south", 5)))
	must(t, err)
	e, got := f.equity(t, &performancev1.CompareDimensionsRequest{Name: name})
	if got != "2028-01: 10 | north 17 -7 1700000 | south 5 5 500000" {
		t.Error(got)
	}
	north := e.GetDimensions()[0]
	if north.GetVariation() != performancev1.Variation_VARIATION_CONCERNING || e.GetWhole().GetVariation() != performancev1.Variation_VARIATION_COMMON_CAUSE || north.GetProvisional() {
		t.Errorf("%v beside %v", north, e.GetWhole())
	}
	wantList(t, e.GetFindings(), "north is worst: by 7 minutes worse than the whole.", "12 minutes lie between north, the worst, and south, the best.",
		"CONCERNING in north, though COMMON_CAUSE for the whole.")
	if alone, err := f.client.AnalyzeMeasure(f.as(t), &performancev1.AnalyzeMeasureRequest{Name: name, Dimension: "north"}); err != nil ||
		alone.GetVariation() != north.GetVariation() || alone.GetAssurance() != north.GetAssurance() || alone.GetStatus() != north.GetStatus() {
		t.Errorf("an analysis of north says %v (%v), not %v", alone, err, north)
	}
}

func TestEquityRefusals(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	for _, tt := range []struct {
		request *performancev1.CompareDimensionsRequest
		fields  []string
	}{
		{&performancev1.CompareDimensionsRequest{}, []string{"name"}},
		{&performancev1.CompareDimensionsRequest{Name: name, PeriodStart: day(2027, 2, 30)}, []string{"period_start"}},
		{&performancev1.CompareDimensionsRequest{Name: name, PeriodStart: day(2027, 0, 0)}, []string{"period_start"}},
		{&performancev1.CompareDimensionsRequest{Name: parent + "/plans/p"}, []string{"name"}},
	} {
		_, err := f.client.CompareDimensions(f.as(t), tt.request)
		wantFields(t, err, tt.fields...)
	}
	_, err := f.client.CompareDimensions(f.as(t), &performancev1.CompareDimensionsRequest{Name: parent + "/measures/none"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.client.CompareDimensions(f.in(t, "other"), &performancev1.CompareDimensionsRequest{Name: name})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.client.CompareDimensions(f.as(t, "public"), &performancev1.CompareDimensionsRequest{Name: name})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
}
