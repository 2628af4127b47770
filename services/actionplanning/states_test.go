package actionplanning_test

import (
	"slices"
	"sync"
	"testing"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

func TestObjectivesEnd(t *testing.T) {
	f := start(t)
	objective := f.ready(t)
	ctx := f.as(t, "mia", "manager")
	complete := &actionplanningv1.CompleteObjectiveRequest{Name: objective}
	_, err := f.client.CompleteObjective(ctx, complete)
	wantReason(t, err, "OBJECTIVE_NOT_ACTIVE")
	f.world.adopt(120_000)
	_, err = f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: objective})
	must(t, err)
	dry, err := f.client.CompleteObjective(ctx, &actionplanningv1.CompleteObjectiveRequest{Name: objective, ValidateOnly: true})
	must(t, err)
	done, err := f.client.CompleteObjective(ctx, complete)
	must(t, err)
	if done.GetState() != actionplanningv1.ObjectiveState_OBJECTIVE_STATE_COMPLETED || !proto.Equal(dry, done) {
		t.Errorf("completed %v, dry %v", done, dry)
	}
	_, err = f.client.CompleteObjective(ctx, complete)
	wantReason(t, err, "OBJECTIVE_CLOSED")
	_, err = f.client.CancelObjective(ctx, &actionplanningv1.CancelObjectiveRequest{Name: objective, Reason: "late"})
	wantReason(t, err, "OBJECTIVE_CLOSED")
	_, err = f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: objective, OverrideReason: "late"})
	wantReason(t, err, "OBJECTIVE_CLOSED")
	_, err = f.edit(t, &actionplanningv1.Objective{Name: objective, DisplayName: "More"}, "display_name")
	wantReason(t, err, "OBJECTIVE_CLOSED")

	other := f.objective(t, "other")
	_, err = f.client.CancelObjective(ctx, &actionplanningv1.CancelObjectiveRequest{Name: other})
	wantFields(t, err, "reason")
	gone, err := f.client.CancelObjective(ctx, &actionplanningv1.CancelObjectiveRequest{Name: other, Reason: "Nobody calls."})
	must(t, err)
	if gone.GetState() != actionplanningv1.ObjectiveState_OBJECTIVE_STATE_CANCELLED {
		t.Errorf("cancelled %v", gone)
	}
}

// objective adds a draft to the strategy "dispatch".
func (f *fixture) objective(t *testing.T, id string) string {
	t.Helper()
	o, err := f.client.CreateObjective(f.as(t, "mia", "manager"), &actionplanningv1.CreateObjectiveRequest{
		Parent: "organizations/o/strategies/dispatch", ObjectiveId: id, Objective: &actionplanningv1.Objective{DisplayName: id, DueDate: day(2028, 6, 30)},
	})
	must(t, err)
	return o.GetName()
}

func TestEveryStrategyNeedsAnObjective(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	strategy, objective := f.strategy(t)
	const proposed, active, completed, cancelled = actionplanningv1.StrategyState_STRATEGY_STATE_PROPOSED, actionplanningv1.StrategyState_STRATEGY_STATE_ACTIVE,
		actionplanningv1.StrategyState_STRATEGY_STATE_COMPLETED, actionplanningv1.StrategyState_STRATEGY_STATE_CANCELLED
	move := func(to actionplanningv1.StrategyState) error {
		s, err := f.client.UpdateStrategy(ctx, &actionplanningv1.UpdateStrategyRequest{
			Strategy: &actionplanningv1.Strategy{Name: strategy, State: to}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}},
		})
		if err == nil && s.GetState() != to {
			t.Fatalf("%v became %v", to, s)
		}
		return err
	}
	_, err := f.client.CreateStrategy(ctx, &actionplanningv1.CreateStrategyRequest{
		Parent: "organizations/o", Strategy: &actionplanningv1.Strategy{DisplayName: "Early", Goal: goal, State: active},
	})
	wantReason(t, err, "STRATEGY_WITHOUT_OBJECTIVE")
	must(t, move(active))
	_, err = f.client.DeleteObjective(ctx, &actionplanningv1.DeleteObjectiveRequest{Name: objective})
	wantReason(t, err, "STRATEGY_WITHOUT_OBJECTIVE")
	_, err = f.client.CancelObjective(ctx, &actionplanningv1.CancelObjectiveRequest{Name: objective, Reason: "late"})
	wantReason(t, err, "STRATEGY_WITHOUT_OBJECTIVE")
	if o, err := f.client.GetObjective(ctx, &actionplanningv1.GetObjectiveRequest{Name: objective}); err != nil || o.GetEtag() != "1" {
		t.Fatalf("a refusal left %v %v", o, err)
	}
	wantReason(t, move(completed), "STRATEGY_HAS_OPEN_OBJECTIVES")
	other := f.objective(t, "other")
	_, err = f.client.CancelObjective(ctx, &actionplanningv1.CancelObjectiveRequest{Name: objective, Reason: "late"})
	must(t, err)
	_, err = f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: other, OverrideReason: "now"})
	must(t, err)
	wantReason(t, move(completed), "STRATEGY_HAS_OPEN_OBJECTIVES")
	_, err = f.client.CompleteObjective(ctx, &actionplanningv1.CompleteObjectiveRequest{Name: other})
	must(t, err)
	must(t, move(completed))
	_, err = f.client.CreateObjective(ctx, &actionplanningv1.CreateObjectiveRequest{
		Parent: strategy, Objective: &actionplanningv1.Objective{DisplayName: "Late", DueDate: day(2028, 6, 30)},
	})
	wantReason(t, err, "STRATEGY_CLOSED")
	must(t, move(proposed))
	draft := f.objective(t, "draft")
	must(t, move(cancelled))
	_, err = f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: draft, OverrideReason: "now"})
	wantReason(t, err, "STRATEGY_CLOSED")
}

// An objective is done when all its milestones are: what was dropped is deleted first. From then on they are as read-only as it is.
func TestCompletingTakesAllMilestones(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	strategy, objective := f.strategy(t)
	design := f.milestone(t, objective, "design", planned(day(2027, 1, 1), day(2027, 1, 5)))
	build := f.milestone(t, objective, "build", planned(day(2027, 1, 6), day(2027, 1, 9), design.GetName()))
	_, err := f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: objective, OverrideReason: "now"})
	must(t, err)
	complete := func(dry bool) error {
		_, err := f.client.CompleteObjective(ctx, &actionplanningv1.CompleteObjectiveRequest{Name: objective, ValidateOnly: dry})
		return err
	}
	remove := func(m *actionplanningv1.Milestone) error {
		_, err := f.client.DeleteMilestone(ctx, &actionplanningv1.DeleteMilestoneRequest{Name: m.GetName()})
		return err
	}
	upsert := func(m *actionplanningv1.Milestone) (*actionplanningv1.BatchUpsertMilestonesResponse, error) {
		return f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: []*actionplanningv1.Milestone{m}})
	}
	wantReason(t, complete(true), "OBJECTIVE_HAS_OPEN_MILESTONES")
	err = complete(false)
	wantReason(t, err, "OBJECTIVE_HAS_OPEN_MILESTONES")
	if refused, _ := fault.As(rpc.FromStatus(err)); refused.Metadata["milestone"] != build.GetName() {
		t.Errorf("refused with %+v", refused)
	}
	design.ActualStartDate, design.ActualEndDate, design.Percent = day(2027, 1, 1), day(2027, 1, 3), 100
	design, err = f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{Milestone: design})
	must(t, err)
	wantReason(t, complete(false), "OBJECTIVE_HAS_OPEN_MILESTONES")

	f.sync(t, "monday", actionplanningv1.SyncMode_SYNC_MODE_DELTA, staffRow("1"))
	work, err := f.client.CreateAssignment(ctx, &actionplanningv1.CreateAssignmentRequest{Parent: "organizations/o", Assignment: &actionplanningv1.Assignment{
		Objective: objective, Milestone: build.GetName(), Employee: "organizations/o/staff/e-1",
		Role: actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_SUPPORT, StartDate: day(2027, 1, 6),
	}})
	must(t, err)
	wantReason(t, remove(build), "MILESTONE_HAS_ASSIGNMENTS")
	_, err = f.client.DeleteAssignment(ctx, &actionplanningv1.DeleteAssignmentRequest{Name: work.GetName()})
	must(t, err)
	must(t, remove(build))
	must(t, complete(false))

	late, err := f.client.GetTimeline(ctx, &actionplanningv1.GetTimelineRequest{Name: strategy, Today: day(2028, 1, 1)})
	must(t, err)
	if late.GetMilestones() != 1 || late.GetDone() != 1 || late.GetLate() != 0 || late.GetProgressPpm() != 1_000_000 {
		t.Errorf("timeline of what is done: %v", late)
	}
	_, err = f.client.CreateMilestone(ctx, &actionplanningv1.CreateMilestoneRequest{Parent: objective, Milestone: build})
	wantReason(t, err, "OBJECTIVE_CLOSED")
	_, err = f.client.UpdateMilestone(ctx, &actionplanningv1.UpdateMilestoneRequest{
		Milestone: &actionplanningv1.Milestone{Name: design.GetName(), Percent: 10}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"percent", "actual_end_date"}},
	})
	wantReason(t, err, "OBJECTIVE_CLOSED")
	if same, err := upsert(design); err != nil || same.GetUnchanged() != 1 {
		t.Errorf("sent again as it is: %v %v", same, err)
	}
	design.Weight = 2
	_, err = upsert(design)
	wantReason(t, err, "OBJECTIVE_CLOSED")
	must(t, remove(design))
	_, err = f.client.DeleteObjective(ctx, &actionplanningv1.DeleteObjectiveRequest{Name: objective})
	must(t, err)
}

// Work on what is over loads nobody: it ends that day, or goes if it has not begun, and none is taken on.
func TestClosingEndsTheWork(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	_, objective := f.strategy(t)
	f.sync(t, "monday", actionplanningv1.SyncMode_SYNC_MODE_DELTA, staffRow("1"), staffRow("2"))
	assign := func(id, employee, to string, from, until *date.Date) error {
		_, err := f.client.CreateAssignment(ctx, &actionplanningv1.CreateAssignmentRequest{Parent: "organizations/o", AssignmentId: id, Assignment: &actionplanningv1.Assignment{
			Objective: to, Employee: "organizations/o/staff/" + employee, Role: actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_SUPPORT,
			EffortPpm: 400_000, StartDate: from, EndDate: until,
		}})
		return err
	}
	must(t, assign("past", "e-1", objective, day(2026, 1, 1), day(2026, 6, 30)))
	must(t, assign("present", "e-1", objective, day(2026, 7, 1), nil))
	must(t, assign("future", "e-1", objective, day(2027, 6, 1), nil))
	_, err := f.client.CancelObjective(ctx, &actionplanningv1.CancelObjectiveRequest{Name: objective, Reason: "No money.", ValidateOnly: true})
	must(t, err)
	list := func() (rows []string) {
		t.Helper()
		all, err := f.client.ListAssignments(ctx, &actionplanningv1.ListAssignmentsRequest{Parent: "organizations/o", OrderBy: "start_date"})
		must(t, err)
		for _, a := range all.GetAssignments() {
			rows = append(rows, a.GetName()[len("organizations/o/assignments/"):]+" "+shown(a.GetEndDate())+" "+a.GetEtag())
		}
		return rows
	}
	if got := list(); len(got) != 3 {
		t.Fatalf("a rehearsal left %q", got)
	}
	_, err = f.client.CancelObjective(ctx, &actionplanningv1.CancelObjectiveRequest{Name: objective, Reason: "No money."})
	must(t, err)
	if got, want := list(), []string{"past 2026-06-30 1", "present 2027-01-01 2"}; !slices.Equal(got, want) {
		t.Errorf("assignments %q, want %q", got, want)
	}
	load, err := f.client.GetStaffLoad(ctx, &actionplanningv1.GetStaffLoadRequest{Name: "organizations/o/staff/e-1"})
	must(t, err)
	if s := load.GetSpans(); len(s) != 2 || s[0].GetLoadPpm() != 400_000 || shown(s[1].GetStartDate()) != "2027-01-02" || s[1].GetLoadPpm() != 0 {
		t.Errorf("load %v", load)
	}
	wantReason(t, assign("more", "e-2", objective, day(2026, 1, 1), nil), "OBJECTIVE_CLOSED")
	wantReason(t, assign("more", "e-2", objective, day(2026, 1, 1), day(2027, 1, 2)), "OBJECTIVE_CLOSED")
	must(t, assign("more", "e-2", objective, day(2026, 1, 1), day(2027, 1, 1))) // what was done may still be told
	_, err = f.client.UpdateAssignment(ctx, &actionplanningv1.UpdateAssignmentRequest{Assignment: &actionplanningv1.Assignment{
		Name: "organizations/o/assignments/present", EndDate: day(2027, 2, 1),
	}})
	wantReason(t, err, "OBJECTIVE_CLOSED")
	batch, err := f.client.BatchUpsertAssignments(ctx, &actionplanningv1.BatchUpsertAssignmentsRequest{Parent: "organizations/o", Assignments: []*actionplanningv1.Assignment{{
		Name: "organizations/o/assignments/row", Objective: objective, Employee: "organizations/o/staff/e-2",
		Role: actionplanningv1.AssignmentRole_ASSIGNMENT_ROLE_SUPPORT, StartDate: day(2027, 1, 1),
	}}})
	must(t, err)
	if e := batch.GetErrors(); len(e) != 1 || e[0].GetReason() != "OBJECTIVE_CLOSED" {
		t.Errorf("batch %v", batch)
	}
	f.sync(t, "tuesday", actionplanningv1.SyncMode_SYNC_MODE_DELTA, &actionplanningv1.StaffRow{ExternalId: "1", Status: actionplanningv1.EmployeeStatus_EMPLOYEE_STATUS_TERMINATED, EndDate: day(2027, 1, 31)})
	f.moveTo(epoch.AddDate(0, 2, 0))
	f.sync(t, "later", actionplanningv1.SyncMode_SYNC_MODE_DELTA)
	proposals, err := f.client.ListSuccessionProposals(f.as(t, "mia", "manager"), &actionplanningv1.ListSuccessionProposalsRequest{Parent: "organizations/o"})
	must(t, err)
	if len(proposals.GetSuccessionProposals()) != 0 {
		t.Errorf("proposals for work that is over: %v", proposals)
	}
}

func TestAStrategyMayEndWhilePeersAreAsked(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	strategy, objective := f.strategy(t)
	f.world.change(func() {
		f.world.during = func() {
			_, err := f.client.UpdateStrategy(ctx, &actionplanningv1.UpdateStrategyRequest{
				Strategy:   &actionplanningv1.Strategy{Name: strategy, State: actionplanningv1.StrategyState_STRATEGY_STATE_CANCELLED},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}},
			})
			must(t, err)
		}
	})
	_, err := f.client.ActivateObjective(ctx, &actionplanningv1.ActivateObjectiveRequest{Name: objective, OverrideReason: "now"})
	wantReason(t, err, "STRATEGY_CLOSED")
}

// The second of two is told that the objective is active, and not that it changed while it was reviewed.
func TestTwoActivateAtOnce(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	_, objective := f.strategy(t)
	activate := &actionplanningv1.ActivateObjectiveRequest{Name: objective, OverrideReason: "now"}
	f.world.change(func() {
		f.world.during = func() {
			_, err := f.client.ActivateObjective(ctx, activate)
			must(t, err)
		}
	})
	_, err := f.client.ActivateObjective(ctx, activate)
	wantReason(t, err, "OBJECTIVE_ACTIVE")
}

// Of two batches that make a circle together, one is refused.
func TestTwoBatchesMakeNoCircle(t *testing.T) {
	f := start(t)
	ctx := f.as(t, "mia", "manager")
	_, objective := f.strategy(t)
	names := []string{
		f.milestone(t, objective, "a", planned(day(2027, 1, 1), day(2027, 1, 2))).GetName(), f.milestone(t, objective, "b", planned(day(2027, 1, 1), day(2027, 1, 2))).GetName(),
	}
	answers := make([]error, 2)
	var both sync.WaitGroup
	for i := range names {
		both.Go(func() {
			m := planned(day(2027, 1, 1), day(2027, 1, 2), names[1-i])
			m.Name, m.DisplayName = names[i], "Half"
			_, answers[i] = f.client.BatchUpsertMilestones(ctx, &actionplanningv1.BatchUpsertMilestonesRequest{Parent: "organizations/o", Milestones: []*actionplanningv1.Milestone{m}})
		})
	}
	both.Wait()
	refused := slices.IndexFunc(answers, func(err error) bool { return err != nil })
	if refused < 0 || answers[1-refused] != nil {
		t.Fatalf("answers %v", answers)
	}
	wantFields(t, answers[refused], "milestones[0].depends_on")
}
