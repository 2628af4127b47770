package budgeting_test

import (
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/authn"
)

func level(id string, fundID string, units int64) *budgetingv1.ServiceLevel {
	return &budgetingv1.ServiceLevel{LevelId: id, DisplayName: "Level " + id, Costs: []*budgetingv1.PackageCost{{Fund: fund(fundID), Amount: usd(units)}}}
}

func fields(violations []string, want ...string) bool { return slices.Equal(violations, want) }

func violated(t *testing.T, err error) []string {
	t.Helper()
	var names []string
	for _, v := range wantReason(t, err, "INVALID_FIELDS").Violations {
		names = append(names, v.Field)
	}
	return names
}

func TestDecisionPackages(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	made, err := f.client.CreateDecisionPackage(finance, &budgetingv1.CreateDecisionPackageRequest{
		Parent: request("police"), DecisionPackageId: "night", DecisionPackage: &budgetingv1.DecisionPackage{
			DisplayName: "Night patrol", Levels: []*budgetingv1.ServiceLevel{level("one", "general", 10_000), level("two", "general", 18_000)},
		},
	})
	must(t, err)
	if made.GetName() != request("police")+"/decisionPackages/night" || cents(made.GetLevels()[1].GetCosts()[0].GetAmount()) != 18_000_00 {
		t.Errorf("made %v", made)
	}
	lights, err := f.client.CreateDecisionPackage(finance, &budgetingv1.CreateDecisionPackageRequest{
		Parent: request("parks"), DecisionPackageId: "lights", DecisionPackage: &budgetingv1.DecisionPackage{
			DisplayName: "Lights", Levels: []*budgetingv1.ServiceLevel{level("all", "general", 5_000)},
			Prerequisites: []*budgetingv1.PackageReference{{DecisionPackage: made.GetName(), LevelId: "two"}},
		},
	})
	must(t, err)

	// all packages of a budget
	page, err := f.client.ListDecisionPackages(finance, &budgetingv1.ListDecisionPackagesRequest{Parent: budget + "/fundingRequests/-"})
	must(t, err)
	if n := len(page.GetDecisionPackages()); n != 2 {
		t.Errorf("%d packages in the budget, want 2", n)
	}
	page, err = f.client.ListDecisionPackages(finance, &budgetingv1.ListDecisionPackagesRequest{Parent: request("parks")})
	must(t, err)
	if len(page.GetDecisionPackages()) != 1 || !proto.Equal(page.GetDecisionPackages()[0], lights) {
		t.Errorf("packages of parks: %v", page.GetDecisionPackages())
	}
	_, err = f.client.ListDecisionPackages(finance, &budgetingv1.ListDecisionPackagesRequest{Parent: request("nobody")})
	wantReason(t, err, "RESOURCE_NOT_FOUND")

	// what others refer to stays; requests with packages stay
	_, err = f.client.DeleteDecisionPackage(finance, &budgetingv1.DeleteDecisionPackageRequest{Name: made.GetName()})
	wantReason(t, err, "PACKAGE_IN_USE")
	_, err = f.client.DeleteFundingRequest(finance, &budgetingv1.DeleteFundingRequestRequest{Name: request("parks")})
	wantReason(t, err, "REQUEST_IN_USE")

	// an update of one field, guarded by the etag
	changed, err := f.client.UpdateDecisionPackage(finance, &budgetingv1.UpdateDecisionPackageRequest{
		DecisionPackage: &budgetingv1.DecisionPackage{Name: lights.GetName(), DisplayName: "Park lights", Etag: lights.GetEtag()},
		UpdateMask:      &fieldmaskpb.FieldMask{Paths: []string{"display_name"}},
	})
	must(t, err)
	if changed.GetDisplayName() != "Park lights" || len(changed.GetLevels()) != 1 || changed.GetEtag() == lights.GetEtag() {
		t.Errorf("changed %v", changed)
	}
	_, err = f.client.DeleteDecisionPackage(finance, &budgetingv1.DeleteDecisionPackageRequest{Name: lights.GetName(), Etag: lights.GetEtag()})
	wantReason(t, err, "ETAG_MISMATCH")

	// a department writes its own, and rates nothing
	parks := f.with(t, authn.Identity{Subject: "pat", Organization: "o", Roles: []string{"department"}, Department: "Parks"})
	_, err = f.client.CreateDecisionPackage(parks, &budgetingv1.CreateDecisionPackageRequest{Parent: request("police"), DecisionPackage: &budgetingv1.DecisionPackage{
		DisplayName: "Ours", Levels: []*budgetingv1.ServiceLevel{level("one", "general", 1)},
	}})
	wantReason(t, err, "FOREIGN_DEPARTMENT")
	rated := level("one", "general", 1)
	rated.ReviewedBenefit = 9
	_, err = f.client.CreateDecisionPackage(parks, &budgetingv1.CreateDecisionPackageRequest{Parent: request("parks"), DecisionPackage: &budgetingv1.DecisionPackage{
		DisplayName: "Ours", Levels: []*budgetingv1.ServiceLevel{rated},
	}})
	wantReason(t, err, "RESERVED_FIELDS")
}

func TestDecisionPackageRefusals(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	for name, c := range map[string]struct {
		pack *budgetingv1.DecisionPackage
		want []string
	}{
		"no levels": {&budgetingv1.DecisionPackage{DisplayName: "P"}, []string{"decision_package.levels"}},
		"unknown fund and negative cost": {
			&budgetingv1.DecisionPackage{DisplayName: "P", Levels: []*budgetingv1.ServiceLevel{level("one", "nowhere", -5)}},
			[]string{"decision_package.levels[0].costs[0].amount", "decision_package.levels[0].costs[0].fund"},
		},
		"restricted fund": {
			&budgetingv1.DecisionPackage{DisplayName: "P", Levels: []*budgetingv1.ServiceLevel{level("one", "library", 5)}},
			[]string{"decision_package.levels[0].costs[0].fund"},
		},
		"a level twice": {
			&budgetingv1.DecisionPackage{DisplayName: "P", Levels: []*budgetingv1.ServiceLevel{level("one", "general", 5), level("one", "general", 6)}},
			[]string{"decision_package.levels[1].level_id"},
		},
		"an unknown prerequisite": {
			&budgetingv1.DecisionPackage{
				DisplayName: "P", Levels: []*budgetingv1.ServiceLevel{level("one", "general", 5)},
				Prerequisites: []*budgetingv1.PackageReference{{DecisionPackage: request("parks") + "/decisionPackages/none"}},
			},
			[]string{"decision_package.prerequisites[0].decision_package"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.client.CreateDecisionPackage(finance, &budgetingv1.CreateDecisionPackageRequest{Parent: request("police"), DecisionPackage: c.pack, ValidateOnly: true})
			if got := violated(t, err); !fields(got, c.want...) {
				t.Errorf("violations %v, want %v", got, c.want)
			}
		})
	}
}

// A level that another package refers to stays; the others may go.
func TestLevelsInUseStay(t *testing.T) {
	f := start(t)
	f.city(t)
	base := f.pack(t, "police", "base", &budgetingv1.DecisionPackage{Levels: []*budgetingv1.ServiceLevel{level("low", "general", 5), level("high", "general", 6)}})
	f.pack(t, "parks", "more", &budgetingv1.DecisionPackage{
		Levels: []*budgetingv1.ServiceLevel{level("one", "general", 5)}, Prerequisites: []*budgetingv1.PackageReference{{DecisionPackage: base, LevelId: "high"}},
	})
	keep := func(id string) error {
		_, err := f.client.UpdateDecisionPackage(f.as(t, "fin", "finance"), &budgetingv1.UpdateDecisionPackageRequest{
			DecisionPackage: &budgetingv1.DecisionPackage{Name: base, Levels: []*budgetingv1.ServiceLevel{level(id, "general", 6)}},
			UpdateMask:      &fieldmaskpb.FieldMask{Paths: []string{"levels"}},
		})
		return err
	}
	if got := violated(t, keep("low")); !fields(got, "decision_package.levels") {
		t.Errorf("violations %v", got)
	}
	must(t, keep("high"))
}

func vote(id string, points int64) *budgetingv1.BallotVote {
	return &budgetingv1.BallotVote{Program: program(id), Points: points}
}

func TestElections(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	draft := &budgetingv1.Election{
		DisplayName: "Parks and police", Fund: fund("general"), Amount: usd(100), VoteKind: budgetingv1.VoteKind_VOTE_KIND_APPROVAL,
		Projects: []*budgetingv1.ElectionProject{{Program: program("police"), Cost: usd(60)}, {Program: program("parks"), Cost: usd(50)}},
	}
	e, err := f.client.CreateElection(finance, &budgetingv1.CreateElectionRequest{Parent: budget, ElectionId: "pb", Election: draft})
	must(t, err)
	if e.GetState() != budgetingv1.ElectionState_ELECTION_STATE_OPEN || e.GetCompletion() != budgetingv1.CompletionRule_COMPLETION_RULE_ADD_ONE_UTILITARIAN ||
		e.GetUtility() != budgetingv1.VoterUtility_VOTER_UTILITY_COST || e.GetProjects()[0].GetProgram() != program("parks") {
		t.Errorf("made %v", e)
	}
	record := func(ballots ...*budgetingv1.ElectionBallot) (*budgetingv1.RecordElectionBallotsResponse, error) {
		return f.client.RecordElectionBallots(finance, &budgetingv1.RecordElectionBallotsRequest{Name: e.GetName(), Ballots: ballots})
	}
	n, err := record(
		&budgetingv1.ElectionBallot{Voter: "1", Votes: []*budgetingv1.BallotVote{vote("police", 1), vote("parks", 1)}},
		&budgetingv1.ElectionBallot{Voter: "2", Votes: []*budgetingv1.BallotVote{vote("parks", 1)}},
	)
	must(t, err)
	if n.GetCreated() != 2 {
		t.Errorf("recorded %v", n)
	}
	n, err = record(
		&budgetingv1.ElectionBallot{Voter: "1", Votes: []*budgetingv1.BallotVote{vote("parks", 1)}}, // changes their mind
		&budgetingv1.ElectionBallot{Voter: "2", Votes: []*budgetingv1.BallotVote{vote("parks", 1)}},
		&budgetingv1.ElectionBallot{Voter: "3"},
	)
	must(t, err)
	if n.GetCreated() != 1 || n.GetUpdated() != 1 || n.GetUnchanged() != 1 {
		t.Errorf("recorded %v", n)
	}
	got, err := f.client.GetElection(finance, &budgetingv1.GetElectionRequest{Name: e.GetName()})
	must(t, err)
	if got.GetBallots() != 3 || got.GetProjects()[0].GetVotes() != 2 || got.GetProjects()[1].GetVotes() != 0 {
		t.Errorf("tallies %v", got)
	}
	_, err = record(&budgetingv1.ElectionBallot{Voter: "4", Votes: []*budgetingv1.BallotVote{vote("bonds", 1), vote("parks", 7)}}, &budgetingv1.ElectionBallot{Voter: "4"})
	if got := violated(t, err); !fields(got, "ballots[0].votes[0].program", "ballots[0].votes[1].points", "ballots[1].voter") {
		t.Errorf("violations %v", got)
	}
	_, err = f.client.UpdateElection(finance, &budgetingv1.UpdateElectionRequest{
		Election: &budgetingv1.Election{Name: e.GetName(), Amount: usd(50)}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"amount"}},
	})
	wantReason(t, err, "ELECTION_STARTED")
	closed, err := f.client.CloseElection(finance, &budgetingv1.CloseElectionRequest{Name: e.GetName()})
	must(t, err)
	if closed.GetState() != budgetingv1.ElectionState_ELECTION_STATE_CLOSED {
		t.Errorf("closed %v", closed)
	}
	_, err = record(&budgetingv1.ElectionBallot{Voter: "5"})
	wantReason(t, err, "ELECTION_CLOSED")
	_, err = f.client.DeleteElection(finance, &budgetingv1.DeleteElectionRequest{Name: e.GetName()})
	wantReason(t, err, "ELECTION_CLOSED")

	draft.Amount, draft.Fund = usd(900_001), fund("general")
	draft.Projects[1].Program = program("nobody")
	_, err = f.client.CreateElection(finance, &budgetingv1.CreateElectionRequest{Parent: budget, Election: draft})
	if got := violated(t, err); !fields(got, "election.amount", "election.projects[0].program") {
		t.Errorf("violations %v", got)
	}
}

func TestScenariosAreKept(t *testing.T) {
	f := start(t)
	f.city(t)
	finance := f.as(t, "fin", "finance")
	s, err := f.client.CreateScenario(finance, &budgetingv1.CreateScenarioRequest{Parent: budget, ScenarioId: "lean", Scenario: &budgetingv1.Scenario{
		DisplayName: "Lean", Parameters: &budgetingv1.AllocationParameters{EnvelopeScales: []*budgetingv1.EnvelopeScale{{Fund: fund("general"), SharePpm: 950_000}}},
		GoalWeights:      []*budgetingv1.GoalWeightOverride{{Goal: goal("safety"), WeightPpm: 900_000}},
		RequestOverrides: []*budgetingv1.RequestOverride{{Program: program("parks"), Cap: usd(390_000)}},
	}})
	must(t, err)
	if s.GetMethod() != budgetingv1.AllocationMethod_ALLOCATION_METHOD_PRIORITY_ADJUSTMENT || s.GetParameters().GetSpreadMilli() != 3000 {
		t.Errorf("defaults are not filled in: %v", s)
	}
	got, err := f.client.GetScenario(finance, &budgetingv1.GetScenarioRequest{Name: s.GetName()})
	must(t, err)
	if !proto.Equal(got, s) {
		t.Errorf("stored\n%v\nanswered\n%v", got, s)
	}
	_, err = f.client.CreateScenario(finance, &budgetingv1.CreateScenarioRequest{Parent: budget, Scenario: &budgetingv1.Scenario{
		DisplayName: "Bad", Parameters: &budgetingv1.AllocationParameters{SpreadMilli: 5},
		GoalWeights:      []*budgetingv1.GoalWeightOverride{{Goal: goal("safety"), WeightPpm: 900_000}, {Goal: goal("life"), WeightPpm: 900_000}},
		RequestOverrides: []*budgetingv1.RequestOverride{{Program: program("parks"), Cap: usd(-1)}},
	}})
	if got := violated(t, err); !fields(got, "scenario.parameters.spread_milli", "scenario.goal_weights", "scenario.request_overrides[0].cap") {
		t.Errorf("violations %v", got)
	}
	_, err = f.client.DeleteScenario(finance, &budgetingv1.DeleteScenarioRequest{Name: s.GetName()})
	must(t, err)
	_, err = f.client.GetScenario(finance, &budgetingv1.GetScenarioRequest{Name: s.GetName()})
	wantReason(t, err, "RESOURCE_NOT_FOUND")
}
