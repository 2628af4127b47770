// Package service assembles the parts that every service is made of.
package service

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/cache"
	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/once"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// unmeasured is told of an instrument that refuses its own name.
const unmeasured = "not everything is measured"

// sweepEvery is how often responses kept for repeats are dropped once their time is over.
const sweepEvery = time.Hour

// Deps is what differs between embedded and distributed mode; no other code knows the mode.
type Deps struct {
	DB       sqldb.DB // migrated; closed by Close
	Bus      bus.Bus
	Verifier authn.Verifier
	Logger   *slog.Logger
	Now      func() time.Time
	NewID    func() string
	Limiter  limit.Limiter // nil: callers may ask as much as they like
	Cache    cache.Store   // nil: no answers are kept

	Meter  metric.MeterProvider // nil: nothing is measured
	Tracer trace.TracerProvider // nil: nothing is traced
}

// Service is a running service: its guarded methods, its transactions and its relay.
type Service struct {
	deps    Deps
	source  string
	guard   *rpc.Guard
	relay   *outbox.Relay
	intakes []intake
	watch   watch
	Keeper  *resource.Keeper
}

// New prepares a service. source is its CloudEvents source, such as "throughline.goals.v1"; message turns what its use
// cases answer into proto messages.
func New(d Deps, source string, message func(any) (proto.Message, error)) *Service {
	d, watch, err := watched(d)
	relay := &outbox.Relay{DB: d.DB, Bus: d.Bus, Source: source, Logger: d.Logger}
	s := &Service{deps: d, source: source, relay: relay, watch: watch}
	s.tried(context.Background(), unmeasured, err)
	s.Keeper = &resource.Keeper{DB: d.DB, Source: source, Message: message, Now: s.Now, NewID: d.NewID, Wake: relay.Wake}
	return s
}

// Now is the clock of use cases. It is as precise as what is stored, so that the answer to a write, the event that tells of
// it and every later read say the same time.
func (s *Service) Now() time.Time { return s.deps.Now().Truncate(time.Microsecond) }

// Serve guards the methods that register registers; it refuses any that declares no permission.
func (s *Service) Serve(register func(grpc.ServiceRegistrar)) error {
	guard, err := rpc.NewGuard(rpc.Options{
		Verifier: s.deps.Verifier, Now: s.deps.Now, NewID: s.deps.NewID, Logger: s.deps.Logger, Lookup: s.lookup,
		DryRun:  func(ctx context.Context) context.Context { return resource.DryRun(ctx, true) },
		Limiter: s.deps.Limiter, Cache: s.deps.Cache, Revision: s.revision,
	}, register)
	s.guard = guard
	return err
}

func (s *Service) revision(ctx context.Context, organization string) (revision string, err error) {
	err = s.deps.DB.Read(ctx, func(tx sqldb.Tx) error {
		revision, err = outbox.Revision(tx, organization)
		return err
	})
	return revision, err
}

func (s *Service) lookup(ctx context.Context, key once.Key, hash [32]byte) (response []byte, found bool, err error) {
	err = s.deps.DB.Read(ctx, func(tx sqldb.Tx) error {
		response, found, err = once.Lookup(tx, key, hash)
		return err
	})
	return response, found, err
}

// Register adds the guarded methods to a listener or channel.
func (s *Service) Register(r grpc.ServiceRegistrar) { s.guard.Register(r) }

// Guard is what stands before the methods; tests hold its permissions against the table of roles.
func (s *Service) Guard() *rpc.Guard { return s.guard }

// Run publishes events, drops expired responses and tries dead letters again, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	s.tried(ctx, unmeasured, s.observeEvents())
	done := make(chan error, 1)
	go func() { done <- s.relay.Run(ctx) }()
	sweep, retry := time.NewTicker(sweepEvery), time.NewTicker(retryEvery)
	defer sweep.Stop()
	defer retry.Stop()
	for {
		select {
		case err := <-done:
			return err
		case <-sweep.C:
			s.tried(ctx, "expired responses were not swept", s.deps.DB.Write(ctx, func(tx sqldb.Tx) error {
				_, err := once.Sweep(tx, s.deps.Now())
				return err
			}))
		case <-retry.C:
			s.tried(ctx, "dead letters were not tried again", s.retry(ctx))
		}
	}
}

// tried logs what went wrong and will be done later.
func (s *Service) tried(ctx context.Context, message string, err error) {
	if err != nil && !errors.Is(err, context.Canceled) {
		s.deps.Logger.WarnContext(ctx, message, "source", s.source, "error", err)
	}
}

// Close releases the database; call it after Run has returned.
func (s *Service) Close() error { return errors.Join(s.watch.unwatch(), s.deps.DB.Close()) }
