// Package sample loads a sample city into a running suite.
package sample

import (
	"context"
	"fmt"
	"path/filepath"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/throughline/internal/budgetfile"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/importer"
)

// As returns ctx with a token for a caller of the sample's organization; an operator's is bound to none.
type As func(ctx context.Context, subject string, roles ...string) (context.Context, error)

// Options of a load.
type Options struct {
	Dir      string // folder of the sample city
	Progress func(what string, done, total int)
}

// Loaded says what to look at.
type Loaded struct {
	City       City
	Allocation *budgetingv1.Allocation
	Already    bool // it had been loaded before; nothing was written
}

// Organization is the id of a sample's organization.
func Organization(dir string) (string, error) {
	city, err := readCity(dir)
	if err != nil {
		return "", err
	}
	return last(city.Organization.GetName()), nil
}

// Load loads the city step by step, each idempotent, so that a load that was cut off can be run again. Once its
// allocation exists, a further load writes nothing.
func Load(ctx context.Context, suite *client.Suite, as As, o Options) (Loaded, error) {
	city, err := readCity(o.Dir)
	if err != nil {
		return Loaded{}, err
	}
	if o.Progress == nil {
		o.Progress = func(string, int, int) {}
	}
	l := &loader{suite: suite, as: as, city: city, options: o}
	if a, err := l.existing(ctx); err != nil || a != nil {
		return Loaded{City: city, Allocation: a, Already: true}, err
	}
	steps := []struct {
		what string
		run  func(context.Context) error
	}{
		{"organization", l.organization},
		{"plan and goals", l.plan},
		{"council session", l.round},
		{"adoption", l.adopt},
		{"staff", l.staff},
		{"budget", l.budget},
		{"requests", l.requests},
		{"measures", l.measures},
		{"strategies and objectives", l.action}, // which name measures and programs
		{"results policies", l.policies},
		{"results", l.results},
		{"envelopes", l.envelopes},
		{"decision packages", l.packages},
		{"scenarios", l.scenarios},
		{"election", l.election},
		{"allocation", l.allocation},
	}
	for i, step := range steps {
		if err := step.run(ctx); err != nil {
			return Loaded{}, fmt.Errorf("load sample city, %s: %w", step.what, err)
		}
		o.Progress("sample city", i+1, len(steps))
	}
	return Loaded{City: city, Allocation: l.made}, nil
}

type loader struct {
	suite   *client.Suite
	as      As
	city    City
	options Options
	made    *budgetingv1.Allocation
}

func (l *loader) path(name string) string { return filepath.Join(l.options.Dir, name) }

// existing is the sample's allocation, if it was made before.
func (l *loader) existing(ctx context.Context) (*budgetingv1.Allocation, error) {
	ctx, err := l.as(ctx, "sample", "finance")
	if err != nil {
		return nil, err
	}
	// A list of nothing is no failure, where reading what is not there would be logged as one.
	budgets, err := client.Call(ctx, "look for the sample city", l.suite.Budgeting.ListBudgets, &budgetingv1.ListBudgetsRequest{
		Parent: l.city.Organization.GetName(),
	})
	if err != nil || len(budgets.GetBudgets()) == 0 {
		return nil, err
	}
	found, err := client.Call(ctx, "look for its allocation", l.suite.Budgeting.ListAllocations, &budgetingv1.ListAllocationsRequest{
		Parent: parent(l.city.Allocation.GetName()), OrderBy: "create_time",
	})
	for _, a := range found.GetAllocations() {
		if a.GetName() == l.city.Allocation.GetName() {
			return a, nil
		}
	}
	return nil, err
}

func (l *loader) organization(ctx context.Context) error {
	ctx, err := l.as(ctx, "sample", "operator")
	if err != nil {
		return err
	}
	_, err = client.Call(ctx, "create the organization", l.suite.Goals.CreateOrganization, &goalsv1.CreateOrganizationRequest{
		OrganizationId: last(l.city.Organization.GetName()), Organization: l.city.Organization,
	})
	return unlessExists(err)
}

func (l *loader) plan(ctx context.Context) error {
	ctx, err := l.as(ctx, "city-manager", "manager")
	if err != nil {
		return err
	}
	plan := l.city.Plan
	_, err = client.Call(ctx, "create the plan", l.suite.Goals.CreatePlan, &goalsv1.CreatePlanRequest{
		Parent: parent(plan.GetName()), PlanId: last(plan.GetName()), Plan: plan,
	})
	if err := unlessExists(err); err != nil {
		return err
	}
	stored, err := client.Call(ctx, "read the plan", l.suite.Goals.GetPlan, &goalsv1.GetPlanRequest{Name: plan.GetName()})
	if err != nil || stored.GetState() != goalsv1.PlanState_PLAN_STATE_DRAFT {
		return err
	}
	for _, g := range l.city.Goals {
		_, err := client.Call(ctx, "create goal "+g.GetName(), l.suite.Goals.CreateGoal, &goalsv1.CreateGoalRequest{
			Parent: parent(g.GetName()), GoalId: last(g.GetName()), Goal: g,
		})
		if err := unlessExists(err); err != nil {
			return err
		}
	}
	return nil
}

// round runs the council's session: open, a ballot of each member, close, certify.
func (l *loader) round(ctx context.Context) error {
	manager, err := l.as(ctx, "city-manager", "manager")
	if err != nil {
		return err
	}
	chair, err := l.as(ctx, l.city.Prioritization.GetElectorate().GetMembers()[0].GetMember(), "council")
	if err != nil {
		return err
	}
	name := l.city.Prioritization.GetName()
	_, err = client.Call(manager, "create the round", l.suite.Goals.CreatePrioritization, &goalsv1.CreatePrioritizationRequest{
		Parent: parent(name), PrioritizationId: last(name), Prioritization: l.city.Prioritization,
	})
	if err := unlessExists(err); err != nil {
		return err
	}
	round, err := client.Call(chair, "read the round", l.suite.Goals.GetPrioritization, &goalsv1.GetPrioritizationRequest{Name: name})
	if err != nil {
		return err
	}
	if round.GetState() == goalsv1.PrioritizationState_PRIORITIZATION_STATE_DRAFT {
		if round, err = client.Call(chair, "open the round", l.suite.Goals.OpenPrioritization, &goalsv1.OpenPrioritizationRequest{Name: name}); err != nil {
			return err
		}
	}
	if round.GetState() == goalsv1.PrioritizationState_PRIORITIZATION_STATE_OPEN {
		if err := l.ballots(ctx); err != nil {
			return err
		}
		if round, err = client.Call(chair, "close the round", l.suite.Goals.ClosePrioritization, &goalsv1.ClosePrioritizationRequest{Name: name}); err != nil {
			return err
		}
	}
	if round.GetState() == goalsv1.PrioritizationState_PRIORITIZATION_STATE_CLOSED {
		_, err = client.Call(chair, "certify the round", l.suite.Goals.CertifyPrioritization, &goalsv1.CertifyPrioritizationRequest{Name: name})
	}
	return err
}

func (l *loader) ballots(ctx context.Context) error {
	for _, b := range l.city.Ballots {
		member, err := l.as(ctx, b.GetMember(), "council")
		if err != nil {
			return err
		}
		_, err = client.Call(member, "cast the ballot of "+b.GetMember(), l.suite.Goals.CastBallot, &goalsv1.CastBallotRequest{
			Name: l.city.Prioritization.GetName(), Ballot: b,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) adopt(ctx context.Context) error {
	manager, err := l.as(ctx, "city-manager", "manager")
	if err != nil {
		return err
	}
	council, err := l.as(ctx, "mayor", "council")
	if err != nil {
		return err
	}
	plan, err := client.Call(manager, "read the plan", l.suite.Goals.GetPlan, &goalsv1.GetPlanRequest{Name: l.city.Plan.GetName()})
	if err == nil && plan.GetState() == goalsv1.PlanState_PLAN_STATE_DRAFT {
		plan, err = client.Call(manager, "submit the plan", l.suite.Goals.SubmitPlan, &goalsv1.SubmitPlanRequest{Name: plan.GetName()})
	}
	if err == nil && plan.GetState() == goalsv1.PlanState_PLAN_STATE_SUBMITTED {
		_, err = client.Call(council, "adopt the plan", l.suite.Goals.AdoptPlan, &goalsv1.AdoptPlanRequest{
			Name: plan.GetName(), Adoption: l.city.Adoption,
		})
	}
	return err
}

func (l *loader) budget(ctx context.Context) error {
	ctx, err := l.as(ctx, "finance-director", "finance")
	if err != nil {
		return err
	}
	parsed, err := budgetfile.ReadDir(ctx, l.path("budget/mapping.yaml"), l.path("budget"), budgetfile.WithProgress(func(p budgetfile.Progress) {
		l.options.Progress(p.File, int(p.Read), int(p.Total))
	}))
	if err != nil {
		return err
	}
	if n := len(parsed.RowErrors) + len(parsed.Mismatches); n > 0 {
		return fmt.Errorf("the budget files have %d errors; run import --dry-run on them", n)
	}
	_, err = importer.Run(ctx, l.suite, parsed, importer.Target{
		Budget: parent(l.city.Allocation.GetName()), Plan: l.city.Plan.GetName(), Progress: l.options.Progress,
	})
	return err
}
