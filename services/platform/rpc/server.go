package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/stats"
)

// DefaultMaxMessage is the largest message, in bytes, that servers, clients and the in-process channel take unless told
// otherwise: room for a few thousand rows.
const DefaultMaxMessage = 16 << 20

// ServerConfig of a listener; the zero value is good.
type ServerConfig struct {
	MaxMessageBytes  int             // largest message received; 0 means 16 MiB
	MaxConnectionAge time.Duration   // connections are moved on after this, so that new replicas get their share; 0 means 30 min
	StopTimeout      time.Duration   // how long calls may take to end once the server stops; 0 means 15 s
	TLS              *tls.Config     // nil: plain text
	StatsHandlers    []stats.Handler // telemetry
}

// Server serves guarded services over TCP, with health (grpc.health.v1) once per listener. Register everything before
// serving.
type Server struct {
	config ServerConfig
	grpc   *grpc.Server
	admin  *grpc.Server
	health *watchable
	stop   sync.Once
}

var _ grpc.ServiceRegistrar = (*Server)(nil)

// NewServer makes a server that reports NOT_SERVING until Serve is called.
func NewServer(config ServerConfig) *Server {
	if config.MaxMessageBytes <= 0 {
		config.MaxMessageBytes = DefaultMaxMessage
	}
	config.MaxConnectionAge = orElse(config.MaxConnectionAge, 30*time.Minute)
	config.StopTimeout = orElse(config.StopTimeout, 15*time.Second)
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(config.MaxMessageBytes),
		grpc.MaxSendMsgSize(config.MaxMessageBytes),
		grpc.MaxConcurrentStreams(1000),
		grpc.ConnectionTimeout(10 * time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge: config.MaxConnectionAge, MaxConnectionAgeGrace: MaxDeadline,
			Time: 2 * time.Minute, Timeout: 20 * time.Second,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: clientKeepalive / 2, PermitWithoutStream: true}),
	}
	for _, handler := range config.StatsHandlers {
		options = append(options, grpc.StatsHandler(handler))
	}
	if config.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config.TLS)))
	}
	s := &Server{config: config, grpc: grpc.NewServer(options...), admin: grpc.NewServer(), health: newWatchable()}
	s.health.SetServingStatus("", healthv1.HealthCheckResponse_NOT_SERVING)
	healthv1.RegisterHealthServer(s.grpc, s.health)
	healthv1.RegisterHealthServer(s.admin, s.health)
	reflectionv1.RegisterServerReflectionServer(s.admin, reflection.NewServerV1(reflection.ServerOptions{Services: s.grpc}))
	return s
}

// RegisterService is called by Guard.Register.
func (s *Server) RegisterService(desc *grpc.ServiceDesc, handler any) {
	s.grpc.RegisterService(desc, handler)
	s.health.SetServingStatus(desc.ServiceName, healthv1.HealthCheckResponse_NOT_SERVING)
}

// Serve answers calls on the listener until ctx ends, then stops within the configured bound: health turns NOT_SERVING,
// watches end, calls under way may finish, what is left is cut off. It closes the listener; nil means a clean stop.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	for name := range s.grpc.GetServiceInfo() {
		s.health.SetServingStatus(name, healthv1.HealthCheckResponse_SERVING)
	}
	s.health.SetServingStatus("", healthv1.HealthCheckResponse_SERVING)
	return serve(ctx, s.grpc, listener, s.Stop)
}

// ServeAdmin answers health and reflection (both without a token) on a listener of its own, for operators and probes:
// keep it on loopback or inside the cluster. It ends with ctx.
func (s *Server) ServeAdmin(ctx context.Context, listener net.Listener) error {
	return serve(ctx, s.admin, listener, s.admin.Stop)
}

func serve(ctx context.Context, server *grpc.Server, listener net.Listener, stop func()) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	var err error
	select {
	case err = <-ended:
	case <-ctx.Done():
		stop()
		err = <-ended
	}
	if err != nil && !errors.Is(err, grpc.ErrServerStopped) {
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	}
	return nil
}

// Stop is what Serve does when its context ends. It returns when every call has ended; a second call does nothing.
func (s *Server) Stop() {
	s.stop.Do(func() {
		s.health.stop()
		late := time.AfterFunc(s.config.StopTimeout, s.grpc.Stop)
		defer late.Stop()
		s.grpc.GracefulStop()
	})
}

// watchable is the health server whose watches end when the server stops: GracefulStop waits for streams for ever.
type watchable struct {
	*health.Server
	ended chan struct{}
}

func newWatchable() *watchable {
	return &watchable{Server: health.NewServer(), ended: make(chan struct{})}
}

func (w *watchable) stop() {
	w.Shutdown()
	close(w.ended)
}

// Watch is grpc.health.v1.Health.Watch; a last message says NOT_SERVING before the stream ends.
func (w *watchable) Watch(request *healthv1.HealthCheckRequest, stream healthv1.Health_WatchServer) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	go func() {
		select {
		case <-w.ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	return w.Server.Watch(request, watchStream{stream, ctx})
}

type watchStream struct {
	healthv1.Health_WatchServer
	ctx context.Context //nolint:containedctx // grpc.ServerStream is asked for its context
}

func (s watchStream) Context() context.Context { return s.ctx }
