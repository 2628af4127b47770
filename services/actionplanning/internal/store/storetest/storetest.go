// Package storetest holds any store of actionplanning to what app.Store promises.
package storetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/domain"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
)

// Harness is a fresh, empty store whose first Write is at 11:00 of 1 January 2027 and each later one an hour after.
type Harness = resourcetest.Harness[app.Tx]

// noon is to the microsecond, as stores keep times.
var noon = time.Date(2027, 1, 1, 12, 0, 0, 0, time.UTC)

// Run runs the kit on fresh stores.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	seeded := func(t *testing.T) Harness {
		t.Helper()
		h := open(t)
		seed(t, h)
		return h
	}
	t.Run("strategies", func(t *testing.T) {
		resourcetest.Run(t, seeded, resourcetest.Case[app.Tx, domain.Strategy]{
			In: app.Tx.Strategies, New: strategy, List: app.StrategyList, Same: same[domain.Strategy],
			Key: func(s domain.Strategy) []string { return []string{s.Organization, s.ID} },
			Next: func(s domain.Strategy) domain.Strategy {
				s.DisplayName, s.Meta = "Another way", s.Next(noon.Add(time.Hour))
				return s
			},
		})
	})
	t.Run("objectives", func(t *testing.T) {
		resourcetest.Run(t, seeded, resourcetest.Case[app.Tx, domain.Objective]{
			In: app.Tx.Objectives, New: objective, List: app.ObjectiveList, Same: same[domain.Objective],
			Key: func(o domain.Objective) []string { return []string{o.Organization, o.Strategy, o.ID} },
			Next: func(o domain.Objective) domain.Objective {
				o.Baseline, o.Required, o.Review, o.Override, o.Meta = nil, nil, nil, nil, o.Next(noon.Add(time.Hour))
				o.State, o.CancelReason = domain.ObjectiveCancelled, "Nobody calls."
				return o
			},
		})
	})
	t.Run("assignments", func(t *testing.T) {
		resourcetest.Run(t, seeded, resourcetest.Case[app.Tx, domain.Assignment]{
			In: app.Tx.Assignments, New: assignment, List: app.AssignmentList, Same: same[domain.Assignment],
			Key: func(a domain.Assignment) []string { return []string{a.Organization, a.ID} },
			Next: func(a domain.Assignment) domain.Assignment {
				a.EndDate, a.Meta = "", a.Next(noon.Add(time.Hour))
				return a
			},
		})
	})
	t.Run("staff", func(t *testing.T) {
		resourcetest.Run(t, seeded, resourcetest.Case[app.Tx, domain.Employee]{
			In: app.Tx.Staff, New: Employee, List: app.StaffList, Same: same[domain.Employee],
			Key:  func(e domain.Employee) []string { return []string{e.Organization, e.ID} },
			Next: ended,
		})
	})
	t.Run("succession proposals", func(t *testing.T) {
		resourcetest.Run(t, seeded, resourcetest.Case[app.Tx, domain.Succession]{
			In: app.Tx.Successions, New: succession, List: app.SuccessionList, Same: same[domain.Succession],
			Key: func(s domain.Succession) []string { return []string{s.Organization, s.ID} },
			Next: func(s domain.Succession) domain.Succession {
				s.State, s.Successor, s.DecidedBy, s.Reason = domain.SuccessionAccepted, "e-2", "mia", "best"
				s.Candidates, s.Meta = []domain.Candidate{{Employee: "e-2", DisplayName: "Bo", SameTitle: true, FreePPM: 7}}, s.Next(noon.Add(time.Hour))
				return s
			},
		})
	})
	milestones(t, seeded)
	for name, check := range map[string]func(*testing.T, Harness){
		"the assignments of an objective": assignmentsOf,
		"many employees at once":          manyEmployees,
		"no event, no change":             bulkRollback,
		"syncs":                           syncs,
		"staff due":                       dueStaff,
		"work of many":                    workOfMany,
		"open proposals":                  openSuccessions,
		"assignment policy":               assignmentPolicy,
		"changes of assignments":          assignmentChanges,
	} {
		t.Run(name, func(t *testing.T) { check(t, seeded(t)) })
	}
}

// seed makes, in the organizations a and b, the parents of what the cases make.
func seed(t *testing.T, h Harness) {
	t.Helper()
	write(t, h, func(tx app.Tx) error {
		for _, organization := range []string{"a", "b"} {
			if err := tx.Strategies().Insert(strategy(organization, "parent")); err != nil {
				return err
			}
			if err := tx.Objectives().Insert(objective(organization, "parent")); err != nil {
				return err
			}
			if err := tx.Staff().Insert(Employee(organization, "parent")); err != nil {
				return err
			}
		}
		return nil
	})
}

func strategy(organization, id string) domain.Strategy {
	return domain.Strategy{
		Meta: domain.Meta{}.Next(noon), Organization: organization, ID: id, DisplayName: "Faster dispatch",
		Goal: "organizations/" + organization + "/plans/p/goals/g", Description: "More of them", ExecutiveSponsor: "The chief",
		State: domain.StrategyActive, Share: domain.Share{Weight: 3, Contribution: domain.Supports},
	}
}

func objective(organization, id string) domain.Objective {
	baseline, target := 0.0, 7.5
	return domain.Objective{
		Meta: domain.Meta{}.Next(noon), Organization: organization, Strategy: "parent", ID: id, DisplayName: "Answer calls", Statement: "All of them",
		Measure: "organizations/" + organization + "/measures/m", Baseline: &baseline, Target: &target, DueDate: "2028-06-30",
		Required: &domain.Required{
			FTEMilli: 2500, Cost: &domain.Money{CurrencyCode: "USD", Units: 7, Nanos: 10_000_000}, Program: "organizations/" + organization + "/programs/p",
		},
		Location: "City-wide", Owner: "The dispatcher", StartDate: "2027-02-01", FundingRequest: "organizations/" + organization + "/budgets/b/fundingRequests/p",
		ProgressRule: domain.ByMeasure, Share: domain.Share{Weight: 2, Contribution: domain.Contributes}, State: domain.ObjectiveUnfunded,
		Review: &domain.Review{
			Objective: domain.ObjectiveName(organization, "parent", id), Verdict: domain.Fail, Rules: domain.SmartRules, Time: noon, Findings: []domain.Finding{
				{Letter: domain.Specific, Verdict: domain.Fail, Reasons: []string{"Nobody does it."}, Remedies: []domain.Remedy{{Field: "objective.owner", Detail: "say who"}}},
			},
		},
		Override: &domain.Override{By: "mia", Reason: "It cannot wait.", Time: noon},
	}
}

func assignment(organization, id string) domain.Assignment {
	return domain.Assignment{
		Meta: domain.Meta{}.Next(noon), Organization: organization, ID: id, Strategy: "parent", Objective: "parent",
		Employee: Employee(organization, "parent").ID, Role: domain.RoleLead, EffortPPM: 500_000, StartDate: "2027-01-01", EndDate: "2027-12-31",
		Milestone: "m", Interim: true,
	}
}

// Employee is the first version of somebody with this HR key.
func Employee(organization, externalID string) domain.Employee {
	return domain.Employee{
		Meta: domain.Meta{}.Next(noon), Organization: organization, ID: domain.EmployeeID(externalID), ExternalID: externalID,
		DisplayName: "Ann", Title: "Dispatcher", Department: "Police", Manager: "e-boss", Position: "P-1", FTEPPM: 800_000,
		Status: domain.EmployeeActive, WorkerType: "regular", Subject: "ann@city",
		Jobs:   []domain.Job{{Key: "1", Title: "Dispatcher", FTEPPM: 800_000, StartDate: "2026-01-01", EndDate: "2027-06-30", ManagerExternalID: "boss"}},
		Leaves: []domain.Leave{{StartDate: "2027-02-01"}}, EndDate: "2027-06-30", Change: "2027-02-01",
	}
}

func ended(e domain.Employee) domain.Employee {
	e.Status, e.Meta = domain.EmployeeTerminated, e.Next(noon.Add(time.Hour))
	return e
}

func same[T any](a, b T) bool { return reflect.DeepEqual(a, b) }

func write(t *testing.T, h Harness, fn func(app.Tx) error) {
	t.Helper()
	if err := h.Store.Write(t.Context(), func(tx app.Tx) (any, error) { return nil, fn(tx) }); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, h Harness, fn func(app.Tx) error) {
	t.Helper()
	if err := h.Store.Read(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}
