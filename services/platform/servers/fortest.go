package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
)

// Required is the environment variable that, when it is "required", makes tests fail that would be skipped for want of a server.
const Required = "THROUGHLINE_SERVERS"

// shared is the one PostgreSQL server of this process: making one takes a second, a database in it some milliseconds.
var shared = sync.OnceValues(func() (*PostgresServer, error) {
	dir, err := os.MkdirTemp("", "throughline-postgres")
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	p, err := StartPostgres(ctx, dir, PostgresOptions{NoSync: true, Settings: map[string]string{"max_connections": "200", "shared_buffers": "64MB"}})
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	p.watcher.close()
	p.watcher, err = watch(ctx, p.PID(), dir) // nobody knows which test is the last
	return p, err
})

var databases atomic.Int64

// SharedPostgres is the one PostgreSQL server of this process, which ends with it. Commits wait for no disk. Without PostgreSQL on this machine
// the test is skipped.
func SharedPostgres(tb testing.TB) *PostgresServer {
	tb.Helper()
	p, err := shared()
	if err != nil {
		missing(tb, err)
	}
	return p
}

// Postgres gives the test an empty database of its own on the shared server, and answers its URL.
func Postgres(tb testing.TB) (url string) {
	tb.Helper()
	p := SharedPostgres(tb)
	name := fmt.Sprintf("test%d", databases.Add(1))
	if err := p.CreateDatabase(tb.Context(), name); err != nil {
		tb.Fatal(err)
	}
	return p.URL(name)
}

// Redis gives the test a Redis server of its own, stopped after it, and answers its address. Without Redis on this machine the test is skipped.
func Redis(tb testing.TB) (addr string) {
	tb.Helper()
	s, err := StartRedis(tb.Context(), tb.TempDir(), RedisOptions{})
	if err != nil {
		missing(tb, err)
	}
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return s.Addr()
}

// missing ends a test that has no server; it skips only what is not installed.
func missing(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, ErrAbsent) && os.Getenv(Required) != "required" {
		tb.Skipf("%v; install it, with make deps, to run this test", err)
	}
	tb.Fatal(err)
}
