package throughline_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/throughline/throughline/services/throughline/internal/cluster"
)

// chaosPlan is what a seed says is to happen.
type chaosPlan struct {
	seed    uint64
	forgets bool // Redis keeps nothing over its end
	strikes []strike
}

// strike kills victims with SIGKILL, all at once, and starts them again.
type strike struct {
	victims []string
	after   int           // attempts of clients since the strike before
	moment  time.Duration // after the last of these began: anywhere before, in and after its commit
	down    int           // attempts of clients before the victims start again
}

const (
	strikesPerSeed = 6
	withoutRedis   = 250
	longestDown    = 3 * time.Second // for when clients wait too
)

// planChaos draws the plan of a seed.
func planChaos(seed uint64) chaosPlan {
	random := rand.New(rand.NewPCG(seed, 0))
	p := chaosPlan{seed: seed, forgets: random.IntN(2) == 0}
	if seed%2 == 0 {
		p.forgets = !p.forgets // neighbours differ more often than not
	}
	for range strikesPerSeed {
		s := strike{
			victims: []string{drawVictim(random)}, after: 10 + random.IntN(120), moment: time.Duration(random.IntN(20_000)) * time.Microsecond, down: random.IntN(60),
		}
		if other := drawVictim(random); random.IntN(4) == 0 && other != s.victims[0] {
			s.victims = append(s.victims, other)
		}
		if slices.Contains(s.victims, "redis") {
			s.down += withoutRedis // longer than callers of Redis try again at once: nobody else waits for it
		}
		p.strikes = append(p.strikes, s)
	}
	return p
}

// services are the programs that keep something.
var services = []string{"goals", "performance", "budgeting", "actionplanning"}

// drawVictim is "postgres", "redis", a replica such as "goals 0", or "goals holder": the replica that has the relay, or consumes.
func drawVictim(random *rand.Rand) string {
	switch n := random.IntN(10); {
	case n < 2:
		return "postgres"
	case n < 4:
		return "redis"
	case n < 7:
		return services[random.IntN(len(services))] + " holder"
	default:
		programs := append([]string{cluster.Gateway}, services...)
		return fmt.Sprintf("%s %d", programs[random.IntN(len(programs))], random.IntN(2))
	}
}

func (p chaosPlan) String() string {
	text := fmt.Sprintf("seed %d, redis forgets %t:", p.seed, p.forgets)
	for _, s := range p.strikes {
		text += fmt.Sprintf(" %s after %d", strings.Join(s.victims, "+"), s.after)
	}
	return text
}

// server is what can be killed: a replica, PostgreSQL or Redis.
type server interface {
	Kill() error
	Start(ctx context.Context) error
	PID() int
}

// find is the victim and its name.
func (p chaosPlan) find(t *testing.T, c *cluster.Cluster, victim string) (server, string) {
	t.Helper()
	switch victim {
	case "postgres":
		return c.Postgres, victim
	case "redis":
		return c.Redis, victim
	}
	program, which, _ := strings.Cut(victim, " ")
	r := c.Replicas(program)[0]
	switch which {
	case "holder":
		holder, err := c.Holder(t.Context(), program)
		if err != nil {
			t.Errorf("%s: %v", victim, err)
		}
		if holder != nil {
			r = holder
		}
	case "1":
		r = c.Replicas(program)[1]
	}
	return r, r.Name
}

// strike does what the plan says while clients work, and answers whom it killed.
func (p chaosPlan) strike(t *testing.T, c *cluster.Cluster, work *workload) (killed []string) {
	t.Helper()
	for _, s := range p.strikes {
		var hit []server
		for _, v := range s.victims {
			one, name := p.find(t, c, v)
			hit, killed = append(hit, one), append(killed, name)
		}
		if !work.attempted(t.Context(), s.after, time.Minute) {
			t.Errorf("clients made no %d attempts in a minute", s.after)
			return killed
		}
		<-time.After(s.moment) // drawn: it is what the test is about, and nothing waits for it to have been long enough
		for _, v := range hit {
			if err := v.Kill(); err != nil {
				t.Errorf("kill: %v", err)
			}
		}
		work.attempted(t.Context(), s.down, longestDown)
		if err := startAgain(t.Context(), hit); err != nil {
			t.Errorf("start %s again: %v", strings.Join(s.victims, " and "), err)
			return killed
		}
	}
	work.attempted(t.Context(), strikesPerSeed, time.Minute)
	return killed
}

// startAgain starts those that are down side by side: one may need the other.
func startAgain(ctx context.Context, victims []server) error {
	errs := make([]error, len(victims))
	var all sync.WaitGroup
	for i, v := range victims {
		if v.PID() == 0 && !slices.Contains(victims[:i], v) { // a holder may have been drawn twice
			all.Go(func() { errs[i] = v.Start(ctx) })
		}
	}
	all.Wait()
	return errors.Join(errs...)
}
