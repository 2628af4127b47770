// Command throughline runs the whole suite in one process, and is its command-line client.
package main

import (
	"context"
	"os"
	"time"

	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/platform/lifecycle"
	"github.com/throughline/throughline/services/throughline/internal/cli"
)

func main() {
	daemon.Roomy()
	ctx, stop := lifecycle.Interruptible(context.Background())
	code := cli.Main(ctx, os.Args[1:], cli.World{Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now})
	stop()
	os.Exit(code)
}
