package performance_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// listed walks all pages and writes each observation as "month dimension value revision".
func (f *fixture) listed(t testing.TB, request *performancev1.ListObservationsRequest) []string {
	t.Helper()
	var got []string
	for {
		page, err := f.client.ListObservations(f.as(t), request)
		must(t, err)
		for _, o := range page.GetObservations() {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%d%s %v/%d", o.GetPeriodStart().GetMonth(), o.GetDimension(), o.GetValue(), o.GetRevision())))
		}
		if request.PageToken = page.GetNextPageToken(); request.GetPageToken() == "" {
			return got
		}
	}
}

func wantList(t testing.TB, got []string, want ...string) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("listed %v, want %v", got, want)
	}
}

func TestRecordAndReadAsOf(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	staff := f.as(t, "staff")
	first := []rows{{row(name, 2, "", 7), row(name, 1, "", 9)}, {row(name, 1, "north", 8), row(name, 1, "", 9)}}
	r, err := f.record(staff, first...)
	must(t, err)
	wantCounts(t, r, 3, 0, 1, 0)
	if e := f.wait(t, "observations.recorded"); e.Subject != parent || e.Organization != "o" {
		t.Errorf("event %+v", e)
	} else {
		var told performancev1.RecordObservationsResponse
		must(t, proto.Unmarshal(e.Data, &told))
		wantCounts(t, &told, 2, 0, 0, 0)
	}
	before := f.later()
	r, err = f.record(staff, rows{row(name, 1, "", 10), row(name, 2, "", 7)})
	must(t, err)
	wantCounts(t, r, 0, 1, 1, 0)
	beforeThird := f.later()
	r, err = f.record(staff, rows{row(name, 1, "", 9)}) // back again is a third revision
	must(t, err)
	wantCounts(t, r, 0, 1, 0, 0)

	all := &performancev1.ListObservationsRequest{Parent: name, PageSize: 1}
	wantList(t, f.listed(t, all), "1 9/3", "1north 8/1", "2 7/1")
	all.AsOf = timestamppb.New(before)
	wantList(t, f.listed(t, all), "1 9/1", "1north 8/1", "2 7/1")
	all.AsOf = timestamppb.New(beforeThird)
	wantList(t, f.listed(t, all), "1 10/2", "1north 8/1", "2 7/1")
	all.AsOf = timestamppb.New(epoch.Add(-time.Second))
	wantList(t, f.listed(t, all))
	wantList(t, f.listed(t, &performancev1.ListObservationsRequest{Parent: name, Filter: `dimension = ""`, OrderBy: "period_start desc"}), "2 7/1", "1 9/3")
	wantList(t, f.listed(t, &performancev1.ListObservationsRequest{Parent: name, Filter: `period_start >= "2027-02-01"`}), "2 7/1")

	page, err := f.client.ListObservations(f.as(t), &performancev1.ListObservationsRequest{Parent: name, PageSize: 1})
	must(t, err)
	o := page.GetObservations()[0]
	if o.GetName() != name+"/observations/2027-01-01" || o.GetRecordedBy() != "mia" || o.GetSource() != "dispatch" || !o.GetRecordTime().AsTime().Equal(f.now()) {
		t.Errorf("%v", o)
	}
	_, err = f.client.ListObservations(f.as(t), &performancev1.ListObservationsRequest{
		Parent: name, PageToken: page.GetNextPageToken(), AsOf: timestamppb.New(before),
	})
	wantFields(t, err, "page_token")
	_, err = f.client.ListObservations(f.as(t), &performancev1.ListObservationsRequest{Parent: parent + "/measures/none"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
}

func TestBadRowsLoseNothingElse(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	good := func(month int32) *performancev1.ObservationRow { return row(name, month, "", float64(month)) }
	spoilt := func(spoil func(*performancev1.ObservationRow)) *performancev1.ObservationRow {
		r := good(1)
		spoil(r)
		return r
	}
	r, err := f.record(f.as(t),
		rows{good(1), spoilt(func(r *performancev1.ObservationRow) { r.Value = nil }), good(2)},
		nil,
		rows{
			spoilt(func(r *performancev1.ObservationRow) { r.PeriodStart.Day = 2 }),
			spoilt(func(r *performancev1.ObservationRow) { r.Measure = parent + "/measures/none" }),
			spoilt(func(r *performancev1.ObservationRow) { r.Measure = "rt" }),
			good(3),
			spoilt(func(r *performancev1.ObservationRow) { r.PeriodStart = nil; r.Value = new(math.Inf(1)) }),
			spoilt(func(r *performancev1.ObservationRow) { r.PeriodStart = day(2027, 13, 1) }),
			spoilt(func(r *performancev1.ObservationRow) { r.Measure = "" }),
			spoilt(func(r *performancev1.ObservationRow) { r.Dimension = strings.Repeat("x", 101) }),
		})
	must(t, err)
	wantCounts(t, r, 3, 0, 0, 8)
	want := []string{
		"1 value INVALID_FIELDS", "3 period_start PERIOD_NOT_ALIGNED", "4 measure MEASURE_NOT_FOUND", "5 measure INVALID_FIELDS",
		"7 period_start INVALID_FIELDS", "7 value INVALID_FIELDS", "8 period_start INVALID_FIELDS", "9 measure INVALID_FIELDS", "10 dimension INVALID_FIELDS",
	}
	var got []string
	for _, e := range r.GetErrors() {
		got = append(got, fmt.Sprintf("%d %s %s", e.GetRow(), e.GetField(), e.GetReason()))
		if e.GetMessage() == "" {
			t.Errorf("%v says nothing", e)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	wantList(t, f.listed(t, &performancev1.ListObservationsRequest{Parent: name}), "1 1/1", "2 2/1", "3 3/1")
}

func TestErrorsAreBounded(t *testing.T) {
	f := start(t)
	bad := make(rows, 1000)
	for i := range bad {
		bad[i] = &performancev1.ObservationRow{}
	}
	r, err := f.record(f.as(t), bad[:600], bad)
	must(t, err)
	wantCounts(t, r, 0, 0, 0, 1600)
	if n := len(r.GetErrors()); n != 1000 {
		t.Errorf("%d errors", n)
	}
	_, err = f.record(f.as(t), slices.Concat(bad, bad[:1]))
	wantReason(t, err, "INVALID_FIELDS")
}

// Every message is held to the caller's organization, not only the first, and before anything is looked up.
func TestForeignMeasuresEndTheStream(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	r, err := f.record(f.as(t), rows{row(name, 1, "", 1)}, rows{row(name, 2, "", 2), row("organizations/other/measures/rt", 2, "", 2)}, rows{row(name, 3, "", 3)})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	if r != nil {
		t.Errorf("answered %v", r)
	}
	wantList(t, f.listed(t, &performancev1.ListObservationsRequest{Parent: name}), "1 1/1")
	stream, err := f.client.RecordObservations(f.as(t))
	must(t, err)
	for _, p := range []string{parent, "organizations/other"} {
		must(t, stream.Send(&performancev1.RecordObservationsRequest{Parent: p}))
	}
	_, err = stream.CloseAndRecv()
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.record(f.in(t, "other"), rows{row(name, 1, "", 5)})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
	_, err = f.record(f.as(t, "finance"), rows{row(name, 1, "", 5)})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
}

// Twins that send the same rows at the same time record them once between them.
func TestConcurrentStreams(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	ctx, answers := f.as(t), make(chan *performancev1.RecordObservationsResponse)
	const twins = 8
	for range twins {
		go func() {
			r, err := f.record(ctx, rows{row(name, 1, "", 1), row(name, 2, "", 2)}, rows{row(name, 3, "", 3)})
			if err != nil {
				t.Error(err)
			}
			answers <- r
		}()
	}
	var accepted, duplicate int64
	for range twins {
		r := <-answers
		accepted, duplicate = accepted+r.GetAccepted(), duplicate+r.GetDuplicate()
	}
	if accepted != 3 || duplicate != 3*(twins-1) {
		t.Errorf("%d accepted, %d duplicate", accepted, duplicate)
	}
	wantList(t, f.listed(t, &performancev1.ListObservationsRequest{Parent: name}), "1 1/1", "2 2/1", "3 3/1")
}

// However rows are ordered and cut into messages, the same is stored; sending them again records nothing.
func TestStreamsAreOrderFreeAndIdempotent(t *testing.T) {
	f := start(t)
	ctx, n := f.as(t), 0
	type cell struct {
		month     int32
		dimension string
	}
	rapid.Check(t, func(rt *rapid.T) {
		if n++; n > 25 { // each draw makes several durable commits
			return
		}
		cells := rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) cell {
			return cell{rapid.Int32Range(1, 12).Draw(rt, "month"), rapid.SampledFrom([]string{"", "n", "s"}).Draw(rt, "dimension")}
		}), 1, 30, rapid.ID[cell]).Draw(rt, "cells")
		var lists [2][]string
		for i := range lists {
			name := f.measure(t, fmt.Sprintf("m%d-%d", n, i), response())
			order := cells
			if i == 1 {
				order = rapid.Permutation(cells).Draw(rt, "order")
			}
			all := make(rows, len(order))
			for j, c := range order {
				all[j] = row(name, c.month, c.dimension, float64(c.month)/3)
			}
			cut := rapid.IntRange(0, len(all)).Draw(rt, "cut")
			r, err := f.record(ctx, all[:cut], all[cut:])
			must(t, err)
			wantCounts(t, r, int64(len(cells)), 0, 0, 0)
			r, err = f.record(ctx, all)
			must(t, err)
			wantCounts(t, r, 0, 0, int64(len(cells)), 0)
			lists[i] = f.listed(t, &performancev1.ListObservationsRequest{Parent: name, PageSize: 7})
		}
		wantList(t, lists[1], lists[0]...)
	})
}
