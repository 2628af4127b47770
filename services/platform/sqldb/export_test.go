package sqldb

import "time"

// SetBusyTimeout shortens the wait for databases opened from now on.
func SetBusyTimeout(d time.Duration) (restore func()) {
	old := busyTimeout
	busyTimeout = d
	return func() { busyTimeout = old }
}

// SetLockPoll makes Exclusive look more often.
func SetLockPoll(d time.Duration) (restore func()) {
	old := lockPoll
	lockPoll = d
	return func() { lockPoll = old }
}

// What the names say, for tests.
var (
	NumberPlaceholders = numberPlaceholders
	PostgresTypes      = postgresTypes
)
