package throughline_test

import (
	"context"
	"fmt"

	datepb "google.golang.org/genproto/googleapis/type/date"
	moneypb "google.golang.org/genproto/googleapis/type/money"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/throughline/internal/client"
)

// township is a small organization that can allocate: police and parks share one fund by two goals. Its marker is in each of its texts.
type township struct {
	*city
	id, name, marker string
	plan             string
	goals            []string
	budget           string // can be allocated
	draft            string // another budget, with a line item and nothing else
}

// as is a context in which calls are made by a role of the township.
func (w *township) as(ctx context.Context, roles ...string) context.Context {
	token, err := w.mint(roles...)
	if err != nil { // the call is refused then
		return ctx
	}
	return client.As(ctx, token)
}

func (w *township) mint(roles ...string) (string, error) {
	organization := w.id
	if roles[0] == authn.RoleOperator {
		organization = authn.NoOrganization
	}
	return w.keys.Mint(authn.Identity{Subject: roles[0], Organization: organization, Roles: roles}, tokenTime)
}

func usd(units int64) *moneypb.Money { return &moneypb.Money{CurrencyCode: "USD", Units: units} }

// settle founds a township. Its calls are made one after the other; the first that fails ends it.
func (c *city) settle(ctx context.Context, suite *client.Suite, id, marker string) (*township, error) {
	w := &township{city: c, id: id, name: "organizations/" + id, marker: marker}
	w.plan, w.budget, w.draft = w.name+"/plans/p", w.name+"/budgets/fy", w.name+"/budgets/draft"
	w.goals = []string{w.plan + "/goals/safety", w.plan + "/goals/life"}
	for _, step := range []func(context.Context, *client.Suite) error{w.govern, w.prioritize, w.fund, w.request} {
		if err := step(ctx, suite); err != nil {
			return nil, fmt.Errorf("settle %s: %w", id, err)
		}
	}
	return w, nil
}

func (w *township) govern(ctx context.Context, suite *client.Suite) error {
	manager := w.as(ctx, "manager")
	return each(
		func() (any, error) {
			return suite.Goals.CreateOrganization(w.as(ctx, authn.RoleOperator), &goalsv1.CreateOrganizationRequest{OrganizationId: w.id, Organization: &goalsv1.Organization{
				DisplayName: "Town " + w.marker, Vision: "A better " + w.marker, CurrencyCode: "USD", FiscalYearStartMonth: 7, PublicReports: true,
			}})
		},
		func() (any, error) {
			return suite.Goals.CreatePlan(manager, &goalsv1.CreatePlanRequest{Parent: w.name, PlanId: "p", Plan: &goalsv1.Plan{
				DisplayName: "Plan " + w.marker, Kind: goalsv1.PlanKind_PLAN_KIND_STRATEGIC,
				StartDate: &datepb.Date{Year: 2026, Month: 7, Day: 1}, EndDate: &datepb.Date{Year: 2031, Month: 6, Day: 30},
			}})
		},
		func() (any, error) {
			return suite.Goals.CreateGoal(manager, &goalsv1.CreateGoalRequest{Parent: w.plan, GoalId: "safety", Goal: &goalsv1.Goal{DisplayName: "Safety " + w.marker}})
		},
		func() (any, error) {
			return suite.Goals.CreateGoal(manager, &goalsv1.CreateGoalRequest{Parent: w.plan, GoalId: "life", Goal: &goalsv1.Goal{DisplayName: "Life " + w.marker}})
		},
	)
}

func (w *township) prioritize(ctx context.Context, suite *client.Suite) error {
	manager, council, round := w.as(ctx, "manager"), w.as(ctx, "council"), w.plan+"/prioritizations/r"
	return each(
		func() (any, error) {
			return suite.Goals.CreatePrioritization(manager, &goalsv1.CreatePrioritizationRequest{
				Parent: w.plan, PrioritizationId: "r", Prioritization: &goalsv1.Prioritization{
					DisplayName: "Round " + w.marker, Method: goalsv1.PrioritizationMethod_PRIORITIZATION_METHOD_POINTS, Goals: w.goals,
					Electorate: &goalsv1.Electorate{Members: []*goalsv1.Member{{Member: "council"}}},
				},
			})
		},
		func() (any, error) {
			return suite.Goals.OpenPrioritization(council, &goalsv1.OpenPrioritizationRequest{Name: round})
		},
		func() (any, error) {
			return suite.Goals.CastBallot(council, &goalsv1.CastBallotRequest{Name: round, Ballot: &goalsv1.Ballot{Points: []*goalsv1.GoalPoints{
				{Goal: w.goals[0], Points: 60}, {Goal: w.goals[1], Points: 40},
			}}})
		},
		func() (any, error) {
			return suite.Goals.ClosePrioritization(council, &goalsv1.ClosePrioritizationRequest{Name: round})
		},
		func() (any, error) {
			return suite.Goals.CertifyPrioritization(council, &goalsv1.CertifyPrioritizationRequest{Name: round})
		},
	)
}

func (w *township) fund(ctx context.Context, suite *client.Suite) error {
	finance, general := w.as(ctx, "finance"), w.name+"/funds/general"
	return each(
		func() (any, error) {
			return suite.Budgeting.CreateFund(finance, &budgetingv1.CreateFundRequest{
				Parent: w.name, FundId: "general", Fund: &budgetingv1.Fund{DisplayName: "General " + w.marker, Code: "1", Kind: budgetingv1.FundKind_FUND_KIND_GENERAL},
			})
		},
		func() (any, error) {
			return suite.Budgeting.CreateBudget(finance, &budgetingv1.CreateBudgetRequest{Parent: w.name, BudgetId: "fy", Budget: &budgetingv1.Budget{
				DisplayName: "FY " + w.marker, FiscalYear: 2027, Plan: w.plan, Envelopes: []*budgetingv1.Envelope{{Fund: general, Available: usd(900_000)}},
			}})
		},
		func() (any, error) {
			return suite.Budgeting.CreateBudget(finance, &budgetingv1.CreateBudgetRequest{Parent: w.name, BudgetId: "draft", Budget: &budgetingv1.Budget{
				DisplayName: "Draft " + w.marker, FiscalYear: 2028, Plan: w.plan, Envelopes: []*budgetingv1.Envelope{{Fund: general, Available: usd(900_000)}},
			}})
		},
		func() (any, error) { return suite.Budgeting.BatchUpsertLineItems(finance, w.line(1, "")) },
	)
}

// line sets the amount of the one line item of the draft.
func (w *township) line(units int64, request string) *budgetingv1.BatchUpsertLineItemsRequest {
	return &budgetingv1.BatchUpsertLineItemsRequest{Parent: w.draft, RequestId: request, LineItems: []*budgetingv1.LineItem{{
		Kind: budgetingv1.LineItemKind_LINE_ITEM_KIND_EXPENDITURE, Version: budgetingv1.LineItemVersion_LINE_ITEM_VERSION_ESTIMATE,
		Fund: w.name + "/funds/general", Department: "Office of " + w.marker, Amount: usd(units), ExternalRef: "line " + w.marker,
	}}}
}

func (w *township) request(ctx context.Context, suite *client.Suite) error {
	finance := w.as(ctx, "finance")
	attest := &budgetingv1.AttestFundingRequestsRequest{
		Parent: w.budget, Aspects: []budgetingv1.RequestAspect{budgetingv1.RequestAspect_REQUEST_ASPECT_ALIGNMENT}, Evidence: "minutes of " + w.marker,
	}
	for _, p := range []struct {
		id           string
		cost         int64
		safety, life int32
	}{{"police", 600_000, 4, 0}, {"parks", 400_000, 0, 4}} {
		name := w.budget + "/fundingRequests/" + p.id
		err := each(
			func() (any, error) {
				return suite.Budgeting.CreateProgram(finance, &budgetingv1.CreateProgramRequest{Parent: w.name, ProgramId: p.id, Program: &budgetingv1.Program{
					DisplayName: p.id + " " + w.marker, Code: p.id, Department: "Department " + w.marker,
				}})
			},
			func() (any, error) {
				return suite.Budgeting.UpdateFundingRequest(finance, &budgetingv1.UpdateFundingRequestRequest{AllowMissing: true, FundingRequest: &budgetingv1.FundingRequest{
					Name: name, CostLines: []*budgetingv1.CostLine{{Fund: w.name + "/funds/general", Amount: usd(p.cost), CostClass: "personnel"}},
					Alignments: []*budgetingv1.Alignment{{Goal: w.goals[0], ReviewedScore: new(p.safety)}, {Goal: w.goals[1], ReviewedScore: new(p.life)}},
				}})
			},
		)
		if err != nil {
			return err
		}
		attest.Names = append(attest.Names, name)
	}
	_, err := suite.Budgeting.AttestFundingRequests(finance, attest)
	return err
}

// propose makes an allocation of the township that council may adopt.
func (w *township) propose(ctx context.Context, suite *client.Suite, id string) (*budgetingv1.Allocation, error) {
	return suite.Budgeting.CreateAllocation(w.as(ctx, "finance"), &budgetingv1.CreateAllocationRequest{
		Parent: w.budget, AllocationId: id, RequestId: id, Allocation: &budgetingv1.Allocation{
			DisplayName: "Proposal " + id + " " + w.marker, Purpose: budgetingv1.AllocationPurpose_ALLOCATION_PURPOSE_RECOMMENDATION,
		},
	})
}

// each makes calls until one fails.
func each(calls ...func() (any, error)) error {
	for _, call := range calls {
		if _, err := call(); err != nil {
			return err
		}
	}
	return nil
}
