// Package gateway shows the four services as one REST API.
package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	oteltrace "go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"

	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	lineagev1 "github.com/throughline/throughline/proto/gen/throughline/lineage/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
)

// Defaults of Config.
const (
	DefaultMaxBodyBytes  = 8 << 20
	DefaultTimeout       = 30 * time.Second
	DefaultStreamTimeout = 10 * time.Minute
)

// Config of the gateway. Connections are called for every request, so interceptors, deadlines and limits of the
// services hold here as they do for any other client.
type Config struct {
	Goals, ActionPlanning, Budgeting, Performance grpc.ClientConnInterface // all required

	Now            func() time.Time            // required; bounds how long a slow client may take
	Ready          func(context.Context) error // what /readyz asks; nil means always ready
	MaxBodyBytes   int64                       // of a body, or of one line of an NDJSON body; 0 means DefaultMaxBodyBytes
	Timeout        time.Duration               // of an ordinary call, and of each line of a stream; 0 means DefaultTimeout
	StreamTimeout  time.Duration               // of a whole stream; 0 means DefaultStreamTimeout
	AllowedOrigins []string                    // exact origins that browsers may call from (CORS); empty means none
	Logger         *slog.Logger                // takes failures that are ours and panics; nil discards
	Tracer         oteltrace.TracerProvider    // of requests; nil traces none
}

// complete fills the defaults and says everything that is missing.
func (c *Config) complete() error {
	var missing []error
	for _, need := range []struct {
		name string
		ok   bool
	}{
		{"Goals", c.Goals != nil},
		{"ActionPlanning", c.ActionPlanning != nil},
		{"Budgeting", c.Budgeting != nil},
		{"Performance", c.Performance != nil},
		{"Now", c.Now != nil},
	} {
		if !need.ok {
			missing = append(missing, fmt.Errorf("gateway: %s is required", need.name))
		}
	}
	for _, origin := range c.AllowedOrigins {
		if u, err := url.Parse(origin); err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != origin {
			missing = append(missing, fmt.Errorf("gateway: %q is not an origin; write it as https://portal.example.gov", origin))
		}
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) error { return nil }
	}
	if c.MaxBodyBytes <= 0 {
		c.MaxBodyBytes = DefaultMaxBodyBytes
	}
	if c.Timeout <= 0 {
		c.Timeout = DefaultTimeout
	}
	if c.StreamTimeout <= 0 {
		c.StreamTimeout = DefaultStreamTimeout
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return errors.Join(missing...)
}

// gateway is what the handlers share.
type gateway struct {
	Config
	routes routes
	tree   *tree // of routes
	pages  map[string]http.Handler
}

// New makes the handler of the whole REST API: /v1/…, /openapi.json, /docs, /healthz, /readyz and an index at /.
// Errors: a missing or bad setting, or contracts that do not fit together.
func New(config Config) (http.Handler, error) {
	if err := config.complete(); err != nil {
		return nil, err
	}
	g := &gateway{Config: config, routes: routes{}, tree: &tree{}}
	if err := g.register(); err != nil {
		return nil, err
	}
	document, err := describe(g.routes)
	if err != nil {
		return nil, err
	}
	g.pages = g.makePages(document)
	return g.outermost(g.traced(http.HandlerFunc(g.serve))), nil
}

// register finds the routes of every service's methods, each with the connection it is called through, and of lineage, which is the gateway's own.
func (g *gateway) register() error {
	for _, service := range []struct {
		file protoreflect.FileDescriptor
		conn grpc.ClientConnInterface
	}{
		{goalsv1.File_throughline_goals_v1_service_proto, g.Goals},
		{actionplanningv1.File_throughline_actionplanning_v1_service_proto, g.ActionPlanning},
		{budgetingv1.File_throughline_budgeting_v1_service_proto, g.Budgeting},
		{performancev1.File_throughline_performance_v1_service_proto, g.Performance},
		{lineagev1.File_throughline_lineage_v1_lineage_proto, newLineage(g.Config)},
	} {
		if err := g.routes.add(service.file, service.conn); err != nil {
			return err
		}
	}
	for _, r := range g.routes {
		if err := g.tree.add(r); err != nil {
			return err
		}
	}
	return nil
}

// serve tells pages from the API. It is no http.ServeMux, whose clean-up of paths answers with redirects.
func (g *gateway) serve(w http.ResponseWriter, r *http.Request) {
	if page, ok := g.pages[r.URL.Path]; ok {
		g.servePage(page, w, r)
		return
	}
	if strings.Contains(strings.ToLower(r.URL.RawPath), "%2f") { // it would be read as the end of a segment
		g.fail(w, r, nil, newProblem(http.StatusBadRequest, "MALFORMED_PATH", "no part of a resource name may hold a slash; leave %%2F out of the path"))
		return
	}
	if r.Method == http.MethodHead {
		r = r.Clone(r.Context())
		r.Method = http.MethodGet
		w = bodiless{w}
	}
	g.call(w, r)
}

// NewServer is an HTTP server with limits for clients that are slow or hostile. It has no timeout for whole requests,
// because streams are long; the handler bounds each read and write of a body itself.
func NewServer(addr string, handler http.Handler) *http.Server {
	return &http.Server{
		Addr:              addr,
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
	}
}
