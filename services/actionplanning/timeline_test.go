package actionplanning_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	ics "github.com/arran4/golang-ical"
	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

const fireStrategy = "organizations/o/strategies/fire"

// works makes, besides the strategy "dispatch", the strategy "fire" of the goal "rescue" with one objective, and returns the objectives' names.
func (f *fixture) works(t *testing.T) (calls, engines string) {
	t.Helper()
	ctx := f.as(t, "mia", "manager")
	const rescue = planName + "/goals/rescue"
	f.world.change(func() {
		f.world.goals[rescue] = &goalsv1.Goal{Name: rescue, DisplayName: "Rescue", ParentGoal: goal}
	})
	_, calls = f.strategy(t)
	_, err := f.client.CreateStrategy(ctx, &actionplanningv1.CreateStrategyRequest{
		Parent: "organizations/o", StrategyId: "fire", Strategy: &actionplanningv1.Strategy{DisplayName: "New engines", Goal: rescue, Weight: 3},
	})
	must(t, err)
	o, err := f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{
		Parent: fireStrategy, ObjectiveId: "engines", Objective: &actionplanningv1.Objective{DisplayName: "Two engines", DueDate: day(2028, 6, 30)},
	})
	must(t, err)
	return calls, o.GetName()
}

func shown(d *date.Date) string {
	if d == nil {
		return ""
	}
	return fmt.Sprintf("%04d-%02d-%02d", d.GetYear(), d.GetMonth(), d.GetDay())
}

func TestTimelineOfStrategyAndPlan(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "sam", "staff")
	calls, engines := f.works(t)
	order := f.milestone(t, engines, "order", planned(day(2027, 2, 1), day(2027, 2, 28)))
	design := f.milestone(t, calls, "design", planned(day(2027, 1, 4), day(2027, 1, 8)))
	hire := f.milestone(t, calls, "hire", &actionplanningv1.Milestone{
		PlannedStartDate: day(2027, 1, 4), PlannedEndDate: day(2027, 1, 13), ActualStartDate: day(2027, 1, 6), Percent: 50, Weight: 3,
	})
	open := f.milestone(t, calls, "open", planned(day(2027, 1, 14), day(2027, 1, 15), design.GetName(), hire.GetName(), order.GetName()))

	get := func(r *actionplanningv1.GetTimelineRequest) *actionplanningv1.Timeline {
		t.Helper()
		got, err := f.client.GetTimeline(ctx, r)
		must(t, err)
		return got
	}
	strategy := get(&actionplanningv1.GetTimelineRequest{Name: "organizations/o/strategies/dispatch", Today: day(2027, 1, 10)})
	// The order is of another strategy: it holds the opening up until March and is not listed.
	if strategy.GetMilestones() != 3 || strategy.GetDone() != 0 || strategy.GetLate() != 3 || shown(strategy.GetPlannedEndDate()) != "2027-01-15" ||
		shown(strategy.GetExpectedEndDate()) != "2027-03-02" || strategy.GetProgressPpm() != 300_000 || shown(strategy.GetToday()) != "2027-01-10" ||
		!slices.Equal(strategy.GetCriticalPath(), []string{order.GetName(), open.GetName()}) || strategy.GetNextPageToken() != "" {
		t.Errorf("timeline %v", strategy)
	}
	var rows []string
	for _, e := range strategy.GetEntries() {
		critical := ""
		if e.GetCritical() {
			critical = " critical"
		}
		rows = append(rows, strings.Join([]string{
			e.GetDisplayName(), shown(e.GetExpectedStartDate()), shown(e.GetExpectedEndDate()), shown(e.GetLatestEndDate()),
			fmt.Sprint(e.GetSlackDays()), fmt.Sprint(e.GetLatenessDays()),
		}, " ")+critical)
	}
	if want := []string{
		"hire 2027-01-06 2027-01-15 2027-02-28 44 2", "design 2027-01-10 2027-01-14 2027-02-28 45 6", "open 2027-03-01 2027-03-02 2027-03-02 0 46 critical",
	}; !slices.Equal(rows, want) {
		t.Errorf("entries %q\nwant %q", rows, want)
	}
	if e := strategy.GetEntries()[2]; !slices.Equal(e.GetDependsOn(), open.GetDependsOn()) || e.GetMilestone() != open.GetName() || shown(e.GetPlannedStartDate()) != "2027-01-14" {
		t.Errorf("entry %v", e)
	}

	// Today is 1 January by the service's clock; the plan has both strategies, and pages tell of the whole.
	first := get(&actionplanningv1.GetTimelineRequest{Name: planName, PageSize: 3})
	rest := get(&actionplanningv1.GetTimelineRequest{Name: planName, PageSize: 3, PageToken: first.GetNextPageToken()})
	var ids []string
	for _, e := range append(first.GetEntries(), rest.GetEntries()...) {
		ids = append(ids, e.GetDisplayName())
	}
	// Strategies weigh 1 and 3: (1 × 37.5 % + 3 × 0 %) / 4. Halved weights: 150 / 4.
	if !slices.Equal(ids, []string{"design", "hire", "order", "open"}) || rest.GetNextPageToken() != "" || first.GetMilestones() != 4 ||
		shown(first.GetExpectedEndDate()) != shown(rest.GetExpectedEndDate()) || first.GetProgressPpm() != 75_000 || shown(first.GetToday()) != "2027-01-01" {
		t.Errorf("pages %v\nand %v", first, rest)
	}
	_, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: planName, Today: day(2027, 1, 2), PageToken: first.GetNextPageToken()})
	wantFields(t, err, "page_token")
	_, err = f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: goal, Today: day(2027, 2, 29)})
	wantFields(t, err, "name", "today")
	_, err = f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: "organizations/o/strategies/none"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: "organizations/o/plans/none"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")

	// What is given up is no longer part of the plan.
	_, err = f.client.CancelObjective(f.as(t, "mia", "manager"), &actionplanningv1.CancelObjectiveRequest{Name: engines, Reason: "No money."})
	must(t, err)
	if got := get(&actionplanningv1.GetTimelineRequest{Name: planName}); got.GetMilestones() != 3 || got.GetProgressPpm() != 300_000 {
		t.Errorf("without the engines: %v", got)
	}
	empty := get(&actionplanningv1.GetTimelineRequest{Name: fireStrategy})
	if want := (&actionplanningv1.Timeline{Name: fireStrategy, Today: day(2027, 1, 1)}); !proto.Equal(empty, want) {
		t.Errorf("without milestones: %v", empty)
	}
}

// Worked by hand: six milestones of three objectives, seen from 10 January.
func TestTimelineWorkedByHand(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	strategy, calls := f.strategy(t)
	later, aside := f.objective(t, "later"), f.objective(t, "aside")
	for _, o := range []*actionplanningv1.Objective{{Name: later, Weight: 3}, {Name: aside, Contribution: actionplanningv1.WorkContribution_WORK_CONTRIBUTION_SUPPORTS}} {
		_, err := f.client.UpdateObjective(ctx, &actionplanningv1.UpdateObjectiveRequest{Objective: o})
		must(t, err)
	}
	a := f.milestone(t, calls, "a", &actionplanningv1.Milestone{
		PlannedStartDate: day(2027, 1, 1), PlannedEndDate: day(2027, 1, 5), ActualStartDate: day(2027, 1, 2), ActualEndDate: day(2027, 1, 9), Percent: 100, Weight: 2,
	}).GetName()
	b := f.milestone(t, calls, "b", planned(day(2027, 1, 6), day(2027, 1, 10), a)).GetName()
	c := f.milestone(t, calls, "c", &actionplanningv1.Milestone{
		PlannedStartDate: day(2027, 1, 4), PlannedEndDate: day(2027, 1, 8), ActualStartDate: day(2027, 1, 4), Percent: 50,
	}).GetName()
	f.milestone(t, later, "d", planned(day(2027, 1, 11), day(2027, 1, 12), b, c))
	e := f.milestone(t, later, "e", planned(day(2027, 2, 1), day(2027, 2, 20), c)).GetName()
	f.milestone(t, aside, "g", &actionplanningv1.Milestone{
		PlannedStartDate: day(2027, 1, 12), PlannedEndDate: day(2027, 1, 13), ActualStartDate: day(2027, 1, 12), ActualEndDate: day(2027, 1, 13), Percent: 100,
	})
	got, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: strategy, Today: day(2027, 1, 10)})
	must(t, err)
	rows := map[string]string{}
	for _, e := range got.GetEntries() {
		rows[e.GetDisplayName()] = fmt.Sprintf("%s %s %s %d %d", shown(e.GetExpectedStartDate())[5:], shown(e.GetExpectedEndDate())[5:], shown(e.GetLatestEndDate())[5:], e.GetSlackDays(), e.GetLatenessDays())
	}
	for id, want := range map[string]string{
		"a": "01-02 01-09 02-13 35 4", // b may end on 18 February and takes 5 days
		"b": "01-10 01-14 02-18 35 4", // starts today; d may end on 20 February and takes 2
		"c": "01-04 01-10 01-31 21 2", // should have ended on the 8th, so today at the earliest; e takes 20 days up to the finish
		"d": "01-15 01-16 02-20 35 4", // on the day after b
		"e": "02-01 02-20 02-20 0 0",  // as planned, and the finish
		"g": "01-12 01-13 02-20 38 0",
	} {
		if rows[id] != want {
			t.Errorf("%s: %s, want %s", id, rows[id], want)
		}
	}
	if !slices.Equal(got.GetCriticalPath(), []string{e}) || got.GetDone() != 2 || got.GetLate() != 4 || shown(got.GetPlannedEndDate()) != "2027-02-20" {
		t.Errorf("timeline %v", got)
	}
	// calls: (2 × 100 % + 0 + 50 %) / 4 = 62.5 %; with later, three times its weight and at 0: 62.5 % / 4. What is done aside only supports.
	s, err := f.client.GetStrategy(ctx, &actionplanningv1.GetStrategyRequest{Name: strategy})
	must(t, err)
	if got.GetProgressPpm() != 156_250 || s.GetProgressPpm() != 156_250 {
		t.Errorf("the timeline has come %d, the strategy %d, want 156250", got.GetProgressPpm(), s.GetProgressPpm())
	}
}

func TestCalendar(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "sam", "staff")
	calls, _ := f.works(t)
	design := f.milestone(t, calls, "design", &actionplanningv1.Milestone{
		DisplayName: "Design, draw; decide\\agree", PlannedStartDate: day(2027, 1, 4), PlannedEndDate: day(2027, 1, 8),
		ActualStartDate: day(2027, 1, 4), ActualEndDate: day(2027, 1, 9), Percent: 100,
		Description: "The new room:\r\ntwelve désks – and enough space for all the people who answer at night, in the summer and in a storm.",
	})
	f.milestone(t, calls, "open", planned(day(2027, 1, 14), day(2027, 1, 15), design.GetName()))
	f.milestone(t, calls, "sign", planned(day(2027, 1, 14), day(2027, 1, 14), design.GetName()))
	var header metadata.MD
	export := func() []byte {
		t.Helper()
		got, err := f.client.ExportTimeline(ctx, &actionplanningv1.ExportTimelineRequest{Name: "organizations/o/strategies/dispatch", Today: day(2027, 1, 10)}, grpc.Header(&header))
		must(t, err)
		if got.GetContentType() != "text/calendar; charset=utf-8" {
			t.Errorf("content type %q", got.GetContentType())
		}
		return got.GetData()
	}
	got := export()
	if name := header.Get("content-disposition"); !slices.Equal(name, []string{`attachment; filename="dispatch.ics"`}) {
		t.Errorf("header %v", header)
	}
	if !bytes.Equal(got, export()) {
		t.Error("the same timeline is another file")
	}
	want, err := os.ReadFile(filepath.Join("testdata", "dispatch.ics"))
	must(t, err)
	if !bytes.Equal(got, want) {
		t.Errorf("calendar\n%s\nwant\n%s", got, want)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(string(got), "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("line %q has %d bytes", line, len(line))
		}
	}
	read, err := ics.ParseCalendar(bytes.NewReader(got))
	must(t, err)
	events := read.Events()
	if len(events) != 3 {
		t.Fatalf("%d events", len(events))
	}
	first := events[0]
	start, err := first.GetAllDayStartAt()
	must(t, err)
	end, err := first.GetAllDayEndAt()
	must(t, err)
	if first.Id() != design.GetName()+"@throughline" || start.Format("2006-01-02") != "2027-01-04" || end.Format("2006-01-02") != "2027-01-10" ||
		first.GetProperty(ics.ComponentPropertySummary).Value != `Design, draw; decide\agree` ||
		!strings.HasPrefix(first.GetProperty(ics.ComponentPropertyDescription).Value, "The new room:\ntwelve désks – and enough space for all the people who answer at night, in the summer and in a storm.\n\n100% done.") {
		t.Errorf("first event %+v", first)
	}
	_, err = f.client.ExportTimeline(ctx, &actionplanningv1.ExportTimelineRequest{Name: "organizations/o"})
	wantFields(t, err, "name")
}

func TestProgressMovesUpToTheGoal(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	calls, engines := f.works(t)
	half := f.milestone(t, calls, "half", &actionplanningv1.Milestone{
		PlannedStartDate: day(2027, 1, 4), PlannedEndDate: day(2027, 1, 8), ActualStartDate: day(2027, 1, 4), Percent: 50,
	})
	f.milestone(t, calls, "rest", planned(day(2027, 1, 4), day(2027, 1, 8)))
	_, err := f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{
		Parent: "organizations/o/strategies/dispatch", ObjectiveId: "speed", Objective: &actionplanningv1.Objective{
			DisplayName: "Speed", Measure: answerTime, Baseline: new(30.0), Target: new(10.0), DueDate: day(2028, 6, 30), Weight: 3,
			ProgressRule: actionplanningv1.ProgressRule_PROGRESS_RULE_MEASURE,
		},
	})
	must(t, err)
	progress := func(name string) (rows []string) {
		t.Helper()
		r, err := f.client.GetGoalProgress(ctx, &actionplanningv1.GetGoalProgressRequest{Name: name})
		must(t, err)
		for _, n := range r.GetNodes() {
			ppm := "?"
			if n.ProgressPpm != nil {
				ppm = fmt.Sprint(n.GetProgressPpm())
			}
			rows = append(rows, strings.Join([]string{
				n.GetName()[strings.LastIndex(n.GetName(), "/")+1:], "<", n.GetParent()[strings.LastIndex(n.GetParent(), "/")+1:],
				fmt.Sprint(n.GetWeight()), strings.TrimPrefix(n.GetContribution().String(), "WORK_CONTRIBUTION_"), ppm, fmt.Sprint(n.GetKnownPpm()),
			}, " "))
		}
		return rows
	}
	if got, want := progress(planName), []string{
		"safety <  1 CONTRIBUTES 250000 125000", // of "rescue" and three quarters of "dispatch" nothing is known
		"dispatch < safety 1 CONTRIBUTES 250000 250000",
		"calls < dispatch 1 CONTRIBUTES 250000 1000000",
		"speed < dispatch 3 CONTRIBUTES ? 0",
		"rescue < safety 1 CONTRIBUTES ? 0",
		"fire < rescue 3 CONTRIBUTES ? 0",
		"engines < fire 1 CONTRIBUTES ? 0",
	}; !slices.Equal(got, want) {
		t.Errorf("progress %q\nwant %q", got, want)
	}

	// The measure has come from 30 to 25 on its way to 10; the milestone is done; the engines only support, and then they are there.
	f.world.change(func() { f.world.latest = map[string]float64{answerTime: 25} })
	_, err = f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{Milestone: &actionplanningv1.Milestone{
		Name: half.GetName(), Percent: 100, ActualEndDate: day(2027, 1, 20),
	}})
	must(t, err)
	_, err = f.client.UpdateObjective(ctx, &actionplanningv1.UpdateObjectiveRequest{Objective: &actionplanningv1.Objective{
		Name: engines, Contribution: actionplanningv1.WorkContribution_WORK_CONTRIBUTION_SUPPORTS,
	}})
	must(t, err)
	f.milestone(t, engines, "buy", &actionplanningv1.Milestone{
		PlannedStartDate: day(2027, 1, 4), PlannedEndDate: day(2027, 1, 8), ActualStartDate: day(2027, 1, 4), ActualEndDate: day(2027, 1, 4), Percent: 100,
	})
	want := []string{
		"safety <  1 CONTRIBUTES 312500 500000", // (1 × 500,000 + 3 × 250,000) / 4, and nothing known of "rescue"
		"dispatch < safety 1 CONTRIBUTES 312500 1000000",
		"calls < dispatch 1 CONTRIBUTES 500000 1000000",
		"speed < dispatch 3 CONTRIBUTES 250000 1000000",
		"rescue < safety 1 CONTRIBUTES ? 0",
		"fire < rescue 3 CONTRIBUTES ? 0",
		"engines < fire 1 SUPPORTS 1000000 1000000",
	}
	if got := progress(goal); !slices.Equal(got, want) {
		t.Errorf("progress %q\nwant %q", got, want)
	}
	below := progress(planName + "/goals/rescue")
	if len(below) != 3 || below[0] != "rescue <  1 CONTRIBUTES ? 0" {
		t.Errorf("the goal below %q", below)
	}

	// Strategies and objectives tell the same; without performance only what milestones say is known.
	list, err := f.client.ListStrategies(ctx, &actionplanningv1.ListStrategiesRequest{Parent: "organizations/o"})
	must(t, err)
	if s := list.GetStrategies(); s[0].ProgressPpm == nil || s[0].GetProgressPpm() != 312_500 || s[1].ProgressPpm != nil {
		t.Errorf("strategies %v", s)
	}
	f.world.change(func() { f.world.down = "performance" })
	strategy, err := f.client.GetStrategy(ctx, &actionplanningv1.GetStrategyRequest{Name: "organizations/o/strategies/dispatch"})
	must(t, err)
	objectives, err := f.client.ListObjectives(ctx, &actionplanningv1.ListObjectivesRequest{Parent: strategy.GetName()})
	must(t, err)
	if o := objectives.GetObjectives(); strategy.GetProgressPpm() != 500_000 || o[0].GetProgressPpm() != 500_000 || o[1].ProgressPpm != nil {
		t.Errorf("without performance %v, %v", strategy, o)
	}
	_, err = f.client.GetGoalProgress(ctx, &actionplanningv1.GetGoalProgressRequest{Name: goal})
	wantReason(t, err, "UNAVAILABLE")
	_, err = f.client.GetGoalProgress(ctx, &actionplanningv1.GetGoalProgressRequest{Name: planName + "/goals/none"})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.client.GetGoalProgress(ctx, &actionplanningv1.GetGoalProgressRequest{Name: strategy.GetName()})
	wantFields(t, err, "name")
}
