package goals_test

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/types/known/timestamppb"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

func adopt(t *testing.T, f *fixture, plan string) *goalsv1.Plan {
	t.Helper()
	got, err := f.client.AdoptPlan(f.as(t, "ann", "council"), &goalsv1.AdoptPlanRequest{Name: plan, Adoption: &goalsv1.Adoption{
		Body: "City Council", Date: &date.Date{Year: 2027, Month: 2, Day: 3}, ResolutionNumber: "2027-12",
	}})
	must(t, err)
	return got
}

// another makes a second plan.
func (f *fixture) another(t *testing.T, id string, plan *goalsv1.Plan) *goalsv1.Plan {
	t.Helper()
	plan.DisplayName = "Plan " + id
	plan.StartDate, plan.EndDate = &date.Date{Year: 2031, Month: 1, Day: 1}, &date.Date{Year: 2034, Month: 12, Day: 31}
	got, err := f.client.CreatePlan(f.as(t, "mia", "manager"), &goalsv1.CreatePlanRequest{Parent: org, PlanId: id, Plan: plan})
	must(t, err)
	return got
}

const strategic = goalsv1.PlanKind_PLAN_KIND_STRATEGIC

// TestTemplates gives a plan the steps of its process, and keeps those that were given.
func TestTemplates(t *testing.T) {
	f := start(t)
	f.city(t, "parks")
	done := &goalsv1.ProcessStep{
		Key: "goals", DisplayName: "Goals", State: goalsv1.ProcessStepState_PROCESS_STEP_STATE_DONE, Evidence: "minutes of 4 March",
	}
	council := f.another(t, "council", &goalsv1.Plan{
		Kind: strategic, ProcessTemplate: goalsv1.ProcessTemplate_PROCESS_TEMPLATE_COUNCIL,
		ProcessSteps: []*goalsv1.ProcessStep{{Key: "own", DisplayName: "Our own"}, done},
	})
	phases := map[string]int{}
	for _, s := range council.GetProcessSteps() {
		phases[s.GetPhase()]++
	}
	steps := council.GetProcessSteps()
	if len(steps) != 15 || phases["Set direction"] != 4 || phases["Plan action"] != 3 || phases["Budget"] != 3 || phases["Measure"] != 3 {
		t.Errorf("%d steps by phase %v", len(steps), phases)
	}
	if steps[2].GetEvidence() != "minutes of 4 March" || steps[14].GetKey() != "own" || steps[14].GetState() != goalsv1.ProcessStepState_PROCESS_STEP_STATE_NOT_STARTED {
		t.Errorf("given steps: %v and %v", steps[2], steps[14])
	}
	community := f.another(t, "community", &goalsv1.Plan{Kind: strategic, ProcessTemplate: goalsv1.ProcessTemplate_PROCESS_TEMPLATE_COMMUNITY})
	if n := len(community.GetProcessSteps()); n != 9 || community.GetProcessSteps()[8].GetKey() != "integration" {
		t.Errorf("the community plan has %d steps", n)
	}
	_, err := f.client.CreatePlan(f.as(t, "mia", "manager"), &goalsv1.CreatePlanRequest{Parent: org, Plan: &goalsv1.Plan{
		DisplayName: "Bad", Kind: strategic, StartDate: &date.Date{Month: 1, Day: 1}, EndDate: &date.Date{Year: 2031, Month: 1, Day: 2},
		ProcessSteps: []*goalsv1.ProcessStep{
			{Key: "a", DisplayName: "A", State: goalsv1.ProcessStepState_PROCESS_STEP_STATE_SKIPPED}, {Key: "a", DisplayName: "B"},
		},
		StakeholderGroups: []*goalsv1.StakeholderGroup{{DisplayName: "Youth"}, {DisplayName: "Youth"}},
	}})
	wantFields(t, err, "plan.start_date", "plan.process_steps[1]", "plan.process_steps[0].evidence", "plan.stakeholder_groups[1]")
}

// TestAdoptedPlansAreReadOnly but for the steps of their process; a plan of the same kind, adopted, supersedes.
func TestAdoptedPlansAreReadOnly(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks")
	manager := f.as(t, "mia", "manager")
	submit := func(name string) {
		t.Helper()
		_, err := f.client.SubmitPlan(manager, &goalsv1.SubmitPlanRequest{Name: name})
		must(t, err)
	}
	submit(plan)
	adopt(t, f, plan)
	update := func(p *goalsv1.Plan) error {
		p.Name = plan
		_, err := f.client.UpdatePlan(manager, &goalsv1.UpdatePlanRequest{Plan: p})
		return err
	}
	steps := []*goalsv1.ProcessStep{{Key: "reports", DisplayName: "Report", State: goalsv1.ProcessStepState_PROCESS_STEP_STATE_IN_PROGRESS}}
	must(t, update(&goalsv1.Plan{ProcessSteps: steps}))
	wantReason(t, update(&goalsv1.Plan{Narrative: "new"}), "PLAN_READ_ONLY")
	wantReason(t, update(&goalsv1.Plan{Narrative: "new", ProcessSteps: steps}), "PLAN_READ_ONLY")
	supersede := func(successor string) error {
		_, err := f.client.SupersedePlan(manager, &goalsv1.SupersedePlanRequest{Name: plan, Successor: successor})
		return err
	}
	wantReason(t, supersede(org+"/plans/none"), "RESOURCE_NOT_FOUND")
	wantFields(t, supersede(plan), "successor")
	wantFields(t, supersede(f.another(t, "it", &goalsv1.Plan{Kind: goalsv1.PlanKind_PLAN_KIND_TECHNOLOGY}).GetName()), "successor")
	next := f.another(t, "next", &goalsv1.Plan{Kind: strategic, Predecessor: plan})
	wantReason(t, supersede(next.GetName()), "SUCCESSOR_NOT_ADOPTED")
	_, err := f.client.CreateGoal(manager, &goalsv1.CreateGoalRequest{
		Parent: next.GetName(), GoalId: "parks", Goal: &goalsv1.Goal{DisplayName: "Parks", Predecessor: plan + "/goals/parks"},
	})
	must(t, err)
	submit(next.GetName())
	adopt(t, f, next.GetName())
	must(t, supersede(next.GetName()))
	got, err := f.client.GetPlan(manager, &goalsv1.GetPlanRequest{Name: plan})
	must(t, err)
	if got.GetState() != goalsv1.PlanState_PLAN_STATE_SUPERSEDED || got.GetSuccessor() != next.GetName() {
		t.Errorf("superseded: %v", got)
	}
	wantReason(t, update(&goalsv1.Plan{ProcessSteps: steps[:0], Narrative: "x"}), "PLAN_READ_ONLY")
	wantReason(t, supersede(next.GetName()), "PLAN_NOT_ADOPTED")
}

// TestAsOf reads plan and goals as they were: before a change, before a deletion, and before they were there.
func TestAsOf(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks", "safety", "streets")
	manager := f.as(t, "mia", "manager")
	before, err := f.client.GetPlan(manager, &goalsv1.GetPlanRequest{Name: plan})
	must(t, err)
	goals, err := f.client.ListGoals(manager, &goalsv1.ListGoalsRequest{Parent: plan, OrderBy: "update_time"})
	must(t, err)
	then := goals.GetGoals()[2].GetUpdateTime() // of the last one made
	_, err = f.client.UpdatePlan(manager, &goalsv1.UpdatePlanRequest{Plan: &goalsv1.Plan{Name: plan, DisplayName: "New name"}})
	must(t, err)
	_, err = f.client.UpdateGoal(manager, &goalsv1.UpdateGoalRequest{Goal: &goalsv1.Goal{Name: plan + "/goals/parks", DisplayName: "Greener parks"}})
	must(t, err)
	_, err = f.client.DeleteGoal(manager, &goalsv1.DeleteGoalRequest{Name: plan + "/goals/safety"})
	must(t, err)
	old, err := f.client.GetPlan(manager, &goalsv1.GetPlanRequest{Name: plan, AsOf: then})
	must(t, err)
	if old.GetDisplayName() != before.GetDisplayName() || old.GetEtag() != before.GetEtag() {
		t.Errorf("the plan was %v", old)
	}
	list := func(at *timestamppb.Timestamp, size int32, token string) ([]string, string) {
		t.Helper()
		r, err := f.client.ListGoals(manager, &goalsv1.ListGoalsRequest{Parent: plan, AsOf: at, PageSize: size, PageToken: token, OrderBy: "display_name"})
		must(t, err)
		var names []string
		for _, g := range r.GetGoals() {
			names = append(names, g.GetDisplayName())
		}
		return names, r.GetNextPageToken()
	}
	page, token := list(then, 2, "")
	rest, end := list(then, 2, token)
	if got := slices.Concat(page, rest); len(got) != 3 || got[0] != "Goal parks" || got[1] != "Goal safety" || got[2] != "Goal streets" || end != "" {
		t.Errorf("then: %q", got)
	}
	if now, _ := list(timestamppb.New(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)), 50, ""); len(now) != 2 || now[1] != "Greener parks" {
		t.Errorf("later: %q", now)
	}
	goal := &goalsv1.GetGoalRequest{Name: plan + "/goals/safety", AsOf: then}
	if g, err := f.client.GetGoal(manager, goal); err != nil || g.GetDisplayName() != "Goal safety" {
		t.Errorf("%v, %v", g, err)
	}
	goal.AsOf = timestamppb.New(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))
	_, err = f.client.GetGoal(manager, goal)
	wantReason(t, err, "RESOURCE_NOT_FOUND")
	_, err = f.client.ListGoals(manager, &goalsv1.ListGoalsRequest{Parent: plan, AsOf: timestamppb.New(time.Unix(0, 0))})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
}

// TestRoles hold to RACI: one role is accountable for a phase or goal, and a role has one letter there once.
func TestRoles(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks")
	manager := f.as(t, "mia", "manager")
	create := func(id string, r *goalsv1.RoleAssignment) error {
		_, err := f.client.CreateRoleAssignment(manager, &goalsv1.CreateRoleAssignmentRequest{Parent: plan, RoleAssignmentId: id, RoleAssignment: r})
		return err
	}
	accountable := func(role string) *goalsv1.RoleAssignment {
		return &goalsv1.RoleAssignment{Role: role, Letter: goalsv1.RaciLetter_RACI_LETTER_ACCOUNTABLE, Goal: plan + "/goals/parks", Holder: "Mia"}
	}
	must(t, create("a", accountable("City Manager")))
	wantFields(t, create("b", accountable("Mayor")), "role_assignment.letter")
	wantFields(t, create("c", accountable("City Manager")), "role_assignment.role")
	both := accountable("Clerk")
	both.Phase = "Measure"
	wantFields(t, create("d", both), "role_assignment.phase")
	none := accountable("Clerk")
	none.Goal = plan + "/goals/none"
	wantFields(t, create("e", none), "role_assignment.goal")
	_, err := f.client.UpdatePlan(manager, &goalsv1.UpdatePlanRequest{Plan: &goalsv1.Plan{
		Name: plan, ProcessSteps: []*goalsv1.ProcessStep{{Key: "m", DisplayName: "Measure", Phase: "Measure"}},
	}})
	must(t, err)
	phase := &goalsv1.RoleAssignment{Role: "Clerk", Letter: goalsv1.RaciLetter_RACI_LETTER_CONSULTED, Phase: "Budget"}
	wantFields(t, create("f", phase), "role_assignment.phase")
	phase.Phase = "Measure"
	must(t, create("f", phase))
	updated, err := f.client.UpdateRoleAssignment(manager, &goalsv1.UpdateRoleAssignmentRequest{RoleAssignment: &goalsv1.RoleAssignment{
		Name: plan + "/roleAssignments/f", Holder: "Cleo",
	}})
	must(t, err)
	if updated.GetHolder() != "Cleo" || updated.GetPhase() != "Measure" {
		t.Errorf("updated: %v", updated)
	}
	list, err := f.client.ListRoleAssignments(manager, &goalsv1.ListRoleAssignmentsRequest{Parent: plan, Filter: `letter = "CONSULTED"`})
	must(t, err)
	if got := list.GetRoleAssignments(); len(got) != 1 || got[0].GetRole() != "Clerk" {
		t.Errorf("consulted: %v", got)
	}
	_, err = f.client.DeleteRoleAssignment(manager, &goalsv1.DeleteRoleAssignmentRequest{Name: plan + "/roleAssignments/a"})
	must(t, err)
	must(t, create("g", accountable("Mayor")))
}
