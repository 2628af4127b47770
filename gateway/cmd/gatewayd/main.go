// Command gatewayd serves the REST API before services that run elsewhere.
package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"time"

	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/lifecycle"
)

func main() {
	ctx, stop := lifecycle.Interruptible(context.Background())
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(config.ExitCode(os.Stderr, "gatewayd", err))
}

// run reads the settings and serves until ctx ends.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var s settings
	if _, err := config.Parse(&s, program(args, stdout)); err != nil {
		return err
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("listen for REST: %w", err)
	}
	return s.serve(ctx, listener, stderr, time.Now)
}

func program(args []string, stdout io.Writer) config.Program {
	return config.Program{Name: "gatewayd", Help: "The REST API of Throughline.", Args: args, Stdout: stdout}
}
