package performance_test

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// TestExplainWhatWasPublished publishes, revises a value, changes the target, and publishes again: each revision is still
// reproduced from the values and targets that it knew.
func TestExplainWhatWasPublished(t *testing.T) {
	f := start(t)
	f.clock.Store(int64(epoch.AddDate(0, 1, 0).Sub(epoch) / time.Second)) // February
	ctx := f.as(t)
	name := f.measure(t, "rt", response())
	publish := &performancev1.PublishResultsRequest{Parent: parent}
	// January 2027 lies above the limits of the year before, so the process is getting worse.
	_, err := f.record(ctx, months(name, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12, 20))
	must(t, err)
	first, err := f.client.PublishResults(ctx, publish)
	must(t, err)
	published := first.GetSignals()[0].GetEvidence()[0]
	if s := first.GetSignals()[0]; !published.GetUsable() || s.GetVariation() != performancev1.Variation_VARIATION_CONCERNING ||
		s.GetAssurance() != performancev1.Assurance_ASSURANCE_HIT_OR_MISS || s.GetStatusWord() != performancev1.StatusWord_STATUS_WORD_AT_RISK ||
		s.GetUsablePpm() != 1_000_000 || s.GetProvisional() {
		t.Errorf("first %v", s)
	}
	// The mean is 11 and the mean moving range 2: 9 above it is 9/5.32 of the way to the limit, and above is worse.
	if published.MagnitudeMilli == nil || published.GetMagnitudeMilli() != -1692 || published.GetPoints() != 13 {
		t.Errorf("evidence %v", published)
	}

	explain := func(revision string) *performancev1.ExplainResultsRevisionResponse {
		t.Helper()
		e, err := f.client.ExplainResultsRevision(ctx, &performancev1.ExplainResultsRevisionRequest{Name: revision, Measure: name})
		must(t, err)
		if !e.GetReproduced() || e.GetSeriesHash() != e.GetEvidence().GetSeriesHash() {
			t.Errorf("%s is not reproduced: %v", revision, e)
		}
		return e
	}
	fresh := explain(parent + "/resultsRevisions/current")
	want := proto.CloneOf(published)
	want.Weight = 0 // among no subject's measures
	if !proto.Equal(fresh.GetEvidence(), want) || fresh.GetChangedSince() != 0 || len(fresh.GetAnalysis().GetPoints()) != 13 {
		t.Errorf("explained %v, want %v", fresh, want)
	}

	_, err = f.record(ctx, rows{row(name, 1, "", 11), row(name, 2, "", 12), row(name, 1, "north", 99)})
	must(t, err)
	m := response()
	m.Name, m.Targets[0].Value, m.Direction = name, 30, performancev1.Direction_DIRECTION_INCREASE
	_, err = f.client.UpdateMeasure(ctx, &performancev1.UpdateMeasureRequest{Measure: m})
	must(t, err)
	_, err = f.client.RebaseMeasure(ctx, &performancev1.RebaseMeasureRequest{Name: name, StartPeriod: day(2027, 1, 1), Reason: "a second station"})
	must(t, err)
	second, err := f.client.PublishResults(ctx, publish)
	must(t, err)
	if second.GetName() == first.GetName() || second.GetSignals()[0].GetEvidence()[0].GetTarget() != 30 {
		t.Errorf("second %v", second)
	}

	old := explain(first.GetName())
	a := old.GetAnalysis()
	if !proto.Equal(old.GetEvidence(), want) || old.GetChangedSince() != 2 || len(a.GetPoints()) != 13 || len(a.GetSegments()) != 1 ||
		a.GetPoints()[12].GetValue() != 20 || a.GetPoints()[12].GetTarget() != 8 || a.GetVariation() != performancev1.Variation_VARIATION_CONCERNING {
		t.Errorf("the first, later: %v", old)
	}
	current := explain(second.GetName())
	if c := current.GetAnalysis(); len(c.GetPoints()) != 14 || c.GetPoints()[12].GetValue() != 11 || c.GetPoints()[12].GetRevision() != 2 ||
		c.GetPoints()[13].GetTarget() != 30 || len(c.GetSegments()) != 2 || c.GetSegments()[1].GetReason() != "a second station" || current.GetChangedSince() != 0 {
		t.Errorf("the second: %v", current)
	}
}

func TestExplainRefusals(t *testing.T) {
	f := start(t)
	ctx := f.as(t)
	name := f.measure(t, "rt", response())
	informs := response()
	informs.Links[0].Contribution = performancev1.Contribution_CONTRIBUTION_SUPPORTS
	supports := f.measure(t, "informs", informs)
	current := parent + "/resultsRevisions/current"
	request := func(revision, measure string) *performancev1.ExplainResultsRevisionRequest {
		return &performancev1.ExplainResultsRevisionRequest{Name: revision, Measure: measure}
	}
	_, err := f.client.ExplainResultsRevision(ctx, request(current, name))
	wantReason(t, err, "NO_RESULTS_REVISION")
	_, err = f.client.PublishResults(ctx, &performancev1.PublishResultsRequest{Parent: parent})
	must(t, err)
	for name, c := range map[string]struct {
		request *performancev1.ExplainResultsRevisionRequest
		reason  string
	}{
		"a revision that is none":           {request(parent+"/resultsRevisions/none", name), "RESOURCE_NOT_FOUND"},
		"a measure that is none":            {request(current, parent+"/measures/none"), "MEASURE_NOT_IN_RESULTS"},
		"a measure that only supports":      {request(current, supports), "MEASURE_NOT_IN_RESULTS"},
		"another organization's":            {request(current, "organizations/p/measures/rt"), "FOREIGN_ORGANIZATION"},
		"no measure":                        {request(current, ""), "INVALID_FIELDS"},
		"no name of a measure":              {request(current, parent), "INVALID_FIELDS"},
		"another organization's revision":   {request("organizations/p/resultsRevisions/current", name), "FOREIGN_ORGANIZATION"},
		"a measure where a revision belong": {request(name, name), "INVALID_FIELDS"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.client.ExplainResultsRevision(ctx, c.request)
			wantReason(t, err, c.reason)
		})
	}
	// A measure without a value is explained, too.
	empty, err := f.client.ExplainResultsRevision(ctx, request(current, name))
	must(t, err)
	if !empty.GetReproduced() || empty.GetEvidence().GetUsable() || len(empty.GetAnalysis().GetPoints()) != 0 {
		t.Errorf("nothing recorded: %v", empty)
	}
}

// Quality is judged when results are published, so values that are overdue by then make new results; the same month again does not.
func TestPublishingIsANoOpUntilSomethingChanges(t *testing.T) {
	f := start(t)
	name := f.measure(t, "rt", response())
	_, err := f.record(f.as(t), months(name, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12, 10, 12))
	must(t, err)
	publish := func(rules performancev1.RuleSet) *performancev1.ResultsRevision {
		t.Helper()
		r, err := f.client.PublishResults(f.as(t), &performancev1.PublishResultsRequest{Parent: parent, RuleSet: rules})
		must(t, err)
		return r
	}
	at := func(day time.Time) { f.clock.Store(int64(day.Sub(epoch) / time.Second)) }
	first := publish(0)
	at(epoch.AddDate(0, 0, 20))
	if again := publish(performancev1.RuleSet_RULE_SET_NHS); !proto.Equal(again, first) {
		t.Errorf("the same month: %v after %v", again, first)
	}
	at(epoch.AddDate(0, 1, 0)) // January is due by the end of February
	if again := publish(0); !proto.Equal(again, first) {
		t.Errorf("nothing is late: %v after %v", again, first)
	}
	at(epoch.AddDate(0, 3, 0))
	late := publish(0)
	if late.GetName() == first.GetName() || late.GetSignals()[0].GetQualityScore() != first.GetSignals()[0].GetQualityScore()-20 {
		t.Errorf("two months are late: %v after %v", late, first)
	}
	wheeler := publish(performancev1.RuleSet_RULE_SET_WHEELER)
	if wheeler.GetName() == late.GetName() || wheeler.GetRuleSet() != "WHEELER/1" {
		t.Errorf("another rule set: %v", wheeler)
	}
	_, err = f.client.PublishResults(f.as(t), &performancev1.PublishResultsRequest{Parent: parent, RuleSet: 9})
	wantReason(t, err, "INVALID_FIELDS")
	// A description, an owner, a display name are none of its business.
	_, err = f.client.UpdateMeasure(f.as(t), &performancev1.UpdateMeasureRequest{Measure: &performancev1.Measure{Name: name, DisplayName: "Other", Owner: "chief"}})
	must(t, err)
	if again := publish(performancev1.RuleSet_RULE_SET_WHEELER); !proto.Equal(again, wheeler) {
		t.Errorf("a new name: %v after %v", again, wheeler)
	}
}
