// Command throughline runs the whole suite in one process, and is its command-line client.
package main

import (
	"context"
	"os"
	"runtime/debug"
	"time"

	"github.com/throughline/throughline/services/platform/lifecycle"
	"github.com/throughline/throughline/services/throughline/internal/cli"
)

// Nearly all that a call allocates is garbage once it is answered, megabytes of it for a large allocation, while the suite
// itself lives in some tens: at Go's own setting such a call would pay for a collection, a fifth of its time. The heap
// may grow to five times what lives, and to roomyBelow before collections come more often again.
const (
	roomyPercent = 400
	roomyBelow   = 1 << 30
)

func main() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" { // else the operator has decided
		debug.SetGCPercent(roomyPercent)
		debug.SetMemoryLimit(roomyBelow)
	}
	ctx, stop := lifecycle.Interruptible(context.Background())
	code := cli.Main(ctx, os.Args[1:], cli.World{Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now})
	stop()
	os.Exit(code)
}
