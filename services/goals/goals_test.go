package goals_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/type/date"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

// fixture is the service on an in-process channel, with a caller's token in each context it makes.
type fixture struct {
	client goalsv1.GoalsServiceClient
	keys   *authn.LocalKeys
	events chan outbox.Event
	db     sqldb.DB
}

// epoch has nanoseconds, as real clocks do: what is told and what is stored must agree all the same.
var epoch = time.Date(2027, 1, 1, 0, 0, 0, 123_456_789, time.UTC)

func start(t *testing.T) *fixture {
	t.Helper()
	now := func() time.Time { return epoch }
	keys, err := authn.OpenLocalKeys(filepath.Join(t.TempDir(), "key"), now)
	must(t, err)
	db := sqldbtest.Open(t, goals.Migrations())
	events := bus.NewInProcess(bus.Config{})
	f := &fixture{keys: keys, db: db, events: make(chan outbox.Event, 5000)}
	must(t, events.Subscribe(bus.Subscription{Consumer: "test", Source: goals.Source, Handle: func(_ context.Context, e outbox.Event) error {
		f.events <- e
		return nil
	}}))
	var id, ticks atomic.Int64
	s, err := goals.New(goals.Deps{Deps: service.Deps{
		DB: db, Bus: events, Verifier: keys, Logger: slog.New(slog.DiscardHandler),
		Now:   func() time.Time { return epoch.Add(time.Duration(ticks.Add(1)) * time.Millisecond) }, // so that moments can be told apart
		NewID: func() string { return fmt.Sprintf("id-%d", id.Add(1)) },
	}})
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	stopped := make(chan error, 1)
	go func() { stopped <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		must(t, <-stopped)
		must(t, s.Close())
	})
	channel := rpc.NewInProcess(rpc.InProcessConfig{})
	s.Register(channel)
	f.client = goalsv1.NewGoalsServiceClient(channel)
	return f
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// as is a context that carries a token of the organization "o" (operators: of none).
func (f *fixture) as(t *testing.T, subject string, roles ...string) context.Context {
	t.Helper()
	organization := "o"
	if roles[0] == "operator" {
		organization = authn.NoOrganization
	}
	token, err := f.keys.Mint(authn.Identity{Subject: subject, Organization: organization, Roles: roles}, time.Hour)
	must(t, err)
	return metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+token)
}

// city creates the organization, a plan and its goals, and returns the plan's name.
func (f *fixture) city(t *testing.T, goalIDs ...string) string {
	t.Helper()
	_, err := f.client.CreateOrganization(f.as(t, "root", "operator"), &goalsv1.CreateOrganizationRequest{
		OrganizationId: "o", Organization: &goalsv1.Organization{DisplayName: "Riverbend", CurrencyCode: "USD"},
	})
	must(t, err)
	manager := f.as(t, "mia", "manager")
	plan, err := f.client.CreatePlan(manager, &goalsv1.CreatePlanRequest{
		Parent: "organizations/o", PlanId: "p", Plan: &goalsv1.Plan{
			DisplayName: "Strategic plan", Kind: goalsv1.PlanKind_PLAN_KIND_STRATEGIC,
			StartDate: &date.Date{Year: 2027, Month: 1, Day: 1}, EndDate: &date.Date{Year: 2030, Month: 12, Day: 31},
		},
	})
	must(t, err)
	for _, id := range goalIDs {
		_, err := f.client.CreateGoal(manager, &goalsv1.CreateGoalRequest{
			Parent: plan.GetName(), GoalId: id, Goal: &goalsv1.Goal{DisplayName: "Goal " + id},
		})
		must(t, err)
	}
	return plan.GetName()
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if got := fault.Reason(rpc.FromStatus(err)); got != reason {
		t.Fatalf("reason %q (%v), want %q", got, err, reason)
	}
}

func TestRoundFromOpenToCertified(t *testing.T) {
	f := start(t)
	plan := f.city(t, "safety", "growth", "parks")
	manager := f.as(t, "mia", "manager")
	goal := func(id string) string { return plan + "/goals/" + id }
	round, err := f.client.CreatePrioritization(manager, &goalsv1.CreatePrioritizationRequest{
		Parent: plan, PrioritizationId: "spring", Prioritization: &goalsv1.Prioritization{
			DisplayName: "Spring session", Method: goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_POINTS,
			Electorate: &goalsv1.Electorate{Members: []*goalsv1.Member{{Member: "ann"}, {Member: "bob"}, {Member: "cy"}}},
		},
	})
	must(t, err)
	if round.GetElectorate().GetQuorum() != 2 || round.GetPointsPerMember() != 100 {
		t.Fatalf("defaults not filled in: %v", round)
	}
	council := f.as(t, "ann", "council")
	cast := func(ctx context.Context, member string, points ...int32) error {
		b := &goalsv1.Ballot{Member: member}
		for i, id := range []string{"growth", "parks", "safety"} {
			b.Points = append(b.Points, &goalsv1.GoalPoints{Goal: goal(id), Points: points[i]})
		}
		_, err := f.client.CastBallot(ctx, &goalsv1.CastBallotRequest{Name: round.GetName(), Ballot: b})
		return err
	}
	wantReason(t, cast(council, "", 10, 20, 70), "ROUND_NOT_OPEN")
	_, err = f.client.OpenPrioritization(council, &goalsv1.OpenPrioritizationRequest{Name: round.GetName()})
	must(t, err)
	must(t, cast(council, "", 90, 5, 5))
	must(t, cast(council, "ann", 10, 20, 70)) // replaces the first
	wantReason(t, cast(council, "bob", 10, 20, 70), "NOT_YOUR_BALLOT")
	wantReason(t, cast(council, "", 10, 20, 60), "INVALID_FIELDS")
	_, err = f.client.ClosePrioritization(council, &goalsv1.ClosePrioritizationRequest{Name: round.GetName()})
	wantReason(t, err, "QUORUM_MISSING")
	must(t, cast(f.as(t, "bob", "council"), "", 0, 33, 67))
	closed, err := f.client.ClosePrioritization(council, &goalsv1.ClosePrioritizationRequest{Name: round.GetName()})
	must(t, err)
	// 10, 53 and 137 points of 200.
	for i, want := range []int32{50_000, 265_000, 685_000} {
		if got := closed.GetTallies()[i].GetWeightPpm(); got != want {
			t.Errorf("%s weighs %d, want %d", closed.GetTallies()[i].GetGoal(), got, want)
		}
	}
	_, err = f.client.GetPriorityRevision(council, &goalsv1.GetPriorityRevisionRequest{Name: plan + "/priorityRevisions/current"})
	wantReason(t, err, "NO_PRIORITY_REVISION")
	certified, err := f.client.CertifyPrioritization(council, &goalsv1.CertifyPrioritizationRequest{Name: round.GetName()})
	must(t, err)
	rev, err := f.client.GetPriorityRevision(council, &goalsv1.GetPriorityRevisionRequest{Name: plan + "/priorityRevisions/current"})
	must(t, err)
	if rev.GetName() != certified.GetPriorityRevision() || rev.GetWeights()[2].GetWeightPpm() != 685_000 ||
		rev.GetWeights()[2].GetDisplayName() != "Goal safety" || len(rev.GetContentHash()) != 64 {
		t.Errorf("revision %v", rev)
	}
	for e := range f.events {
		if e.Type != goals.Source+".priority_revision.created" {
			continue
		}
		var told goalsv1.PriorityRevision
		must(t, proto.Unmarshal(e.Data, &told))
		if !proto.Equal(&told, rev) || e.Actor != "ann" || e.Organization != "o" {
			t.Errorf("event %+v tells of %v", e, &told)
		}
		break
	}
}

// Filters take what answers show: the parent's name.
func TestGoalsByParent(t *testing.T) {
	f := start(t)
	plan := f.city(t, "safety", "growth")
	manager := f.as(t, "mia", "manager")
	child, err := f.client.CreateGoal(manager, &goalsv1.CreateGoalRequest{
		Parent: plan, GoalId: "streets", Goal: &goalsv1.Goal{DisplayName: "Safe streets", ParentGoal: plan + "/goals/safety"},
	})
	must(t, err)
	for filter, want := range map[string][]string{
		`parent_goal = "` + child.GetParentGoal() + `"`: {child.GetName()},
		`parent_goal = "` + plan + `/goals/growth"`:     nil,
		`parent_goal = ""`: {plan + "/goals/growth", plan + "/goals/safety"},
	} {
		list, err := f.client.ListGoals(manager, &goalsv1.ListGoalsRequest{Parent: plan, Filter: filter})
		must(t, err)
		var got []string
		for _, g := range list.GetGoals() {
			got = append(got, g.GetName())
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", filter, got, want)
		}
	}
}

// A round's goals are frozen when it opens: none of them can disappear from under it.
func TestRankedGoalStays(t *testing.T) {
	f := start(t)
	plan := f.city(t, "safety", "growth", "parks")
	manager, council := f.as(t, "mia", "manager"), f.as(t, "ann", "council")
	round, err := f.client.CreatePrioritization(manager, &goalsv1.CreatePrioritizationRequest{
		Parent: plan, PrioritizationId: "spring", Prioritization: &goalsv1.Prioritization{
			DisplayName: "Spring session", Method: goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_POINTS,
			Electorate: &goalsv1.Electorate{Members: []*goalsv1.Member{{Member: "ann"}}},
			Goals:      []string{plan + "/goals/safety", plan + "/goals/growth"},
		},
	})
	must(t, err)
	_, err = f.client.OpenPrioritization(council, &goalsv1.OpenPrioritizationRequest{Name: round.GetName()})
	must(t, err)
	_, err = f.client.DeleteGoal(manager, &goalsv1.DeleteGoalRequest{Name: plan + "/goals/growth"})
	wantReason(t, err, "GOAL_RANKED")
	_, err = f.client.DeleteGoal(manager, &goalsv1.DeleteGoalRequest{Name: plan + "/goals/parks"})
	must(t, err)
}

// Whether anyone may read published reports is the organization's to say, and to take back.
func TestPublicReports(t *testing.T) {
	f := start(t)
	f.city(t)
	manager := f.as(t, "mia", "manager")
	for _, public := range []bool{true, false} {
		changed, err := f.client.UpdateOrganization(manager, &goalsv1.UpdateOrganizationRequest{
			Organization: &goalsv1.Organization{Name: "organizations/o", PublicReports: public},
			UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"public_reports"}},
		})
		must(t, err)
		stored, err := f.client.GetOrganization(manager, &goalsv1.GetOrganizationRequest{Name: "organizations/o"})
		must(t, err)
		if !proto.Equal(changed, stored) || stored.GetPublicReports() != public || stored.GetDisplayName() != "Riverbend" {
			t.Errorf("stored %v", stored)
		}
	}
	_, err := f.client.UpdateOrganization(f.as(t, "dan", "department"), &goalsv1.UpdateOrganizationRequest{
		Organization: &goalsv1.Organization{Name: "organizations/o", PublicReports: true},
	})
	wantReason(t, err, "ROLE_LACKS_PERMISSION")
}
