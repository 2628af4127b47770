package bus

import (
	"context"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// staleAfter is how long an event may wait for a consumer before the log tells of it.
const staleAfter = time.Hour

// sampleEvery is how closely a stream's growth is noted.
const sampleEvery = time.Minute

// trimmer notes when a stream was how long, so that entries can be kept for a time. One goroutine uses it.
type trimmer struct {
	samples []sample // oldest first
}

type sample struct {
	at   time.Time
	last streamID
}

// note notes the stream's last ID.
func (t *trimmer) note(now time.Time, last streamID, keep time.Duration) {
	if n := len(t.samples); n == 0 || now.Sub(t.samples[n-1].at) >= sampleEvery {
		t.samples = append(t.samples, sample{at: now, last: last})
	}
	for len(t.samples) > 1 && now.Sub(t.samples[1].at) >= keep {
		t.samples = t.samples[1:]
	}
}

// olderThan is the last ID of the stream at least so long ago, 0-0 when that is not known.
func (t *trimmer) olderThan(now time.Time, age time.Duration) (last streamID) {
	for _, s := range t.samples {
		if now.Sub(s.at) < age {
			break
		}
		last = s.last
	}
	return last
}

// trimAll trims the streams that this process publishes.
func (b *Redis) trimAll(ctx context.Context) {
	for _, source := range b.sources() {
		if err := b.trim(ctx, source, &b.tailOf(source).trim); err != nil && ctx.Err() == nil {
			b.courier.Logger.WarnContext(ctx, "a stream was not trimmed", "source", source, "error", err)
		}
	}
}

// trim removes entries that every group has acknowledged and that are older than KeepRead, or when there is no group at all KeepUnclaimed. Redis
// removes whole nodes only, so some more stay. A group that nobody reads holds its entries for good: only an operator knows that its consumer
// will not come back, and the log says how to tell Redis.
func (b *Redis) trim(ctx context.Context, source string, t *trimmer) error {
	stream, now := key(source), b.cfg.Now()
	last, err := b.last(ctx, stream)
	if err != nil {
		return err
	}
	id, err := parseID(last)
	if err != nil {
		return err
	}
	t.note(now, id, max(b.cfg.KeepRead, b.cfg.KeepUnclaimed))
	groups, err := b.groups(ctx, stream)
	if err != nil {
		return err
	}
	limit := t.olderThan(now, b.cfg.KeepUnclaimed)
	if len(groups) > 0 {
		limit = t.olderThan(now, b.cfg.KeepRead)
	}
	for _, g := range groups {
		if g.stands.less(limit) {
			limit = g.stands
		}
		if err := b.watch(ctx, source, g, now); err != nil {
			return err
		}
	}
	if limit == (streamID{}) {
		return nil
	}
	if err := b.client.XTrimMinIDApprox(ctx, stream, limit.String(), 0).Err(); err != nil {
		return redisError("trim stream "+stream, err)
	}
	return nil
}

// watch measures how long the group's next event has waited.
func (b *Redis) watch(ctx context.Context, source string, g standing, now time.Time) error {
	stream := key(source)
	next, err := b.client.XRangeN(ctx, stream, "("+g.stands.String(), "+", 1).Result()
	if err != nil {
		return redisError("look at stream "+stream, err)
	}
	consumer, _, _ := strings.Cut(g.name, "#")
	var age time.Duration
	if len(next) > 0 {
		if e, _, err := decode(source, next[0]); err == nil {
			age = max(0, now.Sub(e.Time))
		}
	}
	b.instr.waiting.Record(ctx, age.Seconds(), metric.WithAttributes(attribute.String("consumer", consumer), attribute.String("source", source)))
	if age >= staleAfter {
		b.courier.Logger.WarnContext(ctx, "events wait for a consumer and stay in Redis; if it is gone for good, destroy its group",
			"consumer", consumer, "source", source, "oldest", age, "command", "XGROUP DESTROY "+stream+" "+g.name)
	}
	return nil
}
