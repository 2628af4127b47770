// Package rpc answers the gRPC calls of actionplanning.
package rpc

import (
	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/rpc"
)

var (
	organizationName = rpc.Name("organizations/{organization}")
	strategyName     = rpc.Name("organizations/{organization}/strategies/{strategy}")
	objectiveName    = rpc.Name("organizations/{organization}/strategies/{strategy}/objectives/{objective}")
	employeeName     = rpc.Name("organizations/{organization}/staff/{employee}")
	assignmentName   = rpc.Name("organizations/{organization}/assignments/{assignment}")
)

// Names of what other services own.
var (
	goalName    = rpc.Name("organizations/{organization}/plans/{plan}/goals/{goal}")
	measureName = rpc.Name("organizations/{organization}/measures/{measure}")
	programName = rpc.Name("organizations/{organization}/programs/{program}")

	fundingRequestName = rpc.Name("organizations/{organization}/budgets/{budget}/fundingRequests/{funding_request}")
)

// Server implements actionplanningv1.ActionPlanningServiceServer on the use cases.
type Server struct {
	actionplanningv1.UnimplementedActionPlanningServiceServer
	app *app.App
}

// New makes the server.
func New(a *app.App) *Server { return &Server{app: a} }

func strategyKey(field, name string) (app.StrategyKey, error) {
	ids, err := strategyName.Parse(field, name)
	if err != nil {
		return app.StrategyKey{}, err
	}
	return app.StrategyKey{Organization: ids[0], Strategy: ids[1]}, nil
}

func objectiveKey(field, name string) (app.ObjectiveKey, error) {
	ids, err := objectiveName.Parse(field, name)
	if err != nil {
		return app.ObjectiveKey{}, err
	}
	return app.ObjectiveKey{Organization: ids[0], Strategy: ids[1], Objective: ids[2]}, nil
}

func assignmentKey(field, name string) (app.AssignmentKey, error) {
	ids, err := assignmentName.Parse(field, name)
	if err != nil {
		return app.AssignmentKey{}, err
	}
	return app.AssignmentKey{Organization: ids[0], Assignment: ids[1]}, nil
}

// refer takes a name apart that a resource refers to. One of another form or organization is recorded; ok is then false.
func refer(bad *fault.Violations, pattern rpc.Pattern, organization, field, name string) (ids []string, ok bool) {
	ids, err := pattern.Parse(field, name)
	if f, is := fault.As(err); is {
		*bad = append(*bad, f.Violations...)
		return nil, false
	}
	ok = ids[0] == organization
	bad.Check(ok, field, "%s belongs to another organization; name one of organizations/%s", name, organization)
	return ids, ok
}
