package throughline_test

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/throughline/internal/cluster"
	"github.com/throughline/throughline/services/throughline/internal/faulty"
)

const tokenTime = 24 * time.Hour

// soak is how long to go on; 0 means the short form.
func soak(t *testing.T) time.Duration {
	t.Helper()
	text := os.Getenv(soakEnv)
	if text == "" {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("%s: %v", soakEnv, err)
	}
	return d
}

// faultSeed is another one each time, and printed.
func faultSeed(t *testing.T) uint64 {
	t.Helper()
	seed := rand.Uint64()
	if text := os.Getenv(seedEnv); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedEnv, err)
		}
	}
	t.Logf("%s=%d", seedEnv, seed)
	return seed
}

// needsReplicas skips a test of what only separate processes can go through, unless it is asked for.
func needsReplicas(t *testing.T) {
	t.Helper()
	if distributed() {
		t.Skip("it runs distributed in either mode; it ran with the embedded half")
	}
	if os.Getenv(soakEnv) == "" && os.Getenv(seedEnv) == "" && os.Getenv(servers.Required) != "required" {
		t.Skipf("it takes its time: set %s=required (as make check does), %s or %s to run it", servers.Required, soakEnv, seedEnv)
	}
	servers.Redis(t) // skips without the program
}

// wires are the proxies between the programs of a cluster and what they speak to: "postgres", "redis" or a service.
type wires struct {
	t     *testing.T
	mu    sync.Mutex
	known map[string]*faulty.Proxy   // by address
	to    map[string][]*faulty.Proxy // by what they lead to
}

func newWires(t *testing.T) *wires {
	return &wires{t: t, known: map[string]*faulty.Proxy{}, to: map[string][]*faulty.Proxy{}}
}

// via makes the proxy of an address; all its callers share it.
func (w *wires) via(to, address string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := w.known[address]
	if p == nil {
		var err error
		if p, err = faulty.New(context.Background(), address); err != nil {
			w.t.Fatal(err)
		}
		w.known[address], w.to[to] = p, append(w.to[to], p)
		w.t.Cleanup(func() { _ = p.Close() })
	}
	return p.Addr()
}

// set makes all connections to something as bad as f.
func (w *wires) set(to string, f faulty.Fault) {
	for _, p := range w.to[to] {
		p.Set(f)
	}
}

// reset breaks all connections to something, and tells how many.
func (w *wires) reset(to string) (broken int) {
	for _, p := range w.to[to] {
		broken += p.Reset()
	}
	return broken
}

// heal ends every fault.
func (w *wires) heal() {
	for to := range w.to {
		w.set(to, faulty.Fault{})
	}
}

// wired runs a cluster of two replicas whose every connection passes a proxy. timeout is of the gateways' ordinary calls.
func wired(t *testing.T, timeout time.Duration) (*city, *cluster.Cluster, *wires) {
	t.Helper()
	w, find, dir := newWires(t), program(t), t.TempDir()
	c := startCluster(t, cluster.Config{
		Dir: dir, Replicas: 2, Postgres: servers.SharedPostgres(t), Database: "wired" + strconv.FormatInt(clusters.Add(1), 10), NoSync: true, Via: w.via,
		Command: func(name string) (string, []string) {
			path, env := find(name)
			if name == "gatewayd" {
				env = append(env, "THROUGHLINE_TIMEOUT="+timeout.String())
			}
			return path, env
		},
	})
	t.Cleanup(w.heal) // so that all can end gracefully
	return &city{url: c.REST()[0], grpc: c.GRPC(cluster.Gateway), dir: filepath.Clean(dir), keys: c.Keys}, c, w
}
