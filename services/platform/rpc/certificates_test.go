package rpc_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/rpc/rpctest"
	"github.com/throughline/throughline/services/platform/telemetry/telemetrytest"
)

// seconds is a clock that tests push.
type seconds struct{ n atomic.Int64 }

func (s *seconds) now() time.Time { return time.Unix(1_800_000_000+s.n.Load(), 0) }

// mutual is a server and callers with certificates of their own folders.
type mutual struct {
	address        string
	clock          *seconds
	log            *bytes.Buffer // of the server's files
	server, client string        // folders
	files          *rpc.Files    // the client's
	ctx            context.Context
}

func newMutual(t *testing.T, a rpctest.Authority) *mutual {
	t.Helper()
	m := &mutual{clock: new(seconds), log: new(bytes.Buffer), server: t.TempDir(), client: t.TempDir()}
	files, err := a.Issue(t, m.server, 10).Open(m.clock.now, slog.New(slog.NewTextHandler(m.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	if m.files, err = a.Issue(t, m.client, 20).Open(m.clock.now, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	b := newBench(t, nil)
	server := rpc.NewServer(rpc.ServerConfig{TLS: files.Server()})
	b.guard.Register(server)
	m.address = serving(t, server)
	m.ctx = metadata.AppendToOutgoingContext(t.Context(), "authorization", "Bearer "+b.token(t, authn.Identity{Roles: []string{"staff"}}))
	return m
}

// call makes a new connection and answers the serial number of the server's certificate.
func (m *mutual) call(t *testing.T, c rpc.DialConfig) (serial int64, code codes.Code) {
	t.Helper()
	conn, err := rpc.Dial(m.address, c)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var from peer.Peer
	err = conn.Invoke(m.ctx, fullMethod("GetThing"), message(t, "GetThingRequest", `name: "x"`), message(t, "Thing", ""), grpc.Peer(&from))
	if info, ok := from.AuthInfo.(credentials.TLSInfo); ok {
		serial = info.State.PeerCertificates[0].SerialNumber.Int64()
	}
	return serial, status.Code(err)
}

// Certificates are renewed under a running server and a running client, their authority included.
func TestCertificatesAreReadAgain(t *testing.T) {
	first := rpctest.NewAuthority(t)
	m := newMutual(t, first)
	expect := func(when string, serial int64) {
		t.Helper()
		if got, code := m.call(t, rpc.DialConfig{Files: m.files}); got != serial || code != codes.OK {
			t.Errorf("%s: serial %d, %s; want %d", when, got, code, serial)
		}
	}
	expect("at first", 10)
	first.Issue(t, m.server, 11)
	expect("within a second", 10)
	m.clock.n.Add(1)
	expect("after it", 11)

	second := rpctest.NewAuthority(t)
	second.Issue(t, m.server, 12)
	m.clock.n.Add(1)
	if _, code := m.call(t, rpc.DialConfig{Files: m.files}); code != codes.Unavailable {
		t.Errorf("a server of another authority: %s", code)
	}
	second.Issue(t, m.client, 22)
	m.clock.n.Add(1)
	expect("with its authority", 12)

	for range 2 { // half of a renewal, seen twice
		if err := os.WriteFile(filepath.Join(m.server, "cert.pem"), second.PEM, 0o600); err != nil {
			t.Fatal(err)
		}
		m.clock.n.Add(1)
		expect("a certificate without its key", 12)
	}
	if said := m.log.String(); strings.Count(said, "the old ones stay") != 1 {
		t.Errorf("the log: %s", said)
	}
	second.Issue(t, m.server, 13)
	m.clock.n.Add(1)
	expect("the whole renewal", 13)
}

func TestCallersNeedCertificates(t *testing.T) {
	a := rpctest.NewAuthority(t)
	m := newMutual(t, a)
	ca := x509.NewCertPool()
	ca.AddCert(a.Cert)
	stranger, err := rpctest.NewAuthority(t).Issue(t, t.TempDir(), 30).Open(m.clock.now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	only := a.Issue(t, t.TempDir(), 31)
	known, err := rpc.Certificates{CA: only.CA}.Open(m.clock.now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]rpc.DialConfig{
		"plain text": {}, "no certificate": {Files: known}, "of another authority": {Files: stranger}, "no certificate, fixed": {TLS: &tls.Config{RootCAs: ca}},
	} {
		if _, code := m.call(t, c); code != codes.Unavailable {
			t.Errorf("%s: %s", name, code)
		}
	}
}

func TestOpenCertificatesRefuses(t *testing.T) {
	a, clock := rpctest.NewAuthority(t), new(seconds)
	good := a.Issue(t, t.TempDir(), 1)
	other := a.Issue(t, t.TempDir(), 2)
	for name, c := range map[string]struct {
		files rpc.Certificates
		want  string
	}{
		"a missing file":   {rpc.Certificates{CA: good.CA + "x"}, "no such file"},
		"no certificate":   {rpc.Certificates{CA: good.Key}, "holds no PEM certificate"},
		"the key of other": {rpc.Certificates{CA: good.CA, Cert: good.Cert, Key: other.Key}, "private key does not match"},
	} {
		if _, err := c.files.Open(clock.now, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for _, c := range []struct {
		files rpc.Certificates
		want  string
	}{
		{rpc.Certificates{}, ""},
		{rpc.Certificates{CA: "a"}, ""},
		{rpc.Certificates{CA: "a", Cert: "c", Key: "k"}, ""},
		{rpc.Certificates{Cert: "c", Key: "k"}, "peer.cert and peer.key go together, and need peer.ca"},
		{rpc.Certificates{CA: "a", Cert: "c"}, "peer.cert and peer.key go together"},
	} {
		if err := c.files.Check("peer"); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.files, err, c.want)
		}
	}
}

// The end of a certificate is known from outside, also when it has been renewed.
func TestFilesTellWhenTheirCertificateEnds(t *testing.T) {
	authority, dir, clock := rpctest.NewAuthority(t), t.TempDir(), new(seconds)
	issued := authority.Issue(t, dir, 1)
	files, err := issued.Open(clock.now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	meters, read := telemetrytest.Meter(t)
	if err := files.Observe(meters); err != nil {
		t.Fatal(err)
	}
	for serial := int64(2); serial < 4; serial++ {
		text, err := os.ReadFile(issued.Cert)
		if err != nil {
			t.Fatal(err)
		}
		block, _ := pem.Decode(text)
		leaf, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := read()["throughline.tls.expires{file="+issued.Cert+"}"], float64(leaf.NotAfter.Unix()); got != want {
			t.Errorf("ends at %v, want %v", got, want)
		}
		authority.Issue(t, dir, serial)
		clock.n.Add(1)
	}
}
