// Package storetest holds any app.Store of goals to what its port promises.
package storetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/throughline/throughline/services/goals/internal/app"
	"github.com/throughline/throughline/services/goals/internal/domain"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var at = time.Date(2027, 1, 2, 3, 4, 5, 6000, time.UTC)

// Run runs the kit; open answers a fresh, empty store and its database.
func Run(t *testing.T, open func(t *testing.T) (app.Store, sqldb.DB)) {
	t.Helper()
	harness := func(t *testing.T) resourcetest.Harness[app.Tx] {
		t.Helper()
		store, db := open(t)
		err := store.Write(t.Context(), func(tx app.Tx) (any, error) { return nil, parents(tx) })
		if err != nil {
			t.Fatal(err)
		}
		return resourcetest.Harness[app.Tx]{Store: store, DB: db}
	}
	t.Run("organizations", func(t *testing.T) { organizations(t, harness) })
	t.Run("plans", func(t *testing.T) { plans(t, harness) })
	t.Run("goals", func(t *testing.T) { goals(t, harness) })
	t.Run("prioritizations", func(t *testing.T) { prioritizations(t, harness) })
	t.Run("ballots", func(t *testing.T) { ballots(t, harness) })
	t.Run("priority revisions", func(t *testing.T) { revisions(t, harness) })
	t.Run("role assignments", func(t *testing.T) { roles(t, harness) })
	t.Run("feedback", func(t *testing.T) { feedback(t, harness) })
	t.Run("numbers of feedback", func(t *testing.T) { numbers(t, harness(t)) })
	t.Run("the current revision is the latest", func(t *testing.T) { current(t, harness(t)) })
	t.Run("community ballots", func(t *testing.T) { community(t, harness(t)) })
	t.Run("versions of ballots", func(t *testing.T) { versions(t, harness(t)) })
}

// parents are organizations a and b, each with a plan p and a round r.
func parents(tx app.Tx) error {
	for _, o := range []string{"a", "b"} {
		if err := tx.Organizations().Insert(organization(o)); err != nil {
			return err
		}
		if err := tx.Plans().Insert(plan(o, "p")); err != nil {
			return err
		}
		if err := tx.Prioritizations().Insert(round(o, "r")); err != nil {
			return err
		}
	}
	return nil
}

func first() domain.Meta { return domain.Meta{}.Next(at) }

func organization(id string) domain.Organization {
	return domain.Organization{
		Meta: first(), ID: id, DisplayName: "City", Vision: "v", Mission: "m", Values: []string{"x", "y"}, CurrencyCode: "USD",
		FiscalYearStartMonth: 7, TimeZone: "UTC", PublicReports: true,
	}
}

func plan(org, id string) domain.Plan {
	return domain.Plan{
		Meta: first(), Organization: org, ID: id, DisplayName: "Plan", Kind: "STRATEGIC", Narrative: "n", Predecessor: "p0",
		AlignedPlans: []string{"q"}, StartDate: "2027-01-01", EndDate: "2027-12-31",
		EnvironmentalScan: []domain.ScanEntry{{Kind: "STRENGTH", Text: "t"}}, State: domain.PlanAdopted,
		Adoption: &domain.Adoption{Body: "Council", Date: "2027-01-01", ResolutionNumber: "R-1"},
		Template: domain.TemplateCouncil, Steps: []domain.Step{{Key: "k", DisplayName: "K", Phase: "Ph", Deliverable: "d", Owner: "o", State: domain.StepDone, Evidence: "e"}},
		Groups: []domain.Group{{DisplayName: "Youth", Interest: "i", Population: 7}}, Successor: "s",
	}
}

func round(org, id string) domain.Prioritization {
	return domain.Prioritization{
		Meta: first(), Organization: org, Plan: "p", ID: id, DisplayName: "Round", Method: domain.MethodPoints,
		Members: []domain.Member{{Member: "ann", DisplayName: "Ann"}}, Quorum: 1, PointsPerMember: 100, Goals: []string{"g"},
		State: domain.RoundClosed, BallotsCast: 1, Tallies: []domain.Tally{{Item: "g", Points: 100, WeightPPM: domain.PPM, ElectoratePPM: domain.PPM}},
		Subject: domain.OnGoals, Electorate: "STAFF", Secret: true, MaxScore: 7, CommunitySharePPM: 250_000, CommunityBallots: 3,
		Objectives: []domain.RankedObjective{{Name: "o", DisplayName: "O"}}, Warnings: []string{"w"},
		Recusals:    []domain.Recusal{{Member: "bob", Reason: "r", RecordedBy: "clerk", Time: at}},
		PriorityRev: "rev", OpenTime: at, CloseTime: at.Add(time.Hour),
	}
}

func organizations(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Organization]{
		In: func(tx app.Tx) resource.Collection[domain.Organization] { return tx.Organizations() },
		// Organizations are their own tenants: the id carries both.
		New:  func(org, id string) domain.Organization { return organization(org + "-" + id) },
		Key:  func(o domain.Organization) []string { return []string{o.ID} },
		Next: func(o domain.Organization) domain.Organization { o.Meta, o.Vision = o.Meta.Next(at), "w"; return o },
		List: app.OrganizationList, Same: same[domain.Organization],
	})
}

func plans(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Plan]{
		In:   func(tx app.Tx) resource.Collection[domain.Plan] { return tx.Plans() },
		New:  plan,
		Key:  func(p domain.Plan) []string { return []string{p.Organization, p.ID} },
		Next: func(p domain.Plan) domain.Plan { p.Meta, p.Adoption = p.Meta.Next(at), nil; return p },
		List: app.PlanList, Same: same[domain.Plan],
	})
}

func goals(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Goal]{
		In: func(tx app.Tx) resource.Collection[domain.Goal] { return tx.Goals() },
		New: func(org, id string) domain.Goal {
			return domain.Goal{
				Meta: first(), Organization: org, Plan: "p", ID: id, DisplayName: "Goal", ParentGoal: "top", Description: "d",
				Scale: "CITY", Lens: "ECONOMIC", MeasuresOfSuccess: []string{"m"}, Preserve: []string{"k"}, OwnerRole: "mayor",
				EquityStatement: "e", Predecessor: "old",
			}
		},
		Key:  func(g domain.Goal) []string { return []string{g.Organization, g.Plan, g.ID} },
		Next: func(g domain.Goal) domain.Goal { g.Meta, g.DisplayName = g.Meta.Next(at), "Other"; return g },
		List: app.GoalList, Same: same[domain.Goal],
	})
}

func prioritizations(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Prioritization]{
		In:  func(tx app.Tx) resource.Collection[domain.Prioritization] { return tx.Prioritizations() },
		New: round,
		Key: func(p domain.Prioritization) []string { return []string{p.Organization, p.Plan, p.ID} },
		Next: func(p domain.Prioritization) domain.Prioritization {
			p.Meta, p.State = p.Meta.Next(at), domain.RoundOpen
			return p
		},
		List: app.PrioritizationList, Same: same[domain.Prioritization],
	})
}

func ballots(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Ballot]{
		In: func(tx app.Tx) resource.Collection[domain.Ballot] { return tx.Ballots() },
		New: func(org, id string) domain.Ballot {
			return domain.Ballot{
				Meta: first(), Organization: org, Plan: "p", Prioritization: "r", ID: id, Member: "ann",
				RecordedBy: "clerk", ConsistencyPPM: 12_000,
				Vote: domain.Vote{
					Points: []domain.ItemPoints{{Item: "g", Points: 100}}, Ranking: []string{"g", "h"},
					Comparisons: []domain.Comparison{{Preferred: "g", Other: "h", Intensity: 3}},
				},
			}
		},
		Key:  func(b domain.Ballot) []string { return []string{b.Organization, b.Plan, b.Prioritization, b.ID} },
		Next: func(b domain.Ballot) domain.Ballot { b.Meta, b.RecordedBy = b.Meta.Next(at), "ann"; return b },
		List: app.BallotList, Same: same[domain.Ballot],
	})
}

func revision(org, id string, sequence int64) domain.PriorityRevision {
	return domain.PriorityRevision{
		Organization: org, Plan: "p", ID: id, Prioritization: "r", ContentHash: "h", EffectiveTime: at, Sequence: sequence, Subject: domain.OnGoals,
		Weights: []domain.Weight{{Item: "g", DisplayName: "Goal", WeightPPM: domain.PPM, Points: 100}},
	}
}

func revisions(t *testing.T, open func(*testing.T) resourcetest.Harness[app.Tx]) {
	sequence := int64(0)
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.PriorityRevision]{
		In: func(tx app.Tx) resource.Collection[domain.PriorityRevision] { return tx.PriorityRevisions() },
		New: func(org, id string) domain.PriorityRevision {
			sequence++ // unique in the plan
			return revision(org, id, sequence)
		},
		Key:  func(r domain.PriorityRevision) []string { return []string{r.Organization, r.Plan, r.ID} },
		List: app.PriorityRevisionList, Same: same[domain.PriorityRevision],
	})
}

func current(t *testing.T, h resourcetest.Harness[app.Tx]) {
	err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) {
		if _, found, err := tx.CurrentRevision("a", "p"); found || err != nil {
			t.Errorf("before the first: %v %v", found, err)
		}
		for i, id := range []string{"z", "y"} {
			if err := tx.PriorityRevisions().Insert(revision("a", id, int64(i+1))); err != nil {
				return nil, err
			}
		}
		rev, found, err := tx.CurrentRevision("a", "p")
		if rev.ID != "y" || !found {
			t.Errorf("current is %q, want y", rev.ID)
		}
		if _, found, _ := tx.CurrentRevision("b", "p"); found {
			t.Error("b sees a's revision")
		}
		onObjectives := revision("a", "x", 3)
		onObjectives.Subject = domain.OnObjectives
		if err := tx.PriorityRevisions().Insert(onObjectives); err != nil {
			return nil, err
		}
		if rev, _, _ = tx.CurrentRevision("a", "p"); rev.ID != "y" {
			t.Errorf("after a revision on objectives %q is current, want y", rev.ID)
		}
		if last, err := tx.LastRevision("a", "p"); last.Sequence != 3 || !last.EffectiveTime.Equal(onObjectives.EffectiveTime) || err != nil {
			t.Errorf("the last revision is %+v, %v; want the third", last, err)
		}
		if last, err := tx.LastRevision("b", "p"); last != (domain.LastRevision{}) || err != nil {
			t.Errorf("the last revision of b is %+v, %v; want none", last, err)
		}
		return nil, err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func same[T any](a, b T) bool { return reflect.DeepEqual(a, b) }
