package limit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/servers"
)

// clock stands still unless told.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{now: time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)} }

// tb is any test.
type tb interface {
	rapid.TB
	Context() context.Context
}

func inProcess(t tb, c limit.Config, now func() time.Time) *limit.InProcess {
	l, err := limit.NewInProcess(c, now)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func take(t tb, l limit.Limiter, caller string, cost int, strict bool) time.Duration {
	wait, err := l.Take(t.Context(), caller, cost, strict)
	if err != nil {
		t.Fatalf("take %d for %s: %v", cost, caller, err)
	}
	return wait
}

func TestABucket(t *testing.T) {
	c := newClock()
	l := inProcess(t, limit.Config{Rate: 10, Burst: 20}, c.Now)
	for i, step := range []struct {
		after  time.Duration
		caller string
		cost   int
		wait   time.Duration
	}{
		{0, "o/ann", 15, 0},
		{0, "o/ann", 5, 0},
		{0, "o/ann", 1, 100 * time.Millisecond},
		{0, "o/bob", 20, 0}, // has a bucket of his own
		{100 * time.Millisecond, "o/ann", 1, 0},
		{0, "o/ann", 5, 500 * time.Millisecond},
		{500 * time.Millisecond, "o/ann", 5, 0},
		{time.Hour, "o/ann", 1000, 0}, // more than the burst is the whole burst
		{0, "o/ann", 1, 100 * time.Millisecond},
	} {
		c.now = c.now.Add(step.after)
		if wait := take(t, l, step.caller, step.cost, true); wait != step.wait {
			t.Errorf("step %d: wait %s, want %s", i, wait, step.wait)
		}
	}
}

func TestNoRateIsNoLimit(t *testing.T) {
	l := inProcess(t, limit.Config{}, newClock().Now)
	for range 1000 {
		if wait := take(t, l, "o/ann", 1000, true); wait != 0 {
			t.Fatalf("wait %s", wait)
		}
	}
}

func TestBadSettings(t *testing.T) {
	for _, c := range []limit.Config{{Rate: -1}, {Rate: 10, Burst: 9}, {Rate: 10}} {
		if err := c.Validate(); err == nil {
			t.Errorf("%+v is taken", c)
		}
	}
}

// However calls come, what a caller takes in any while is at most a burst and the rate of that while, and one that waits as told gets through.
func TestNobodyTakesMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		config := limit.Config{Rate: rapid.IntRange(1, 100).Draw(t, "rate")}
		config.Burst = config.Rate * rapid.IntRange(1, 5).Draw(t, "burst")
		c := newClock()
		l, start, taken := inProcess(t, config, c.Now), c.now, 0
		for range rapid.IntRange(1, 60).Draw(t, "calls") {
			c.now = c.now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "ms")) * time.Millisecond)
			cost := rapid.IntRange(1, config.Burst).Draw(t, "cost")
			wait := take(t, l, "o/ann", cost, false)
			if wait > 0 && rapid.Bool().Draw(t, "waits") {
				c.now = c.now.Add(limit.Refusal(wait).Retry)
				if wait = take(t, l, "o/ann", cost, false); wait > 0 {
					t.Fatalf("waited as told, and is told %s again", wait)
				}
			}
			if wait == 0 {
				taken += cost
			}
			if most := float64(config.Burst) + float64(config.Rate)*c.now.Sub(start).Seconds() + 1e-6; float64(taken) > most {
				t.Fatalf("took %d in %s, more than %v", taken, c.now.Sub(start), most)
			}
		}
	})
}

func TestRefusalSaysWhenToCome(t *testing.T) {
	f := limit.Refusal(1500*time.Millisecond + 1)
	if f.Kind != fault.Exhausted || f.Reason != limit.ReasonLimited || f.Retry != 1501*time.Millisecond {
		t.Errorf("%+v", f)
	}
	if want := "the caller has used up its allowance of calls; wait 1.501s and call again, or ask for more at a time with lists and batches"; f.Message != want {
		t.Errorf("got %q", f.Message)
	}
}

func newRedis(t *testing.T, addr string, config limit.Config, now func() time.Time) *limit.Redis {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true, MaxRetries: -1})
	t.Cleanup(func() { _ = client.Close() })
	l, err := limit.NewRedis(limit.RedisConfig{Limit: config, Client: client, Now: now, Timeout: time.Minute, Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Two processes take from one bucket.
func TestProcessesShareABucket(t *testing.T) {
	addr := servers.Redis(t)
	for _, config := range []limit.Config{
		{Rate: 1, Burst: 100},      // every call asks Redis
		{Rate: 1, Burst: 4000},     // a process takes 4 at a time
		{Rate: 1, Burst: 1_000},    // one at a time
		{Rate: 1, Burst: 64 * 320}, // twenty at a time
	} {
		t.Run(fmt.Sprint(config.Burst), func(t *testing.T) {
			caller := fmt.Sprintf("o/%d", config.Burst)
			one, two := newRedis(t, addr, config, time.Now), newRedis(t, addr, config, time.Now)
			cost, taken := config.Burst/50, 0
			for i := range 100 {
				l := one
				if i%2 == 1 {
					l = two
				}
				if take(t, l, caller, cost, true) == 0 {
					taken += cost
				}
			}
			if taken < config.Burst-cost || taken > config.Burst+60 { // a minute's rate: the test is never that slow
				t.Errorf("took %d together, of a burst of %d", taken, config.Burst)
			}
			if wait := take(t, one, caller, config.Burst, true); wait < time.Second {
				t.Errorf("the bucket is empty, and the wait %s", wait)
			}
			if wait := take(t, two, "o/somebody else", cost, true); wait != 0 {
				t.Errorf("another caller waits %s", wait)
			}
		})
	}
}

// With Redis away each process counts by itself, and refuses what it may not let through uncounted; then all count together again.
func TestRedisAway(t *testing.T) {
	servers.Redis(t) // skips without the program
	server, err := servers.StartRedis(t.Context(), t.TempDir(), servers.RedisOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Stop() }()
	c := newClock()
	l := newRedis(t, server.Addr(), limit.Config{Rate: 1, Burst: 3}, c.Now)
	if wait := take(t, l, "o/ann", 3, true); wait != 0 {
		t.Fatalf("wait %s", wait)
	}
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if wait := take(t, l, "o/ann", 1, false); wait != 0 {
			t.Errorf("wait %s; this process counts anew", wait)
		}
	}
	if wait := take(t, l, "o/ann", 1, false); wait != time.Second {
		t.Errorf("wait %s, want that of this process's bucket", wait)
	}
	_, err = l.Take(t.Context(), "o/ann", 1, true)
	if f, ok := fault.As(err); !ok || f.Kind != fault.Unavailable || f.Reason != limit.ReasonUncounted || f.Retry != time.Second {
		t.Errorf("got %v", err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.now = c.now.Add(time.Second)
	if wait := take(t, l, "o/ann", 3, true); wait != 0 {
		t.Errorf("wait %s: Redis is back, and had forgotten", wait)
	}
	if wait := take(t, l, "o/ann", 1, true); wait == 0 {
		t.Error("the shared bucket is empty")
	}
}

// slow is a Redis that answers nobody who waits less than half a second.
type slow struct{}

func (slow) DialHook(next redis.DialHook) redis.DialHook { return next }
func (slow) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (slow) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		if until, ok := ctx.Deadline(); ok && time.Until(until) < time.Second/2 {
			return context.DeadlineExceeded
		}
		return next(ctx, command)
	}
}

// A Redis that is slow for once refuses nobody: what must be counted waits for it, the rest is counted here.
func TestSlowRedisRefusesNobody(t *testing.T) {
	client := redis.NewClient(&redis.Options{Addr: servers.Redis(t), ContextTimeoutEnabled: true, MaxRetries: -1})
	client.AddHook(slow{})
	defer func() { _ = client.Close() }()
	l, err := limit.NewRedis(limit.RedisConfig{Limit: limit.Config{Rate: 1, Burst: 3}, Client: client, Now: newClock().Now, Patience: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	for _, strict := range []bool{false, true, false, true} {
		if wait := take(t, l, "o/ann", 1, strict); wait != 0 {
			t.Errorf("strict %v: wait %s", strict, wait)
		}
	}
}

func BenchmarkTake(b *testing.B) {
	l := inProcess(b, limit.Config{Rate: 1 << 30, Burst: 1 << 30}, time.Now)
	b.ReportAllocs()
	for b.Loop() {
		if wait := take(b, l, "riverbend/ann", 1, false); wait != 0 {
			b.Fatal(wait)
		}
	}
}

func BenchmarkTakeRedis(b *testing.B) {
	addr := servers.Redis(b)
	client := redis.NewClient(&redis.Options{Addr: addr, ContextTimeoutEnabled: true})
	defer client.Close()
	l, err := limit.NewRedis(limit.RedisConfig{Limit: limit.Config{Rate: 1 << 30, Burst: 1 << 30}, Client: client, Now: time.Now})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		take(b, l, "riverbend/ann", 1, false)
	}
}
