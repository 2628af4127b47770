package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"google.golang.org/grpc"

	"github.com/throughline/throughline/gateway"
	actionplanningv1 "github.com/throughline/throughline/proto/gen/throughline/actionplanning/v1"
	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/lifecycle"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/telemetry"
)

// stopTime is how long requests under way may take to end.
const stopTime = 20 * time.Second

// serve runs the REST API on listener until ctx ends, then lets requests under way finish.
func (s *settings) serve(ctx context.Context, listener net.Listener, logs io.Writer, now func() time.Time) (err error) {
	parts := lifecycle.New(ctx, stopTime)
	defer func() { err = errors.Join(err, parts.Close()) }()
	parts.Add("listener", func(context.Context) error { return closed(listener) })
	t, err := telemetry.Start(ctx, telemetry.Service{Name: "gateway", Logs: logs}, s.Telemetry)
	if err != nil {
		return err
	}
	parts.Add("telemetry", t.Shutdown)

	api := gateway.Config{
		Now: now, Logger: t.Log, Tracer: t.Tracer, MaxBodyBytes: s.MaxBodyBytes, Timeout: s.Timeout, StreamTimeout: s.StreamTimeout, AllowedOrigins: s.AllowOrigin,
		Ready: func(context.Context) error { return ctx.Err() }, // never waits for a peer; not ready while stopping
	}
	if err := s.Peer.connect(&api, parts, t, now); err != nil {
		return err
	}
	handler, err := gateway.New(api)
	if err != nil {
		return err
	}
	server := gateway.NewServer(s.Listen, handler)
	if server.TLSConfig, err = s.rest.security(t, now); err != nil {
		return err
	}
	if s.GRPCListen != "" {
		var listen net.ListenConfig
		l, err := listen.Listen(ctx, "tcp", s.GRPCListen)
		if err != nil {
			return fmt.Errorf("listen for gRPC: %w", err)
		}
		passing := rpc.NewServer(rpc.ServerConfig{TLS: server.TLSConfig, Stats: t.ServerStats(), Forward: rpc.Forward(map[string]grpc.ClientConnInterface{
			goalsv1.GoalsService_ServiceDesc.ServiceName: api.Goals, actionplanningv1.ActionPlanningService_ServiceDesc.ServiceName: api.ActionPlanning,
			budgetingv1.BudgetingService_ServiceDesc.ServiceName: api.Budgeting, performancev1.PerformanceService_ServiceDesc.ServiceName: api.Performance,
		})})
		parts.Go("gRPC", func(ctx context.Context) error { return passing.Serve(ctx, l) })
	}
	parts.Go("REST", func(context.Context) error {
		t.Log.Info("serving", "address", listener.Addr().String(), "tls", server.TLSConfig != nil)
		serve := server.Serve
		if server.TLSConfig != nil {
			serve = func(l net.Listener) error { return server.ServeTLS(l, "", "") }
		}
		err := serve(listener)
		if errors.Is(err, http.ErrServerClosed) {
			return nil
		}
		return err
	})
	parts.Add("requests", server.Shutdown)
	return parts.Wait()
}

func closed(listener net.Listener) error {
	if err := listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// security is TLS for REST; nil for plain text.
func (r *rest) security(t *telemetry.Telemetry, now func() time.Time) (*tls.Config, error) {
	if r.TLSCert == "" {
		return nil, nil
	}
	files, err := rpc.Certificates{Cert: r.TLSCert, Key: r.TLSKey}.Open(now, t.Log)
	if err != nil {
		return nil, &config.Error{Problem: "tls-cert and tls-key: " + err.Error()}
	}
	return files.Server(), files.Observe(t.Meter)
}

// connect prepares connections to the services, in TLS or mutual TLS when there are certificates; it waits for none.
func (p *peers) connect(api *gateway.Config, parts *lifecycle.Group, t *telemetry.Telemetry, now func() time.Time) error {
	dial := rpc.DialConfig{Stats: t.ClientStats()}
	if p.Given() {
		var err error
		if dial.Files, err = p.Open(now, t.Log); err != nil {
			return &config.Error{Problem: "peer: " + err.Error()}
		}
		if err := dial.Files.Observe(t.Meter); err != nil {
			return err
		}
	}
	for _, peer := range []struct {
		address rpc.Address
		service string
		conn    *grpc.ClientConnInterface
	}{
		{p.Goals, goalsv1.GoalsService_ServiceDesc.ServiceName, &api.Goals},
		{p.ActionPlanning, actionplanningv1.ActionPlanningService_ServiceDesc.ServiceName, &api.ActionPlanning},
		{p.Budgeting, budgetingv1.BudgetingService_ServiceDesc.ServiceName, &api.Budgeting},
		{p.Performance, performancev1.PerformanceService_ServiceDesc.ServiceName, &api.Performance},
	} {
		dial.Services = []string{peer.service}
		conn, err := rpc.Dial(string(peer.address), dial)
		if err != nil {
			return err
		}
		parts.Add("connection to "+string(peer.address), func(context.Context) error { return conn.Close() })
		*peer.conn = conn
	}
	return nil
}
