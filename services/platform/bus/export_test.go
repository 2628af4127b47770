package bus

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// Trim trims a stream once.
func (b *Redis) Trim(ctx context.Context, source string) error {
	return b.trim(ctx, source, &b.tailOf(source).trim)
}

// Claim makes a new group for the subscription.
func (b *Redis) Claim(ctx context.Context, s Subscription) (group string, err error) {
	group, _, err = b.claim(ctx, s)
	return group, err
}

// Client is the one that appends.
func (b *Redis) Client() redis.UniversalClient { return b.client }

// Key names the stream of a source.
func Key(source string) string { return key(source) }
