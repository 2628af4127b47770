package bus

import (
	"context"
	"errors"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// NewClient makes a client that, of a cluster, finds out at once who serves what when a node fails: by itself it would look a minute later.
func NewClient(o redis.UniversalOptions) redis.UniversalClient {
	o.ContextTimeoutEnabled = true
	o.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled} // Redis 7.0 and Valkey have none
	c := redis.NewUniversalClient(&o)
	if cluster, ok := c.(*redis.ClusterClient); ok {
		c.AddHook(around(func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error {
			err := next(ctx, cmd)
			var answer redis.Error
			if err != nil && (!errors.As(err, &answer) || redis.IsClusterDownError(err)) {
				cluster.ReloadState(ctx)
			}
			return err
		}))
	}
	return c
}

// newReader makes a client that follows redirections but asks nothing twice: a read whose answer was lost has taken the events, and the group must
// go back, not on.
func newReader(o redis.UniversalOptions) redis.UniversalClient {
	c := NewClient(o)
	c.AddHook(around(func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error { return next(ctx, once{cmd}) }))
	return c
}

// once is a command that is not to be sent again unless it was surely not executed.
type once struct{ redis.Cmder }

func (once) NoRetry() bool { return true }

// around is a hook of single commands.
type around func(ctx context.Context, cmd redis.Cmder, next redis.ProcessHook) error

func (a around) DialHook(next redis.DialHook) redis.DialHook { return next }

func (a around) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error { return a(ctx, cmd, next) }
}

func (a around) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}
