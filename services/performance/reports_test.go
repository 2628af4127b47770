package performance_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/outbox"
)

const (
	contributes = performancev1.Contribution_CONTRIBUTION_CONTRIBUTES
	supports    = performancev1.Contribution_CONTRIBUTION_SUPPORTS
	onTrack     = performancev1.StatusWord_STATUS_WORD_ON_TRACK
	offTrack    = performancev1.StatusWord_STATUS_WORD_OFF_TRACK
	unknown     = performancev1.StatusWord_STATUS_WORD_UNKNOWN
)

func goalName(id string) string { return plan + "/goals/" + id }

func planGoal(id, above string) *goalsv1.Goal {
	g := &goalsv1.Goal{Name: goalName(id), DisplayName: "Goal " + id}
	if above != "" {
		g.ParentGoal = goalName(above)
	}
	return g
}

// reporting is the service in July 2027, beside a plan of safety with police and fire below it.
func reporting(t *testing.T) *fixture {
	t.Helper()
	f := start(t)
	f.clock.Store(int64(181 * 24 * time.Hour / time.Second)) // 1 July 2027
	f.goals.set(false, planGoal("police", "safety"), planGoal("fire", "safety"), planGoal("safety", ""))
	return f
}

// valued makes a measure with links and, for months 1 to last of 2027, a value; its target is at most 8 minutes.
func (f *fixture) valued(t *testing.T, id string, value float64, last int32, links ...*performancev1.MeasureLink) string {
	t.Helper()
	m := response()
	m.Links = links
	name := f.measure(t, id, m)
	var values rows
	for month := int32(1); month <= last; month++ {
		values = append(values, row(name, month, "", value))
	}
	if len(values) > 0 {
		_, err := f.record(f.as(t), values)
		must(t, err)
	}
	return name
}

func link(subject string, weight int32, c performancev1.Contribution) *performancev1.MeasureLink {
	return &performancev1.MeasureLink{Subject: subject, Weight: weight, Contribution: c}
}

func halfYear() *performancev1.ProgressReport {
	return &performancev1.ProgressReport{
		DisplayName: "First half of 2027", Plan: plan, PeriodStart: day(2027, 1, 1), PeriodEnd: day(2027, 6, 30), Narrative: "A start.",
		Weights:        []*performancev1.RollupWeight{{Goal: goalName("fire"), Weight: 3}},
		GoalNarratives: []*performancev1.GoalNarrative{{Goal: goalName("police"), Text: "Three officers short."}},
	}
}

func (f *fixture) report(t *testing.T, id string) *performancev1.ProgressReport {
	t.Helper()
	r, err := f.client.CreateProgressReport(f.as(t), &performancev1.CreateProgressReportRequest{
		Parent: parent, ProgressReportId: id, ProgressReport: halfYear(),
	})
	must(t, err)
	return r
}

func (f *fixture) getReport(t *testing.T, id string) *performancev1.ProgressReport {
	t.Helper()
	r, err := f.client.GetProgressReport(f.as(t), &performancev1.GetProgressReportRequest{Name: parent + "/progressReports/" + id})
	must(t, err)
	return r
}

func (f *fixture) publish(t *testing.T, id string) *performancev1.ProgressReport {
	t.Helper()
	r, err := f.client.PublishProgressReport(f.as(t), &performancev1.PublishProgressReportRequest{Name: parent + "/progressReports/" + id})
	must(t, err)
	return r
}

// wantGoal checks a goal's status, its shares in parts per thousand by word, and how many measures are live.
func wantGoal(t *testing.T, r *performancev1.ProgressReport, id string, word performancev1.StatusWord, live int32, shares string) {
	t.Helper()
	for _, g := range r.GetGoals() {
		if g.GetGoal() != goalName(id) {
			continue
		}
		var got []string
		for _, s := range g.GetShares() {
			got = append(got, fmt.Sprintf("%s %d", strings.TrimPrefix(s.GetStatus().String(), "STATUS_WORD_"), s.GetSharePpm()/1000))
		}
		if strings.Join(got, ", ") != shares || g.GetStatus() != word || g.GetLiveMeasures() != live {
			t.Errorf("%s: %s, %d live, shares %v; want %s, %d, %s; gaps %q", id, g.GetStatus(), g.GetLiveMeasures(), got, word, live, shares, g.GetGaps())
		}
		return
	}
	t.Errorf("%s is not in %v", id, r)
}

func TestDraftsShowWhatIsKnownNow(t *testing.T) {
	f := reporting(t)
	f.valued(t, "fast", 7, 6, link(goalName("fire"), 1, contributes), link(goalName("safety"), 9, supports))
	f.valued(t, "slow", 9, 6, link(goalName("police"), 2, contributes), link(parent+"/programs/fire", 1, contributes))
	f.valued(t, "late", 7, 4, link(goalName("police"), 1, contributes)) // May's value was due in June
	f.valued(t, "empty", 7, 0, link(goalName("police"), 1, contributes))
	f.report(t, "h1")
	r := f.getReport(t, "h1")
	wantGoal(t, r, "fire", onTrack, 1, "ON_TRACK 1000")
	wantGoal(t, r, "police", offTrack, 1, "OFF_TRACK 500, UNKNOWN 500")
	wantGoal(t, r, "safety", onTrack, 2, "ON_TRACK 750, OFF_TRACK 125, UNKNOWN 125") // fire weighs 3, police 1
	if r.GetState() != performancev1.ProgressReportState_PROGRESS_REPORT_STATE_DRAFT || r.GetRuleSet() != "NHS/1" ||
		!r.GetAsOf().AsTime().Equal(f.now()) || r.GetGoals()[0].GetGoal() != goalName("safety") {
		t.Errorf("draft %v", r)
	}
	safety, fire, police := r.GetGoals()[0], r.GetGoals()[1], r.GetGoals()[2]
	if len(safety.GetSupports()) != 1 || len(safety.GetMeasures()) != 0 || safety.GetKnownPpm() != 875_000 || fire.GetWeight() != 3 ||
		fire.GetParentGoal() != goalName("safety") || police.GetNarrative() != "Three officers short." {
		t.Errorf("goals %v", r.GetGoals())
	}
	if m := police.GetMeasures(); len(m) != 3 || m[1].GetStatusWord() != unknown || m[1].GetUsable() ||
		!strings.HasPrefix(m[1].GetReason(), "Not in time: the latest value is that of the month from 2027-04-01") ||
		m[2].GetWeight() != 2 || m[2].GetValue() != 9 || len(m[2].GetSeriesHash()) != 64 {
		t.Errorf("police's measures %v", m)
	}
	if gaps := police.GetGaps(); len(gaps) != 1 || gaps[0] != "Without a value in time: 2 of the 3 measures that count for the goal itself." {
		t.Errorf("police's gaps %q", gaps)
	}
	// A value of a later period changes nothing; one of May and June does.
	_, err := f.record(f.as(t), rows{row(parent+"/measures/slow", 7, "", 1)})
	must(t, err)
	wantGoal(t, f.getReport(t, "h1"), "police", offTrack, 1, "OFF_TRACK 500, UNKNOWN 500")
	_, err = f.record(f.as(t), rows{row(parent+"/measures/late", 5, "", 7), row(parent+"/measures/late", 6, "", 7)})
	must(t, err)
	wantGoal(t, f.getReport(t, "h1"), "police", offTrack, 2, "ON_TRACK 250, OFF_TRACK 500, UNKNOWN 250")
}

func TestMeasuresOfObjectivesCountForTheGoal(t *testing.T) {
	f := reporting(t)
	strategy := parent + "/strategies/s"
	objective := strategy + "/objectives/o"
	tell := func(n int64, kind, verb, subject string, m proto.Message) {
		t.Helper()
		data, err := proto.Marshal(m)
		must(t, err)
		_, err = f.bus.Publish(t.Context(), []outbox.Event{{
			ID: fmt.Sprint(n), Source: "throughline.actionplanning.v1", Type: "throughline.actionplanning.v1." + kind + "." + verb,
			Organization: "o", Subject: subject, Time: f.now(), Data: data, Sequence: n,
		}})
		must(t, err)
	}
	// Twice the same goal: directly with weight 1, by the objective with weight 2.
	f.valued(t, "fast", 7, 6, link(goalName("fire"), 1, contributes), link(objective, 2, contributes))
	f.valued(t, "slow", 9, 6, link(goalName("fire"), 1, contributes))
	f.report(t, "h1")
	wantGoal(t, f.getReport(t, "h1"), "fire", offTrack, 2, "ON_TRACK 500, OFF_TRACK 500")
	// Events of different resources come in any order.
	tell(1, "objective", "created", objective, &actionplanningv1.Objective{Name: objective})
	wantGoal(t, f.getReport(t, "h1"), "fire", offTrack, 2, "ON_TRACK 500, OFF_TRACK 500")
	tell(2, "strategy", "created", strategy, &actionplanningv1.Strategy{Name: strategy, Goal: goalName("fire")})
	wantGoal(t, f.getReport(t, "h1"), "fire", onTrack, 2, "ON_TRACK 750, OFF_TRACK 250")
	tell(3, "strategy", "updated", strategy, &actionplanningv1.Strategy{Name: strategy, Goal: goalName("police")})
	r := f.getReport(t, "h1")
	wantGoal(t, r, "police", onTrack, 1, "ON_TRACK 1000")
	wantGoal(t, r, "fire", offTrack, 2, "ON_TRACK 500, OFF_TRACK 500")
	wantGoal(t, r, "safety", onTrack, 2, "ON_TRACK 625, OFF_TRACK 375") // fire's tie weighs 3/4: ON_TRACK 3/8 + 1/4
	tell(4, "objective", "deleted", objective, &actionplanningv1.Objective{Name: objective})
	wantGoal(t, f.getReport(t, "h1"), "police", unknown, 0, "")
}

func TestPublishedReportsNeverChange(t *testing.T) {
	f := reporting(t)
	fast := f.valued(t, "fast", 7, 6, link(goalName("fire"), 1, contributes))
	name := f.report(t, "h1").GetName()
	manager := f.as(t)
	request := &performancev1.PublishProgressReportRequest{Name: name, Etag: "1", ValidateOnly: true}
	dry, err := f.client.PublishProgressReport(manager, request)
	must(t, err)
	if got := f.getReport(t, "h1"); got.GetState() != performancev1.ProgressReportState_PROGRESS_REPORT_STATE_DRAFT || got.GetEtag() != "1" {
		t.Fatalf("a dry run published %v", got)
	}
	_, err = f.client.PublishProgressReport(manager, &performancev1.PublishProgressReportRequest{Name: name, Etag: "7"})
	wantReason(t, err, "ETAG_MISMATCH")
	request.ValidateOnly, request.RequestId = false, "once"
	published, err := f.client.PublishProgressReport(manager, request)
	must(t, err)
	at := f.later()
	if !proto.Equal(dry, published) || published.GetPublishedBy() != "mia" || !published.GetAsOf().AsTime().Equal(at) ||
		published.GetEtag() != "2" || published.GetRuleSet() != "NHS/1" {
		t.Fatalf("published %v, dry run %v", published, dry)
	}
	wantGoal(t, published, "fire", onTrack, 1, "ON_TRACK 1000")
	again, err := f.client.PublishProgressReport(manager, request)
	must(t, err)
	if !proto.Equal(again, published) {
		t.Errorf("the repeat answers %v", again)
	}
	var told performancev1.ProgressReport
	for { // the creation is told first
		must(t, proto.Unmarshal(f.wait(t, "progress_report.updated").Data, &told))
		if proto.Equal(&told, published) {
			break
		}
	}

	// Neither values nor goals nor links that come later show.
	_, err = f.record(manager, rows{row(fast, 5, "", 99), row(fast, 6, "", 99)})
	must(t, err)
	f.goals.set(false, planGoal("other", ""))
	if got := f.getReport(t, "h1"); !proto.Equal(got, published) {
		t.Errorf("got %v, published %v", got, published)
	}
	list, err := f.client.ListProgressReports(manager, &performancev1.ListProgressReportsRequest{
		Parent: parent, Filter: "state = PROGRESS_REPORT_STATE_PUBLISHED AND period_end >= 2027-06-30", OrderBy: "period_end desc",
	})
	must(t, err)
	published.Goals = nil
	if len(list.GetProgressReports()) != 1 || !proto.Equal(list.GetProgressReports()[0], published) {
		t.Errorf("listed %v", list)
	}
	_, err = f.client.UpdateProgressReport(manager, &performancev1.UpdateProgressReportRequest{
		ProgressReport: &performancev1.ProgressReport{Name: name, Narrative: "Better."},
	})
	wantReason(t, err, "REPORT_PUBLISHED")
	_, err = f.client.DeleteProgressReport(manager, &performancev1.DeleteProgressReportRequest{Name: name})
	wantReason(t, err, "REPORT_PUBLISHED")
	_, err = f.client.PublishProgressReport(manager, &performancev1.PublishProgressReportRequest{Name: name})
	wantReason(t, err, "REPORT_PUBLISHED")
}

func TestDraftsAreEdited(t *testing.T) {
	f := reporting(t)
	manager := f.as(t)
	create := &performancev1.CreateProgressReportRequest{Parent: parent, ProgressReport: halfYear(), RequestId: "r", ValidateOnly: true}
	dry, err := f.client.CreateProgressReport(manager, create)
	must(t, err)
	create.ValidateOnly = false
	made, err := f.client.CreateProgressReport(manager, create)
	must(t, err)
	again, err := f.client.CreateProgressReport(manager, create)
	must(t, err)
	if !proto.Equal(again, made) || made.GetEtag() != "1" || made.GetAsOf() != nil || dry.GetWeights()[0].GetWeight() != 3 {
		t.Errorf("made %v, then %v, dry run %v", made, again, dry)
	}
	name := made.GetName()
	update := &performancev1.UpdateProgressReportRequest{
		ProgressReport: &performancev1.ProgressReport{
			Name: name, Etag: "1", DisplayName: "H1", State: performancev1.ProgressReportState_PROGRESS_REPORT_STATE_PUBLISHED, PublishedBy: "x",
		},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"display_name", "weights"}}, ValidateOnly: true,
	}
	_, err = f.client.UpdateProgressReport(manager, update)
	must(t, err)
	update.ValidateOnly = false
	changed, err := f.client.UpdateProgressReport(manager, update)
	must(t, err)
	if changed.GetDisplayName() != "H1" || len(changed.GetWeights()) != 0 || changed.GetNarrative() != "A start." || changed.GetEtag() != "2" ||
		changed.GetState() != performancev1.ProgressReportState_PROGRESS_REPORT_STATE_DRAFT || changed.GetPublishedBy() != "" {
		t.Errorf("changed %v", changed)
	}
	_, err = f.client.UpdateProgressReport(manager, update)
	wantReason(t, err, "ETAG_MISMATCH")
	_, err = f.client.DeleteProgressReport(manager, &performancev1.DeleteProgressReportRequest{Name: name, Etag: "1"})
	wantReason(t, err, "ETAG_MISMATCH")
	_, err = f.client.DeleteProgressReport(manager, &performancev1.DeleteProgressReportRequest{Name: name, Etag: "2"})
	must(t, err)
	for _, call := range []func() error{
		func() error {
			_, err := f.client.GetProgressReport(manager, &performancev1.GetProgressReportRequest{Name: name})
			return err
		},
		func() error {
			_, err := f.client.DeleteProgressReport(manager, &performancev1.DeleteProgressReportRequest{Name: name})
			return err
		},
		func() error {
			_, err := f.client.PublishProgressReport(manager, &performancev1.PublishProgressReportRequest{Name: name})
			return err
		},
	} {
		wantReason(t, call(), "RESOURCE_NOT_FOUND")
	}
}

func TestReportRefusals(t *testing.T) {
	f := reporting(t)
	create := func(r *performancev1.ProgressReport) error {
		_, err := f.client.CreateProgressReport(f.as(t), &performancev1.CreateProgressReportRequest{Parent: parent, ProgressReportId: "h1", ProgressReport: r})
		return err
	}
	bad := halfYear()
	bad.DisplayName, bad.PeriodEnd = " ", day(2027, 1, 1)
	bad.Weights = append(bad.GetWeights(), &performancev1.RollupWeight{Goal: goalName("nope"), Weight: 1}, bad.GetWeights()[0])
	bad.GoalNarratives = append(bad.GetGoalNarratives(), &performancev1.GoalNarrative{Goal: parent + "/plans/q/goals/fire", Text: " "}, bad.GetGoalNarratives()[0])
	wantFields(t, create(bad), "progress_report.display_name", "progress_report.period_end", "progress_report.weights[1].goal",
		"progress_report.weights[2].goal", "progress_report.goal_narratives[1].goal", "progress_report.goal_narratives[1].text",
		"progress_report.goal_narratives[2].goal")
	bad = halfYear()
	bad.PeriodStart, bad.PeriodEnd = day(2027, 2, 30), day(2027, 0, 0)
	wantFields(t, create(bad), "progress_report.period_start", "progress_report.period_end")
	bad = halfYear()
	bad.GetWeights()[0].Weight = 0
	wantFields(t, create(bad), "progress_report.weights[0].weight")
	for _, name := range []string{parent + "/plans/q", parent + "/programs/p", "x"} {
		bad = halfYear()
		bad.Plan = name
		wantFields(t, create(bad), "progress_report.plan")
	}
	bad = halfYear()
	bad.Plan, bad.DisplayName, bad.PeriodEnd = parent+"/plans/q", " ", day(2027, 1, 1)
	bad.Weights = append(bad.GetWeights(), bad.GetWeights()[0]) // of goals that nobody can tell to be none
	wantFields(t, create(bad), "progress_report.display_name", "progress_report.plan", "progress_report.period_end", "progress_report.weights[1].goal")
	bad = halfYear()
	bad.Plan = "organizations/other/plans/p"
	wantReason(t, create(bad), "FOREIGN_ORGANIZATION")
	wantFields(t, create(&performancev1.ProgressReport{}), "progress_report.display_name", "progress_report.plan",
		"progress_report.period_start", "progress_report.period_end")
	must(t, create(halfYear()))
	wantReason(t, create(halfYear()), "RESOURCE_ALREADY_EXISTS")

	name := parent + "/progressReports/h1"
	_, err := f.client.UpdateProgressReport(f.as(t), &performancev1.UpdateProgressReportRequest{
		ProgressReport: &performancev1.ProgressReport{Name: name, Plan: parent + "/plans/q"},
	})
	wantFields(t, err, "progress_report.plan")
	_, err = f.client.UpdateProgressReport(f.as(t), &performancev1.UpdateProgressReportRequest{
		ProgressReport: &performancev1.ProgressReport{Name: name, PeriodStart: day(2028, 1, 1)},
	})
	wantFields(t, err, "progress_report.period_end")
	for _, filter := range []string{"narrative = x", "state = NONE", "period_end = soon"} {
		_, err = f.client.ListProgressReports(f.as(t), &performancev1.ListProgressReportsRequest{Parent: parent, Filter: filter})
		wantFields(t, err, "filter")
	}

	// Goals may leave the plan while a draft speaks of them: it can still be read, and is mended before it is published.
	f.goals.set(false, planGoal("safety", ""), planGoal("police", "safety"))
	if r := f.getReport(t, "h1"); len(r.GetGoals()) != 2 {
		t.Errorf("goals %v", r.GetGoals())
	}
	_, err = f.client.PublishProgressReport(f.as(t), &performancev1.PublishProgressReportRequest{Name: name})
	wantReason(t, err, "REPORT_OUTDATED")
	wantFields(t, err, "progress_report.weights[0].goal")
	_, err = f.client.UpdateProgressReport(f.as(t), &performancev1.UpdateProgressReportRequest{
		ProgressReport: &performancev1.ProgressReport{Name: name}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"weights"}},
	})
	must(t, err)
	f.goals.lose()
	if r := f.getReport(t, "h1"); len(r.GetGoals()) != 0 || r.GetAsOf() == nil {
		t.Errorf("without its plan %v", r)
	}
	_, err = f.client.PublishProgressReport(f.as(t), &performancev1.PublishProgressReportRequest{Name: name})
	wantReason(t, err, "REPORT_OUTDATED")
	wantFields(t, err, "progress_report.plan")
}
