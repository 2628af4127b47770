package rpc_test

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/rpc"
)

// TestMutualTLS: replicas call each other with certificates of one authority; a caller without one gets no answer.
func TestMutualTLS(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(nil, template, template, public, private)
	if err != nil {
		t.Fatal(err)
	}
	authority := x509.NewCertPool()
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	authority.AddCert(certificate)
	mine := []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: private}}

	b := newBench(t, nil)
	server := rpc.NewServer(rpc.ServerConfig{TLS: &tls.Config{Certificates: mine, ClientCAs: authority, ClientAuth: tls.RequireAndVerifyClientCert}})
	b.guard.Register(server)
	address := serving(t, server)
	ctx := metadata.AppendToOutgoingContext(context.Background(), "authorization", "Bearer "+b.token(t, authn.Identity{Roles: []string{"staff"}}))
	for _, c := range []struct {
		name string
		tls  *tls.Config
		want codes.Code
	}{
		{"with a certificate", &tls.Config{RootCAs: authority, Certificates: mine}, codes.OK},
		{"without", &tls.Config{RootCAs: authority}, codes.Unavailable},
		{"in plain text", nil, codes.Unavailable},
	} {
		conn, err := rpc.Dial(address, rpc.DialConfig{TLS: c.tls})
		if err != nil {
			t.Fatal(err)
		}
		err = conn.Invoke(ctx, fullMethod("GetThing"), message(t, "GetThingRequest", `name: "x"`), message(t, "Thing", ""))
		if status.Code(err) != c.want {
			t.Errorf("%s: %v", c.name, err)
		}
		_ = conn.Close()
	}
}
