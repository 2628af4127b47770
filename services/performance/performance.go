// Package performance measures results: measures, their observations, and the results published from them.
package performance

import (
	"context"
	"io/fs"
	"time"

	"google.golang.org/grpc"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/event"
	"github.com/throughline/throughline/services/performance/internal/peer"
	"github.com/throughline/throughline/services/performance/internal/rpc"
	"github.com/throughline/throughline/services/performance/internal/store/migrations"
	"github.com/throughline/throughline/services/performance/internal/store/sqlstore"
	"github.com/throughline/throughline/services/platform/service"
)

// Source names the service in its events.
const Source = "throughline.performance.v1"

// Migrations is the schema of its database, as goose files.
func Migrations() fs.FS { return migrations.FS }

// Deps is what the service needs. The connection to its peer carries its service tokens.
type Deps struct {
	service.Deps
	Goals  grpc.ClientConnInterface
	Remind <-chan time.Time // when to remind of what measures lack; nil means once an hour
}

// Service is performance: Register its methods, Run its background work, Close it.
type Service struct {
	*service.Service
	app    *app.App
	remind <-chan time.Time
}

// remindEvery is short beside the periods that values are due by, and the answer to most looks is that nothing is new.
const remindEvery = time.Hour

// New assembles the service on a migrated database.
func New(d Deps) (*Service, error) {
	s := service.New(d.Deps, Source, rpc.Message)
	a := &app.App{
		Store: sqlstore.New(s.Keeper), Goals: peer.NewGoals(d.Goals), ReadMeasure: rpc.ReadMeasure,
		Now: s.Now, NewID: d.NewID, Logger: d.Logger,
	}
	server := rpc.New(a)
	if err := s.Serve(func(r grpc.ServiceRegistrar) { performancev1.RegisterPerformanceServiceServer(r, server) }); err != nil {
		return nil, err
	}
	if err := event.ConsumePlan(s, sqlstore.Plan{}); err != nil {
		return nil, err
	}
	if err := event.ConsumeMoney(s, sqlstore.Adopt); err != nil {
		return nil, err
	}
	return &Service{s, a, d.Remind}, nil
}

// Run also reminds of what measures lack.
func (s *Service) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	tick := s.remind
	if tick == nil {
		hourly := time.NewTicker(remindEvery)
		defer hourly.Stop()
		tick = hourly.C
	}
	reminding := make(chan struct{})
	go func() {
		defer close(reminding)
		s.app.RemindOnTick(ctx, tick)
	}()
	err := s.Service.Run(ctx)
	stop()
	<-reminding
	return err
}
