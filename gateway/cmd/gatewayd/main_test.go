package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/config/configtest"
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
		{"peer without port", []string{"--peer-goals", "goals"}, "peer.goals must be host:port"},
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
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
