package daemon

import (
	"os"
	"runtime/debug"
)

// Nearly all that a call allocates is garbage once it is answered, megabytes of it for a large allocation, while a service
// itself lives in some tens: at Go's own setting such a call would pay for a collection, a fifth of its time. The heap
// may grow to five times what lives, and to roomyBelow before collections come more often again.
const (
	roomyPercent = 400
	roomyBelow   = 1 << 30
)

// Roomy lets the heap of this process grow for speed, unless the operator has decided by GOGC or GOMEMLIMIT.
func Roomy() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(roomyPercent)
		debug.SetMemoryLimit(roomyBelow)
	}
}
