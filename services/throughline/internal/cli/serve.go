package cli

import (
	"context"
	"errors"
	"fmt"
	"net"

	"github.com/throughline/throughline/services/platform/cache"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/telemetry"
	"github.com/throughline/throughline/services/throughline"
)

type serveCommand struct {
	Listen         string       `default:"127.0.0.1:8080" help:"Address of the REST API." placeholder:"HOST:PORT"`
	GRPCListen     string       `name:"grpc-listen" default:"127.0.0.1:9090" help:"Address of the gRPC API." placeholder:"HOST:PORT"`
	AdminListen    string       `default:"127.0.0.1:9091" help:"Address of gRPC health and reflection; empty for none." placeholder:"HOST:PORT"`
	InsecureListen bool         `help:"Allow addresses beyond loopback without TLS."`
	TLSCert        string       `name:"tls-cert" help:"PEM certificate chain for REST and gRPC." type:"path" placeholder:"FILE"`
	TLSKey         string       `name:"tls-key" help:"PEM private key of --tls-cert." type:"path" placeholder:"FILE"`
	Limit          limit.Config `embed:"" prefix:"limit-"`
	Cache          cache.Config `embed:"" prefix:"cache-"`
	Sample         string       `help:"Load this sample city once the suite is up (see demo)." type:"existingdir" placeholder:"DIR"`
}

// Validate refuses addresses that others can reach, unless traffic is encrypted or the operator insists; it names every one.
func (s *serveCommand) Validate() error {
	var problems []error
	if (s.TLSCert == "") != (s.TLSKey == "") {
		problems = append(problems, errors.New("tls-cert and tls-key go together; give both or neither"))
	}
	encrypted := s.TLSCert != "" || s.InsecureListen
	const remedy = "give --tls-cert and --tls-key, or --insecure-listen to serve it in plain text"
	problems = append(problems, rpc.CheckListen("listen", s.Listen, encrypted, remedy), rpc.CheckListen("grpc-listen", s.GRPCListen, encrypted, remedy))
	if s.AdminListen != "" { // it never has TLS
		problems = append(problems, rpc.CheckListen("admin-listen", s.AdminListen, s.InsecureListen, "give --insecure-listen to serve it in plain text"))
	}
	return errors.Join(problems...)
}

// Run serves until it is interrupted.
func (s *serveCommand) Run(ctx context.Context, world World, settings *Settings) error {
	t, err := telemetry.Start(ctx, telemetry.Service{Name: "throughline", Logs: world.Stderr}, settings.Telemetry)
	if err != nil {
		return err
	}
	defer func() { _ = t.Shutdown(context.WithoutCancel(ctx)) }()
	c := throughline.Config{DataDir: settings.DataDir, KeyFile: settings.key(), Telemetry: t, Now: world.Now, Limit: s.Limit, Cache: s.Cache}
	if s.TLSCert != "" {
		files, err := rpc.Certificates{Cert: s.TLSCert, Key: s.TLSKey}.Open(world.Now, t.Log)
		if err != nil {
			return &config.Error{Problem: "tls-cert and tls-key: " + err.Error()}
		}
		c.TLS = files.Server()
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
