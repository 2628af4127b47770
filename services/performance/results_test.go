package performance_test

import (
	"testing"

	"google.golang.org/protobuf/proto"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

func TestPublishRevisePublish(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	name := f.measure(t, "rt", response())
	current := &performancev1.GetResultsRevisionRequest{Name: parent + "/resultsRevisions/current"}
	_, err := f.client.GetResultsRevision(ctx, current)
	wantReason(t, err, "NO_RESULTS_REVISION")

	_, err = f.record(ctx, rows{row(name, 1, "", 7), row(name, 3, "", 6), row(name, 4, "north", 99)})
	must(t, err)
	dry, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent, ValidateOnly: true})
	must(t, err)
	_, err = f.client.GetResultsRevision(ctx, current)
	wantReason(t, err, "NO_RESULTS_REVISION")
	publish := &performancev1.PublishResultsRequest{Parent: parent, RequestId: "first"}
	first, err := f.client.PublishResults(ctx, publish)
	must(t, err)
	again, err := f.client.PublishResults(ctx, publish)
	must(t, err)
	if !proto.Equal(again, first) || dry.GetContentHash() != first.GetContentHash() || len(first.GetContentHash()) != 64 {
		t.Errorf("published %v, again %v, dry %v", first, again, dry)
	}
	unchanged, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent, RequestId: "nothing new"})
	must(t, err)
	if unchanged.GetName() != first.GetName() {
		t.Errorf("nothing new was published as %s after %s", unchanged.GetName(), first.GetName())
	}
	want := &performancev1.Signal{
		Subject: parent + "/programs/fire", Status: performancev1.ResultStatus_RESULT_STATUS_MET, MetPpm: 1_000_000, KnownPpm: 1_000_000,
		Variation: performancev1.Variation_VARIATION_INSUFFICIENT_DATA, Assurance: performancev1.Assurance_ASSURANCE_NO_TARGET,
		StatusWord: performancev1.StatusWord_STATUS_WORD_UNKNOWN, QualityScore: 40,
		Evidence: []*performancev1.Evidence{{
			Measure: name, PeriodStart: day(2027, 3, 1), Value: 6, Revision: 1, Target: 8, Weight: 1, MarginPpm: 250_000,
			Direction: performancev1.Direction_DIRECTION_DECREASE, Status: performancev1.ResultStatus_RESULT_STATUS_MET,
			Variation: performancev1.Variation_VARIATION_INSUFFICIENT_DATA, Assurance: performancev1.Assurance_ASSURANCE_HIT_OR_MISS,
			StatusWord: performancev1.StatusWord_STATUS_WORD_UNKNOWN, Basis: performancev1.AnalysisBasis_ANALYSIS_BASIS_NONE,
			Provisional: true, QualityScore: 40, Reason: "Not usable: 2 of at least 3 values are there.", Points: 2,
			// printf '2027-01-01\t7\t1\t8\t\n2027-03-01\t6\t1\t8\t\n' | sha256sum
			SeriesHash: "1374ee5edd4a52898c6d63afae565fc6d143e1ac5b429eb007ccd0f81f251d44",
		}},
	}
	if first.GetRuleSet() != "NHS/1" || first.GetMinQuality() != 50 {
		t.Errorf("published by %s from quality %d on", first.GetRuleSet(), first.GetMinQuality())
	}
	if len(first.GetSignals()) != 1 || !proto.Equal(first.GetSignals()[0], want) {
		t.Errorf("signals %v, want %v", first.GetSignals(), want)
	}
	e := f.wait(t, "results_revision.created")
	var told performancev1.ResultsRevision
	must(t, proto.Unmarshal(e.Data, &told))
	if !proto.Equal(&told, first) || e.Subject != first.GetName() {
		t.Errorf("event %+v tells of %v", e, &told)
	}

	// In the same moment: what comes after the publication is still later than it.
	r, err := f.record(ctx, rows{row(name, 3, "", 12)})
	must(t, err)
	wantCounts(t, r, 0, 1, 0, 0)
	second, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent})
	must(t, err)
	if s := second.GetSignals()[0]; s.GetStatus() != performancev1.ResultStatus_RESULT_STATUS_MISSED || s.GetEvidence()[0].GetRevision() != 2 ||
		s.GetEvidence()[0].GetMarginPpm() != -500_000 || second.GetContentHash() == first.GetContentHash() {
		t.Errorf("second %v", second)
	}
	got, err := f.client.GetResultsRevision(ctx, current)
	must(t, err)
	if !proto.Equal(got, second) {
		t.Errorf("current %v, want %v", got, second)
	}
	got, err = f.client.GetResultsRevision(ctx, &performancev1.GetResultsRevisionRequest{Name: first.GetName()})
	must(t, err)
	if !proto.Equal(got, first) {
		t.Errorf("the first became %v", got)
	}
	// Each revision explains itself: a read as of its moment shows the values that it rests on.
	wantList(t, f.listed(t, &performancev1.ListObservationsRequest{Parent: name, AsOf: first.GetEffectiveTime()}), "1 7/1", "3 6/1", "4north 99/1")
	wantList(t, f.listed(t, &performancev1.ListObservationsRequest{Parent: name, AsOf: second.GetEffectiveTime()}), "1 7/1", "3 12/2", "4north 99/1")

	page, err := f.client.ListResultsRevisions(ctx, &performancev1.ListResultsRevisionsRequest{Parent: parent, PageSize: 1})
	must(t, err)
	if !proto.Equal(page.GetResultsRevisions()[0], second) || page.GetNextPageToken() == "" {
		t.Errorf("newest first: %v", page)
	}
	page, err = f.client.ListResultsRevisions(ctx, &performancev1.ListResultsRevisionsRequest{Parent: parent, PageSize: 1, PageToken: page.GetNextPageToken()})
	must(t, err)
	if !proto.Equal(page.GetResultsRevisions()[0], first) || page.GetNextPageToken() != "" {
		t.Errorf("then the first: %v", page)
	}
	_, err = f.client.GetResultsRevision(ctx, &performancev1.GetResultsRevisionRequest{Name: parent + "/resultsRevisions/none"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
}

// The latest period with both a value and a target counts, wherever other values and targets are; without any, the latest
// value is shown and stays unjudged.
func TestWhatIsKnown(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	target := func(month, value int) *performancev1.Target {
		return &performancev1.Target{StartDate: day(2027, int32(month), 1), EndDate: day(2027, int32(month), 28), Value: float64(value)}
	}
	tests := []struct {
		id       string
		targets  []*performancev1.Target
		months   []int32
		period   int32
		expected float64 // 0: unknown
	}{
		{"both", []*performancev1.Target{target(1, 5)}, []int32{1}, 1, 5},
		{"no-value", []*performancev1.Target{target(1, 5)}, nil, 0, 0},
		{"no-target", nil, []int32{1}, 1, 0},
		{"never-together", []*performancev1.Target{target(1, 5), target(3, 6)}, []int32{2, 4}, 4, 0},
		{"target-ahead", []*performancev1.Target{target(9, 7), target(2, 6), target(1, 5)}, []int32{1, 2, 3}, 2, 6},
		{"value-ahead", []*performancev1.Target{target(1, 5)}, []int32{1, 2, 3}, 1, 5},
	}
	for _, tt := range tests {
		m := response()
		m.Targets, m.Links[0].Subject = tt.targets, parent+"/plans/p/goals/"+tt.id
		name := f.measure(t, tt.id, m)
		for _, month := range tt.months {
			_, err := f.record(ctx, rows{row(name, month, "", 5), row(name, month, "north", 50)})
			must(t, err)
		}
	}
	idle := response()
	idle.Links[0].Contribution = performancev1.Contribution_CONTRIBUTION_SUPPORTS
	f.measure(t, "supports-only", idle)
	rev, err := f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent})
	must(t, err)
	if len(rev.GetSignals()) != len(tests) {
		t.Fatalf("signals %v", rev.GetSignals())
	}
	signals := map[string]*performancev1.Signal{}
	for _, s := range rev.GetSignals() {
		signals[s.GetSubject()] = s
	}
	for _, tt := range tests {
		s := signals[parent+"/plans/p/goals/"+tt.id]
		e := s.GetEvidence()[0]
		if e.GetPeriodStart().GetMonth() != tt.period || e.GetTarget() != tt.expected || (s.GetKnownPpm() == 0) != (tt.expected == 0) ||
			(e.GetStatus() == performancev1.ResultStatus_RESULT_STATUS_UNKNOWN) != (tt.expected == 0) || s.GetStatus() != e.GetStatus() {
			t.Errorf("%s: %v", tt.id, s)
		}
	}
}
