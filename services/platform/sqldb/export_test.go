package sqldb

import "time"

// SetBusyTimeout shortens the wait for databases opened from now on.
func SetBusyTimeout(d time.Duration) (restore func()) {
	old := busyTimeout
	busyTimeout = d
	return func() { busyTimeout = old }
}
