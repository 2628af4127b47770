package cache

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/breaker"
)

// What the shared store takes and for how long.
const (
	maxValue = 1 << 20
	timeKept = 10 * time.Minute // also how long answers of an earlier version of the program can be met
)

// RedisConfig of a store. Client must end its calls with their contexts (ContextTimeoutEnabled).
type RedisConfig struct {
	Client redis.UniversalClient
	Now    func() time.Time
	Logger *slog.Logger // may be nil

	Timeout time.Duration // of one call; 0 means breaker.DefaultTimeout
}

// Redis is a store that all processes share.
type Redis struct {
	client  redis.UniversalClient
	breaker *breaker.Breaker
}

var _ Store = (*Redis)(nil)

// NewRedis makes a store; Redis need not be there.
func NewRedis(c RedisConfig) *Redis {
	return &Redis{client: c.Client, breaker: breaker.New(breaker.Config{Name: "the cache in Redis", Timeout: c.Timeout, Now: c.Now, Logger: c.Logger})}
}

// Get finds an answer; while Redis is away there is none.
func (r *Redis) Get(ctx context.Context, key Key) (value []byte, found bool) {
	err := r.breaker.Do(ctx, func(ctx context.Context) (err error) {
		value, err = r.client.Get(ctx, name(key)).Bytes()
		if found = err == nil; errors.Is(err, redis.Nil) {
			err = nil
		}
		return err
	})
	return value, found && err == nil
}

// Put keeps an answer of up to a megabyte for ten minutes.
func (r *Redis) Put(ctx context.Context, key Key, value []byte) {
	if len(value) > maxValue {
		return
	}
	_ = r.breaker.Do(ctx, func(ctx context.Context) error { // a failure, which the breaker logs, only means that it is not kept
		return r.client.Set(ctx, name(key), value, timeKept).Err()
	})
}

func name(key Key) string { return "throughline:answer:" + hex.EncodeToString(key[:]) }
