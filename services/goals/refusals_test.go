package goals_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const (
	methodPoints   = goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_POINTS
	methodBorda    = goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_BORDA
	methodPairwise = goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_PAIRWISE
	methodScore    = goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_SCORE
)

// violations are those of err as "field: what would mend it".
func violations(t *testing.T, err error) (out []string) {
	t.Helper()
	refused, ok := fault.As(rpc.FromStatus(err))
	if !ok {
		t.Fatalf("%v is no fault", err)
	}
	for _, v := range refused.Violations {
		out = append(out, v.Field+": "+v.Detail)
	}
	return out
}

// TestBallotsAreRefusedByField tells each field of a bad ballot once, with what would mend it.
func TestBallotsAreRefusedByField(t *testing.T) {
	f := start(t)
	plan := f.city(t, "growth", "parks", "safety")
	goal := func(id string) string { return plan + "/goals/" + id }
	ann := f.as(t, "ann", "council")
	rounds := map[goalsv1.PrioritizationMethod]string{}
	for method := range goalsv1.PrioritizationMethod_name {
		if m := goalsv1.PrioritizationMethod(method); m != 0 {
			rounds[m] = f.opened(t, plan, fmt.Sprint("r", method), &goalsv1.Prioritization{
				Method: m, Electorate: &goalsv1.Electorate{Members: members("ann", "bob"), Quorum: 1},
			}).GetName()
		}
	}
	give := func(id string, n int32) *goalsv1.GoalPoints { return &goalsv1.GoalPoints{Goal: goal(id), Points: n} }
	pair := func(a, b string, n int32) *goalsv1.Comparison {
		return &goalsv1.Comparison{Preferred: goal(a), Other: goal(b), Intensity: n}
	}
	for name, c := range map[string]struct {
		method goalsv1.PrioritizationMethod
		ballot *goalsv1.Ballot
		want   []string
	}{
		"an item twice, and another plan's": {methodPoints, &goalsv1.Ballot{Points: []*goalsv1.GoalPoints{
			give("growth", 60), give("growth", 40), {Goal: org + "/plans/q/goals/growth", Points: 1}, {Goal: "\x01growth", Points: 2_000_000_000},
		}}, []string{
			`ballot.points[1].goal: "growth" appears twice; give each item its points once`,
			`ballot.points[2].goal: "organizations/o/plans/q/goals/growth" is not ranked in this round; use its items`,
			`ballot.points[3].goal: "\x01growth" is not ranked in this round; use its items`,
			`ballot.points: spend 2000000101 points; spend exactly 100`,
		}},
		"nothing":        {methodPoints, &goalsv1.Ballot{}, []string{"ballot.points: spend 0 points; spend exactly 100"}},
		"nothing scored": {methodScore, &goalsv1.Ballot{}, []string{"ballot.points: is required; score at least one item"}},
		"another method": {methodScore, &goalsv1.Ballot{Ranking: []string{goal("parks")}, Comparisons: []*goalsv1.Comparison{pair("parks", "safety", 2)}}, []string{
			"ballot.ranking: is for BORDA, and this round is SCORE; leave it out",
			"ballot.comparisons: is for PAIRWISE, and this round is SCORE; leave it out",
			"ballot.points: is required; score at least one item",
		}},
		"ranked twice": {methodBorda, &goalsv1.Ballot{Ranking: []string{goal("parks"), goal("parks"), "x", "x"}}, []string{
			`ballot.ranking[1]: "parks" appears twice; rank each item once`,
			`ballot.ranking[2]: "x" is not ranked in this round; use its items`,
			`ballot.ranking[3]: "x" is not ranked in this round; use its items`,
			`ballot.ranking: leaves out "growth", "safety"; rank every item`,
		}},
		"pairs": {methodPairwise, &goalsv1.Ballot{Comparisons: []*goalsv1.Comparison{
			pair("parks", "safety", 3), pair("safety", "parks", 3), pair("parks", "parks", 1), {Preferred: "x", Other: "x", Intensity: 1},
		}}, []string{
			`ballot.comparisons[1]: compares "parks" and "safety" again; compare each pair once`,
			`ballot.comparisons[2]: compares "parks" with itself; compare two items`,
			`ballot.comparisons[3].preferred: "x" is not ranked in this round; use its items`,
			`ballot.comparisons[3].other: "x" is not ranked in this round; use its items`,
			`ballot.comparisons: does not compare "growth" with "parks", "growth" with "safety"; compare every pair`,
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := violations(t, f.cast(ann, rounds[c.method], c.ballot))
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
	// by the rules beside the fields
	wantFields(t, f.cast(ann, rounds[methodPairwise], &goalsv1.Ballot{Comparisons: []*goalsv1.Comparison{pair("parks", "safety", 10)}}), "ballot.comparisons[0].intensity")
	wantFields(t, f.cast(ann, rounds[methodScore], &goalsv1.Ballot{Points: []*goalsv1.GoalPoints{give("parks", -1)}}), "ballot.points[0].points")
	wantReason(t, f.cast(ann, rounds[methodPoints], &goalsv1.Ballot{Points: []*goalsv1.GoalPoints{{Goal: "organizations/x/plans/p/goals/parks", Points: 100}}}), "FOREIGN_ORGANIZATION")
	// Who may vote: members, as themselves; staff too, if they are members.
	good := &goalsv1.Ballot{Points: []*goalsv1.GoalPoints{give("parks", 5)}}
	must(t, f.cast(f.as(t, "bob", "staff"), rounds[methodScore], good))
	wantFields(t, f.cast(f.as(t, "zed", "staff"), rounds[methodScore], good), "ballot.member")
	for _, role := range []string{"auditor", "public", "finance", "operator"} {
		if err := f.cast(f.as(t, "ann", role), rounds[methodScore], good); err == nil {
			t.Errorf("%s cast a ballot", role)
		}
	}
}

// TestAnEtagOfABallotIsOfTheOneToReplace.
func TestAnEtagOfABallotIsOfTheOneToReplace(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks")
	round := f.opened(t, plan, "r", &goalsv1.Prioritization{Method: methodPoints, Electorate: &goalsv1.Electorate{Members: members("ann")}}).GetName()
	ann := f.as(t, "ann", "council")
	cast := func(etag string) error {
		return f.cast(ann, round, &goalsv1.Ballot{Etag: etag, Points: []*goalsv1.GoalPoints{{Goal: plan + "/goals/parks", Points: 100}}})
	}
	wantReason(t, cast("1"), "ETAG_MISMATCH") // there is none yet
	must(t, cast(""))
	wantReason(t, cast("2"), "ETAG_MISMATCH")
	must(t, cast("1"))
	wantReason(t, cast("1"), "ETAG_MISMATCH")
	must(t, cast(""))
}

// TestRoundsInWrongStates calls everything in every state, and finds the round as it was wherever a call is refused.
func TestRoundsInWrongStates(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks")
	ann := f.as(t, "ann", "council")
	points := []*goalsv1.GoalPoints{{Goal: plan + "/goals/parks", Points: 100}}
	name := plan + "/prioritizations/r"
	calls := map[string]func() error{
		"open": func() error {
			_, err := f.client.OpenPrioritization(ann, &goalsv1.OpenPrioritizationRequest{Name: name})
			return err
		},
		"cast": func() error { return f.cast(ann, name, &goalsv1.Ballot{Points: points}) },
		"hear": func() error {
			_, err := f.client.RecordCommunityBallots(ann, &goalsv1.RecordCommunityBallotsRequest{Name: name, Ballots: []*goalsv1.CommunityBallot{{Respondent: "1", Points: points}}})
			return err
		},
		"recuse": func() error {
			_, err := f.client.RecuseMember(f.as(t, "bob", "council"), &goalsv1.RecuseMemberRequest{Name: name, Reason: "owns land"})
			return err
		},
		"recompute": func() error {
			_, err := f.client.RecomputePrioritization(ann, &goalsv1.RecomputePrioritizationRequest{Name: name})
			return err
		},
		"close": func() error {
			_, err := f.client.ClosePrioritization(ann, &goalsv1.ClosePrioritizationRequest{Name: name})
			return err
		},
		"certify": func() error {
			_, err := f.client.CertifyPrioritization(ann, &goalsv1.CertifyPrioritizationRequest{Name: name})
			return err
		},
	}
	refused := func(state string, want map[string]string) {
		t.Helper()
		for call, reason := range want {
			before, err := f.client.GetPrioritization(ann, &goalsv1.GetPrioritizationRequest{Name: name})
			must(t, err)
			if got := fault.Reason(rpc.FromStatus(calls[call]())); got != reason {
				t.Errorf("%s while %s: %q, want %q", call, state, got, reason)
			}
			after, err := f.client.GetPrioritization(ann, &goalsv1.GetPrioritizationRequest{Name: name})
			must(t, err)
			if !proto.Equal(before, after) {
				t.Errorf("%s while %s changed %v into %v", call, state, before, after)
			}
		}
	}
	_, err := f.client.CreatePrioritization(ann, &goalsv1.CreatePrioritizationRequest{Parent: plan, PrioritizationId: "r", Prioritization: &goalsv1.Prioritization{
		DisplayName: "Round", Method: methodPoints, CommunitySharePpm: 1, Electorate: &goalsv1.Electorate{Members: members("ann", "bob", "cy"), Quorum: 1},
	}})
	must(t, err)
	refused("DRAFT", map[string]string{"cast": "ROUND_NOT_OPEN", "hear": "ROUND_NOT_OPEN", "close": "ROUND_NOT_OPEN", "certify": "ROUND_NOT_CLOSED", "recompute": "ROUND_NOT_CLOSED"})
	must(t, calls["open"]())
	refused("OPEN", map[string]string{"open": "ROUND_NOT_DRAFT", "close": "QUORUM_MISSING", "certify": "ROUND_NOT_CLOSED", "recompute": "ROUND_NOT_CLOSED"})
	must(t, calls["recuse"]())
	refused("OPEN", map[string]string{"recuse": "INVALID_FIELDS"}) // already
	must(t, calls["cast"]())
	must(t, calls["cast"]())
	refused("OPEN", map[string]string{"close": "COMMUNITY_MISSING"})
	must(t, calls["hear"]())
	must(t, calls["close"]())
	late := map[string]string{
		"open": "ROUND_NOT_DRAFT", "cast": "ROUND_NOT_OPEN", "hear": "ROUND_NOT_OPEN", "recuse": "ROUND_NOT_OPEN", "close": "ROUND_NOT_OPEN", "recompute": "",
	}
	refused("CLOSED", late)
	must(t, calls["certify"]())
	late["certify"] = "ROUND_NOT_CLOSED"
	refused("CERTIFIED", late)
}

// TestRoundsAreRefusedAtOnce lists all that is wrong with a round, and refuses what no ballot could ever close.
func TestRoundsAreRefusedAtOnce(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks")
	manager, ann := f.as(t, "mia", "manager"), f.as(t, "ann", "council")
	create := func(p *goalsv1.Prioritization) (*goalsv1.Prioritization, error) {
		p.DisplayName = "Round"
		return f.client.CreatePrioritization(manager, &goalsv1.CreatePrioritizationRequest{Parent: plan, Prioritization: p})
	}
	_, err := create(&goalsv1.Prioritization{
		Method: methodBorda, PointsPerMember: 5, MaxScore: 5, Goals: []string{"", plan + "/goals/parks", plan + "/goals/parks", org + "/plans/q/goals/x"},
		Electorate: &goalsv1.Electorate{Members: members("ann", "ann"), Quorum: 7, Secret: true},
		Objectives: []*goalsv1.RankedObjective{{Objective: org + "/strategies/s/objectives/o"}},
	})
	wantFields(t, err, "prioritization.points_per_member", "prioritization.max_score", "prioritization.goals[0]", "prioritization.goals[2]", "prioritization.goals[3]",
		"prioritization.electorate.members[1]", "prioritization.electorate.quorum", "prioritization.electorate.secret", "prioritization.objectives")
	_, err = create(&goalsv1.Prioritization{Method: methodBorda, Electorate: &goalsv1.Electorate{Members: members("ann")}, Goals: []string{plan + "/goals/parks"}})
	wantFields(t, err, "prioritization.method") // the only item would get no points
	alone, err := create(&goalsv1.Prioritization{Method: methodBorda, Electorate: &goalsv1.Electorate{Members: members("ann")}})
	must(t, err)
	_, err = f.client.OpenPrioritization(ann, &goalsv1.OpenPrioritizationRequest{Name: alone.GetName()})
	wantFields(t, err, "prioritization.method")
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf("%s/goals/g%d", plan, i)
	}
	_, err = create(&goalsv1.Prioritization{Method: methodScore, Electorate: &goalsv1.Electorate{Members: members("ann")}, Goals: many})
	wantFields(t, err, "prioritization.method")
	_, err = create(&goalsv1.Prioritization{Method: methodPairwise, Electorate: &goalsv1.Electorate{Members: members("ann")}, Goals: many[:16]})
	wantFields(t, err, "prioritization.method")
	unknown, err := create(&goalsv1.Prioritization{Method: methodScore, Electorate: &goalsv1.Electorate{Members: members("ann")}, Goals: many[:2]})
	must(t, err) // goals may still be made before it opens
	_, err = f.client.OpenPrioritization(ann, &goalsv1.OpenPrioritizationRequest{Name: unknown.GetName()})
	wantFields(t, err, "prioritization.goals[0]", "prioritization.goals[1]")
}

// TestTheSameMemberTwiceAtOnce casts, closes and certifies from many sides: one ballot counts, and one revision is written.
func TestTheSameMemberTwiceAtOnce(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks", "safety")
	round := f.opened(t, plan, "r", &goalsv1.Prioritization{Method: methodPoints, Electorate: &goalsv1.Electorate{Members: members("ann", "bob"), Quorum: 1}}).GetName()
	ann, bob := f.as(t, "ann", "council"), f.as(t, "bob", "council")
	atOnce := func(n int, call func(i int) error) (done int) {
		var wg sync.WaitGroup
		errs := make([]error, n)
		for i := range n {
			wg.Go(func() { errs[i] = call(i) })
		}
		wg.Wait()
		for _, err := range errs {
			if err == nil {
				done++
			} else if _, ok := fault.As(rpc.FromStatus(err)); !ok || fault.Is(rpc.FromStatus(err), fault.Internal) {
				t.Error(err)
			}
		}
		return done
	}
	cast := func(ctx context.Context, n int32) error {
		return f.cast(ctx, round, &goalsv1.Ballot{Points: []*goalsv1.GoalPoints{{Goal: plan + "/goals/parks", Points: n}, {Goal: plan + "/goals/safety", Points: 100 - n}}})
	}
	if done := atOnce(8, func(i int) error { return cast(ann, int32(i)) }); done != 8 {
		t.Errorf("%d of 8 ballots were taken", done)
	}
	got, err := f.client.GetPrioritization(ann, &goalsv1.GetPrioritizationRequest{Name: round})
	must(t, err)
	if got.GetBallotsCast() != 1 {
		t.Errorf("%d ballots counted of one member", got.GetBallotsCast())
	}
	atOnce(9, func(i int) error { // bob votes, is recused and the round closes, in any order
		switch i % 3 {
		case 0:
			return cast(bob, 100)
		case 1:
			_, err := f.client.RecuseMember(bob, &goalsv1.RecuseMemberRequest{Name: round, Reason: "owns land"})
			return err
		}
		_, err := f.client.ClosePrioritization(ann, &goalsv1.ClosePrioritizationRequest{Name: round})
		return err
	})
	again, err := f.client.RecomputePrioritization(ann, &goalsv1.RecomputePrioritizationRequest{Name: round})
	must(t, err)
	if got, err = f.client.GetPrioritization(ann, &goalsv1.GetPrioritizationRequest{Name: round}); err != nil || !again.GetEqual() || again.GetBallots() != got.GetBallotsCast() {
		t.Errorf("closed %v, recomputed %v, %v", got, again, err)
	}
	certify := func(int) error {
		_, err := f.client.CertifyPrioritization(ann, &goalsv1.CertifyPrioritizationRequest{Name: round})
		return err
	}
	if done := atOnce(4, certify); done != 1 {
		t.Errorf("certified %d times", done)
	}
	list, err := f.client.ListPriorityRevisions(ann, &goalsv1.ListPriorityRevisionsRequest{Parent: plan})
	must(t, err)
	if len(list.GetPriorityRevisions()) != 1 {
		t.Errorf("%d revisions", len(list.GetPriorityRevisions()))
	}
}

// TestDryRunsLeaveNothing makes every changing call with validate_only: it answers, stores nothing and tells nobody.
func TestDryRunsLeaveNothing(t *testing.T) {
	f := start(t)
	plan := f.city(t, "parks", "safety")
	manager, ann := f.as(t, "mia", "manager"), f.as(t, "ann", "council")
	points := []*goalsv1.GoalPoints{{Goal: plan + "/goals/parks", Points: 100}}
	electorate := &goalsv1.Electorate{Members: members("ann", "bob"), Quorum: 1}
	draft, err := f.client.CreatePrioritization(manager, &goalsv1.CreatePrioritizationRequest{Parent: plan, PrioritizationId: "draft", Prioritization: &goalsv1.Prioritization{
		DisplayName: "Draft", Method: methodPoints, Electorate: electorate,
	}})
	must(t, err)
	open := f.opened(t, plan, "open", &goalsv1.Prioritization{Method: methodPoints, CommunitySharePpm: 1, Electorate: electorate}).GetName()
	ready := f.opened(t, plan, "ready", &goalsv1.Prioritization{Method: methodPoints, Electorate: electorate}).GetName()
	closed := f.opened(t, plan, "closed", &goalsv1.Prioritization{Method: methodPoints, Electorate: electorate}).GetName()
	must(t, f.cast(ann, ready, &goalsv1.Ballot{Points: points}))
	must(t, f.cast(ann, closed, &goalsv1.Ballot{Points: points}))
	_, err = f.client.ClosePrioritization(ann, &goalsv1.ClosePrioritizationRequest{Name: closed})
	must(t, err)
	role := &goalsv1.RoleAssignment{Role: "Clerk", Letter: goalsv1.RaciLetter_RACI_LETTER_CONSULTED, Goal: plan + "/goals/parks"}
	_, err = f.client.CreateRoleAssignment(manager, &goalsv1.CreateRoleAssignmentRequest{Parent: plan, RoleAssignmentId: "clerk", RoleAssignment: role})
	must(t, err)
	_, err = f.client.CreateFeedback(manager, &goalsv1.CreateFeedbackRequest{Parent: org, FeedbackId: "f", Feedback: said("north", "")})
	must(t, err)
	const changes = 18 // so far, each of them an event
	year := func(y int32) *date.Date { return &date.Date{Year: y, Month: 1, Day: 1} }
	for name, call := range map[string]func() error{
		"create plan": func() error {
			_, err := f.client.CreatePlan(manager, &goalsv1.CreatePlanRequest{Parent: org, PlanId: "q", ValidateOnly: true, Plan: &goalsv1.Plan{DisplayName: "Q", Kind: strategic, StartDate: year(2030), EndDate: year(2031)}})
			return err
		},
		"update plan": func() error {
			_, err := f.client.UpdatePlan(manager, &goalsv1.UpdatePlanRequest{Plan: &goalsv1.Plan{Name: plan, Narrative: "x"}, ValidateOnly: true})
			return err
		},
		"submit plan": func() error {
			_, err := f.client.SubmitPlan(manager, &goalsv1.SubmitPlanRequest{Name: plan, ValidateOnly: true})
			return err
		},
		"create goal": func() error {
			_, err := f.client.CreateGoal(manager, &goalsv1.CreateGoalRequest{Parent: plan, GoalId: "g", Goal: &goalsv1.Goal{DisplayName: "G"}, ValidateOnly: true})
			return err
		},
		"update goal": func() error {
			_, err := f.client.UpdateGoal(manager, &goalsv1.UpdateGoalRequest{Goal: &goalsv1.Goal{Name: plan + "/goals/parks", DisplayName: "G"}, ValidateOnly: true})
			return err
		},
		"create round": func() error {
			_, err := f.client.CreatePrioritization(manager, &goalsv1.CreatePrioritizationRequest{Parent: plan, Prioritization: &goalsv1.Prioritization{DisplayName: "R", Method: methodPoints, Electorate: electorate}, ValidateOnly: true})
			return err
		},
		"open": func() error {
			_, err := f.client.OpenPrioritization(ann, &goalsv1.OpenPrioritizationRequest{Name: draft.GetName(), ValidateOnly: true})
			return err
		},
		"cast": func() error {
			_, err := f.client.CastBallot(ann, &goalsv1.CastBallotRequest{Name: open, Ballot: &goalsv1.Ballot{Points: points}, ValidateOnly: true})
			return err
		},
		"recuse": func() error {
			_, err := f.client.RecuseMember(ann, &goalsv1.RecuseMemberRequest{Name: open, Reason: "x", ValidateOnly: true})
			return err
		},
		"hear": func() error {
			_, err := f.client.RecordCommunityBallots(manager, &goalsv1.RecordCommunityBallotsRequest{Name: open, Ballots: []*goalsv1.CommunityBallot{{Respondent: "1", Points: points}}, ValidateOnly: true})
			return err
		},
		"close": func() error {
			_, err := f.client.ClosePrioritization(ann, &goalsv1.ClosePrioritizationRequest{Name: ready, ValidateOnly: true})
			return err
		},
		"certify": func() error {
			_, err := f.client.CertifyPrioritization(ann, &goalsv1.CertifyPrioritizationRequest{Name: closed, ValidateOnly: true})
			return err
		},
		"create role": func() error {
			other := proto.CloneOf(role)
			other.Role = "Mayor"
			_, err := f.client.CreateRoleAssignment(manager, &goalsv1.CreateRoleAssignmentRequest{Parent: plan, RoleAssignment: other, ValidateOnly: true})
			return err
		},
		"update role": func() error {
			_, err := f.client.UpdateRoleAssignment(manager, &goalsv1.UpdateRoleAssignmentRequest{RoleAssignment: &goalsv1.RoleAssignment{Name: plan + "/roleAssignments/clerk", Holder: "C"}, ValidateOnly: true})
			return err
		},
		"delete role": func() error {
			_, err := f.client.DeleteRoleAssignment(manager, &goalsv1.DeleteRoleAssignmentRequest{Name: plan + "/roleAssignments/clerk", ValidateOnly: true})
			return err
		},
		"create feedback": func() error {
			_, err := f.client.CreateFeedback(manager, &goalsv1.CreateFeedbackRequest{Parent: org, Feedback: said("north", ""), ValidateOnly: true})
			return err
		},
		"update feedback": func() error {
			_, err := f.client.UpdateFeedback(manager, &goalsv1.UpdateFeedbackRequest{Feedback: &goalsv1.Feedback{Name: org + "/feedback/f", District: "x"}, ValidateOnly: true})
			return err
		},
		"batch of feedback": func() error {
			_, err := f.client.BatchCreateFeedback(manager, &goalsv1.BatchCreateFeedbackRequest{Parent: org, Feedback: []*goalsv1.Feedback{said("north", "")}, ValidateOnly: true})
			return err
		},
	} {
		if err := call(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	later := timestamppb.New(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))
	if _, err := f.client.GetPlan(manager, &goalsv1.GetPlanRequest{Name: org + "/plans/q", AsOf: later}); err == nil {
		t.Error("a dry run is in the history")
	}
	_, err = f.client.UpdatePlan(manager, &goalsv1.UpdatePlanRequest{Plan: &goalsv1.Plan{Name: plan, Narrative: "the end"}})
	must(t, err)
	var recorded int64
	must(t, f.db.Read(t.Context(), func(tx sqldb.Tx) error {
		_, err := sqldb.QueryOne(tx, "SELECT COUNT(*) FROM outbox", nil, func(r sqldb.Row) error { recorded = r.Int(0); return nil })
		return err
	}))
	if recorded != changes+1 {
		t.Errorf("%d events were recorded, want %d and the last update's", recorded, changes)
	}
}
