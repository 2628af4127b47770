package actionplanning_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Every field that holds a day refuses what is none, a year 0 among it, which stands for no year.
func TestDaysThatAreNone(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	strategy, objective := f.strategy(t)
	for _, bad := range []*date.Date{day(0, 1, 1), day(2027, 2, 30), day(2027, 0, 0), day(-1, 1, 1), day(10_000, 1, 1)} {
		_, err := f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{
			Parent: strategy, Objective: &actionplanningv1.Objective{DisplayName: "x", StartDate: bad, DueDate: bad},
		})
		wantFields(t, err, "objective.due_date", "objective.start_date")
		_, err = f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, Milestone: &actionplanningv1.Milestone{
			DisplayName: "x", PlannedStartDate: bad, PlannedEndDate: bad, ActualStartDate: bad, ActualEndDate: bad, Percent: 100,
		}})
		wantFields(t, err, "milestone.planned_start_date", "milestone.planned_end_date", "milestone.actual_start_date", "milestone.actual_end_date")
		_, err = f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: strategy, Today: bad})
		wantFields(t, err, "today")
		_, err = f.client.ExportTimeline(ctx, &actionplanningv1.ExportTimelineRequest{Name: strategy, Today: bad})
		wantFields(t, err, "today")
	}
	last := f.milestone(t, objective, "last", planned(day(9990, 1, 1), day(9999, 12, 31)))
	got, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: strategy, Today: day(9999, 12, 31)})
	must(t, err)
	if shown(got.GetExpectedEndDate()) != "9999-12-31" || !slices.Equal(got.GetCriticalPath(), []string{last.GetName()}) {
		t.Errorf("at the end of the calendar: %v", got)
	}
}

func TestFieldsOutOfBounds(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	_, objective := f.strategy(t)
	_, err := f.client.CreateStrategy(ctx, &actionplanningv1.CreateStrategyRequest{Parent: "organizations/o", Strategy: &actionplanningv1.Strategy{
		DisplayName: strings.Repeat("é", 201), Goal: goal, Description: strings.Repeat("é", 10_001), ExecutiveSponsor: strings.Repeat("x", 201), State: 9, Weight: 1001, Contribution: 8,
	}})
	wantFields(t, err, "strategy.display_name", "strategy.description", "strategy.executive_sponsor", "strategy.state", "strategy.weight", "strategy.contribution")
	for weight, want := range map[int32][]string{-1: {"milestone.weight"}, 0: nil, 1000: nil, 1001: {"milestone.weight"}} {
		m := planned(day(2027, 1, 1), day(2027, 1, 1))
		m.DisplayName, m.Weight = "x", weight
		_, err := f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, Milestone: m})
		if want == nil {
			must(t, err)
		} else {
			wantFields(t, err, want...)
		}
	}
	m := planned(day(2027, 1, 1), day(2027, 1, 1))
	m.DisplayName, m.Percent = "x", 101
	for i := range 201 {
		m.DependsOn = append(m.DependsOn, fmt.Sprint(objective, "/milestones/m", i))
	}
	_, err = f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, Milestone: m})
	wantFields(t, err, "milestone.depends_on", "milestone.percent")
	self := planned(day(2027, 1, 1), day(2027, 1, 1), objective+"/milestones/self")
	self.DisplayName = "x"
	_, err = f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, MilestoneId: "self", Milestone: self})
	wantFields(t, err, "milestone.depends_on[0]")
	self.DependsOn = []string{"organizations/x/strategies/s/objectives/o/milestones/m"}
	_, err = f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, Milestone: self})
	wantReason(t, err, "FOREIGN_ORGANIZATION")
}

// outboxed is how many events there are.
func (f *fixture) outboxed(t *testing.T) (n int64) {
	t.Helper()
	must(t, f.db.Read(t.Context(), func(tx sqldb.Tx) error {
		return tx.Query("SELECT COUNT(*) FROM outbox", nil, func(r sqldb.Row) error {
			n = r.Int(0)
			return nil
		})
	}))
	return n
}

// planChanges are calls that each change something, in an order in which they can be done.
func (f *fixture) planChanges(ctx context.Context, dry bool, key string) []func() (proto.Message, error) {
	const strategy, objective = "organizations/o/strategies/dispatch", "organizations/o/strategies/dispatch/objectives/calls"
	row := planned(day(2027, 1, 1), day(2027, 1, 2))
	row.Name, row.DisplayName = objective+"/milestones/b", "b"
	plain := planned(day(2027, 1, 1), day(2027, 1, 2))
	plain.DisplayName = "a"
	return []func() (proto.Message, error){
		func() (proto.Message, error) {
			return f.client.UpdateStrategy(ctx, &actionplanningv1.UpdateStrategyRequest{Strategy: &actionplanningv1.Strategy{Name: strategy, Weight: 7}, ValidateOnly: dry, RequestId: key})
		},
		func() (proto.Message, error) {
			return f.client.UpdateObjective(ctx, &actionplanningv1.UpdateObjectiveRequest{Objective: &actionplanningv1.Objective{Name: objective, Weight: 7}, ValidateOnly: dry, RequestId: key})
		},
		func() (proto.Message, error) {
			return f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, MilestoneId: "a", Milestone: plain, ValidateOnly: dry, RequestId: key})
		},
		func() (proto.Message, error) {
			return f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: []*actionplanningv1.Milestone{row}, ValidateOnly: dry, RequestId: key})
		},
		func() (proto.Message, error) {
			return f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{Milestone: &actionplanningv1.Milestone{Name: row.GetName(), Weight: 2}, ValidateOnly: dry, RequestId: key})
		},
		func() (proto.Message, error) {
			return f.client.DeleteMilestone(ctx, &actionplanningv1.DeleteMilestoneRequest{Name: row.GetName(), ValidateOnly: dry, RequestId: key})
		},
		func() (proto.Message, error) {
			return f.client.DeleteMilestone(ctx, &actionplanningv1.DeleteMilestoneRequest{Name: objective + "/milestones/a", ValidateOnly: dry, RequestId: key + "-a"})
		},
		func() (proto.Message, error) {
			return f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: objective, OverrideReason: "now", ValidateOnly: dry, RequestId: key})
		},
		func() (proto.Message, error) {
			return f.client.CompleteObjective(ctx, &actionplanningv1.CompleteObjectiveRequest{Name: objective, ValidateOnly: dry, RequestId: key})
		},
		func() (proto.Message, error) {
			return f.client.DeleteObjective(ctx, &actionplanningv1.DeleteObjectiveRequest{Name: objective, ValidateOnly: dry, RequestId: key})
		},
		func() (proto.Message, error) {
			return f.client.DeleteStrategy(ctx, &actionplanningv1.DeleteStrategyRequest{Name: strategy, ValidateOnly: dry, RequestId: key})
		},
	}
}

// Each call is rehearsed, done and repeated: the rehearsal and the repeat answer the same and leave no event.
func TestRehearsalsAndRepeatsChangeNothing(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	f.strategy(t)
	rehearse, do := f.planChanges(ctx, true, "key"), f.planChanges(ctx, false, "key")
	for i := range do {
		before := f.outboxed(t)
		dry, err := rehearse[i]()
		must(t, err)
		if n := f.outboxed(t); n != before {
			t.Fatalf("rehearsal %d left %d events", i, n-before)
		}
		done, err := do[i]()
		must(t, err)
		if n := f.outboxed(t); n != before+1 || !proto.Equal(dry, done) {
			t.Fatalf("call %d left %d events and answers %v, rehearsed %v", i, n-before, done, dry)
		}
		again, err := do[i]()
		must(t, err)
		if n := f.outboxed(t); n != before+1 || !proto.Equal(again, done) {
			t.Fatalf("the repeat of call %d left %d events and answers %v, before %v", i, n-before, again, done)
		}
	}
	_, err := f.client.CompleteObjective(ctx, &actionplanningv1.CompleteObjectiveRequest{Name: "organizations/o/strategies/dispatch/objectives/other", RequestId: "key"})
	wantReason(t, err, "IDEMPOTENCY_KEY_REUSED")
}

func TestPageTokensBelongToTheirQuery(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "sam", "staff")
	_, calls := f.strategy(t)
	other := f.objective(t, "other")
	for _, id := range []string{"a", "b"} {
		f.milestone(t, calls, id, planned(day(2027, 1, 1), day(2027, 1, 2)))
	}
	list := func(r *actionplanningv1.ListMilestonesRequest) (string, error) {
		r.PageSize = 1
		page, err := f.client.ListMilestones(ctx, r)
		return page.GetNextPageToken(), err
	}
	token, err := list(&actionplanningv1.ListMilestonesRequest{Parent: calls})
	must(t, err)
	for _, r := range []*actionplanningv1.ListMilestonesRequest{{Parent: other}, {Parent: calls, Filter: "percent = 0"}, {Parent: calls, OrderBy: "planned_end_date"}} {
		r.PageToken = token
		_, err := list(r)
		wantFields(t, err, "page_token")
	}
	timeline, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: planName, PageSize: 1})
	must(t, err)
	_, err = f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: "organizations/o/strategies/dispatch", PageToken: timeline.GetNextPageToken()})
	wantFields(t, err, "page_token")
}

// Who may change the plan of action, and who may only look at it.
func TestRolesOfThePlanOfAction(t *testing.T) {
	f := start(t)
	f.strategy(t)
	// Of the calls of planChanges: the strategy's first and last, then those of objectives and milestones.
	for role, want := range map[string]string{
		"manager": "YYYYYYYYYYY", "department": "NYYYYYYYYYN", "hr": "NNNNNNNNNNN", "staff": "NNNNNNNNNNN", "council": "NNNNNNNNNNN", "finance": "NNNNNNNNNNN", "auditor": "NNNNNNNNNNN",
	} {
		ctx := f.as(t, "x", role)
		var got strings.Builder
		for _, do := range f.planChanges(ctx, true, "") {
			if _, err := do(); fault.Reason(rpc.FromStatus(err)) == "ROLE_LACKS_PERMISSION" {
				got.WriteByte('N')
			} else {
				got.WriteByte('Y')
			}
		}
		if got.String() != want {
			t.Errorf("%s may %s, want %s", role, got.String(), want)
		}
		_, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: planName})
		must(t, err)
		_, err = f.client.GetGoalProgress(ctx, &actionplanningv1.GetGoalProgressRequest{Name: planName})
		must(t, err)
	}
	foreign := f.of(t, "other", "eve", "manager")
	for i, do := range f.planChanges(foreign, false, "") {
		_, err := do()
		if got := fault.Reason(rpc.FromStatus(err)); got != "FOREIGN_ORGANIZATION" {
			t.Errorf("call %d of another organization: %v", i, err)
		}
	}
}

func TestTimelinesNeedGoalsOnlyForPlans(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "sam", "staff")
	strategy, _ := f.strategy(t)
	f.world.change(func() { f.world.down = "goals" })
	_, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: strategy})
	must(t, err)
	_, err = f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: planName})
	wantReason(t, err, "UNAVAILABLE")
	_, err = f.client.GetGoalProgress(ctx, &actionplanningv1.GetGoalProgressRequest{Name: goal})
	wantReason(t, err, "UNAVAILABLE")
}
