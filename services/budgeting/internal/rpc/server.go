// Package rpc answers the gRPC calls of budgeting.
package rpc

import (
	"context"
	"slices"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/rpc"
)

var (
	organizationName     = rpc.Name("organizations/{organization}")
	planName             = rpc.Name("organizations/{organization}/plans/{plan}")
	goalName             = rpc.Name("organizations/{organization}/plans/{plan}/goals/{goal}")
	priorityRevisionName = rpc.Name("organizations/{organization}/plans/{plan}/priorityRevisions/{priority_revision}")
	resultsRevisionName  = rpc.Name("organizations/{organization}/resultsRevisions/{results_revision}")
	fundName             = rpc.Name("organizations/{organization}/funds/{fund}")
	programName          = rpc.Name("organizations/{organization}/programs/{program}")
	budgetName           = rpc.Name("organizations/{organization}/budgets/{budget}")
	lineItemName         = rpc.Name("organizations/{organization}/budgets/{budget}/lineItems/{line_item}")
	fundingRequestName   = rpc.Name("organizations/{organization}/budgets/{budget}/fundingRequests/{funding_request}")
	packageName          = rpc.Name("organizations/{organization}/budgets/{budget}/fundingRequests/{funding_request}/decisionPackages/{decision_package}")
	scenarioName         = rpc.Name("organizations/{organization}/budgets/{budget}/scenarios/{scenario}")
	electionName         = rpc.Name("organizations/{organization}/budgets/{budget}/elections/{election}")
	allocationName       = rpc.Name("organizations/{organization}/budgets/{budget}/allocations/{allocation}")
)

// Server implements budgetingv1.BudgetingServiceServer on the use cases.
type Server struct {
	budgetingv1.UnimplementedBudgetingServiceServer
	app *app.App
}

// New makes the server.
func New(a *app.App) *Server { return &Server{app: a} }

// Roles that write budgets: one who holds department but not finance is narrowed to the department's programs.
const (
	roleFinance    = "finance"
	roleDepartment = "department"
)

func caller(ctx context.Context) app.Caller {
	id, _ := authn.FromContext(ctx)
	c := app.Caller{Subject: id.Principal(), Department: id.Department}
	switch {
	case slices.Contains(id.Roles, roleFinance):
		c.Role = roleFinance
	case slices.Contains(id.Roles, roleDepartment):
		c.Role, c.Narrowed = roleDepartment, true
	case len(id.Roles) > 0:
		c.Role = id.Roles[0]
	}
	return c
}

func key(pattern rpc.Pattern, field, name string) (app.Key, error) {
	ids, err := pattern.Parse(field, name)
	if err != nil {
		return app.Key{}, err
	}
	return app.Key{Organization: ids[0], ID: ids[1]}, nil
}

// inBudget finds a resource of a budget, or with budgetName the budget whose resources are meant.
func inBudget(pattern rpc.Pattern, field, name string) (app.BudgetKey, error) {
	ids, err := pattern.Parse(field, name)
	if err != nil {
		return app.BudgetKey{}, err
	}
	k := app.BudgetKey{Organization: ids[0], Budget: ids[1]}
	if len(ids) > 2 {
		k.ID = ids[2]
	}
	return k, nil
}
