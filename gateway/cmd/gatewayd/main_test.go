package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/config/configtest"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/rpc/rpctest"
)

func TestSchema(t *testing.T) {
	configtest.Schema(t, new(settings), program(nil, io.Discard), "testdata/gatewayd.schema.json")
}

func TestBadSettings(t *testing.T) {
	cases := []struct {
		name string
		args []string
		want string
	}{
		{"beyond loopback", []string{"--listen", "0.0.0.0:8080"}, "not a loopback address"},
		{"no port", []string{"--listen", "localhost"}, "listen must be host:port"},
		{"half of TLS", []string{"--tls-cert", "c.pem"}, "tls-cert and tls-key go together"},
		{"half of mutual TLS", []string{"--peer-cert", "c.pem", "--peer-key", "k.pem"}, "need peer.ca"},
		{"peer without port", []string{"--peer-goals", "goals"}, "--peer-goals: must be host:port"},
		{"no time", []string{"--timeout", "0s"}, "must be positive"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			err := run(t.Context(), tc.args, io.Discard, io.Discard)
			if bad := (*config.Error)(nil); !errors.As(err, &bad) || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("err = %v, want %q", err, tc.want)
			}
		})
	}
}

func TestServesUntilStopped(t *testing.T) {
	var s settings
	if _, err := config.Parse(&s, program([]string{"--peer-goals", "127.0.0.1:1"}, io.Discard)); err != nil {
		t.Fatal(err)
	}
	listener := listen(t)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.serve(ctx, listener, &bytes.Buffer{}, time.Now) }()
	for path, want := range map[string]int{"/readyz": http.StatusOK, "/v1/organizations": http.StatusServiceUnavailable} {
		response, err := http.Get("http://" + listener.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("%s: %d, want %d", path, response.StatusCode, want)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
}

// REST over TLS before services over mutual TLS; a renewed certificate of REST is served without a restart.
func TestServesOverTLS(t *testing.T) {
	authority := rpctest.NewAuthority(t)
	services, err := authority.Issue(t, t.TempDir(), 1).Open(time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	peer := rpc.NewServer(rpc.ServerConfig{TLS: services.Server()})
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	behind, front := listen(t), listen(t)
	go func() { _ = peer.Serve(ctx, behind) }()

	folder := t.TempDir()
	own := authority.Issue(t, folder, 2)
	var s settings
	args := []string{"--peer-goals", behind.Addr().String(), "--peer-ca", own.CA, "--peer-cert", own.Cert, "--peer-key", own.Key, "--tls-cert", own.Cert, "--tls-key", own.Key}
	if _, err := config.Parse(&s, program(args, io.Discard)); err != nil {
		t.Fatal(err)
	}
	var clock atomic.Int64
	now := func() time.Time { return time.Unix(1_800_000_000+clock.Load(), 0) }
	done := make(chan error, 1)
	go func() { done <- s.serve(ctx, front, t.Output(), now) }()

	roots := x509.NewCertPool()
	roots.AddCert(authority.Cert)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}}
	for _, serial := range []int64{2, 3} {
		response, err := client.Get("https://" + front.Addr().String() + "/v1/organizations")
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		got := response.TLS.PeerCertificates[0].SerialNumber.Int64()
		if response.StatusCode != http.StatusNotImplemented || got != serial { // the service answers that it has no methods
			t.Errorf("%d with certificate %d, want %d with %d", response.StatusCode, got, http.StatusNotImplemented, serial)
		}
		authority.Issue(t, folder, serial+1)
		clock.Add(1)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("stopped with %v", err)
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}
