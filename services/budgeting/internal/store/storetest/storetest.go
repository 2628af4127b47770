// Package storetest holds any app.Store of budgeting to what its port promises.
package storetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/resource/resourcetest"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var at = time.Date(2027, 1, 2, 3, 4, 5, 6000, time.UTC)

type harness = resourcetest.Harness[app.Tx]

// Run runs the kit; open answers a fresh, empty store and its database.
func Run(t *testing.T, open func(t *testing.T) (app.Store, sqldb.DB)) {
	t.Helper()
	with := func(parents func(app.Tx, string) error) func(*testing.T) harness {
		return func(t *testing.T) harness {
			t.Helper()
			store, db := open(t)
			err := store.Write(t.Context(), func(tx app.Tx) (any, error) {
				for _, o := range []string{"a", "b"} {
					if err := parents(tx, o); err != nil {
						return nil, err
					}
				}
				return nil, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return harness{Store: store, DB: db}
		}
	}
	orphans := with(func(app.Tx, string) error { return nil })
	asking := with(func(tx app.Tx, org string) error {
		if err := family(tx, org); err != nil {
			return err
		}
		return tx.Requests().Insert(request(org, "one"))
	})
	family := with(family)
	t.Run("funds", func(t *testing.T) { funds(t, orphans) })
	t.Run("budgets", func(t *testing.T) { budgets(t, orphans) })
	t.Run("programs", func(t *testing.T) { programs(t, orphans) })
	t.Run("funding requests", func(t *testing.T) { requests(t, family) })
	t.Run("decision packages", func(t *testing.T) { packages(t, asking) })
	t.Run("scenarios", func(t *testing.T) { scenarios(t, family) })
	t.Run("elections", func(t *testing.T) { elections(t, family) })
	t.Run("ballots", func(t *testing.T) { ballots(t, family(t)) })
	t.Run("allocations", func(t *testing.T) { allocations(t, family) })
	t.Run("many at once", func(t *testing.T) { many(t, family(t)) })
	t.Run("asks join requests and programs", func(t *testing.T) { asks(t, family(t)) })
	t.Run("asks are never old", func(t *testing.T) { freshAsks(t, family(t)) })
	t.Run("line items are told a batch at a time", func(t *testing.T) { lineItems(t, family(t)) })
	t.Run("proofs and lines", func(t *testing.T) { proofs(t, family(t)) })
	t.Run("runs", func(t *testing.T) { runs(t, family(t)) })
	t.Run("users", func(t *testing.T) { users(t, family(t)) })
}

// family is a budget "fy" and the programs that the kit's requests are of.
func family(tx app.Tx, org string) error {
	if err := tx.Budgets().Insert(budget(org, "fy")); err != nil {
		return err
	}
	for _, id := range []string{"one", "n0", "n1", "n2", "n3", "n4", "n5", "n6"} {
		if err := tx.Programs().Insert(program(org, id)); err != nil {
			return err
		}
	}
	return nil
}

func first() domain.Meta { return domain.Meta{}.Next(at) }

func fund(org, id string) domain.Fund {
	return domain.Fund{
		Meta: first(), Organization: org, ID: id, DisplayName: "Fund", Code: "010", Kind: model.General, Gasb54Class: string(model.Unassigned),
		ParentFund: "top", RestrictionBasis: "law",
		Restriction: []domain.Condition{{Departments: []string{"D"}}, {Functions: []string{"F"}, Programs: []string{"p"}}},
	}
}

func budget(org, id string) domain.Budget {
	return domain.Budget{
		Meta: first(), Organization: org, ID: id, DisplayName: "FY", FiscalYear: 2027, Plan: "organizations/" + org + "/plans/p",
		Envelopes:    []domain.Envelope{{Fund: "general", Available: 5, OneTime: new(int64(2))}, {Fund: "debt", Available: 7}},
		RoundingUnit: 100, Currency: "USD", State: domain.BudgetRequested, Adopted: "a1",
		Freeze:      &domain.PolicyFreeze{Time: at, By: "bo", Resolution: "2026-31"},
		Authorities: []domain.TransferAuthority{{Body: "Manager", Scope: domain.TransferFund, Limit: new(int64(9))}, {Body: "Chief", Scope: domain.TransferDepartment}},
	}
}

func program(org, id string) domain.Program {
	return domain.Program{
		Meta: first(), Organization: org, ID: id, DisplayName: "Program " + id, Code: "P", Purpose: "u", Department: "D", Function: "F",
		Predecessor: "old", SunsetDate: "2030-01-01",
	}
}

func request(org, id string) domain.FundingRequest {
	return domain.FundingRequest{
		Meta: first(), Organization: org, Budget: "fy", Program: id, Currency: "USD",
		CostLines: []domain.CostLine{
			{Fund: "general", Class: "tab\there, line\nthere, back\\slash", Amount: -5, Treatment: model.Competes},
			{Fund: "debt", Amount: 9, Treatment: model.MustPay, OneTime: true},
		},
		Grants:    []domain.Grant{{Title: "Federal	aid", Award: 7, MatchPPM: 250_000, Effort: new(int64(4))}, {Title: "State", Award: 1}},
		Positions: []domain.Position{{Title: "Officer", Count: 3, Cost: 9_000_000}},
		Requested: new(int64(0)), Cap: new(int64(8)), MaxDecreasePPM: new(int64(50_000)),
		Mandate:       &domain.Mandate{Source: "Law", Citation: "§ 1", Body: "State", Minimum: new(int64(3))},
		EligibleFunds: []string{"debt", "parks"},
		Alignments:    []domain.Alignment{{Goal: "g", Self: new(0), Reviewed: new(4)}, {Goal: "h"}},
		Attributes:    []domain.Attribute{{Name: "demand_change", Level: -2}}, ResultsPolicy: model.Remedy, EquityPoints: -3, FTEMilli: 1500,
		Attestations: []domain.Attestation{{Aspect: domain.BaseAspect, By: "ann", Role: "finance", Evidence: "minutes\tof May", Time: at}},
	}
}

func allocation(org, id string, sequence int64) domain.Allocation {
	return domain.Allocation{
		Meta: first(), Organization: org, Budget: "fy", ID: id, DisplayName: "A", Method: model.PriorityAdjustment, Purpose: domain.PurposeTarget,
		Params:           domain.Params{SpreadMilli: 3000, MaxCutPPM: new(int64(0)), Scales: []domain.EnvelopeScale{{Fund: "debt", SharePPM: 9}}},
		PriorityRevision: "r", PriorityTime: at, ContentHash: "c", ResultHash: "r", EngineVersion: "1", State: domain.AllocationProposed,
		Currency: "USD", Creator: "ann", Sequence: sequence, Scenario: "lean", Failure: "none",
		Adjustments: []domain.Adjustment{{Program: "one", Fund: "debt", Amount: -3, Reason: "why", By: "bo", Time: at, PriorityValue: -2}},
		Adoption:    &domain.Adoption{Body: "Council", Resolution: "7", Date: "2027-06-30", By: "bo", Time: at},
		Result: domain.Result{
			Outcome: model.Optimal, TotalBase: 9, Programs: 1, Checks: []string{"sums"},
			Funds: []domain.FundResult{{Fund: "debt", Available: 9, Fixed: 9}}, Blocks: []domain.Block{{Funds: []string{"debt"}, Rate: "1/3"}},
		},
	}
}

func funds(t *testing.T, open func(*testing.T) harness) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Fund]{
		In: func(tx app.Tx) resource.Collection[domain.Fund] { return tx.Funds() }, New: fund,
		Key:  func(f domain.Fund) []string { return []string{f.Organization, f.ID} },
		Next: func(f domain.Fund) domain.Fund { f.Meta, f.Restriction = f.Meta.Next(at), nil; return f },
		List: app.FundList, Same: same[domain.Fund],
	})
}

func budgets(t *testing.T, open func(*testing.T) harness) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Budget]{
		In: func(tx app.Tx) resource.Collection[domain.Budget] { return tx.Budgets() }, New: budget,
		Key:  func(b domain.Budget) []string { return []string{b.Organization, b.ID} },
		Next: func(b domain.Budget) domain.Budget { b.Meta, b.Envelopes = b.Meta.Next(at), nil; return b },
		List: app.BudgetList, Same: same[domain.Budget],
	})
}

func programs(t *testing.T, open func(*testing.T) harness) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Program]{
		In: func(tx app.Tx) resource.Collection[domain.Program] { return tx.Programs() }, New: program,
		Key:  func(p domain.Program) []string { return []string{p.Organization, p.ID} },
		Next: func(p domain.Program) domain.Program { p.Meta, p.SunsetDate = p.Meta.Next(at), ""; return p },
		List: app.ProgramList, Same: same[domain.Program],
	})
}

func requests(t *testing.T, open func(*testing.T) harness) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.FundingRequest]{
		In: func(tx app.Tx) resource.Collection[domain.FundingRequest] { return tx.Requests() }, New: request,
		Key: func(r domain.FundingRequest) []string { return []string{r.Organization, r.Budget, r.Program} },
		Next: func(r domain.FundingRequest) domain.FundingRequest {
			return domain.FundingRequest{
				Meta: r.Meta.Next(at), Organization: r.Organization, Budget: r.Budget, Program: r.Program, Currency: r.Currency, ResultsPolicy: model.Neutral,
			}
		},
		List: app.FundingRequestList, Same: same[domain.FundingRequest],
	})
}

func packages(t *testing.T, open func(*testing.T) harness) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.DecisionPackage]{
		In: func(tx app.Tx) resource.Collection[domain.DecisionPackage] { return tx.Packages() },
		New: func(org, id string) domain.DecisionPackage {
			return domain.DecisionPackage{
				Meta: first(), Organization: org, Budget: "fy", Program: "one", ID: id, DisplayName: "More", Description: "d", ReplacesBase: true, Currency: "USD",
				Levels: []domain.ServiceLevel{
					{ID: "low", DisplayName: "Low"},
					{ID: "high", DisplayName: "High", Costs: []domain.PackageCost{{Fund: "debt", Year: 2, Amount: 9, OneTime: true}}, FTEMilli: 500, ExpectedResult: "r", Benefit: 7},
				},
				Prerequisites: []domain.PackageRef{{Program: "two", Package: "p", Level: "high"}}, Exclusions: []domain.PackageRef{{Program: "two", Package: "q"}},
			}
		},
		Key: func(p domain.DecisionPackage) []string { return []string{p.Organization, p.Budget, p.Program, p.ID} },
		Next: func(p domain.DecisionPackage) domain.DecisionPackage {
			p.Meta, p.Exclusions = p.Meta.Next(at), nil
			return p
		},
		List: app.DecisionPackageList, Same: same[domain.DecisionPackage],
	})
}

func scenarios(t *testing.T, open func(*testing.T) harness) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Scenario]{
		In: func(tx app.Tx) resource.Collection[domain.Scenario] { return tx.Scenarios() },
		New: func(org, id string) domain.Scenario {
			return domain.Scenario{
				Meta: first(), Organization: org, Budget: "fy", ID: id, DisplayName: "Lean", Description: "d", Method: model.OneRate, Currency: "USD",
				Params:  domain.Params{SpreadMilli: 3000, EquityFloor: &domain.EquityFloor{MinPoints: 3, MaxCutPPM: 9}, Later: []domain.LaterEnvelope{{Fund: "debt", Year: 1, Available: 4}}},
				Weights: []domain.WeightOverride{{Goal: "g", PPM: 5}}, Requests: []domain.RequestOverride{{Program: "one", Cap: new(int64(4))}},
			}
		},
		Key:  func(s domain.Scenario) []string { return []string{s.Organization, s.Budget, s.ID} },
		Next: func(s domain.Scenario) domain.Scenario { s.Meta, s.Weights = s.Meta.Next(at), nil; return s },
		List: app.ScenarioList, Same: same[domain.Scenario],
	})
}

func election(org, id string) domain.Election {
	return domain.Election{
		Meta: first(), Organization: org, Budget: "fy", ID: id, DisplayName: "Vote", Fund: "debt", Amount: 90, Kind: model.Cumulative, Currency: "USD",
		Completion: model.AddOne, Utility: model.PointsUtility, State: domain.ElectionOpen, Ballots: 2,
		Projects: []domain.ElectionProject{{Program: "n0", Cost: 5, Votes: 1, Points: 3}, {Program: "one", Cost: 7}},
	}
}

func elections(t *testing.T, open func(*testing.T) harness) {
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Election]{
		In: func(tx app.Tx) resource.Collection[domain.Election] { return tx.Elections() }, New: election,
		Key: func(e domain.Election) []string { return []string{e.Organization, e.Budget, e.ID} },
		Next: func(e domain.Election) domain.Election {
			e.Meta, e.State = e.Meta.Next(at), domain.ElectionClosed
			return e
		},
		List: app.ElectionList, Same: same[domain.Election],
	})
}

func allocations(t *testing.T, open func(*testing.T) harness) {
	sequence := int64(0)
	resourcetest.Run(t, open, resourcetest.Case[app.Tx, domain.Allocation]{
		In: func(tx app.Tx) resource.Collection[domain.Allocation] { return tx.Allocations() },
		New: func(org, id string) domain.Allocation {
			sequence++ // unique in the budget
			return allocation(org, id, sequence)
		},
		Key:  func(a domain.Allocation) []string { return []string{a.Organization, a.Budget, a.ID} },
		Next: func(a domain.Allocation) domain.Allocation { a.Meta, a.DisplayName = a.Meta.Next(at), "B"; return a },
		List: app.AllocationList, Same: same[domain.Allocation],
	})
}

func same[T any](a, b T) bool { return reflect.DeepEqual(a, b) }
