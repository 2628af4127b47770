// Package throughline runs the whole suite in one process.
package throughline

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"google.golang.org/grpc"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/services/actionplanning"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/goals"
	"github.com/throughline/throughline/services/performance"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/cache"
	"github.com/throughline/throughline/services/platform/lifecycle"
	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/telemetry"
)

// stopTime bounds how long each part may take to stop.
const stopTime = 20 * time.Second

// restName is what the REST API is called in telemetry, as where it is a program of its own.
const restName = "gateway"

// Config of the suite.
type Config struct {
	DataDir   string               // holds the four databases and the local key; locked while the suite runs
	KeyFile   string               // of the key that signs tokens, made at first start; KeyFile(DataDir) when left out
	HTTP      net.Listener         // REST
	GRPC      net.Listener         // gRPC
	Admin     net.Listener         // health and reflection; nil for none
	TLS       *tls.Config          // of HTTP and GRPC; nil for plain text
	Telemetry *telemetry.Telemetry // required
	Now       func() time.Time     // required
	Limit     limit.Config         // of each caller; zero sets none
	Cache     cache.Config         // of answers; zero keeps none
}

// Suite is the running suite.
type Suite struct {
	group *lifecycle.Group
	Keys  *authn.LocalKeys
}

// Start runs the suite until ctx ends or a part fails. The databases are migrated first. When it answers an error,
// nothing is left running and the listeners are closed.
func Start(ctx context.Context, c Config) (_ *Suite, err error) {
	s := &Suite{group: lifecycle.New(ctx, stopTime)}
	for _, l := range []net.Listener{c.HTTP, c.GRPC, c.Admin} {
		if l != nil {
			s.group.Add("listener", func(context.Context) error { _ = l.Close(); return nil })
		}
	}
	defer func() {
		if err != nil {
			_ = s.group.Close()
		}
	}()
	if err := os.MkdirAll(c.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	release, err := sqldb.LockDir(c.DataDir)
	if err != nil {
		return nil, err
	}
	s.group.Add("data directory", func(context.Context) error { return release() })
	if s.Keys, err = authn.OpenLocalKeys(cmp.Or(c.KeyFile, KeyFile(c.DataDir)), c.Now); err != nil {
		return nil, err
	}
	// In one process as in several, each program has telemetry of its own name.
	told := map[string]*telemetry.Telemetry{restName: c.Telemetry.For(restName)}
	for _, d := range Databases() {
		told[d.Service] = c.Telemetry.For(d.Service)
	}
	channel, server, err := s.services(ctx, c, told)
	if err != nil {
		return nil, err
	}
	handler, err := gateway.New(gateway.Config{
		Goals: channel, ActionPlanning: channel, Budgeting: channel, Performance: channel,
		Now: c.Now, Logger: c.Telemetry.Log, Tracer: told[restName].Tracer,
	})
	if err != nil {
		return nil, err
	}
	s.group.Go("gRPC", func(ctx context.Context) error { return server.Serve(ctx, c.GRPC) })
	if c.Admin != nil {
		s.group.Go("admin", func(ctx context.Context) error { return server.ServeAdmin(ctx, c.Admin) })
	}
	s.group.Go("REST", func(ctx context.Context) error { return serveHTTP(ctx, c, handler) })
	return s, nil
}

// services opens the databases and starts the four services, registered both on the gRPC server and in the process, where the gateway calls them.
func (s *Suite) services(ctx context.Context, c Config, told map[string]*telemetry.Telemetry) (*rpc.InProcess, *rpc.Server, error) {
	events := bus.NewInProcess(bus.Config{Logger: c.Telemetry.Log, Meter: c.Telemetry.Meter})
	called := telemetry.Servers(told)
	server := rpc.NewServer(rpc.ServerConfig{TLS: c.TLS, Stats: called})
	channels := map[string]*rpc.InProcess{} // by who calls
	for caller, t := range told {
		channels[caller] = rpc.NewInProcess(rpc.InProcessConfig{ServerStats: called, ClientStats: t.ClientStats()})
	}
	limiter, err := limit.NewInProcess(c.Limit, c.Now)
	if err != nil {
		return nil, nil, err
	}
	answers, err := cache.NewInProcess(c.Cache)
	if err != nil {
		return nil, nil, err
	}
	deps := func(d Database) (service.Deps, error) {
		name, logger := d.Service, told[d.Service].Log
		db, err := d.open(ctx, c.DataDir, "", logger)
		if err != nil {
			return service.Deps{}, err
		}
		return service.Deps{
			DB: db, Bus: events, Verifier: s.Keys, Logger: logger, Now: c.Now, NewID: service.NewID, Limiter: limiter, Cache: answers,
			Meter: told[name].Meter, Tracer: told[name].Tracer,
		}, nil
	}
	var running []func()
	for _, database := range Databases() {
		d, err := deps(database)
		if err != nil {
			return nil, nil, err
		}
		p, err := assemble(database.Service, d, authn.NewServiceTokens(database.Service, s.Keys, c.Now).Wrap(channels[database.Service]))
		if err != nil {
			_ = d.DB.Close()
			return nil, nil, fmt.Errorf("start %s: %w", database.Service, err)
		}
		s.group.Add(database.Service, func(context.Context) error { return p.Close() })
		for _, channel := range channels {
			p.Register(channel)
		}
		p.Register(server)
		running = append(running, func() { s.group.Go(database.Service+" events", p.Run) })
	}
	for _, run := range running { // only once every consumer has subscribed
		run()
	}
	return channels[restName], server, nil
}

// assemble is a service with its peers behind one connection.
func assemble(name string, d service.Deps, peers grpc.ClientConnInterface) (service.Part, error) {
	switch name {
	case "goals":
		return goals.New(goals.Deps{Deps: d})
	case "performance":
		return performance.New(performance.Deps{Deps: d, Goals: peers})
	case "budgeting":
		return budgeting.New(budgeting.Deps{Deps: d, Goals: peers, Performance: peers})
	case "actionplanning":
		return actionplanning.New(actionplanning.Deps{Deps: d, Goals: peers, Performance: peers, Budgeting: peers})
	}
	return nil, fmt.Errorf("there is no service %q", name)
}

// serveHTTP answers REST calls until ctx ends, then lets those under way finish.
func serveHTTP(ctx context.Context, c Config, handler http.Handler) error {
	server := gateway.NewServer(c.HTTP.Addr().String(), handler)
	listener := c.HTTP
	if c.TLS != nil {
		listener = tls.NewListener(listener, c.TLS)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime/2)
	defer cancel()
	if err := server.Shutdown(stopping); err != nil {
		return server.Close()
	}
	return nil
}

// Wait blocks until the suite has stopped and answers why, nil when ctx ended.
func (s *Suite) Wait() error { return s.group.Wait() }

// Close stops the suite.
func (s *Suite) Close() error { return s.group.Close() }

// KeyFile is where the data directory keeps the key that signs local tokens.
func KeyFile(dataDir string) string { return filepath.Join(dataDir, "local-key") }
