// Package client is a gRPC client of a running suite.
package client

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"google.golang.org/grpc"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/rpc"
)

// Suite is the four services of a running suite.
type Suite struct {
	Goals          goalsv1.GoalsServiceClient
	ActionPlanning actionplanningv1.ActionPlanningServiceClient
	Budgeting      budgetingv1.BudgetingServiceClient
	Performance    performancev1.PerformanceServiceClient
	Close          func() error
}

// Connect prepares connections to the suite at address ("host:port"); secure nil means plain text.
func Connect(address string, secure *tls.Config) (*Suite, error) {
	conn, err := rpc.Dial(address, rpc.DialConfig{TLS: secure})
	if err != nil {
		return nil, err
	}
	return &Suite{
		Goals: goalsv1.NewGoalsServiceClient(conn), ActionPlanning: actionplanningv1.NewActionPlanningServiceClient(conn),
		Budgeting: budgetingv1.NewBudgetingServiceClient(conn), Performance: performancev1.NewPerformanceServiceClient(conn),
		Close: conn.Close,
	}, nil
}

// callTime bounds one call; batches of a thousand rows take well under a second.
const callTime = time.Minute

// As returns a context in which calls carry the token.
func As(ctx context.Context, token string) context.Context { return rpc.WithToken(ctx, token) }

// Call makes one unary call with a deadline and turns a failure into a fault that names what was tried.
func Call[Q, R any](ctx context.Context, what string, method func(context.Context, Q, ...grpc.CallOption) (R, error), request Q) (R, error) {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	answer, err := method(ctx, request, grpc.WaitForReady(true))
	if err != nil {
		return answer, Fault(what, err)
	}
	return answer, nil
}

// Fault turns the error of a call into a fault that names what was tried.
func Fault(what string, err error) error { return fmt.Errorf("%s: %w", what, rpc.FromStatus(err)) }
