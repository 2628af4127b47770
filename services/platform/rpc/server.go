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

// streamWorkers are goroutines that serve one call after another; a call that finds none free has a goroutine of its own. A new one's stack grows
// under grpc, the guard and the rules of a message by copying: a fifth of a call.
const streamWorkers = 64

// ServerConfig of a listener; the zero value is good.
type ServerConfig struct {
	MaxMessageBytes  int           // largest message received; 0 means 16 MiB
	MaxConnectionAge time.Duration // connections are moved on after this, so that new replicas get their share; 0 means 30 min
	StopTimeout      time.Duration // how long calls may take to end once the server stops; 0 means 15 s
	TLS              *tls.Config   // nil: plain text
	Stats            stats.Handler // telemetry; may be nil

	// Forward answers the calls of services that are not registered; see the function of this name. nil: there are none.
	Forward grpc.StreamHandler

	// Ready says whether calls can be answered, such as by asking the database; it is asked before the first call and then
	// every ReadyEvery (0 means 5 s), each time for at most as long. nil: ready while serving.
	Ready      func(context.Context) error
	ReadyEvery time.Duration
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
	config.ReadyEvery = orElse(config.ReadyEvery, 5*time.Second)
	options := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(config.MaxMessageBytes),
		grpc.MaxSendMsgSize(config.MaxMessageBytes),
		grpc.MaxConcurrentStreams(1000),
		grpc.NumStreamWorkers(streamWorkers),
		grpc.ConnectionTimeout(10 * time.Second),
		grpc.KeepaliveParams(keepalive.ServerParameters{
			MaxConnectionAge: config.MaxConnectionAge, MaxConnectionAgeGrace: MaxDeadline,
			Time: 2 * time.Minute, Timeout: 20 * time.Second,
		}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: clientKeepalive / 2, PermitWithoutStream: true}),
	}
	if config.Stats != nil {
		options = append(options, grpc.StatsHandler(config.Stats))
	}
	if config.Forward != nil {
		options = append(options, grpc.UnknownServiceHandler(config.Forward), grpc.ForceServerCodecV2(passing{}))
	}
	if config.TLS != nil {
		options = append(options, grpc.Creds(credentials.NewTLS(config.TLS)))
	}
	s := &Server{config: config, grpc: grpc.NewServer(options...), admin: grpc.NewServer(), health: newWatchable()}
	s.health.SetServingStatus("", healthv1.HealthCheckResponse_NOT_SERVING)
	s.health.SetServingStatus(Liveness, healthv1.HealthCheckResponse_SERVING)
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

// Liveness is the service name by which health tells whether the process runs, ready or not.
const Liveness = "liveness"

// Serve answers calls on the listener until ctx ends, then stops within the configured bound: health turns NOT_SERVING,
// watches end, calls under way may finish, what is left is cut off. It closes the listener; nil means a clean stop.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	if s.config.Ready == nil {
		s.setReady(true)
	} else {
		watching, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() {
			defer close(done)
			s.watchReady(watching)
		}()
		defer func() { stop(); <-done }()
	}
	return serve(ctx, s.grpc, listener, s.Stop)
}

// watchReady tells health what Ready answers, until ctx ends. While it answers no it is asked ten times as often: what is out of rotation serves nobody.
func (s *Server) watchReady(ctx context.Context) {
	for {
		asking, cancel := context.WithTimeout(ctx, s.config.ReadyEvery)
		ready := s.config.Ready(asking) == nil
		cancel()
		s.setReady(ready)
		wait := s.config.ReadyEvery
		if !ready {
			wait /= 10
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// setReady has no effect any more once the server stops.
func (s *Server) setReady(ready bool) {
	status := healthv1.HealthCheckResponse_NOT_SERVING
	if ready {
		status = healthv1.HealthCheckResponse_SERVING
	}
	for name := range s.grpc.GetServiceInfo() {
		s.health.SetServingStatus(name, status)
	}
	s.health.SetServingStatus("", status)
}

// adminStop is how long probes may take to end once the admin listener stops.
const adminStop = time.Second

// ServeAdmin answers health and reflection (both without a token) on a listener of its own, for operators and probes:
// keep it on loopback or inside the cluster. It ends with ctx.
func (s *Server) ServeAdmin(ctx context.Context, listener net.Listener) error {
	return serve(ctx, s.admin, listener, func() {
		late := time.AfterFunc(adminStop, s.admin.Stop)
		defer late.Stop()
		s.admin.GracefulStop() // so that watches tell the end
	})
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
	err := w.Server.Watch(request, watchStream{stream, ctx})
	select {
	case <-w.ended: // the watch may have ended before it saw that
		return errors.Join(stream.Send(&healthv1.HealthCheckResponse{Status: healthv1.HealthCheckResponse_NOT_SERVING}), err)
	default:
		return err
	}
}

type watchStream struct {
	healthv1.Health_WatchServer
	ctx context.Context //nolint:containedctx // grpc.ServerStream is asked for its context
}

func (s watchStream) Context() context.Context { return s.ctx }
