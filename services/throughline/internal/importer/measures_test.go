package importer

import (
	"testing"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/proto"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/throughline/internal/measurefile"
)

func yearTarget(year int32, value float64) *performancev1.Target {
	return &performancev1.Target{
		StartDate: &date.Date{Year: year, Month: 1, Day: 1}, EndDate: &date.Date{Year: year, Month: 12, Day: 31}, Value: value,
	}
}

// What the file says is taken; what it does not say, or people have added, stays; and merging again changes nothing.
func TestMerged(t *testing.T) {
	link := func(subject string, weight int32, c performancev1.Contribution) *performancev1.MeasureLink {
		return &performancev1.MeasureLink{Subject: "organizations/o/" + subject, Weight: weight, Contribution: c}
	}
	const contributes, supports = performancev1.Contribution_CONTRIBUTION_CONTRIBUTES, performancev1.Contribution_CONTRIBUTION_SUPPORTS
	w := &measureWriter{
		target: MeasuresTarget{Organization: "organizations/o"},
		parsed: &measurefile.Parsed{Mapping: measurefile.Mapping{Dimension: &measurefile.Dimension{Kind: "DISTRICT"}}},
	}
	facts := &measurefile.Facts{
		ID: "m", DisplayName: "New name", Unit: "days", Kind: "OUTCOME", Direction: "DECREASE", Frequency: "YEARLY", Dimensions: []string{"north", "south"},
		Links:   []measurefile.Subject{{Name: "programs/a", Weight: 2, Contribution: "CONTRIBUTES"}, {Name: "programs/c", Weight: 1, Contribution: "SUPPORTS"}},
		Targets: []measurefile.Target{{Start: 20110101, End: 20111231, Value: 5}, {Start: 20120101, End: 20121231, Value: 4}},
	}
	old := &performancev1.Measure{
		Name: "organizations/o/measures/m", DisplayName: "Old name", Description: "How it is counted", Unit: "days", Owner: "Ann", Baseline: new(9.0), VitalSign: true,
		Etag: "7", Kind: performancev1.MeasureKind_MEASURE_KIND_OUTCOME, Direction: performancev1.Direction_DIRECTION_DECREASE,
		Frequency:  performancev1.Frequency_FREQUENCY_YEARLY,
		Targets:    []*performancev1.Target{yearTarget(2010, 7), yearTarget(2011, 6)},
		Links:      []*performancev1.MeasureLink{link("programs/a", 1, supports), link("programs/b", 1, contributes)},
		Dimensions: []*performancev1.Dimension{{Dimension: "north", Kind: performancev1.DimensionKind_DIMENSION_KIND_GROUP, DisplayName: "The north"}},
	}
	want := proto.CloneOf(old)
	want.DisplayName = "New name"
	want.Targets = []*performancev1.Target{yearTarget(2010, 7), yearTarget(2011, 5), yearTarget(2012, 4)}
	want.Links = []*performancev1.MeasureLink{link("programs/a", 2, contributes), link("programs/b", 1, contributes), link("programs/c", 1, supports)}
	want.Dimensions = append(want.Dimensions, &performancev1.Dimension{Dimension: "south", Kind: performancev1.DimensionKind_DIMENSION_KIND_DISTRICT})
	before := proto.CloneOf(old)
	got := w.merged(old, facts)
	if !proto.Equal(got, want) {
		t.Errorf("merged %s, want %s", prototext.Format(got), prototext.Format(want))
	}
	if !proto.Equal(old, before) {
		t.Error("merging changed what was there")
	}
	if !proto.Equal(w.merged(got, facts), got) {
		t.Error("merging again changed something")
	}
	made := w.merged(nil, facts)
	if made.GetName() != "organizations/o/measures/m" || made.GetEtag() != "" || len(made.GetTargets()) != 2 || len(made.GetLinks()) != 2 || len(made.GetDimensions()) != 2 {
		t.Errorf("made %s", prototext.Format(made))
	}
}

// Rows that the suite refuses are placed in the file; those it does not list are counted.
func TestCount(t *testing.T) {
	w := &measureWriter{parsed: &measurefile.Parsed{Rows: []measurefile.Row{{Line: 2}, {Line: 5, Column: "v", Text: "1"}, {Line: 9, Column: "v", Text: "2"}}}}
	w.count([]int{1, 2}, &performancev1.RecordObservationsResponse{
		Accepted: 1, Revised: 2, Duplicate: 3, Missing: 4, Rejected: 5,
		Errors: []*performancev1.RowError{{Row: 1, Field: "dimension", Message: "is not declared"}, {Row: 1, Field: "text", Message: "is long"}, {Row: 2}, {Row: -1}},
	})
	r := w.report
	if r.Values != (Recorded{1, 2, 3, 4, 5}) || r.Values.Total() != 15 || r.Unlisted != 4 || len(r.Errors) != 2 {
		t.Errorf("%+v", r)
	}
	if e := r.Errors[0]; e != (measurefile.RowError{Line: 9, Column: "v", Value: "2", Remedy: "dimension is not declared"}) {
		t.Errorf("%+v", e)
	}
}
