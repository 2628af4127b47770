package sqldb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// errHeld is what tryLock answers when another process holds the lock.
var errHeld = errors.New("lock is held")

// LockDir makes dir if absent and locks it for this process, so that two servers never share SQLite files. The lock goes with the
// process, however it ends. The error names the process that holds it.
func LockDir(dir string) (release func() error, err error) {
	path := filepath.Join(dir, "LOCK")
	if err := makeDir(path); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := tryLock(f); err != nil {
		defer func() { _ = f.Close() }()
		if !errors.Is(err, errHeld) {
			return nil, fmt.Errorf("lock the data directory %s: %w", dir, err)
		}
		pid, _ := os.ReadFile(path) //nolint:gosec // our own lock file
		return nil, fmt.Errorf("the data directory %s is in use by process %s; stop it or choose another directory", dir, strings.TrimSpace(string(pid)))
	}
	if err := errors.Join(f.Truncate(0), writePID(f)); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data directory %s: %w", dir, err), f.Close())
	}
	return f.Close, nil // closing releases; the file stays, since deleting it would race with the next holder
}

func writePID(f *os.File) error {
	_, err := fmt.Fprintf(f, "%d\n", os.Getpid())
	return err
}
