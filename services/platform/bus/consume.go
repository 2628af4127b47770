package bus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/outbox"
)

// readEvents is how many entries are read, handled and acknowledged together.
const readEvents = 256

// reader is the consumer name in every group: a group has one reader, see claim.
const reader = "reader"

// consume follows a subscription until ctx ends, in turn with other processes.
func (b *Redis) consume(ctx context.Context, s Subscription) {
	wait := firstWait
	for ctx.Err() == nil {
		err := b.cfg.Exclusive(ctx, "consumer "+s.Consumer+" of "+s.Source, func(ctx context.Context) error {
			return b.follow(ctx, s, func() { wait = firstWait })
		})
		if err == nil || ctx.Err() != nil {
			continue
		}
		b.courier.Logger.WarnContext(ctx, "events cannot be read; trying again", "consumer", s.Consumer, "source", s.Source, "wait", wait, "error", err)
		_ = b.courier.pause(ctx, wait)
		wait = min(2*wait, longestTry)
	}
}

// follow claims the subscription's group and handles what it reads, until ctx ends or Redis fails. After any failure of a read the group is claimed
// anew: an answer that was lost may have held events.
func (b *Redis) follow(ctx context.Context, s Subscription, read func()) error {
	group, from, err := b.claim(ctx, s)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		entries, err := b.read(ctx, key(s.Source), group)
		if err != nil {
			return err
		}
		read()
		if len(entries) == 0 {
			continue
		}
		if from, err = b.take(ctx, s, group, from, entries); err != nil {
			return err
		}
	}
	return nil
}

// read waits for entries that the group has not read. It does not heed the end of ctx while it waits.
func (b *Redis) read(ctx context.Context, key, group string) ([]redis.XMessage, error) {
	streams, err := b.reader.XReadGroup(ctx, &redis.XReadGroupArgs{Group: group, Consumer: reader, Streams: []string{key, ">"}, Count: readEvents, Block: b.cfg.Block}).Result()
	if errors.Is(err, redis.Nil) {
		return nil, nil
	}
	if err != nil {
		return nil, redisError("read stream "+key, err)
	}
	if len(streams) != 1 {
		return nil, fmt.Errorf("read stream %s in Redis: the answer is of %d streams", key, len(streams))
	}
	return streams[0].Messages, nil
}

// take handles the entries that follow on from position and acknowledges them, and answers the position of the last. What cannot be handled now is
// tried until it can: nothing newer is read before.
func (b *Redis) take(ctx context.Context, s Subscription, group string, from int64, entries []redis.XMessage) (int64, error) {
	var events []outbox.Event
	ids := make([]string, len(entries))
	for i, m := range entries {
		ids[i] = m.ID
		e, after, err := decode(s.Source, m)
		if err != nil {
			from = max(from, e.Position)
			b.courier.Logger.ErrorContext(ctx, "an entry of a stream is no event; it is passed over", "consumer", s.Consumer, "source", s.Source, "error", err)
			continue
		}
		if after > from {
			b.missed(ctx, s, from, after)
		}
		from = e.Position
		if s.wants(e) {
			events = append(events, e)
		}
	}
	wait := firstWait
	for len(events) > 0 {
		done, err := lanes(events, func(e outbox.Event) error { return b.courier.deliver(ctx, s, e) })
		if err == nil {
			break
		}
		if ctx.Err() != nil {
			return from, ctx.Err()
		}
		at := -1
		events = slices.DeleteFunc(events, func(outbox.Event) bool { at++; return done[at] })
		b.courier.Logger.WarnContext(ctx, "events were not taken in; trying again", "consumer", s.Consumer, "source", s.Source, "events", len(events), "wait", wait, "error", err)
		if err := b.courier.pause(ctx, wait); err != nil {
			return from, err
		}
		wait = min(2*wait, longestTry)
	}
	if err := b.client.XAck(ctx, key(s.Source), group, ids...).Err(); err != nil {
		return from, redisError("acknowledge events", err)
	}
	return from, nil
}

// missed raises the alarm: the stream had entries between two positions, and no longer has them.
func (b *Redis) missed(ctx context.Context, s Subscription, from, to int64) {
	b.instr.missing.Add(ctx, 1, of(s))
	b.courier.Logger.ErrorContext(ctx, "events were deleted from Redis before this consumer read them; delete the whole stream, and all events are published again",
		"consumer", s.Consumer, "source", s.Source, "stream", key(s.Source), "after", from, "to", to)
}

// claim makes a new group for the subscription that begins where the former ones stand, and destroys those. So the process that is
// believed dead, but is not, can read no more: what it has in hand comes again to us, and each subject's order holds for both. It answers the
// group and the position before its first entry.
//
// The groups are called CONSUMER#1, #2 and so on. The first begins with all that the stream has.
func (b *Redis) claim(ctx context.Context, s Subscription) (group string, from int64, err error) {
	stream := key(s.Source)
	groups, err := b.groups(ctx, stream)
	if err != nil {
		return "", 0, err
	}
	var former []string
	var newest int64
	var start streamID
	for _, g := range groups {
		number, ours := generation(g.name, s.Consumer)
		if !ours {
			continue
		}
		if len(former) == 0 || g.stands.less(start) {
			start = g.stands
		}
		former, newest = append(former, g.name), max(newest, number)
	}
	group = s.Consumer + "#" + strconv.FormatInt(newest+1, 10)
	if err := b.client.XGroupCreateMkStream(ctx, stream, group, start.String()).Err(); err != nil {
		return "", 0, redisError("create group "+group, err)
	}
	for _, old := range former {
		if err := b.client.XGroupDestroy(ctx, stream, old).Err(); err != nil {
			return "", 0, redisError("destroy group "+old, err)
		}
	}
	if len(former) == 0 {
		b.courier.Logger.InfoContext(ctx, "a consumer begins with the first event that Redis has", "consumer", s.Consumer, "source", s.Source)
		return group, maxPosition, nil // what was trimmed before it came is no gap
	}
	return group, int64(start.position), nil
}

// maxPosition follows on from everything.
const maxPosition = math.MaxInt64

// generation is the number of a group, if it is one of the consumer's.
func generation(group, consumer string) (n int64, ours bool) {
	number, ours := strings.CutPrefix(group, consumer+"#")
	n, err := strconv.ParseInt(number, 10, 64)
	return n, ours && err == nil
}

// standing is how far a consumer group is.
type standing struct {
	name   string
	stands streamID // everything up to here is acknowledged
}

// groups are those of a stream; none when there is no stream.
func (b *Redis) groups(ctx context.Context, stream string) ([]standing, error) {
	infos, err := b.client.XInfoGroups(ctx, stream).Result()
	if absent(err) {
		return nil, nil
	}
	if err != nil {
		return nil, redisError("list the groups of "+stream, err)
	}
	all := make([]standing, len(infos))
	for i, info := range infos {
		all[i].name = info.Name
		pending := &redis.XPending{}
		if info.Pending > 0 {
			if pending, err = b.client.XPending(ctx, stream, info.Name).Result(); err != nil {
				return nil, redisError("look at group "+info.Name, err)
			}
		}
		if pending.Count > 0 {
			if all[i].stands, err = parseID(pending.Lower); err != nil {
				return nil, err
			}
			all[i].stands = all[i].stands.before()
		} else if all[i].stands, err = parseID(info.LastDeliveredID); err != nil {
			return nil, err
		}
	}
	return all, nil
}
