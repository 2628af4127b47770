package throughline_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	datepb "google.golang.org/genproto/googleapis/type/date"

	goalsv1 "github.com/throughline/throughline/proto/gen/throughline/goals/v1"
	performancev1 "github.com/throughline/throughline/proto/gen/throughline/performance/v1"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/throughline/internal/client"
	"github.com/throughline/throughline/services/throughline/internal/cluster"
)

const (
	soakEnv      = "THROUGHLINE_SOAK" // how long to go on with new seeds, such as 10m
	seedEnv      = "THROUGHLINE_SEED" // runs this seed; with a soak, begins with it
	fewSeeds     = 3
	seedsPerCity = 3 // on the same data: the second and third find what the first left
	clerks       = 8
)

// Whatever is killed, and whenever, while clients work and try again: what was acknowledged is there, nothing took effect twice, money adds up,
// and every event reached every consumer.
func TestKillsLoseNothing(t *testing.T) {
	needsReplicas(t)
	servers.SharedPostgres(t)
	long, chosen := soak(t), os.Getenv(seedEnv)
	first, err := firstSeed(long > 0, chosen)
	if err != nil {
		t.Fatal(err)
	}
	more := func(n uint64) bool { return n < fewSeeds && chosen == "" || n == 0 }
	if long > 0 {
		until := time.Now().Add(long)
		more = func(uint64) bool { return time.Now().Before(until) }
	}
	seed := first
	for ; !t.Failed() && more(seed-first); seed += seedsPerCity {
		t.Run("city", func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "city")
			for s := seed; s < seed+seedsPerCity && !t.Failed() && more(s-first); s++ {
				t.Run(fmt.Sprint("seed=", s), func(t *testing.T) { survive(t, dir, planChaos(s)) })
			}
		})
	}
}

func firstSeed(another bool, chosen string) (uint64, error) {
	switch {
	case chosen != "":
		return strconv.ParseUint(chosen, 10, 64)
	case another:
		return uint64(time.Now().UnixNano() % 1_000_000), nil //nolint:gosec // it is after 1970
	}
	return 1, nil
}

// survive runs one seed on the data in dir, with the sample city if that is not there.
func survive(t *testing.T, dir string, p chaosPlan) {
	t.Helper()
	t.Logf("%v", p)
	up := startCluster(t, cluster.Config{Dir: dir, Replicas: 2, Command: program(t), Forgets: p.forgets})
	c := &city{url: up.REST()[0], grpc: up.GRPC(cluster.Gateway), dir: dir, keys: up.Keys}
	c.load(t)
	working := time.Now()
	work, all := c.hire(t, up, p.seed)
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		employ(t.Context(), all, stop)
	}()
	killed := p.strike(t, up, work)
	close(stop)
	<-ended
	for _, err := range work.failures {
		t.Error(err)
	}
	t.Logf("seed %d: killed %s; %d acknowledged, %d after more than one attempt; %d attempts, failed: %v; %.1f s of work", p.seed, strings.Join(killed, ", "),
		work.acked, work.resent, work.begun, counts(work.retried), time.Since(working).Seconds())
	drained(t, up)
	c.answering(t, up)
	checkLedgers(t, c, up, p.seed, all)
	if work.resent == 0 {
		t.Error("no request was ever tried again: the kills hit nobody")
	}
}

func sortedKeys[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }

func counts(of map[string]int) (text []string) {
	for _, k := range sortedKeys(of) {
		text = append(text, fmt.Sprint(of[k], " ", k))
	}
	return text
}

// hire makes the clients and what each of them works on.
func (c *city) hire(t *testing.T, up *cluster.Cluster, seed uint64) (*workload, []*clerk) {
	t.Helper()
	conn, err := rpc.Dial(up.GRPC(cluster.Gateway), rpc.DialConfig{})
	check(t, err)
	web := &http.Transport{}
	t.Cleanup(func() {
		web.CloseIdleConnections()
		check(t, conn.Close())
	})
	w := &workload{urls: up.REST(), conn: conn, http: &http.Client{Transport: web}, waiters: map[chan struct{}]int{}, retried: map[string]int{}}
	suite := c.client(t)
	all := make([]*clerk, clerks)
	for n := range all {
		k := &clerk{workload: w, ledger: newLedger(), n: n, seed: seed, random: rand.New(rand.NewPCG(seed, uint64(n)+1))}
		all[n] = k
		k.token = c.token(t, "riverbend", fmt.Sprint("client-", n), "manager", "finance", "council", "hr")
		ctx, id := client.As(t.Context(), k.token), fmt.Sprintf("s%d-c%d", seed, n)
		plan, err := client.Call(ctx, "create a plan", suite.Goals.CreatePlan, &goalsv1.CreatePlanRequest{Parent: riverbend, PlanId: id, Plan: &goalsv1.Plan{
			DisplayName: id, Kind: goalsv1.PlanKind_PLAN_KIND_STRATEGIC, StartDate: &datepb.Date{Year: 2028, Month: 1, Day: 1}, EndDate: &datepb.Date{Year: 2030, Month: 1, Day: 1},
		}})
		check(t, err)
		k.plan = plan.GetName()
		for g := range 3 {
			goal, err := client.Call(ctx, "create a goal", suite.Goals.CreateGoal, &goalsv1.CreateGoalRequest{
				Parent: k.plan, GoalId: fmt.Sprint("g", g), Goal: &goalsv1.Goal{DisplayName: fmt.Sprint("Goal ", g)},
			})
			check(t, err)
			k.goalsOf = append(k.goalsOf, goal.GetName())
		}
		measure, err := client.Call(ctx, "create a measure", suite.Performance.CreateMeasure, &performancev1.CreateMeasureRequest{Parent: riverbend, MeasureId: id, Measure: &performancev1.Measure{
			DisplayName: id, Kind: performancev1.MeasureKind_MEASURE_KIND_OUTPUT, Unit: "number", Direction: performancev1.Direction_DIRECTION_INCREASE,
			Frequency: performancev1.Frequency_FREQUENCY_MONTHLY,
		}})
		check(t, err)
		k.measure = measure.GetName()
	}
	return w, all
}
