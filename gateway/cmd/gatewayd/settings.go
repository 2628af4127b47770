package main

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/throughline/throughline/services/platform/config"
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
	InsecureListen bool          `help:"Allow an address beyond loopback without TLS."`
	TLSCert        string        `name:"tls-cert" help:"PEM certificate chain for REST." type:"path" placeholder:"FILE"`
	TLSKey         string        `name:"tls-key" help:"PEM private key of --tls-cert." type:"path" placeholder:"FILE"`
	AllowOrigin    []string      `help:"Origins that browsers may call from (CORS), such as https://portal.example.gov; none unless given." placeholder:"ORIGIN"`
	MaxBodyBytes   int64         `default:"8388608" help:"Largest body, or line of a stream, in bytes."`
	Timeout        time.Duration `default:"30s" help:"Longest ordinary call."`
	StreamTimeout  time.Duration `default:"10m" help:"Longest stream."`
}

// peers are the services behind the gateway.
type peers struct {
	Goals          string `default:"127.0.0.1:9090" help:"Address of goals." placeholder:"HOST:PORT"`
	ActionPlanning string `name:"actionplanning" default:"127.0.0.1:9090" help:"Address of actionplanning." placeholder:"HOST:PORT"`
	Budgeting      string `default:"127.0.0.1:9090" help:"Address of budgeting." placeholder:"HOST:PORT"`
	Performance    string `default:"127.0.0.1:9090" help:"Address of performance." placeholder:"HOST:PORT"`
	CA             string `name:"ca" help:"PEM certificates that sign the services'; TLS is used when given." type:"path" placeholder:"FILE"`
	Cert           string `help:"PEM certificate chain that services know the gateway by (mTLS)." type:"path" placeholder:"FILE"`
	Key            string `help:"PEM private key of --peer-cert." type:"path" placeholder:"FILE"`
}

// Validate names every bad setting.
func (s *settings) Validate() error {
	var problems []error
	if (s.TLSCert == "") != (s.TLSKey == "") {
		problems = append(problems, errors.New("tls-cert and tls-key go together; give both or neither"))
	}
	host, _, err := net.SplitHostPort(s.Listen)
	switch ip := net.ParseIP(host); {
	case err != nil:
		problems = append(problems, fmt.Errorf("listen must be host:port, such as 127.0.0.1:8080, not %q", s.Listen))
	case s.TLSCert == "" && !s.InsecureListen && host != "localhost" && (ip == nil || !ip.IsLoopback()):
		problems = append(problems, fmt.Errorf("listen %s is not a loopback address; give tls-cert and tls-key, or insecure-listen to serve it in plain text", s.Listen))
	}
	if s.MaxBodyBytes <= 0 || s.Timeout <= 0 || s.StreamTimeout <= 0 {
		problems = append(problems, errors.New("max-body-bytes, timeout and stream-timeout must be positive"))
	}
	return errors.Join(problems...)
}

// Validate names every bad setting.
func (p *peers) Validate() error {
	var problems []error
	if (p.Cert == "") != (p.Key == "") || p.Cert != "" && p.CA == "" {
		problems = append(problems, errors.New("peer.cert and peer.key go together, and need peer.ca"))
	}
	for name, address := range map[string]string{"goals": p.Goals, "actionplanning": p.ActionPlanning, "budgeting": p.Budgeting, "performance": p.Performance} {
		if _, port, err := net.SplitHostPort(address); err != nil || port == "" {
			problems = append(problems, fmt.Errorf("peer.%s must be host:port, such as 127.0.0.1:9090, not %q", name, address))
		}
	}
	return errors.Join(problems...)
}
