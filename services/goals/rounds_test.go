package goals_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
)

// opened is an open round over the goals of a plan.
func (f *fixture) opened(t *testing.T, plan, id string, round *goalsv1.Prioritization) *goalsv1.Prioritization {
	t.Helper()
	round.DisplayName = "Round " + id
	made, err := f.client.CreatePrioritization(f.as(t, "mia", "manager"), &goalsv1.CreatePrioritizationRequest{
		Parent: plan, PrioritizationId: id, Prioritization: round,
	})
	must(t, err)
	made, err = f.client.OpenPrioritization(f.as(t, "ann", "council"), &goalsv1.OpenPrioritizationRequest{Name: made.GetName()})
	must(t, err)
	return made
}

func members(names ...string) (out []*goalsv1.Member) {
	for _, name := range names {
		out = append(out, &goalsv1.Member{Member: name})
	}
	return out
}

// TestCouncilOfSeven runs a round of a council of seven with one recusal: six ballots count, the quorum stays four.
func TestCouncilOfSeven(t *testing.T) {
	f := start(t)
	plan := f.city(t, "growth", "parks", "safety")
	goal := func(id string) string { return plan + "/goals/" + id }
	council := []string{"ann", "bob", "cy", "dee", "eli", "fay", "gus"}
	round := f.opened(t, plan, "spring", &goalsv1.Prioritization{
		Method:     goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_BORDA,
		Electorate: &goalsv1.Electorate{Members: members(council...)},
	})
	cast := func(member string, ranking ...string) error {
		var names []string
		for _, id := range ranking {
			names = append(names, goal(id))
		}
		_, err := f.client.CastBallot(f.as(t, member, "council"), &goalsv1.CastBallotRequest{
			Name: round.GetName(), Ballot: &goalsv1.Ballot{Ranking: names},
		})
		return err
	}
	for _, member := range council[:4] {
		must(t, cast(member, "safety", "parks", "growth"))
	}
	wantReason(t, cast("eli", "safety", "parks"), "INVALID_FIELDS") // leaves out growth
	must(t, cast("eli", "growth", "parks", "safety"))
	must(t, cast("fay", "parks", "growth", "safety"))
	gus := f.as(t, "gus", "council")
	must(t, cast("gus", "growth", "safety", "parks"))
	_, err := f.client.RecuseMember(gus, &goalsv1.RecuseMemberRequest{Name: round.GetName(), Member: "ann", Reason: "she owns land"})
	wantReason(t, err, "NOT_YOUR_RECUSAL")
	recused, err := f.client.RecuseMember(gus, &goalsv1.RecuseMemberRequest{Name: round.GetName(), Reason: "owns land at the park"})
	must(t, err)
	if r := recused.GetRecusals(); len(r) != 1 || r[0].GetMember() != "gus" || r[0].GetRecordedBy() != "gus" || recused.GetBallotsCast() != 6 {
		t.Errorf("recused: %v", recused)
	}
	wantReason(t, cast("gus", "growth", "safety", "parks"), "INVALID_FIELDS")
	must(t, cast("fay", "parks", "safety", "growth")) // replaces hers
	closed, err := f.client.ClosePrioritization(f.as(t, "ann", "council"), &goalsv1.ClosePrioritizationRequest{Name: round.GetName()})
	must(t, err)
	// growth 2 of eli; parks 4 x 1 + 1 + 2; safety 4 x 2 + 1: of 18
	for i, want := range []struct {
		points int64
		ppm    int32
	}{{2, 111_111}, {7, 388_889}, {9, 500_000}} {
		if got := closed.GetTallies()[i]; got.GetPoints() != want.points || got.GetWeightPpm() != want.ppm {
			t.Errorf("%v, want %+v", got, want)
		}
	}
	again, err := f.client.RecomputePrioritization(gus, &goalsv1.RecomputePrioritizationRequest{Name: round.GetName()})
	must(t, err)
	if !again.GetEqual() || again.GetBallots() != 6 || again.GetTallies()[2].GetPoints() != 9 {
		t.Errorf("recomputed: %v", again)
	}
	versions, err := f.client.ListBallots(gus, &goalsv1.ListBallotsRequest{Parent: round.GetName(), AllVersions: true, PageSize: 100})
	must(t, err)
	var fay []int32
	for _, b := range versions.GetBallots() {
		if b.GetMember() == "fay" {
			fay = append(fay, b.GetVersion())
		}
	}
	if len(versions.GetBallots()) != 8 || !slices.Equal(fay, []int32{1, 2}) {
		t.Errorf("%d versions, fay's %v; want 8 and 1, 2", len(versions.GetBallots()), fay)
	}
}

func TestPairwiseWarnsOfContradictions(t *testing.T) {
	f := start(t)
	plan := f.city(t, "growth", "parks", "safety")
	goal := func(id string) string { return plan + "/goals/" + id }
	round := f.opened(t, plan, "pairs", &goalsv1.Prioritization{
		Method:     goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_PAIRWISE,
		Electorate: &goalsv1.Electorate{Members: members("ann"), Quorum: 1},
	})
	ann := f.as(t, "ann", "council")
	circle := func(intensity int32) []*goalsv1.Comparison {
		return []*goalsv1.Comparison{
			{Preferred: goal("growth"), Other: goal("parks"), Intensity: intensity},
			{Preferred: goal("parks"), Other: goal("safety"), Intensity: intensity},
			{Preferred: goal("safety"), Other: goal("growth"), Intensity: intensity},
		}
	}
	_, err := f.client.CastBallot(ann, &goalsv1.CastBallotRequest{Name: round.GetName(), Ballot: &goalsv1.Ballot{Comparisons: circle(3)[:2]}})
	wantReason(t, err, "INVALID_FIELDS") // a pair is missing
	ballot, err := f.client.CastBallot(ann, &goalsv1.CastBallotRequest{Name: round.GetName(), Ballot: &goalsv1.Ballot{Comparisons: circle(3)}})
	must(t, err)
	if ballot.GetConsistencyRatioPpm() < 1_000_000 {
		t.Errorf("a circle of 3 has the consistency ratio %d", ballot.GetConsistencyRatioPpm())
	}
	closed, err := f.client.ClosePrioritization(ann, &goalsv1.ClosePrioritizationRequest{Name: round.GetName()})
	must(t, err)
	if w := closed.GetWarnings(); len(w) != 1 || w[0] != "the comparisons of ann contradict each other: consistency ratio 1.149425, above 0.10" {
		t.Errorf("warnings %q", w)
	}
}

// TestSecretBallots are for residents and staff alone; members see tallies, auditors ballots.
func TestSecretBallots(t *testing.T) {
	f := start(t)
	plan := f.city(t, "growth", "safety")
	_, err := f.client.CreatePrioritization(f.as(t, "mia", "manager"), &goalsv1.CreatePrioritizationRequest{
		Parent: plan, Prioritization: &goalsv1.Prioritization{
			DisplayName: "Secret", Method: goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_SCORE,
			Electorate: &goalsv1.Electorate{Members: members("ann"), Secret: true},
		},
	})
	wantReason(t, err, "INVALID_FIELDS")
	round := f.opened(t, plan, "staff", &goalsv1.Prioritization{
		Method: goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_SCORE,
		Electorate: &goalsv1.Electorate{
			Members: members("ann"), Quorum: 1, Secret: true, Kind: goalsv1.ElectorateKind_ELECTORATE_KIND_STAFF,
		},
	})
	score := func(points int32) error {
		_, err := f.client.CastBallot(f.as(t, "ann", "council"), &goalsv1.CastBallotRequest{
			Name: round.GetName(), Ballot: &goalsv1.Ballot{Points: []*goalsv1.GoalPoints{{Goal: plan + "/goals/safety", Points: points}}},
		})
		return err
	}
	wantReason(t, score(11), "INVALID_FIELDS") // the highest is 10
	must(t, score(0))
	_, err = f.client.ClosePrioritization(f.as(t, "ann", "council"), &goalsv1.ClosePrioritizationRequest{Name: round.GetName()})
	wantReason(t, err, "NOTHING_SCORED")
	must(t, score(10))
	for _, versions := range []bool{false, true} {
		list := func(ctx context.Context) (*goalsv1.ListBallotsResponse, error) {
			return f.client.ListBallots(ctx, &goalsv1.ListBallotsRequest{Parent: round.GetName(), AllVersions: versions})
		}
		_, err = list(f.as(t, "ann", "council"))
		wantReason(t, err, "BALLOTS_SECRET")
		ballots, err := list(f.as(t, "aud", "auditor"))
		must(t, err)
		if got := ballots.GetBallots(); got[len(got)-1].GetPoints()[0].GetPoints() != 10 {
			t.Errorf("the auditor sees %v", got)
		}
	}
}

func TestCommunityBallots(t *testing.T) {
	f := start(t)
	plan := f.city(t, "growth", "safety")
	points := func(growth, safety int32) []*goalsv1.GoalPoints {
		return []*goalsv1.GoalPoints{{Goal: plan + "/goals/growth", Points: growth}, {Goal: plan + "/goals/safety", Points: safety}}
	}
	council, manager := f.as(t, "ann", "council"), f.as(t, "mia", "manager")
	alone := f.opened(t, plan, "alone", &goalsv1.Prioritization{
		Method: goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_POINTS, Electorate: &goalsv1.Electorate{Members: members("ann")},
	})
	record := func(ctx context.Context, round string, ballots ...*goalsv1.CommunityBallot) (*goalsv1.RecordCommunityBallotsResponse, error) {
		return f.client.RecordCommunityBallots(ctx, &goalsv1.RecordCommunityBallotsRequest{Name: round, Ballots: ballots})
	}
	_, err := record(manager, alone.GetName(), &goalsv1.CommunityBallot{Respondent: "1", Points: points(50, 50)})
	wantReason(t, err, "NO_COMMUNITY_SHARE")
	round := f.opened(t, plan, "both", &goalsv1.Prioritization{
		Method: goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_POINTS, Electorate: &goalsv1.Electorate{Members: members("ann")},
		CommunitySharePpm: 200_000,
	})
	_, err = f.client.CastBallot(council, &goalsv1.CastBallotRequest{Name: round.GetName(), Ballot: &goalsv1.Ballot{Points: points(75, 25)}})
	must(t, err)
	_, err = f.client.ClosePrioritization(council, &goalsv1.ClosePrioritizationRequest{Name: round.GetName()})
	wantReason(t, err, "COMMUNITY_MISSING")
	done, err := record(manager, round.GetName(),
		&goalsv1.CommunityBallot{Respondent: "1", Points: points(0, 100)},
		&goalsv1.CommunityBallot{Respondent: "2", Weight: 3, Points: points(100, 0)},
		&goalsv1.CommunityBallot{Respondent: "2", Points: points(100, 0)},
		&goalsv1.CommunityBallot{Respondent: "3", Points: points(100, 1)},
	)
	must(t, err)
	if got := fmt.Sprint(done.GetAccepted(), done.GetReplaced(), done.GetRejected(), len(done.GetErrors()), done.GetErrors()[1].GetField()); got != "2 0 2 2points" {
		t.Errorf("%s: %v", got, done)
	}
	done, err = record(manager, round.GetName(), &goalsv1.CommunityBallot{Respondent: "1", Points: points(25, 75)})
	must(t, err)
	if done.GetAccepted() != 0 || done.GetReplaced() != 1 {
		t.Errorf("again: %v", done)
	}
	list, err := f.client.ListCommunityBallots(council, &goalsv1.ListCommunityBallotsRequest{Parent: round.GetName(), PageSize: 1, OrderBy: "respondent desc"})
	must(t, err)
	if b := list.GetBallots(); len(b) != 1 || b[0].GetRespondent() != "2" || b[0].GetWeight() != 3 || b[0].GetPoints()[0].GetPoints() != 100 || list.GetNextPageToken() == "" {
		t.Errorf("listed: %v", list)
	}
	closed, err := f.client.ClosePrioritization(council, &goalsv1.ClosePrioritizationRequest{Name: round.GetName()})
	must(t, err)
	// 0.8 x 75 % + 0.2 x (25 + 3 x 100) of 400 = 76.25 %
	if tally := closed.GetTallies()[0]; tally.GetWeightPpm() != 762_500 || tally.GetCommunityPpm() != 812_500 || closed.GetCommunityBallots() != 2 {
		t.Errorf("%v of %v", tally, closed)
	}
}

// TestObjectivesAreRankedApart: a revision on objectives leaves the priorities that budgets follow alone.
func TestObjectivesAreRankedApart(t *testing.T) {
	f := start(t)
	plan := f.city(t, "growth")
	objective := func(id string) string { return "organizations/o/strategies/s/objectives/" + id }
	draft := &goalsv1.Prioritization{
		DisplayName: "Objectives", Method: goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_SCORE,
		Subject:    goalsv1.PrioritizationSubject_PRIORITIZATION_SUBJECT_OBJECTIVES,
		Electorate: &goalsv1.Electorate{Members: members("ann")},
		Objectives: []*goalsv1.RankedObjective{{Objective: plan + "/goals/growth"}},
	}
	_, err := f.client.CreatePrioritization(f.as(t, "mia", "manager"), &goalsv1.CreatePrioritizationRequest{Parent: plan, Prioritization: draft})
	wantReason(t, err, "INVALID_FIELDS")
	draft.Objectives = []*goalsv1.RankedObjective{{Objective: objective("b"), DisplayName: "Bridges"}, {Objective: objective("a")}}
	round := f.opened(t, plan, "work", draft)
	ann := f.as(t, "ann", "council")
	_, err = f.client.CastBallot(ann, &goalsv1.CastBallotRequest{Name: round.GetName(), Ballot: &goalsv1.Ballot{
		Points: []*goalsv1.GoalPoints{{Goal: objective("a"), Points: 2}, {Goal: objective("b"), Points: 6}},
	}})
	must(t, err)
	_, err = f.client.ClosePrioritization(ann, &goalsv1.ClosePrioritizationRequest{Name: round.GetName()})
	must(t, err)
	certified, err := f.client.CertifyPrioritization(ann, &goalsv1.CertifyPrioritizationRequest{Name: round.GetName()})
	must(t, err)
	rev, err := f.client.GetPriorityRevision(ann, &goalsv1.GetPriorityRevisionRequest{Name: certified.GetPriorityRevision()})
	must(t, err)
	if w := rev.GetWeights(); w[1].GetObjective() != objective("b") || w[1].GetGoal() != "" || w[1].GetWeightPpm() != 750_000 ||
		w[1].GetDisplayName() != "Bridges" || w[0].GetDisplayName() != "a" {
		t.Errorf("weights %v", w)
	}
	_, err = f.client.GetPriorityRevision(ann, &goalsv1.GetPriorityRevisionRequest{Name: plan + "/priorityRevisions/current"})
	wantReason(t, err, "NO_PRIORITY_REVISION")
}
