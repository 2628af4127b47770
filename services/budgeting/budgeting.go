// Package budgeting allocates money: funds, budgets, programs and allocations by priority.
package budgeting

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"time"

	"google.golang.org/grpc"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/event"
	"github.com/throughline/throughline/services/budgeting/internal/peer"
	"github.com/throughline/throughline/services/budgeting/internal/rpc"
	"github.com/throughline/throughline/services/budgeting/internal/store/migrations"
	"github.com/throughline/throughline/services/budgeting/internal/store/sqlstore"
	"github.com/throughline/throughline/services/platform/service"
)

// Source names the service in its events.
const Source = "throughline.budgeting.v1"

// Migrations is the schema of its database, as goose files.
func Migrations() fs.FS { return migrations.FS }

// Deps is what the service needs. The connections to its peers carry its service tokens.
type Deps struct {
	service.Deps
	Goals       grpc.ClientConnInterface
	Performance grpc.ClientConnInterface
	Patience    time.Duration // how long a caller waits for packages and elections; 0 means two seconds
}

// Service is budgeting: Register its methods, Run its background work, Close it.
type Service struct {
	*service.Service
	app *app.App
}

// patience is how long a caller waits for an allocation of packages or an election; what takes longer is solved in the background.
const patience = 2 * time.Second

// New assembles the service on a migrated database.
func New(d Deps) (*Service, error) {
	s := service.New(d.Deps, Source, rpc.Message)
	watch, err := watchSolves(s.Meter())
	if err != nil {
		return nil, err
	}
	if err := observeProposals(s, d.DB); err != nil {
		return nil, err
	}
	a := &app.App{
		Store: sqlstore.New(s.Keeper), Goals: peer.NewGoals(d.Goals), Performance: peer.NewPerformance(d.Performance),
		Now: s.Now, NewID: d.NewID, Logger: d.Logger, Patience: cmp.Or(d.Patience, patience), Wake: make(chan struct{}, 1), Watch: watch,
	}
	server := rpc.New(a)
	if err := s.Serve(func(r grpc.ServiceRegistrar) { budgetingv1.RegisterBudgetingServiceServer(r, server) }); err != nil {
		return nil, err
	}
	if err := event.Consume(s, sqlstore.See); err != nil {
		return nil, err
	}
	return &Service{s, a}, nil
}

// Run also solves the allocations that took longer than their callers waited.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	solving := make(chan error, 1)
	go func() { solving <- s.app.SolveRunning(ctx) }()
	err := s.Service.Run(ctx)
	stop()
	return errors.Join(err, <-solving)
}
