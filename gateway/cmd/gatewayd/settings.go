package main

import (
	"errors"
	"time"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/telemetry"
)

// settings are every flag; each is also THROUGHLINE_… in the environment and a key of the YAML file.
type settings struct {
	config.File
	rest

	Peer      peers            `embed:"" prefix:"peer-"`
	Telemetry telemetry.Config `embed:"" prefix:"telemetry-"`
}

type rest struct {
	Listen         string        `default:"127.0.0.1:8080" help:"Address of the REST API." placeholder:"HOST:PORT"`
	GRPCListen     string        `name:"grpc-listen" help:"Address of gRPC, whose calls pass on to the services; empty for none." placeholder:"HOST:PORT"`
	InsecureListen bool          `help:"Allow an address beyond loopback without TLS."`
	TLSCert        string        `name:"tls-cert" help:"PEM certificate chain for REST and gRPC." type:"path" placeholder:"FILE"`
	TLSKey         string        `name:"tls-key" help:"PEM private key of --tls-cert." type:"path" placeholder:"FILE"`
	AllowOrigin    []string      `help:"Origins that browsers may call from (CORS), such as https://portal.example.gov; none unless given." placeholder:"ORIGIN"`
	MaxBodyBytes   int64         `default:"8388608" help:"Largest body, or line of a stream, in bytes."`
	Timeout        time.Duration `default:"30s" help:"Longest ordinary call."`
	StreamTimeout  time.Duration `default:"10m" help:"Longest stream."`
}

// peers are the services behind the gateway.
type peers struct {
	rpc.Certificates

	Goals          rpc.Address `default:"127.0.0.1:9090" help:"Address of goals." placeholder:"HOST:PORT"`
	ActionPlanning rpc.Address `name:"actionplanning" default:"127.0.0.1:9090" help:"Address of actionplanning." placeholder:"HOST:PORT"`
	Budgeting      rpc.Address `default:"127.0.0.1:9090" help:"Address of budgeting." placeholder:"HOST:PORT"`
	Performance    rpc.Address `default:"127.0.0.1:9090" help:"Address of performance." placeholder:"HOST:PORT"`
}

// Validate names every bad setting.
func (s *settings) Validate() error {
	var problems []error
	if (s.TLSCert == "") != (s.TLSKey == "") {
		problems = append(problems, errors.New("tls-cert and tls-key go together; give both or neither"))
	}
	problems = append(problems, rpc.CheckListen("listen", s.Listen, s.TLSCert != "" || s.InsecureListen,
		"give tls-cert and tls-key, or insecure-listen to serve it in plain text"), s.Peer.Check("peer"))
	if s.GRPCListen != "" {
		problems = append(problems, rpc.CheckListen("grpc-listen", s.GRPCListen, s.TLSCert != "" || s.InsecureListen,
			"give tls-cert and tls-key, or insecure-listen to serve it in plain text"))
	}
	if s.MaxBodyBytes <= 0 || s.Timeout <= 0 || s.StreamTimeout <= 0 {
		problems = append(problems, errors.New("max-body-bytes, timeout and stream-timeout must be positive"))
	}
	return errors.Join(problems...)
}
