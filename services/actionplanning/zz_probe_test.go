package actionplanning_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/genproto/googleapis/type/money"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

func say(what string, v any, err error) {
	if err == nil {
		fmt.Printf("== %s: OK %.300v\n", what, v)
		return
	}
	f, _ := fault.As(rpc.FromStatus(err))
	fmt.Printf("== %s: %v %s %.200s", what, f.Kind, f.Reason, f.Message)
	for _, x := range f.Violations {
		fmt.Printf(" | %s: %.160s", x.Field, x.Detail)
	}
	fmt.Println()
}

func TestZZ(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	strategy, objective := f.strategy(t)
	cs := func(what string, id string, s *actionplanningv1.Strategy) {
		r, err := f.client.CreateStrategy(ctx, &actionplanningv1.CreateStrategyRequest{Parent: "organizations/o", StrategyId: id, Strategy: s})
		say("strategy "+what, r, err)
	}
	cs("nil", "", nil)
	cs("empty", "", &actionplanningv1.Strategy{})
	cs("NUL", "", &actionplanningv1.Strategy{DisplayName: "a\x00b", Goal: goal, Description: "x\x00y"})
	cs("blank", "", &actionplanningv1.Strategy{DisplayName: " \u200b", Goal: goal})
	cs("huge", "", &actionplanningv1.Strategy{DisplayName: strings.Repeat("é", 201), Goal: goal, Description: strings.Repeat("é", 10001), Weight: 1001, State: 9, Contribution: 8, ExecutiveSponsor: strings.Repeat("x", 201)})
	cs("neg weight", "", &actionplanningv1.Strategy{DisplayName: "a", Goal: goal, Weight: -1})
	cs("goal long", "", &actionplanningv1.Strategy{DisplayName: "a", Goal: "organizations/o/plans/p/goals/" + strings.Repeat("x", 100000)})
	cs("goal wildcard", "", &actionplanningv1.Strategy{DisplayName: "a", Goal: "organizations/o/plans/-/goals/-"})
	cs("bad id", "Ab", &actionplanningv1.Strategy{DisplayName: "a", Goal: goal})
	cs("completed at birth", "", &actionplanningv1.Strategy{DisplayName: "a", Goal: goal, State: 3})
	cs("cancelled at birth", "", &actionplanningv1.Strategy{DisplayName: "a", Goal: goal, State: 4})
	_, err := f.client.CreateStrategy(ctx, &actionplanningv1.CreateStrategyRequest{Parent: "organizations/-", Strategy: &actionplanningv1.Strategy{DisplayName: "a", Goal: goal}})
	say("parent -", nil, err)
	co := func(what string, o *actionplanningv1.Objective) {
		r, err := f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{Parent: strategy, Objective: o, ValidateOnly: true})
		say("objective "+what, r, err)
	}
	co("no due", &actionplanningv1.Objective{DisplayName: "a"})
	for _, d := range []*date.Date{day(0, 1, 1), day(9999, 12, 31), day(2027, 2, 30), day(10000, 1, 1), day(-1, 1, 1), day(2027, 0, 0), day(2027, 1, 0), day(1, 1, 1)} {
		co("due "+d.String(), &actionplanningv1.Objective{DisplayName: "a", DueDate: d, StartDate: d})
	}
	co("start after due", &actionplanningv1.Objective{DisplayName: "a", DueDate: day(2027, 1, 1), StartDate: day(2028, 1, 1)})
	co("money", &actionplanningv1.Objective{DisplayName: "a", DueDate: day(2027, 1, 1), Required: &actionplanningv1.RequiredResources{FteMilli: -1, Cost: &money.Money{CurrencyCode: "USD", Units: -5}}})
	co("money2", &actionplanningv1.Objective{DisplayName: "a", DueDate: day(2027, 1, 1), Required: &actionplanningv1.RequiredResources{FteMilli: 1 << 62, Cost: &money.Money{CurrencyCode: "USD", Units: 1<<63 - 1, Nanos: 999999999}}})
	co("money3", &actionplanningv1.Objective{DisplayName: "a", DueDate: day(2027, 1, 1), Required: &actionplanningv1.RequiredResources{Cost: &money.Money{CurrencyCode: "USD", Units: 1, Nanos: 1}}})
	co("foreign", &actionplanningv1.Objective{DisplayName: "a", DueDate: day(2027, 1, 1), Measure: "organizations/x/measures/answer-time", FundingRequest: "x", Required: &actionplanningv1.RequiredResources{Program: "organizations/x/programs/e911"}})
	cm := func(what string, m *actionplanningv1.Milestone) {
		r, err := f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, Milestone: m, ValidateOnly: true})
		say("milestone "+what, r, err)
	}
	cm("nil", nil)
	cm("NUL", &actionplanningv1.Milestone{DisplayName: "a\x00", PlannedStartDate: day(2027, 1, 1), PlannedEndDate: day(2027, 1, 1)})
	cm("9990-9999", &actionplanningv1.Milestone{DisplayName: "a", PlannedStartDate: day(9990, 1, 1), PlannedEndDate: day(9999, 12, 31)})
	cm("year 0", &actionplanningv1.Milestone{DisplayName: "a", PlannedStartDate: day(0, 1, 1), PlannedEndDate: day(0, 2, 30), ActualStartDate: day(0, 0, 0), ActualEndDate: day(2027, 13, 1), Percent: 101, Weight: 1001})
	cm("bad dates", &actionplanningv1.Milestone{DisplayName: "a", PlannedStartDate: day(2027, 2, 30), PlannedEndDate: day(10000, 1, 1), ActualStartDate: day(2027, 2, 30), ActualEndDate: day(2027, 13, 1), Percent: 100})
	cm("dep unknown", &actionplanningv1.Milestone{DisplayName: "a", PlannedStartDate: day(2027, 1, 1), PlannedEndDate: day(2027, 1, 1), DependsOn: []string{objective + "/milestones/-", "", "organizations/x/strategies/s/objectives/o/milestones/m", objective + "/milestones/a\x00"}})
	deps := make([]string, 201)
	for i := range deps {
		deps[i] = fmt.Sprint(objective, "/milestones/m", i)
	}
	cm("201", &actionplanningv1.Milestone{DisplayName: "a", PlannedStartDate: day(2027, 1, 1), PlannedEndDate: day(2027, 1, 1), DependsOn: deps})
	cm("weight 1000 percent without a start", &actionplanningv1.Milestone{DisplayName: "a", PlannedStartDate: day(2027, 1, 1), PlannedEndDate: day(2027, 1, 1), Weight: 1000, Percent: 50})
	for _, n := range []string{"organizations/o/strategies/-/objectives/-", "organizations/o/strategies/dispatch/objectives/-", "organizations/-/strategies/-/objectives/-", "organizations/x/strategies/-/objectives/-", "/strategies/-/objectives/-", ""} {
		r, err := f.client.ListMilestones(ctx, &actionplanningv1.ListMilestonesRequest{Parent: n})
		say("list "+n, r, err)
	}
	for _, n := range []string{"", "organizations/o/strategies/-", "organizations/o/plans/-", "organizations/x/plans/p", "x", "organizations/o/plans/p\x00"} {
		r, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: n})
		say("timeline "+n, r, err)
		r2, err := f.client.GetGoalProgress(ctx, &actionplanningv1.GetGoalProgressRequest{Name: n})
		say("progress "+n, r2, err)
	}
	f.milestone(t, objective, "m", planned(day(2027, 1, 1), day(2027, 1, 5)))
	f.milestone(t, objective, "n", planned(day(2027, 1, 1), day(2027, 1, 5), objective+"/milestones/m"))
	for _, d := range []*date.Date{day(0, 1, 1), day(1, 1, 1), day(9999, 12, 31), day(2027, 2, 30), day(0, 0, 0), day(-5, 1, 1)} {
		r, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: strategy, Today: d, PageSize: 1})
		say("timeline today "+d.String(), r, err)
		_, err = f.client.ExportTimeline(ctx, &actionplanningv1.ExportTimelineRequest{Name: strategy, Today: d})
		say("ics", nil, err)
	}
	_, err = f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: strategy, PageSize: -1})
	say("neg page", nil, err)
	_, err = f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: strategy, PageToken: "garbage"})
	say("bad token", nil, err)
	// assignment on milestone then delete
	f.sync(t, "monday", actionplanningv1.SyncMode_SYNC_MODE_DELTA, staffRow("1"))
	_, err = f.client.CreateAssignment(ctx, &actionplanningv1.CreateAssignmentRequest{Parent: "organizations/o", AssignmentId: "am", Assignment: &actionplanningv1.Assignment{Objective: objective, Milestone: objective + "/milestones/n", Employee: "organizations/o/staff/e-1", Role: 1, StartDate: day(2027, 1, 1)}})
	say("assign", nil, err)
	_, err = f.client.DeleteMilestone(ctx, &actionplanningv1.DeleteMilestoneRequest{Name: objective + "/milestones/n"})
	say("delete assigned milestone", nil, err)
	a, err := f.client.GetAssignment(ctx, &actionplanningv1.GetAssignmentRequest{Name: "organizations/o/assignments/am"})
	say("its assignment", a, err)
	// strategy closes while peers are asked
	f.world.change(func() {
		f.world.during = func() {
			_, err := f.client.UpdateStrategy(ctx, &actionplanningv1.UpdateStrategyRequest{Strategy: &actionplanningv1.Strategy{Name: strategy, State: 4}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}}})
			say("cancel strategy meanwhile", nil, err)
		}
	})
	o, err := f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: objective, OverrideReason: "x"})
	say("activated", o.GetState(), err)
	_, err = f.client.UpdateStrategy(ctx, &actionplanningv1.UpdateStrategyRequest{Strategy: &actionplanningv1.Strategy{Name: strategy, State: 1}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}}})
	say("reopen", nil, err)
	// two activations
	other := f.objective(t, "other")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			o, err := f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: other, OverrideReason: "x"})
			say(fmt.Sprint("activation ", i), o.GetState(), err)
		}()
	}
	wg.Wait()
	c, err := f.client.CompleteObjective(ctx, &actionplanningv1.CompleteObjectiveRequest{Name: objective})
	say("complete with open milestones", c, err)
	um, err := f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{Milestone: &actionplanningv1.Milestone{Name: objective + "/milestones/m", Percent: 10}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"percent"}}})
	say("update milestone of closed", um, err)
	bu, err := f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: []*actionplanningv1.Milestone{um}})
	say("batch milestone of closed", bu, err)
	_, err = f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{Milestone: &actionplanningv1.Milestone{Name: objective + "/milestones/m", Percent: 10, Weight: 5, Etag: "99"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"nonsense"}}})
	say("bad mask", nil, err)
	_, err = f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{})
	say("nothing", nil, err)
	_, err = f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o"})
	say("empty batch", nil, err)
	_, err = f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: []*actionplanningv1.Milestone{nil, {}}})
	say("nil rows", nil, err)
	for _, r := range []string{"department", "manager", "hr", "staff", "council", "finance", "auditor", "public", "none"} {
		c := f.as(t, "x", r)
		line := r + ":"
		try := func(n string, err error) {
			if k := fault.Reason(rpc.FromStatus(err)); k == "ROLE_LACKS_PERMISSION" {
				line += " -" + n
			} else {
				line += " +" + n
			}
		}
		_, err = f.client.CreateStrategy(c, &actionplanningv1.CreateStrategyRequest{Parent: "organizations/o", ValidateOnly: true, Strategy: &actionplanningv1.Strategy{DisplayName: "a", Goal: goal}})
		try("strategy", err)
		_, err = f.client.CreateObjective(c, &actionplanningv1.CreateObjectiveRequest{Parent: strategy, ValidateOnly: true, Objective: &actionplanningv1.Objective{DisplayName: "a", DueDate: day(2027, 1, 1)}})
		try("objective", err)
		_, err = f.client.ReviewObjective(c, &actionplanningv1.ReviewObjectiveRequest{Name: objective})
		try("review", err)
		_, err = f.client.ActivateObjective(c, &actionplanningv1.ActivateObjectiveRequest{Name: objective, ValidateOnly: true})
		try("activate", err)
		_, err = f.client.BatchUpsertMilestones(c, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: []*actionplanningv1.Milestone{{}}})
		try("batch", err)
		_, err = f.client.GetTimeline(c, &actionplanningv1.GetTimelineRequest{Name: strategy})
		try("timeline", err)
		_, err = f.client.ExportTimeline(c, &actionplanningv1.ExportTimelineRequest{Name: strategy})
		try("calendar", err)
		_, err = f.client.GetGoalProgress(c, &actionplanningv1.GetGoalProgressRequest{Name: goal})
		try("progress", err)
		fmt.Println(line)
	}
}

func TestZZBig(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	_, objective := f.strategy(t)
	rows := make([]*actionplanningv1.Milestone, 10000)
	began := time.Now()
	for i := range rows {
		rows[i] = planned(day(2027, 1, 1), day(2027, 1, 2))
		rows[i].Name, rows[i].DisplayName = fmt.Sprintf("%s/milestones/m%d", objective, i), "Step"
		if i > 0 {
			rows[i].DependsOn = []string{rows[i-1].GetName()}
		}
	}
	for i := 0; i < len(rows); i += 1000 {
		r, err := f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: rows[i : i+1000]})
		say(fmt.Sprint(i, " ", time.Since(began)), r, err)
	}
	began = time.Now()
	_, err := f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{Milestone: &actionplanningv1.Milestone{Name: rows[0].GetName(), DependsOn: []string{rows[4999].GetName()}}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"depends_on"}}})
	say(fmt.Sprint("cycle of 5000 ", time.Since(began)), nil, err)
	began = time.Now()
	r, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: "organizations/o/strategies/dispatch", PageSize: 10})
	say(fmt.Sprint("timeline ", time.Since(began)), fmt.Sprint(r.GetMilestones(), r.GetExpectedEndDate(), len(r.GetCriticalPath()), len(r.GetEntries())), err)
	began = time.Now()
	rows2 := rows[:2]
	var wg sync.WaitGroup
	for i := range 2 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			m := planned(day(2027, 1, 1), day(2027, 1, 2), rows2[1-i].GetName())
			m.Name, m.DisplayName = rows2[i].GetName(), "Loop"
			_, err := f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: []*actionplanningv1.Milestone{m}})
			say(fmt.Sprint("loop ", i), nil, err)
		}()
	}
	wg.Wait()
}
