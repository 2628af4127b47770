// Package rpc answers the gRPC calls of performance.
package rpc

import (
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/performance/internal/app"
	"github.com/throughline/throughline/services/platform/rpc"
)

var (
	organizationName    = rpc.Name("organizations/{organization}")
	measureName         = rpc.Name("organizations/{organization}/measures/{measure}")
	resultsRevisionName = rpc.Name("organizations/{organization}/resultsRevisions/{results_revision}")
)

// Server implements performancev1.PerformanceServiceServer on the use cases.
type Server struct {
	performancev1.UnimplementedPerformanceServiceServer
	app *app.App
}

// New makes the server.
func New(a *app.App) *Server { return &Server{app: a} }

func measureKey(field, name string) (app.MeasureKey, error) {
	ids, err := measureName.Parse(field, name)
	if err != nil {
		return app.MeasureKey{}, err
	}
	return app.MeasureKey{Organization: ids[0], Measure: ids[1]}, nil
}
