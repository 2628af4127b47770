// Package performance measures results: measures, their observations, and the results published from them.
package performance

import (
	"io/fs"

	"google.golang.org/grpc"

	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/performance/internal/rpc"
	"github.com/throughline/throughline/services/performance/internal/store/migrations"
	"github.com/throughline/throughline/services/performance/internal/store/sqlstore"
	"github.com/throughline/throughline/services/platform/service"
)

// Source names the service in its events.
const Source = "throughline.performance.v1"

// Migrations is the schema of its database, as goose files.
func Migrations() fs.FS { return migrations.FS }

// Deps is what the service needs; it calls no other service.
type Deps struct{ service.Deps }

// Service is performance: Register its methods, Run its background work, Close it.
type Service struct{ *service.Service }

// New assembles the service on a migrated database.
func New(d Deps) (*Service, error) {
	s := service.New(d.Deps, Source, rpc.Message)
	server := rpc.New(&app.App{Store: sqlstore.New(s.Keeper), Now: s.Now, NewID: d.NewID})
	if err := s.Serve(func(r grpc.ServiceRegistrar) { performancev1.RegisterPerformanceServiceServer(r, server) }); err != nil {
		return nil, err
	}
	return &Service{s}, nil
}
