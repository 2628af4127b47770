package throughline_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/cluster"
)

// modeEnv says how these tests run the suite: "distributed" for PostgreSQL, Redis and two processes of every program; else all in this process.
const modeEnv = "THROUGHLINE_MODE"

func distributed() bool { return os.Getenv(modeEnv) == "distributed" }

// embedded skips a test of the embedded mode when the suite runs distributed.
func embedded(t *testing.T, why string) {
	t.Helper()
	if distributed() {
		t.Skipf("not of the distributed mode: %s", why)
	}
}

// built makes the programs once.
var built = sync.OnceValues(func() (dir string, err error) {
	if dir, err = os.MkdirTemp("", "throughline-programs"); err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-buildvcs=false", "-o", dir, "./services/goals/cmd/goalsd", "./services/actionplanning/cmd/actionplanningd",
		"./services/budgeting/cmd/budgetingd", "./services/performance/cmd/performanced", "./gateway/cmd/gatewayd")
	build.Dir = filepath.Join("..", "..")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the programs: %w\n%s", err, out)
	}
	return dir, nil
})

// program is how a cluster finds what was built.
func program(t *testing.T) func(string) (string, []string) {
	t.Helper()
	dir, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return func(name string) (string, []string) { return filepath.Join(dir, name), nil }
}

var clusters atomic.Int64

// startDistributed runs two replicas of every program, on a database of their own, until the test ends.
func startDistributed(t *testing.T, dir string) *city {
	t.Helper()
	c := startCluster(t, cluster.Config{
		Dir: dir, Replicas: 2, Command: program(t),
		Postgres: servers.SharedPostgres(t), Database: fmt.Sprintf("suite%d", clusters.Add(1)), NoSync: true,
	})
	return &city{url: c.REST()[0], grpc: c.GRPC(cluster.Gateway), dir: dir, keys: c.Keys}
}

func startCluster(t *testing.T, config cluster.Config) *cluster.Cluster {
	t.Helper()
	config.KeyFile = throughline.KeyFile(config.Dir)
	c, err := cluster.Start(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		if t.Failed() {
			tail(t, config.Dir)
		}
	})
	return c
}

// tail shows the end of every program's log.
func tail(t *testing.T, dir string) {
	t.Helper()
	logs, err := filepath.Glob(filepath.Join(dir, "*", "*.log"))
	if err != nil {
		t.Error(err)
	}
	for _, file := range logs {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
		}
		t.Logf("%s ends with:\n%s", filepath.Base(file), text[max(0, len(text)-2000):])
	}
}
