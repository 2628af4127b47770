package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/telemetry"
	"github.com/throughline/throughline/services/throughline"
)

type serveCommand struct {
	Listen         string `default:"127.0.0.1:8080" help:"Address of the REST API." placeholder:"HOST:PORT"`
	GRPCListen     string `name:"grpc-listen" default:"127.0.0.1:9090" help:"Address of the gRPC API." placeholder:"HOST:PORT"`
	AdminListen    string `default:"127.0.0.1:9091" help:"Address of gRPC health and reflection; empty for none." placeholder:"HOST:PORT"`
	InsecureListen bool   `help:"Allow addresses beyond loopback without TLS."`
	TLSCert        string `name:"tls-cert" help:"PEM certificate chain for REST and gRPC." type:"path" placeholder:"FILE"`
	TLSKey         string `name:"tls-key" help:"PEM private key of --tls-cert." type:"path" placeholder:"FILE"`
	Sample         string `help:"Load this sample city once the suite is up (see demo)." type:"existingdir" placeholder:"DIR"`
}

// Validate refuses addresses that others can reach, unless traffic is encrypted or the operator insists; it names every one.
func (s *serveCommand) Validate() error {
	var problems []error
	if (s.TLSCert == "") != (s.TLSKey == "") {
		problems = append(problems, errors.New("tls-cert and tls-key go together; give both or neither"))
	}
	encrypted := s.TLSCert != "" && s.TLSKey != ""
	for _, l := range []struct {
		flag, address string
		safe          bool
	}{
		{"listen", s.Listen, encrypted},
		{"grpc-listen", s.GRPCListen, encrypted},
		{"admin-listen", s.AdminListen, s.AdminListen == ""}, // it never has TLS
	} {
		host, _, err := net.SplitHostPort(l.address)
		switch {
		case err != nil && l.address != "" || l.address == "" && !l.safe:
			problems = append(problems, fmt.Errorf("%s must be host:port, such as 127.0.0.1:8080, not %q", l.flag, l.address))
		case !l.safe && !s.InsecureListen && !loopback(host):
			problems = append(problems, fmt.Errorf(
				"%s %s is not a loopback address; give --tls-cert and --tls-key, or --insecure-listen to serve it in plain text", l.flag, l.address))
		}
	}
	return errors.Join(problems...)
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Run serves until it is interrupted.
func (s *serveCommand) Run(ctx context.Context, world World, settings *Settings) error {
	t, err := telemetry.Start(ctx, telemetry.Service{Name: "throughline", Logs: world.Stderr}, settings.Telemetry)
	if err != nil {
		return err
	}
	defer func() { _ = t.Shutdown(context.WithoutCancel(ctx)) }()
	c := throughline.Config{DataDir: settings.DataDir, KeyFile: settings.key(), Telemetry: t, Now: world.Now}
	if s.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(s.TLSCert, s.TLSKey)
		if err != nil {
			return &config.Error{Problem: "tls-cert and tls-key: " + err.Error()}
		}
		c.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	if err := s.listen(ctx, &c); err != nil {
		return err
	}
	suite, err := throughline.Start(ctx, c)
	if err != nil {
		return err
	}
	s.greet(world, settings, c)
	if s.Sample != "" {
		if err := s.loadSample(ctx, world, settings, c, suite); err != nil {
			return errors.Join(err, suite.Close())
		}
	}
	return suite.Wait()
}

// listen opens the listeners, and closes those it opened if one fails.
func (s *serveCommand) listen(ctx context.Context, c *throughline.Config) error {
	var opened []net.Listener
	open := func(flag, address string) (net.Listener, error) {
		var lc net.ListenConfig
		l, err := lc.Listen(ctx, "tcp", address)
		if err != nil {
			for _, o := range opened {
				_ = o.Close()
			}
			return nil, fmt.Errorf("%s: %w; is another suite running? choose another address with --%s", flag, err, flag)
		}
		opened = append(opened, l)
		return l, nil
	}
	var err error
	if c.HTTP, err = open("listen", s.Listen); err != nil {
		return err
	}
	if c.GRPC, err = open("grpc-listen", s.GRPCListen); err != nil {
		return err
	}
	if s.AdminListen != "" {
		c.Admin, err = open("admin-listen", s.AdminListen)
	}
	return err
}

func (s *serveCommand) greet(world World, settings *Settings, c throughline.Config) {
	fmt.Fprintf(world.Stdout, `Throughline is serving.
  REST   %s   (browse %s/docs)
  gRPC   %s
  data   %s
A token:  throughline token --role finance --data-dir %s
`, s.url(c), s.url(c), c.GRPC.Addr(), settings.DataDir, pasted(settings.DataDir))
}

func (s *serveCommand) url(c throughline.Config) string {
	if c.TLS != nil {
		return "https://" + c.HTTP.Addr().String()
	}
	return "http://" + c.HTTP.Addr().String()
}
