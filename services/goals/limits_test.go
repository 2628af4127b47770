package goals_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

// TestTheLargestRound ranks as many objectives as a round holds, by as many members and answers as a request holds.
func TestTheLargestRound(t *testing.T) {
	f := start(t)
	plan := f.city(t)
	const n = 1000
	draft := &goalsv1.Prioritization{
		Method: methodBorda, Subject: goalsv1.PrioritizationSubject_PRIORITIZATION_SUBJECT_OBJECTIVES, CommunitySharePpm: 500_000,
		Electorate: &goalsv1.Electorate{Quorum: 1},
	}
	ranking := make([]string, n)
	for i := range n {
		ranking[i] = fmt.Sprintf("%s/strategies/s/objectives/o%d", org, i)
		draft.Objectives = append(draft.Objectives, &goalsv1.RankedObjective{Objective: ranking[i]})
		draft.Electorate.Members = append(draft.Electorate.Members, &goalsv1.Member{Member: fmt.Sprint("m", i)})
	}
	round := f.opened(t, plan, "large", draft).GetName()
	manager, ann := f.as(t, "mia", "manager"), f.as(t, "ann", "council")
	if got := violations(t, f.cast(manager, round, &goalsv1.Ballot{Member: "m0"})); len(got) != 1 || !strings.HasSuffix(got[0], " and 990 more; rank every item") {
		t.Errorf("told %d: %.300q", len(got), got)
	}
	must(t, f.cast(manager, round, &goalsv1.Ballot{Member: "m999", Ranking: ranking}))
	var answers []*goalsv1.CommunityBallot
	for i := range 20 {
		answers = append(answers, &goalsv1.CommunityBallot{Respondent: fmt.Sprint(i), Weight: 1_000_000, Ranking: ranking})
	}
	for range 2 {
		done, err := f.client.RecordCommunityBallots(manager, &goalsv1.RecordCommunityBallotsRequest{Name: round, Ballots: answers})
		must(t, err)
		if done.GetAccepted()+done.GetReplaced() != 20 {
			t.Errorf("recorded %v", done)
		}
	}
	closed, err := f.client.ClosePrioritization(ann, &goalsv1.ClosePrioritizationRequest{Name: round})
	must(t, err)
	sum := int32(0)
	for _, tally := range closed.GetTallies() {
		sum += tally.GetWeightPpm()
	}
	if sum != 1_000_000 || closed.GetCommunityBallots() != 20 {
		t.Errorf("weights sum to %d of %d answers", sum, closed.GetCommunityBallots())
	}
}

// TestABatchOfAThousand records feedback that is good, bad and known, and accounts for every piece.
func TestABatchOfAThousand(t *testing.T) {
	f := start(t)
	plan := f.city(t, "park", "parks")
	manager := f.as(t, "mia", "manager")
	var all []*goalsv1.Feedback
	for i := range 1000 {
		one := said(fmt.Sprint("d", i%7), "", plan+"/goals/"+[]string{"park", "parks"}[i%2])
		one.ExternalId = fmt.Sprint(i)
		all = append(all, one)
	}
	all[7].Text, all[7].Date, all[7].Goals = " \t", nil, []string{"x", "x", plan + "/goals/park", plan + "/goals/park"}
	all[8].Source, all[8].Program, all[8].Assignment = 99, org+"/programs/a/b", org+"/assignments/"
	all[9].ExternalId = "10"
	for again := range 2 {
		done, err := f.client.BatchCreateFeedback(manager, &goalsv1.BatchCreateFeedbackRequest{Parent: org, Feedback: all})
		must(t, err)
		if got, want := fmt.Sprint(done.GetCreated(), done.GetDuplicate(), done.GetRejected()), []string{"997 1 2", "0 998 2"}[again]; got != want {
			t.Errorf("created, duplicate, rejected %s, want %s", got, want)
		}
		var told []string
		for _, e := range done.GetErrors() {
			told = append(told, fmt.Sprint(e.GetRow(), " ", e.GetField()))
		}
		want := []string{"7 date", "7 text", "7 goals[0]", "7 goals[1]", "7 goals[3]", "8 source", "8 program", "8 assignment"}
		if slices.Sort(told); !slices.Equal(told, slices.Sorted(slices.Values(want))) {
			t.Errorf("told %q, want %q", told, want)
		}
	}
	// A goal is looked for by its whole name.
	for goal, want := range map[string]int64{plan + "/goals/park": 498, plan + "/goals/parks": 499, "park": 0, plan + "/goals/": 0, plan + "/goals/park*": 0} {
		sum, err := f.client.SummarizeFeedback(manager, &goalsv1.SummarizeFeedbackRequest{Parent: org, Filter: fmt.Sprintf("goals:%q", goal)})
		must(t, err)
		list, err := f.client.ListFeedback(manager, &goalsv1.ListFeedbackRequest{Parent: org, Filter: fmt.Sprintf("goals:%q", goal), PageSize: 1000})
		must(t, err)
		if sum.GetCount() != want || len(list.GetFeedback()) != int(want) {
			t.Errorf("%s: %d counted and %d listed, want %d", goal, sum.GetCount(), len(list.GetFeedback()), want)
		}
	}
	_, err := f.client.ListFeedback(manager, &goalsv1.ListFeedbackRequest{Parent: org, Filter: `text = "x"`, OrderBy: "text", PageToken: "x"})
	wantFields(t, err, "filter", "order_by")
	page, err := f.client.ListFeedback(manager, &goalsv1.ListFeedbackRequest{Parent: org, PageSize: 1})
	must(t, err)
	_, err = f.client.ListFeedback(manager, &goalsv1.ListFeedbackRequest{Parent: org, PageSize: 1, PageToken: page.GetNextPageToken(), Filter: `district = "d1"`})
	wantFields(t, err, "page_token")
	_, err = f.client.SummarizeFeedback(manager, &goalsv1.SummarizeFeedbackRequest{Parent: org, Filter: `source = "TELEPATHY"`})
	wantFields(t, err, "filter")
}

// TestFeedbackOutlivesItsGoal: what was said about a goal that is gone can still be closed, but nothing new said about it.
func TestFeedbackOutlivesItsGoal(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks")
	manager := f.as(t, "mia", "manager")
	made, err := f.client.CreateFeedback(manager, &goalsv1.CreateFeedbackRequest{Parent: org, FeedbackId: "f", Feedback: said("north", "", plan+"/goals/parks")})
	must(t, err)
	_, err = f.client.DeleteGoal(manager, &goalsv1.DeleteGoalRequest{Name: plan + "/goals/parks"})
	must(t, err)
	closed, err := f.client.UpdateFeedback(manager, &goalsv1.UpdateFeedbackRequest{Feedback: &goalsv1.Feedback{
		Name: made.GetName(), Status: goalsv1.FeedbackStatus_FEEDBACK_STATUS_CLOSED,
	}})
	must(t, err)
	if closed.GetCloseTime() == nil || len(closed.GetGoals()) != 1 {
		t.Errorf("closed: %v", closed)
	}
	_, err = f.client.CreateFeedback(manager, &goalsv1.CreateFeedbackRequest{Parent: org, Feedback: said("north", "", plan+"/goals/parks")})
	wantFields(t, err, "feedback.goals[0]")
}

// TestHistoryAtItsEdges reads a goal at, right before and long after each change, and around its deletion and second making.
func TestHistoryAtItsEdges(t *testing.T) {
	f := start(t)
	plan := f.city(t)
	manager := f.as(t, "mia", "manager")
	name := plan + "/goals/parks"
	create := func(title string) *goalsv1.Goal {
		g, err := f.client.CreateGoal(manager, &goalsv1.CreateGoalRequest{Parent: plan, GoalId: "parks", Goal: &goalsv1.Goal{DisplayName: title}})
		must(t, err)
		return g
	}
	first := create("first")
	second, err := f.client.UpdateGoal(manager, &goalsv1.UpdateGoalRequest{Goal: &goalsv1.Goal{Name: name, DisplayName: "second"}})
	must(t, err)
	_, err = f.client.DeleteGoal(manager, &goalsv1.DeleteGoalRequest{Name: name})
	must(t, err)
	third := create("third")
	before := func(g *goalsv1.Goal) *timestamppb.Timestamp {
		return timestamppb.New(g.GetUpdateTime().AsTime().Add(-time.Microsecond))
	}
	for at, c := range map[*timestamppb.Timestamp]string{
		before(first): "", first.GetUpdateTime(): "first", before(second): "first", second.GetUpdateTime(): "second", before(third): "",
		third.GetUpdateTime(): "third", timestamppb.New(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)): "third", timestamppb.New(time.Time{}): "",
	} {
		got, err := f.client.GetGoal(manager, &goalsv1.GetGoalRequest{Name: name, AsOf: at})
		if c == "" {
			wantReason(t, err, "RESOURCE_NOT_FOUND")
		} else if err != nil || got.GetDisplayName() != c {
			t.Errorf("at %v: %v, %v; want %s", at.AsTime(), got, err, c)
		}
		list, err := f.client.ListGoals(manager, &goalsv1.ListGoalsRequest{Parent: plan, AsOf: at})
		switch {
		case at.AsTime().IsZero():
			wantReason(t, err, "RESOURCE_NOT_FOUND") // the plan was not there either
		case err != nil || len(list.GetGoals()) != min(len(c), 1):
			t.Errorf("list at %v: %v, %v", at.AsTime(), list, err)
		}
	}
	for _, bad := range []*timestamppb.Timestamp{{Seconds: 1 << 60}, {Nanos: -1}} {
		_, err := f.client.GetGoal(manager, &goalsv1.GetGoalRequest{Name: name, AsOf: bad})
		wantFields(t, err, "as_of")
		_, err = f.client.ListGoals(manager, &goalsv1.ListGoalsRequest{Parent: plan, AsOf: bad})
		wantFields(t, err, "as_of")
		_, err = f.client.GetPlan(manager, &goalsv1.GetPlanRequest{Name: plan, AsOf: bad})
		wantFields(t, err, "as_of")
	}
}

// TestLinksOfPlansAndGoals are to what exists: aligned plans, and the predecessor of a goal.
func TestLinksOfPlansAndGoals(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks")
	manager := f.as(t, "mia", "manager")
	next := f.another(t, "next", &goalsv1.Plan{Kind: strategic, AlignedPlans: []string{plan}})
	_, err := f.client.UpdatePlan(manager, &goalsv1.UpdatePlanRequest{Plan: &goalsv1.Plan{Name: next.GetName(), AlignedPlans: []string{plan, next.GetName(), plan}}})
	wantFields(t, err, "plan.aligned_plans[1]", "plan.aligned_plans[2]")
	_, err = f.client.UpdatePlan(manager, &goalsv1.UpdatePlanRequest{Plan: &goalsv1.Plan{Name: next.GetName(), AlignedPlans: []string{plan, org + "/plans/none"}}})
	wantFields(t, err, "plan.aligned_plans[1]")
	_, err = f.client.UpdatePlan(manager, &goalsv1.UpdatePlanRequest{Plan: &goalsv1.Plan{Name: next.GetName(), AlignedPlans: make([]string, 101)}})
	wantFields(t, err, "plan.aligned_plans")
	for _, bad := range []string{plan + "/goals/none", "parks", next.GetName() + "/goals/same", org + "/plans/\x01/goals/é"} {
		_, err = f.client.CreateGoal(manager, &goalsv1.CreateGoalRequest{Parent: next.GetName(), GoalId: "same", Goal: &goalsv1.Goal{
			DisplayName: "Parks", Predecessor: bad, ParentGoal: plan + "/goals/parks",
		}})
		wantFields(t, err, "goal.predecessor", "goal.parent_goal")
	}
	_, err = f.client.CreateGoal(manager, &goalsv1.CreateGoalRequest{Parent: next.GetName(), Goal: &goalsv1.Goal{DisplayName: "Parks", Predecessor: plan + "/goals/parks"}})
	must(t, err)
}

// TestSupersededPlansStayAsTheyAre: neither rounds nor roles change under them.
func TestSupersededPlansStayAsTheyAre(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks")
	manager, ann := f.as(t, "mia", "manager"), f.as(t, "ann", "council")
	draft := &goalsv1.Prioritization{DisplayName: "R", Method: methodPoints, Electorate: &goalsv1.Electorate{Members: members("ann")}}
	waiting, err := f.client.CreatePrioritization(manager, &goalsv1.CreatePrioritizationRequest{Parent: plan, PrioritizationId: "waiting", Prioritization: draft})
	must(t, err)
	role := &goalsv1.RoleAssignment{Role: "Clerk", Letter: goalsv1.RaciLetter_RACI_LETTER_CONSULTED, Goal: plan + "/goals/parks"}
	made, err := f.client.CreateRoleAssignment(manager, &goalsv1.CreateRoleAssignmentRequest{Parent: plan, RoleAssignment: role})
	must(t, err)
	next := f.another(t, "next", &goalsv1.Plan{Kind: strategic}).GetName()
	_, err = f.client.CreateGoal(manager, &goalsv1.CreateGoalRequest{Parent: next, Goal: &goalsv1.Goal{DisplayName: "Parks"}})
	must(t, err)
	for _, name := range []string{plan, next} {
		_, err = f.client.SubmitPlan(manager, &goalsv1.SubmitPlanRequest{Name: name})
		must(t, err)
		adopt(t, f, name)
	}
	_, err = f.client.SupersedePlan(manager, &goalsv1.SupersedePlanRequest{Name: plan, Successor: next})
	must(t, err)
	_, err = f.client.CreatePrioritization(manager, &goalsv1.CreatePrioritizationRequest{Parent: plan, Prioritization: draft})
	wantReason(t, err, "PLAN_READ_ONLY")
	_, err = f.client.OpenPrioritization(ann, &goalsv1.OpenPrioritizationRequest{Name: waiting.GetName()})
	wantReason(t, err, "PLAN_READ_ONLY")
	_, err = f.client.CreateRoleAssignment(manager, &goalsv1.CreateRoleAssignmentRequest{Parent: plan, RoleAssignment: role})
	wantReason(t, err, "PLAN_READ_ONLY")
	_, err = f.client.DeleteRoleAssignment(manager, &goalsv1.DeleteRoleAssignmentRequest{Name: made.GetName()})
	wantReason(t, err, "PLAN_READ_ONLY")
	_, err = f.client.AdoptPlan(ann, &goalsv1.AdoptPlanRequest{Name: plan, Adoption: &goalsv1.Adoption{Body: "C", ResolutionNumber: "1", Date: &date.Date{Year: 2027, Month: 2, Day: 3}}})
	wantReason(t, err, "PLAN_NOT_SUBMITTED")
}

// TestRepeatsAndOthersWithTheSameRequestID.
func TestRepeatsAndOthersWithTheSameRequestID(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks")
	manager := f.as(t, "mia", "manager")
	round := f.opened(t, plan, "r", &goalsv1.Prioritization{Method: methodPoints, CommunitySharePpm: 1, Electorate: &goalsv1.Electorate{Members: members("ann")}}).GetName()
	hear := func(respondent string, dry bool) (*goalsv1.RecordCommunityBallotsResponse, error) {
		return f.client.RecordCommunityBallots(manager, &goalsv1.RecordCommunityBallotsRequest{
			Name: round, RequestId: "once", ValidateOnly: dry,
			Ballots: []*goalsv1.CommunityBallot{{Respondent: respondent, Points: []*goalsv1.GoalPoints{{Goal: plan + "/goals/parks", Points: 100}}}},
		})
	}
	_, err := hear("1", true)
	must(t, err)
	for range 2 {
		done, err := hear("1", false)
		must(t, err)
		if done.GetAccepted() != 1 {
			t.Errorf("answered %v", done)
		}
	}
	_, err = hear("2", false)
	wantReason(t, err, "IDEMPOTENCY_KEY_REUSED")
	got, err := f.client.GetPrioritization(manager, &goalsv1.GetPrioritizationRequest{Name: round})
	must(t, err)
	if got.GetCommunityBallots() != 1 {
		t.Errorf("%d answers are recorded", got.GetCommunityBallots())
	}
	_, err = f.client.UpdateGoal(manager, &goalsv1.UpdateGoalRequest{
		Goal: &goalsv1.Goal{Name: plan + "/goals/parks", Etag: "7"}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"description"}},
	})
	wantReason(t, err, "ETAG_MISMATCH")
}
