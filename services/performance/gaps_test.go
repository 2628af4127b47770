package performance_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// until moves the clock to a day, at noon.
func (f *fixture) until(year int, month time.Month, day int) {
	f.clock.Store(int64(time.Date(year, month, day, 12, 0, 0, 0, time.UTC).Sub(epoch) / time.Second))
}

// gaps walks all pages of a list and writes each gap as "measure kind due/periods".
func (f *fixture) gaps(t testing.TB, request *performancev1.ListMeasureGapsRequest) string {
	t.Helper()
	var got []string
	request.Parent = parent
	for {
		page, err := f.client.ListMeasureGaps(f.as(t), request)
		must(t, err)
		if size := request.GetPageSize(); size > 0 && len(page.GetGaps()) > int(size) {
			t.Fatalf("a page of %d", len(page.GetGaps()))
		}
		for _, g := range page.GetGaps() {
			id, kind := strings.TrimPrefix(g.GetMeasure(), parent+"/measures/"), strings.TrimPrefix(g.GetKind().String(), "GAP_KIND_")
			line := id + " " + kind
			if d := g.GetDuePeriod(); d != nil {
				line += fmt.Sprintf(" %d-%02d/%d", d.GetYear(), d.GetMonth(), g.GetPeriods())
			}
			got = append(got, line)
			if g.GetDetail() == "" || g.GetDisplayName() == "" {
				t.Errorf("%v says nothing", g)
			}
		}
		if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
			return strings.Join(got, ", ")
		}
	}
}

func wantGaps(t testing.TB, got string, want ...string) {
	t.Helper()
	if got != strings.Join(want, ", ") {
		t.Errorf("gaps\n%s\nwant\n%s", got, strings.Join(want, ", "))
	}
}

// lacking makes measures of each kind of gap: fine lacks nothing, late has two months overdue, bare lacks everything.
func (f *fixture) lacking(t testing.TB) {
	t.Helper()
	owned := func() *performancev1.Measure {
		m := response()
		m.Owner = "chief"
		return m
	}
	fine, late := f.measure(t, "fine", owned()), f.measure(t, "late", owned())
	bare := response()
	bare.DisplayName, bare.Targets = "Bare", nil
	f.measure(t, "bare", bare)
	_, err := f.record(f.as(t), rows{row(fine, 1, "", 7), row(fine, 3, "", 7), row(late, 1, "", 7), row(late, 4, "north", 7)})
	must(t, err)
	f.until(2027, time.May, 31)
}

func TestListMeasureGaps(t *testing.T) {
	f := start(t)
	wantGaps(t, f.gaps(t, &performancev1.ListMeasureGapsRequest{}))
	f.lacking(t)
	all := []string{"bare NO_OWNER", "bare NO_TARGET", "bare NO_VALUE 2027-01/3", "late STALE 2027-02/2"}
	for _, size := range []int32{0, 1, 3, 4} {
		wantGaps(t, f.gaps(t, &performancev1.ListMeasureGapsRequest{PageSize: size}), all...)
	}
	for _, tt := range []struct {
		filter, order string
		want          []string
	}{
		{`kind = GAP_KIND_STALE`, "", all[3:]},
		{`kind = NO_OWNER`, "", all[:1]},
		{`kind != STALE AND measure = "organizations/o/measures/bare"`, "", all[:3]},
		{`owner = "chief"`, "", all[3:]},
		{`owner = ""`, "periods desc", []string{all[2], all[1], all[0]}},
		{`measure : "LATE"`, "", all[3:]},
		{"", "periods", []string{all[0], all[1], all[3], all[2]}},
		{"", "measure desc", []string{all[3], all[2], all[1], all[0]}},
	} {
		wantGaps(t, f.gaps(t, &performancev1.ListMeasureGapsRequest{Filter: tt.filter, OrderBy: tt.order, PageSize: 2}), tt.want...)
	}
	if again := f.gaps(t, &performancev1.ListMeasureGapsRequest{Filter: `kind = STALE`}); again != "late STALE 2027-02/2" {
		t.Error(again)
	}
	_, err := f.record(f.as(t), rows{row(parent+"/measures/late", 3, "", 7)}) // February stays missing, and is no gap of the latest
	must(t, err)
	wantGaps(t, f.gaps(t, &performancev1.ListMeasureGapsRequest{}), all[:3]...)
	f.until(2028, time.January, 1)
	wantGaps(t, f.gaps(t, &performancev1.ListMeasureGapsRequest{Filter: `measure = "organizations/o/measures/fine"`}), "fine NO_TARGET", "fine STALE 2027-04/8")
}

func TestGapRefusals(t *testing.T) {
	f := start(t)
	f.lacking(t)
	page, err := f.client.ListMeasureGaps(f.as(t, "auditor"), &performancev1.ListMeasureGapsRequest{Parent: parent, PageSize: 1})
	must(t, err)
	for _, tt := range []struct {
		request *performancev1.ListMeasureGapsRequest
		fields  []string
	}{
		{&performancev1.ListMeasureGapsRequest{}, []string{"parent"}},
		{&performancev1.ListMeasureGapsRequest{Parent: parent, PageSize: -1}, []string{"page_size"}},
		{&performancev1.ListMeasureGapsRequest{Parent: parent, Filter: "kind = LATE", OrderBy: "owner", PageSize: 5}, []string{"filter", "order_by"}},
		{&performancev1.ListMeasureGapsRequest{Parent: parent, Filter: "periods > 2"}, []string{"filter"}},
		{&performancev1.ListMeasureGapsRequest{Parent: parent, PageToken: page.GetNextPageToken(), Filter: "kind = STALE"}, []string{"page_token"}},
	} {
		_, err := f.client.ListMeasureGaps(f.as(t), tt.request)
		wantFields(t, err, tt.fields...)
	}
	_, err = f.client.ListMeasureGaps(f.in(t, "other"), &performancev1.ListMeasureGapsRequest{Parent: parent})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.client.ListMeasureGaps(f.as(t, "public"), &performancev1.ListMeasureGapsRequest{Parent: parent})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
	_, err = f.client.RemindMeasureOwners(f.as(t, "staff"), &performancev1.RemindMeasureOwnersRequest{Parent: parent})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
	_, err = f.client.RemindMeasureOwners(f.in(t, "other"), &performancev1.RemindMeasureOwnersRequest{Parent: parent})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.client.RemindMeasureOwners(f.as(t), &performancev1.RemindMeasureOwnersRequest{})
	wantFields(t, err, "parent")
	other, err := f.client.ListMeasureGaps(f.in(t, "other"), &performancev1.ListMeasureGapsRequest{Parent: "organizations/other"})
	must(t, err)
	if len(other.GetGaps()) != 0 {
		t.Errorf("another organization sees %v", other)
	}
}

// remind sends reminders and answers "sent/repeated".
func (f *fixture) remind(t testing.TB, request *performancev1.RemindMeasureOwnersRequest) string {
	t.Helper()
	request.Parent = parent
	r, err := f.client.RemindMeasureOwners(f.as(t), request)
	must(t, err)
	return fmt.Sprintf("%d/%d", r.GetSent(), r.GetRepeatedGaps())
}

// reminders are all the events of reminders in the outbox, as "measure kind due".
func (f *fixture) reminders(t testing.TB, organization string) []string {
	t.Helper()
	var got []string
	err := f.db.Read(t.Context(), func(tx sqldb.Tx) error {
		events, err := outbox.Changes(tx, organization, 0, 1000)
		for _, e := range events {
			if !strings.HasSuffix(e.Type, ".measure.reminded") {
				continue
			}
			var g performancev1.MeasureGap
			must(t, proto.Unmarshal(e.Data, &g))
			if e.Subject != g.GetMeasure()+"/gaps/"+strings.TrimPrefix(g.GetKind().String(), "GAP_KIND_") || g.GetRemindedTime() == nil || !g.GetRemindedTime().AsTime().Equal(e.Time) {
				t.Errorf("%s tells at %s of %v", e.Subject, e.Time, &g)
			}
			line := strings.TrimPrefix(g.GetMeasure(), "organizations/"+organization+"/measures/") + " " + strings.TrimPrefix(g.GetKind().String(), "GAP_KIND_")
			if d := g.GetDuePeriod(); d != nil {
				line += fmt.Sprintf(" %d-%02d", d.GetYear(), d.GetMonth())
			}
			got = append(got, line)
		}
		return err
	})
	must(t, err)
	return got
}

func TestRemindMeasureOwners(t *testing.T) {
	f := start(t)
	if got := f.remind(t, &performancev1.RemindMeasureOwnersRequest{}); got != "0/0" {
		t.Errorf("without measures %s", got)
	}
	f.lacking(t)
	if got := f.remind(t, &performancev1.RemindMeasureOwnersRequest{ValidateOnly: true}); got != "4/0" {
		t.Errorf("tried %s", got)
	}
	if got := f.reminders(t, "o"); got != nil {
		t.Errorf("a trial told of %q", got)
	}
	for _, want := range []string{"4/0", "4/0", "0/4"} { // the second is the first, sent again
		key := map[string]string{"4/0": "once", "0/4": "twice"}[want]
		if got := f.remind(t, &performancev1.RemindMeasureOwnersRequest{RequestId: key}); got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
	}
	e := f.wait(t, "measure.reminded")
	if e.Actor != "mia" || e.Organization != "o" {
		t.Errorf("event %+v", e)
	}
	wantList(t, f.reminders(t, "o"), "bare NO_VALUE 2027-01", "bare NO_OWNER", "bare NO_TARGET", "late STALE 2027-02")
	page, err := f.client.ListMeasureGaps(f.as(t), &performancev1.ListMeasureGapsRequest{Parent: parent})
	must(t, err)
	for _, g := range page.GetGaps() {
		if !g.GetRemindedTime().AsTime().Equal(f.now()) {
			t.Errorf("%v does not say when it was reminded of", g)
		}
	}
}

// Time, values and updates open and close gaps; each one that opens is told of once.
func TestRemindersFollowTheirGaps(t *testing.T) {
	f := start(t)
	f.lacking(t)
	bare, late := parent+"/measures/bare", parent+"/measures/late"
	record := func(measure string, month int32) {
		t.Helper()
		_, err := f.record(f.as(t), rows{row(measure, month, "", float64(month))})
		must(t, err)
	}
	own := func(owner string) {
		t.Helper()
		_, err := f.client.UpdateMeasure(f.as(t), &performancev1.UpdateMeasureRequest{
			Measure: &performancev1.Measure{Name: bare, Owner: owner}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"owner"}},
		})
		must(t, err)
	}
	for _, step := range []struct {
		name string
		do   func()
		want string
	}{
		{"at first", func() {}, "4/0"},
		{"a month later, another period is overdue since the same one", func() { f.until(2027, time.June, 30); record(parent+"/measures/fine", 4) }, "0/4"},
		{"a late value, and a later period is overdue still", func() { record(late, 2) }, "1/3"},
		{"all values are there", func() { record(late, 4) }, "0/3"},
		{"until the next is overdue", func() { f.until(2027, time.July, 1); record(parent+"/measures/fine", 5) }, "1/3"},
		{"somebody owns it", func() { own("chief") }, "0/3"},
		{"nobody does", func() { own("") }, "1/3"},
		{"somebody did between two looks", func() { own("chief"); own("") }, "1/3"},
		{"another change mends nothing", func() { own(" ") }, "0/4"},
		{"a first value", func() { record(bare, 5) }, "0/3"},
	} {
		if step.do(); f.remind(t, &performancev1.RemindMeasureOwnersRequest{ValidateOnly: true}) != step.want {
			t.Errorf("%s: a trial differs", step.name)
		}
		if got := f.remind(t, &performancev1.RemindMeasureOwnersRequest{}); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
}

func TestRemindersOfADeletedMeasureAreForgotten(t *testing.T) {
	f := start(t)
	for range 2 {
		f.measure(t, "rt", response())
		if got := f.remind(t, &performancev1.RemindMeasureOwnersRequest{}); got != "1/0" {
			t.Errorf("sent %s", got)
		}
		_, err := f.client.DeleteMeasure(f.as(t), &performancev1.DeleteMeasureRequest{Name: parent + "/measures/rt"})
		must(t, err)
	}
}

func TestRemindersAreSentByThemselves(t *testing.T) {
	f := start(t)
	f.lacking(t)
	other := response()
	_, err := f.client.CreateMeasure(f.in(t, "other"), &performancev1.CreateMeasureRequest{
		Parent: "organizations/other", MeasureId: "rt", Measure: unlinked(other),
	})
	must(t, err)
	for range 3 { // the third is taken when the second is done
		f.tick <- time.Time{}
	}
	if got := f.reminders(t, "o"); len(got) != 4 {
		t.Errorf("reminded of %q", got)
	}
	wantList(t, f.reminders(t, "other"), "rt NO_VALUE 2027-01", "rt NO_OWNER")
	if e := f.wait(t, "measure.reminded"); e.Actor != "performance" {
		t.Errorf("sent by %q", e.Actor)
	}
	if got := f.remind(t, &performancev1.RemindMeasureOwnersRequest{}); got != "0/4" {
		t.Errorf("sent %s after that", got)
	}
}

func unlinked(m *performancev1.Measure) *performancev1.Measure {
	m.Links = nil
	return m
}

// Callers that remind at the same time remind once between them.
func TestConcurrentReminders(t *testing.T) {
	f := start(t)
	f.lacking(t)
	const twins = 4
	answers := make(chan *performancev1.RemindMeasureOwnersResponse)
	ctx := f.as(t)
	for range twins {
		go func(ctx context.Context) {
			r, err := f.client.RemindMeasureOwners(ctx, &performancev1.RemindMeasureOwnersRequest{Parent: parent})
			if err != nil {
				t.Error(err)
			}
			answers <- r
		}(ctx)
	}
	var sent int32
	for range twins {
		sent += (<-answers).GetSent()
	}
	if sent != 4 || len(f.reminders(t, "o")) != 4 {
		t.Errorf("sent %d, told of %q", sent, f.reminders(t, "o"))
	}
}

// What DeleteMeasure tells to do about a measure with values makes it lack nothing.
func TestRetiredMeasuresAreNotRemindedOf(t *testing.T) {
	f := start(t)
	f.lacking(t)
	late := parent + "/measures/late"
	if got := f.remind(t, &performancev1.RemindMeasureOwnersRequest{}); got != "4/0" {
		t.Fatalf("sent %s", got)
	}
	_, err := f.client.DeleteMeasure(f.as(t), &performancev1.DeleteMeasureRequest{Name: late})
	wantReason(t, err, "MEASURE_HAS_OBSERVATIONS")
	if !strings.Contains(err.Error(), "to retire it, remove its links and the targets that still lie ahead") {
		t.Errorf("%v says nothing of what to do", err)
	}
	_, err = f.client.UpdateMeasure(f.as(t), &performancev1.UpdateMeasureRequest{
		Measure: &performancev1.Measure{Name: late}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"links", "targets"}},
	})
	must(t, err)
	wantGaps(t, f.gaps(t, &performancev1.ListMeasureGapsRequest{}), "bare NO_OWNER", "bare NO_TARGET", "bare NO_VALUE 2027-01/3")
	if got := f.remind(t, &performancev1.RemindMeasureOwnersRequest{}); got != "0/3" {
		t.Errorf("sent %s", got)
	}
}
