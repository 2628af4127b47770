package sqldb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"zombiezen.com/go/sqlite"
)

// Copy copies several SQLite files (from, to) as they all are at one moment: it holds the write lock of every file while
// it copies, so that no writer, in this process or another, commits in between. Targets must not exist.
func Copy(ctx context.Context, files map[string]string) (err error) {
	sources := slices.Sorted(maps.Keys(files)) // one order, so that two copies at once cannot wait for each other
	locks := make([]*sqlite.Conn, 0, len(sources))
	defer func() {
		for _, lock := range locks {
			lock.SetInterrupt(nil)
			err = errors.Join(err, execOn(lock, "ROLLBACK"), lock.Close())
		}
	}()
	for _, from := range sources {
		lock, err := open(ctx, from)
		if err != nil {
			return err
		}
		if err := execOn(lock, "BEGIN IMMEDIATE"); err != nil {
			return errors.Join(fmt.Errorf("lock %s: %w", from, translate(err)), lock.Close())
		}
		locks = append(locks, lock)
	}
	for _, from := range sources {
		if err := copyOne(ctx, from, files[from]); err != nil {
			return err
		}
	}
	return nil
}

func copyOne(ctx context.Context, from, to string) (err error) {
	if _, err := os.Stat(to); err == nil {
		return fmt.Errorf("copy %s: %s exists already", from, to)
	}
	reader, err := open(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, reader.Close()) }()
	stmt, _, err := reader.PrepareTransient("VACUUM INTO ?")
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	defer func() { err = errors.Join(err, stmt.Finalize()) }()
	stmt.BindText(1, to)
	if _, err := stmt.Step(); err != nil {
		return fmt.Errorf("copy %s: %w", from, translate(err))
	}
	return syncFile(to)
}

// CheckIntegrity reads a whole SQLite file and answers the first damage it finds.
func CheckIntegrity(ctx context.Context, path string) (err error) {
	c, err := open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	stmt, _, err := c.PrepareTransient("PRAGMA integrity_check(1)")
	if err != nil {
		return fmt.Errorf("check %s: %w", path, err)
	}
	defer func() { err = errors.Join(err, stmt.Finalize()) }()
	if _, err := stmt.Step(); err != nil {
		return fmt.Errorf("check %s: %w", path, err)
	}
	if found := stmt.ColumnText(0); found != "ok" {
		return fmt.Errorf("%s is damaged: %s", path, found)
	}
	return nil
}

// open opens an existing file on a connection of its own, interrupted when ctx ends.
func open(ctx context.Context, path string) (*sqlite.Conn, error) {
	c, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	c.SetBusyTimeout(busyTimeout)
	c.SetInterrupt(ctx.Done())
	return c, nil
}

func execOn(c *sqlite.Conn, query string) error {
	stmt, _, err := c.PrepareTransient(query)
	if err != nil {
		return err
	}
	_, err = stmt.Step()
	return errors.Join(err, stmt.Finalize())
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
