package throughline_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	"github.com/throughline/throughline/services/goals"
	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/faulty"
)

const (
	shortCall   = 250 * time.Millisecond // the deadline of a call in these tests
	shortMargin = 500 * time.Millisecond // for a busy machine
	// restless is how many goroutines more than before are no leak: connections that were made again, and are kept.
	restless = 6
)

// Callers whose connections are slow, break or go silent leave nothing behind in the suite.
func TestBadCallersLeakNothing(t *testing.T) {
	embedded(t, "it counts goroutines of this process")
	before := goleak.IgnoreCurrent() // is not ours
	t.Run("suite", func(t *testing.T) {
		c, w := startKeeping(t), newWires(t)
		c.grpc = w.via("callers", c.grpc)
		leakNothing(t, c, w)
	})
	goleak.VerifyNone(t, before)
}

// Neither do they, nor bad connections to PostgreSQL and Redis, in a service that runs by itself.
func TestBadConnectionsLeakNothing(t *testing.T) {
	needsReplicas(t)
	postgres, redis := servers.SharedPostgres(t), servers.Redis(t)
	before := goleak.IgnoreCurrent() // is not ours
	t.Run("goals", func(t *testing.T) {
		w := newWires(t)
		leakNothing(t, startGoals(t, postgres, redis, w), w)
	})
	goleak.VerifyNone(t, before)
}

// startGoals runs goals as its program does, but in this process, with a proxy at each connection.
func startGoals(t *testing.T, postgres *servers.PostgresServer, redis string, w *wires) *city {
	t.Helper()
	dir, database := t.TempDir(), "leak"+strconv.FormatInt(clusters.Add(1), 10)
	check(t, postgres.CreateDatabase(t.Context(), database))
	check(t, throughline.MigratePostgres(t.Context(), postgres.URL(database), func(string) {}))
	keys, err := authn.OpenLocalKeys(throughline.KeyFile(dir), time.Now)
	check(t, err)
	port, err := servers.FreePort(t.Context())
	check(t, err)
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	var settings struct{ daemon.Settings }
	program := daemon.Program{
		Service: "goals", Settings: &settings, Common: &settings.Settings, Migrations: goals.Migrations(),
		Build: func(d service.Deps, _ daemon.Peer) (service.Part, error) { return goals.New(goals.Deps{Deps: d}) },
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- program.Run(ctx, daemon.World{Stdout: t.Output(), Stderr: t.Output(), Now: time.Now, Args: []string{
			"--listen", address, "--admin-listen", "", "--key-file", throughline.KeyFile(dir), "--telemetry-log-level", "error",
			"--database-url", strings.Replace(postgres.URL(database), postgres.Addr(), w.via("postgres", postgres.Addr()), 1), "--redis-addrs", w.via("redis", redis),
		}})
	}()
	t.Cleanup(func() {
		w.heal()
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &city{grpc: w.via("callers", address), dir: filepath.Clean(dir), keys: keys}
}

// leakNothing breaks every wire in every way while goals is called, and holds the time of every call and what is left of it.
func leakNothing(t *testing.T, c *city, w *wires) {
	t.Helper()
	suite, err := client.Connect(c.grpc, nil)
	check(t, err)
	defer func() {
		if err := suite.Close(); err != nil {
			t.Error(err)
		}
	}()
	town := &township{city: c, id: "t", name: "organizations/t", marker: "of t"}
	town.plan = town.name + "/plans/p"
	well(t, func() error { // the program may still be starting
		err := town.govern(t.Context(), suite)
		if status.Code(err) == codes.AlreadyExists {
			return nil
		}
		return err
	})
	n := 0
	call := func(ctx context.Context, i int) error {
		ctx, cancel := context.WithTimeout(ctx, shortCall)
		defer cancel()
		manager := town.as(ctx, "manager")
		switch i % 3 {
		case 0:
			_, err := suite.Goals.GetPlan(manager, &goalsv1.GetPlanRequest{Name: town.plan})
			return err
		case 1:
			_, err := suite.Goals.ListGoals(manager, &goalsv1.ListGoalsRequest{Parent: town.plan})
			return err
		default:
			_, err := suite.Goals.CreateGoal(manager, &goalsv1.CreateGoalRequest{
				Parent: town.plan, GoalId: fmt.Sprint("g", i), RequestId: fmt.Sprint(i), Goal: &goalsv1.Goal{DisplayName: "Goal"},
			})
			return err
		}
	}
	together := func() (failed int) {
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 24 {
			n++
			i := n
			wg.Go(func() {
				began := time.Now()
				err := call(t.Context(), i)
				mu.Lock()
				defer mu.Unlock()
				if took := time.Since(began); took > shortCall+shortMargin {
					t.Errorf("a call took %s, with a deadline of %s", took, shortCall)
				}
				switch code := status.Code(err); code {
				case codes.OK:
				case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled:
					failed++
				default:
					t.Errorf("a call failed with %v", err)
				}
			})
		}
		wg.Wait()
		return failed
	}
	together() // connections are made
	for to := range w.to {
		for _, f := range []struct {
			name string
			do   func()
		}{
			{"slow", func() { w.set(to, faulty.Fault{Latency: 20 * time.Millisecond}) }},
			{"broken", func() { w.reset(to) }},
			{"refused", func() { w.set(to, faulty.Fault{Refuse: true}); w.reset(to) }},
			{"silent", func() { w.set(to, faulty.Fault{Hole: true}) }},
			{"silent one way", func() { w.set(to, faulty.Fault{HoleBack: true}) }},
		} {
			before := goroutines()
			f.do()
			failed := together() + together()
			w.heal()
			well(t, func() error { n++; return call(t.Context(), 3*n) })
			well(t, func() error {
				if now := goroutines(); now > before+restless {
					return fmt.Errorf("%s %s: %d goroutines before and %d after", to, f.name, before, now)
				}
				return nil
			})
			t.Logf("%s %s: %d of 48 calls failed; %d goroutines before and %d after", to, f.name, failed, before, goroutines())
		}
	}
}

// goroutines counts those of this process, without those of the proxies.
func goroutines() (n int) {
	text := make([]byte, 4<<20)
	for stack := range bytes.SplitSeq(text[:runtime.Stack(text, true)], []byte("\n\n")) {
		if !bytes.Contains(stack, []byte("internal/faulty")) {
			n++
		}
	}
	return n
}

// well waits until something succeeds.
func well(t *testing.T, do func() error) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for began := time.Now(); ; <-tick.C {
		err := do()
		if err == nil {
			return
		}
		if time.Since(began) > recoverTime {
			t.Fatalf("still not well: %v", err)
		}
	}
}
