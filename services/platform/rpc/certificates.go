package rpc

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"google.golang.org/grpc/credentials"
)

// Certificates is the section of a program's settings that names the PEM files of its end of TLS.
type Certificates struct {
	CA   string `name:"ca" help:"PEM certificates that sign the other side's; TLS is used when given." type:"path" placeholder:"FILE"`
	Cert string `help:"PEM certificate chain that the other side knows this program by (mTLS)." type:"path" placeholder:"FILE"`
	Key  string `help:"PEM private key of the certificate." type:"path" placeholder:"FILE"`
}

// Given says whether there is any certificate.
func (c Certificates) Given() bool { return c != Certificates{} }

// Check names what is missing; section is where the settings have the certificates, such as "peer".
func (c Certificates) Check(section string) error {
	if (c.Cert == "") != (c.Key == "") || c.Cert != "" && c.CA == "" {
		return fmt.Errorf("%[1]s.cert and %[1]s.key go together, and need %[1]s.ca", section)
	}
	return nil
}

// rereadEvery is how old what was read from certificate files may be when a connection begins.
const rereadEvery = time.Second

// Files are certificates that are read again when a connection begins and the files have changed, so that they can be renewed
// while the program runs. While the new ones do not fit together the old ones stay. Safe for concurrent use.
type Files struct {
	names  Certificates
	now    func() time.Time
	logger *slog.Logger

	mu      sync.Mutex
	read    time.Time
	texts   [3][]byte // of CA, Cert and Key
	refused string    // the last complaint, which is logged once
	current pemFiles
}

// pemFiles is what the files hold.
type pemFiles struct {
	pool *x509.CertPool    // nil: no CA was given
	pair []tls.Certificate // empty: no Cert was given
}

// Open reads the files.
func (c Certificates) Open(now func() time.Time, logger *slog.Logger) (*Files, error) {
	f := &Files{names: c, now: now, logger: logger}
	if err := f.reread(); err != nil {
		return nil, err
	}
	f.read = now()
	return f, nil
}

// Server is for a listener: callers must have a certificate that the CA signed, unless no CA was given.
func (f *Files) Server() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: alpn, Certificates: f.get().pair,
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			now := f.get()
			c := &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: alpn, Certificates: now.pair}
			if now.pool != nil {
				// A resumed session would not be held to authorities that have changed since.
				c.ClientCAs, c.ClientAuth, c.SessionTicketsDisabled = now.pool, tls.RequireAndVerifyClientCert, true
			}
			return c, nil
		},
	}
}

// alpn are the protocols of gRPC and REST.
var alpn = []string{"h2", "http/1.1"}

// Client is for connections to servers whose certificates the CA signed, or the system's authorities when no CA was given.
func (f *Files) Client() credentials.TransportCredentials { return &renewing{files: f} }

// Observe tells when the certificate that is in use ends, until the meter does.
func (f *Files) Observe(meters metric.MeterProvider) error {
	if f.names.Cert == "" {
		return nil
	}
	meter := meters.Meter("github.com/throughline/throughline/services/platform/rpc")
	expires, err := meter.Int64ObservableGauge("throughline.tls.expires",
		metric.WithDescription("When the certificate in use ends, in seconds since 1970."), metric.WithUnit("s"))
	if err != nil {
		return err
	}
	file := metric.WithAttributes(attribute.String("file", f.names.Cert))
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		if now := f.get(); len(now.pair) > 0 && now.pair[0].Leaf != nil {
			o.ObserveInt64(expires, now.pair[0].Leaf.NotAfter.Unix(), file)
		}
		return nil
	}, expires)
	return err
}

// get is what the files hold now, as far as they can be read.
func (f *Files) get() pemFiles {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := f.now(); now.Sub(f.read) >= rereadEvery || now.Before(f.read) {
		f.read = now
		complaint := ""
		if err := f.reread(); err != nil {
			complaint = err.Error()
		}
		if complaint != "" && complaint != f.refused {
			f.logger.Warn("renewed certificates are not taken; the old ones stay", "error", complaint)
		}
		f.refused = complaint
	}
	return f.current
}

func (f *Files) reread() error {
	var texts [3][]byte
	for i, name := range []string{f.names.CA, f.names.Cert, f.names.Key} {
		if name == "" {
			continue
		}
		var err error
		if texts[i], err = os.ReadFile(name); err != nil {
			return fmt.Errorf("read a certificate: %w", err)
		}
	}
	same := true
	for i := range texts {
		same = same && bytes.Equal(texts[i], f.texts[i])
	}
	if same {
		return nil
	}
	fresh, err := f.names.parse(texts)
	if err != nil {
		return err
	}
	f.texts, f.current = texts, fresh
	return nil
}

// Authorities are the certificates in a PEM file.
func Authorities(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no PEM certificate", file)
	}
	return pool, nil
}

func (c Certificates) parse(texts [3][]byte) (pemFiles, error) {
	var fresh pemFiles
	if c.CA != "" {
		fresh.pool = x509.NewCertPool()
		if !fresh.pool.AppendCertsFromPEM(texts[0]) {
			return fresh, fmt.Errorf("%s holds no PEM certificate", c.CA)
		}
	}
	if c.Cert != "" {
		pair, err := tls.X509KeyPair(texts[1], texts[2])
		if err != nil {
			return fresh, fmt.Errorf("%s and %s: %w", c.Cert, c.Key, err)
		}
		fresh.pair = []tls.Certificate{pair}
	}
	return fresh, nil
}

// renewing makes each handshake with the certificates of its moment: a tls.Config of a client cannot change its authorities.
type renewing struct {
	files *Files
	name  string // overrides the name that a server's certificate must have
}

func (r *renewing) credentials() credentials.TransportCredentials {
	now := r.files.get()
	return credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: now.pool, Certificates: now.pair, ServerName: r.name})
}

// ClientHandshake is of one new connection.
func (r *renewing) ClientHandshake(ctx context.Context, authority string, conn net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return r.credentials().ClientHandshake(ctx, authority, conn)
}

// ServerHandshake is never called: listeners have Files.Server.
func (*renewing) ServerHandshake(net.Conn) (net.Conn, credentials.AuthInfo, error) {
	return nil, nil, errors.New("these credentials are for clients")
}

// Info says that it is TLS.
func (r *renewing) Info() credentials.ProtocolInfo { return r.credentials().Info() }

// Clone is another client on the same files.
func (r *renewing) Clone() credentials.TransportCredentials {
	c := *r
	return &c
}

// OverrideServerName is how tests reach a server by an address that its certificate does not name.
func (r *renewing) OverrideServerName(name string) error {
	r.name = name
	return nil
}
