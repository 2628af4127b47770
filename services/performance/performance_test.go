package performance_test

import (
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/authn"
)

func TestMeasureLifecycle(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	draft := response()
	draft.Baseline = proto.Float64(0)
	dry, err := f.client.CreateMeasure(ctx, &performancev1.CreateMeasureRequest{Parent: parent, MeasureId: "rt", Measure: draft, ValidateOnly: true})
	must(t, err)
	name := f.measure(t, "rt", draft)
	stored, err := f.client.GetMeasure(ctx, &performancev1.GetMeasureRequest{Name: name})
	must(t, err)
	if !proto.Equal(dry, stored) || stored.GetEtag() != "1" || stored.Baseline == nil || stored.GetLinks()[0].GetWeight() != 1 ||
		stored.GetTargets()[0].GetEndDate().GetMonth() != 12 {
		t.Fatalf("stored %v, dry run %v", stored, dry)
	}
	_, err = f.client.CreateMeasure(ctx, &performancev1.CreateMeasureRequest{Parent: parent, MeasureId: "rt", Measure: draft})
	wantReason(t, err, "RESOURCE_ALREADY_EXISTS")

	f.later()
	changed, err := f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{
		Measure:    &performancev1.Measure{Name: name, Owner: "chief", Etag: "1"},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"owner", "baseline"}},
	})
	must(t, err)
	if changed.GetOwner() != "chief" || changed.Baseline != nil || changed.GetEtag() != "2" || len(changed.GetTargets()) != 1 ||
		!changed.GetUpdateTime().AsTime().After(changed.GetCreateTime().AsTime()) {
		t.Errorf("changed %v", changed)
	}
	_, err = f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{Measure: &performancev1.Measure{Name: name, Owner: "x", Etag: "1"}})
	wantReason(t, err, "ETAG_MISMATCH")

	_, err = f.client.DeleteMeasure(ctx, &performancev1.DeleteMeasureRequest{Name: name, Etag: "2"})
	must(t, err)
	_, err = f.client.GetMeasure(ctx, &performancev1.GetMeasureRequest{Name: name})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	for _, kind := range []string{"measure.created", "measure.updated", "measure.deleted"} {
		if e := f.wait(t, kind); e.Subject != name || e.Actor != "mia" {
			t.Errorf("%s: %+v", kind, e)
		}
	}
}

func TestUpdateCreatesWhenAllowed(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	m := response()
	m.Name = parent + "/measures/rt"
	_, err := f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{Measure: m})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	read := proto.Clone(m).(*performancev1.Measure)
	read.Etag = "1"
	_, err = f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{Measure: read, AllowMissing: true})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	half := &performancev1.Measure{Name: m.GetName(), DisplayName: "x"}
	_, err = f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{
		Measure: half, AllowMissing: true, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name"}},
	})
	wantFields(t, err, "measure.kind", "measure.unit", "measure.direction", "measure.frequency")

	for i, etag := range []string{"1", "2"} {
		got, err := f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{Measure: m, AllowMissing: true})
		must(t, err)
		if got.GetEtag() != etag || got.GetUnit() != "minutes" {
			t.Errorf("upsert %d: %v", i, got)
		}
	}
}

func TestEveryViolationIsTold(t *testing.T) {
	f := start(t)
	m := response()
	m.Targets = append(m.Targets, &performancev1.Target{StartDate: day(2027, 2, 30), EndDate: day(2027, 3, 1)},
		&performancev1.Target{StartDate: day(2027, 12, 31), EndDate: day(2027, 12, 30)})
	m.Links = append(m.Links, &performancev1.MeasureLink{
		Subject: parent + "/budgets/b", Contribution: performancev1.Contribution_CONTRIBUTION_SUPPORTS,
	}, m.GetLinks()[0])
	_, err := f.client.CreateMeasure(f.as(t), &performancev1.CreateMeasureRequest{Parent: parent, Measure: m})
	wantFields(t, err, "measure.targets[1].start_date", "measure.targets[2].end_date", "measure.targets[1].start_date",
		"measure.targets[2].start_date", "measure.links[1].subject", "measure.links[2].subject")
	m = response()
	m.Links[0].Subject = "organizations/other/programs/fire"
	_, err = f.client.CreateMeasure(f.as(t), &performancev1.CreateMeasureRequest{Parent: parent, Measure: m})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
}

func TestListMeasures(t *testing.T) {
	f := start(t)
	for _, id := range []string{"c", "a", "b"} {
		m := response()
		m.DisplayName = "Measure " + id
		if id == "b" {
			m.Kind = performancev1.MeasureKind_MEASURE_KIND_OUTPUT
		}
		f.measure(t, id, m)
	}
	request := &performancev1.ListMeasuresRequest{Parent: parent, PageSize: 1, Filter: "kind = MEASURE_KIND_OUTCOME", OrderBy: "display_name desc"}
	var got []string
	for {
		page, err := f.client.ListMeasures(f.as(t), request)
		must(t, err)
		for _, m := range page.GetMeasures() {
			got = append(got, m.GetDisplayName())
		}
		if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	if len(got) != 2 || got[0] != "Measure c" || got[1] != "Measure a" {
		t.Errorf("listed %v", got)
	}
	for _, filter := range []string{"unit = minutes", "kind = MEASURE_KIND_GOOD", "kind > OUTCOME"} {
		_, err := f.client.ListMeasures(f.as(t), &performancev1.ListMeasuresRequest{Parent: parent, Filter: filter})
		wantFields(t, err, "filter")
	}
}

func TestRoles(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	_, err := f.client.GetMeasure(f.in(t, "other"), &performancev1.GetMeasureRequest{Name: name})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.client.PublishResults(f.as(t, "staff"), &performancev1.PublishResultsRequest{Parent: parent})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
	_, err = f.client.GetMeasure(t.Context(), &performancev1.GetMeasureRequest{Name: name})
	wantReason(t, err, authn.ReasonMissing)
}

func TestMeasuresWithObservationsKeepTheirMeaning(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	ctx := f.as(t)
	quarterly := &performancev1.Measure{Name: name, Frequency: performancev1.Frequency_FREQUENCY_QUARTERLY}
	_, err := f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{Measure: quarterly, ValidateOnly: true})
	must(t, err)
	r, err := f.record(ctx, rows{row(name, 1, "", 9)})
	must(t, err)
	wantCounts(t, r, 1, 0, 0, 0)
	_, err = f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{Measure: quarterly})
	wantReason(t, err, "MEASURE_HAS_OBSERVATIONS")
	_, err = f.client.DeleteMeasure(ctx, &performancev1.DeleteMeasureRequest{Name: name})
	wantReason(t, err, "MEASURE_HAS_OBSERVATIONS")
}
