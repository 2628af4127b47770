// Package actionplanning plans action: strategies, objectives, staff and their assignments.
package actionplanning

import (
	"context"
	"io/fs"
	"time"

	"google.golang.org/grpc"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	"github.com/throughline/throughline/services/actionplanning/internal/app"
	"github.com/throughline/throughline/services/actionplanning/internal/peer"
	"github.com/throughline/throughline/services/actionplanning/internal/rpc"
	"github.com/throughline/throughline/services/actionplanning/internal/store/migrations"
	"github.com/throughline/throughline/services/actionplanning/internal/store/sqlstore"
	"github.com/throughline/throughline/services/platform/service"
)

// Source names the service in its events.
const Source = "throughline.actionplanning.v1"

// Migrations is the schema of its database, as goose files.
func Migrations() fs.FS { return migrations.FS }

// Deps is what the service needs. The connections to its peers carry its service tokens.
type Deps struct {
	service.Deps
	Goals       grpc.ClientConnInterface
	Performance grpc.ClientConnInterface
	Budgeting   grpc.ClientConnInterface
	Settle      <-chan time.Time // when to look for what the day brings to staff; nil means once an hour
}

// Service is actionplanning: Register its methods, Run its background work, Close it.
type Service struct {
	*service.Service
	app    *app.App
	settle <-chan time.Time
}

// settleEvery is short beside the days that staff change by, and the answer to most looks is that nothing is new.
const settleEvery = time.Hour

// New assembles the service on a migrated database.
func New(d Deps) (*Service, error) {
	s := service.New(d.Deps, Source, rpc.Message)
	peers := app.Peers{Goals: peer.NewGoals(d.Goals), Performance: peer.NewPerformance(d.Performance), Budgeting: peer.NewBudgeting(d.Budgeting)}
	a := &app.App{Peers: peers, Store: sqlstore.New(s.Keeper), Now: s.Now, NewID: d.NewID, Logger: d.Logger}
	server := rpc.New(a)
	if err := s.Serve(func(r grpc.ServiceRegistrar) { actionplanningv1.RegisterActionPlanningServiceServer(r, server) }); err != nil {
		return nil, err
	}
	return &Service{s, a, d.Settle}, nil
}

// Run also brings staff to the day.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tick := s.settle
	if tick == nil {
		hourly := time.NewTicker(settleEvery)
		defer hourly.Stop()
		tick = hourly.C
	}
	settling := make(chan struct{})
	go func() {
		defer close(settling)
		s.app.SettleOnTick(ctx, tick)
	}()
	err := s.Service.Run(ctx)
	stop()
	<-settling
	return err
}
