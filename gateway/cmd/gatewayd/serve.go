package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/stats"

	"github.com/throughline/throughline/gateway"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/lifecycle"
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
		Now: now, Logger: t.Log, MaxBodyBytes: s.MaxBodyBytes, Timeout: s.Timeout, StreamTimeout: s.StreamTimeout, AllowedOrigins: s.AllowOrigin,
		Ready: func(context.Context) error { return ctx.Err() }, // never waits for a peer; not ready while stopping
	}
	security, err := s.Peer.security()
	if err != nil {
		return err
	}
	for _, peer := range []struct {
		address string
		conn    *grpc.ClientConnInterface
	}{
		{s.Peer.Goals, &api.Goals}, {s.Peer.ActionPlanning, &api.ActionPlanning}, {s.Peer.Budgeting, &api.Budgeting}, {s.Peer.Performance, &api.Performance},
	} {
		conn, err := dial(peer.address, security, t.ClientStats())
		if err != nil {
			return err
		}
		parts.Add("connection to "+peer.address, func(context.Context) error { return conn.Close() })
		*peer.conn = conn
	}
	handler, err := gateway.New(api)
	if err != nil {
		return err
	}
	server := gateway.NewServer(s.Listen, handler)
	if server.TLSConfig, err = s.rest.security(); err != nil {
		return err
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
func (r *rest) security() (*tls.Config, error) {
	if r.TLSCert == "" {
		return nil, nil
	}
	pair, err := tls.LoadX509KeyPair(r.TLSCert, r.TLSKey)
	if err != nil {
		return nil, &config.Error{Problem: "tls-cert and tls-key: " + err.Error()}
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}, nil
}

// security is how services are spoken to: TLS or mutual TLS when they have certificates.
func (p *peers) security() (credentials.TransportCredentials, error) {
	if p.CA == "" {
		return insecure.NewCredentials(), nil
	}
	pem, err := os.ReadFile(p.CA)
	if err != nil {
		return nil, &config.Error{Problem: "peer.ca: " + err.Error()}
	}
	c := &tls.Config{RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
	if !c.RootCAs.AppendCertsFromPEM(pem) {
		return nil, &config.Error{Problem: fmt.Sprintf("peer.ca: %s holds no PEM certificate", p.CA)}
	}
	if p.Cert != "" {
		pair, err := tls.LoadX509KeyPair(p.Cert, p.Key)
		if err != nil {
			return nil, &config.Error{Problem: "peer.cert and peer.key: " + err.Error()}
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(c), nil
}

// maxMessage is the largest gRPC message either way, as services have it.
const maxMessage = 16 << 20

// dial prepares a connection to every replica behind an address, used in turn; it waits for none. watch may be nil.
func dial(address string, security credentials.TransportCredentials, watch stats.Handler) (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(security),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessage), grpc.MaxCallSendMsgSize(maxMessage)),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: time.Minute, Timeout: 20 * time.Second, PermitWithoutStream: true}),
	}
	if watch != nil {
		options = append(options, grpc.WithStatsHandler(watch))
	}
	conn, err := grpc.NewClient("dns:///"+address, options...)
	if err != nil {
		return nil, fmt.Errorf("prepare a connection to %s: %w", address, err)
	}
	return conn, nil
}
