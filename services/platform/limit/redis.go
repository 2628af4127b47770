package limit

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/breaker"
)

// blocks is into how many parts a burst is cut: a process takes one at a time out of the shared bucket and spends it by itself, so that
// most calls wait for nobody. What a process holds and does not spend is at most such a part for each call under way.
const blocks = 1000

// patience is the default of RedisConfig.Patience.
const patience = time.Second

// RedisConfig of a limiter. Client must end its calls with their contexts (ContextTimeoutEnabled).
type RedisConfig struct {
	Limit  Config
	Client redis.UniversalClient
	Now    func() time.Time
	Logger *slog.Logger // may be nil

	Timeout time.Duration // of one call; 0 means breaker.DefaultTimeout
	// Patience is how long a strict call waits instead, which cannot go on uncounted; 0 means a second.
	Patience time.Duration
}

// Redis keeps the buckets of all processes together.
type Redis struct {
	local   *InProcess
	shared  *redis_rate.Limiter // its generic cell rate algorithm is the same bucket
	breaker *breaker.Breaker
	patient *breaker.Breaker // of strict calls: that Redis was slow once is no reason to refuse them

	mu   sync.Mutex
	held *simplelru.LRU[string, int] // taken out of the shared buckets and not spent, by caller
}

var _ Limiter = (*Redis)(nil)

// NewRedis makes a limiter; Redis need not be there.
func NewRedis(c RedisConfig) (*Redis, error) {
	local, err := NewInProcess(c.Limit, c.Now)
	if err != nil {
		return nil, err
	}
	held, err := simplelru.NewLRU[string, int](maxCallers, nil)
	if err != nil {
		return nil, fmt.Errorf("make room for what callers may still ask: %w", err)
	}
	return &Redis{
		local: local, shared: redis_rate.NewLimiter(c.Client), held: held,
		breaker: breaker.New(breaker.Config{Name: "the counter of calls in Redis", Timeout: c.Timeout, Now: c.Now, Logger: c.Logger}),
		patient: breaker.New(breaker.Config{
			Name: "the counter of calls that must be counted, in Redis", Timeout: cmp.Or(c.Patience, patience), Now: c.Now, Logger: c.Logger,
		}),
	}, nil
}

// Take counts with all processes or, while Redis is away, in this one alone.
func (r *Redis) Take(ctx context.Context, caller string, cost int, strict bool) (time.Duration, error) {
	c := r.local.config
	if c.Rate == 0 || r.spend(caller, cost) {
		return 0, nil
	}
	cost = min(cost, c.Burst)
	by := r.breaker
	if strict {
		by = r.patient
	}
	wait, err := r.fetch(ctx, by, caller, cost)
	switch {
	case err == nil:
		return wait, nil
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case strict:
		return 0, uncounted(err)
	}
	return r.local.Take(ctx, caller, cost, strict)
}

// spend takes the cost out of what the process holds for the caller, if that is enough.
func (r *Redis) spend(caller string, cost int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	held, _ := r.held.Get(caller)
	if held < cost {
		return false
	}
	r.held.Add(caller, held-cost)
	return true
}

// fetch takes a block out of the shared bucket, or the cost alone where that is more or all there is.
func (r *Redis) fetch(ctx context.Context, by *breaker.Breaker, caller string, cost int) (wait time.Duration, err error) {
	block := max(cost, r.local.config.Burst/blocks)
	if wait, err = r.ask(ctx, by, caller, block); err == nil && wait > 0 && block > cost {
		block = cost
		wait, err = r.ask(ctx, by, caller, cost)
	}
	if err == nil && wait == 0 && block > cost {
		r.mu.Lock()
		defer r.mu.Unlock()
		held, _ := r.held.Get(caller)
		r.held.Add(caller, held+block-cost)
	}
	return wait, err
}

func (r *Redis) ask(ctx context.Context, by *breaker.Breaker, caller string, n int) (wait time.Duration, err error) {
	c := r.local.config
	err = by.Do(ctx, func(ctx context.Context) error {
		result, err := r.shared.AllowN(ctx, "throughline:"+caller, redis_rate.Limit{Rate: c.Rate, Burst: c.Burst, Period: time.Second}, n)
		if err == nil && result.Allowed == 0 {
			wait = max(result.RetryAfter, 1)
		}
		return err
	})
	return wait, err
}
