package telemetry

import (
	"errors"
	"fmt"
	"net"
)

// Config is the section that every program has under the name telemetry.
type Config struct {
	LogFormat   string  `default:"text" enum:"text,json" help:"How log lines are written: ${enum}."`
	LogLevel    string  `default:"info" enum:"debug,info,warn,error" help:"Least severe level that is logged: ${enum}."`
	Endpoint    string  `help:"OTLP gRPC collector (host:port) for traces and metrics; empty exports nothing." placeholder:"HOST:PORT"`
	Insecure    bool    `help:"Speak to the collector without TLS."`
	SampleRatio float64 `default:"1" help:"Share of new traces that are kept, 0 to 1; a caller's decision is followed."`
}

// Validate names every bad setting.
func (c *Config) Validate() error {
	var problems []error
	if c.Endpoint != "" {
		if _, port, err := net.SplitHostPort(c.Endpoint); err != nil || port == "" {
			problems = append(problems, fmt.Errorf("telemetry.endpoint must be host:port, such as localhost:4317, not %q", c.Endpoint))
		}
	}
	if !(c.SampleRatio >= 0 && c.SampleRatio <= 1) {
		problems = append(problems, fmt.Errorf("telemetry.sample-ratio must be between 0 and 1, not %v", c.SampleRatio))
	}
	return errors.Join(problems...)
}
