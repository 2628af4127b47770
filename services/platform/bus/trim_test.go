package bus_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/servers"
)

// Whatever is appended, read, acknowledged and claimed in whatever order: trimming leaves every entry that some group has yet to acknowledge, and
// removes all others once they are old enough.
func TestTrimmingRemovesNothingUnread(t *testing.T) {
	addr := servers.Redis(t)
	now := noon
	b := connect(t, addr, func(c *bus.RedisConfig) { c.Now = func() time.Time { return now } })
	must(t, b.Client().ConfigSet(t.Context(), "stream-node-max-entries", "1").Err())
	trial := 0
	rapid.Check(t, func(t *rapid.T) {
		ctx := context.Background()
		trial++
		source := fmt.Sprint("source", trial)
		key := bus.Key(source)
		type group struct {
			name   string   // "" before the first claim
			unread []string // not yet read, or read and not acknowledged, in order
			next   int      // in unread, of the first not read
		}
		groups := map[string]*group{"a": {}, "b": {}}
		var all []string
		position := int64(0)
		if _, err := b.Position(ctx, source); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			consumer := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "consumer")
			g := groups[consumer]
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0:
				n := rapid.IntRange(1, 5).Draw(t, "appended")
				events := make([]outbox.Event, n)
				for i := range events {
					position += int64(rapid.IntRange(1, 1<<20).Draw(t, "gap"))
					events[i] = outbox.Event{Source: source, Position: position, ID: fmt.Sprint(position), Time: now}
					id := fmt.Sprintf("%d-0", position)
					all = append(all, id)
					for _, g := range groups {
						if g.name != "" {
							g.unread = append(g.unread, id)
						}
					}
				}
				if _, err := b.Publish(ctx, events); err != nil {
					t.Fatal(err)
				}
			case 1:
				claimed := g.name != ""
				var err error
				if g.name, err = b.Claim(ctx, bus.Subscription{Consumer: consumer, Source: source}); err != nil {
					t.Fatal(err)
				}
				left := present(t, b, key)
				if !claimed {
					g.unread = left
				} else if len(g.unread) > 0 { // what was acknowledged after the oldest pending comes again
					g.unread = slices.DeleteFunc(left, func(id string) bool { return number(id) < number(g.unread[0]) })
				}
				g.next = 0
			case 2:
				if g.name == "" {
					continue
				}
				read, err := b.Client().XReadGroup(ctx, &redis.XReadGroupArgs{
					Group: g.name, Consumer: "reader", Streams: []string{key, ">"}, Count: int64(rapid.IntRange(1, 4).Draw(t, "read")), Block: -1,
				}).Result()
				if err != nil && !errors.Is(err, redis.Nil) {
					t.Fatal(err)
				}
				for _, s := range read {
					for _, m := range s.Messages {
						if g.next >= len(g.unread) || g.unread[g.next] != m.ID {
							t.Fatalf("%s read %s of %v after %d", consumer, m.ID, g.unread, g.next)
						}
						g.next++
					}
				}
			case 3:
				if g.next == 0 {
					continue
				}
				i := rapid.IntRange(0, g.next-1).Draw(t, "acknowledged")
				if err := b.Client().XAck(ctx, key, g.name, g.unread[i]).Err(); err != nil {
					t.Fatal(err)
				}
				g.unread, g.next = slices.Delete(g.unread, i, i+1), g.next-1
			case 4:
				if rapid.Bool().Draw(t, "later") {
					now = now.Add(2 * time.Hour)
				}
				if err := b.Trim(ctx, source); err != nil {
					t.Fatal(err)
				}
				left := present(t, b, key)
				for name, g := range groups {
					for _, id := range g.unread {
						if !slices.Contains(left, id) {
							t.Fatalf("%s, which %s has yet to acknowledge, was removed; left are %v", id, name, left)
						}
					}
				}
			}
		}
		// Once all is acknowledged, and old, all goes but the last that every group has read.
		for consumer, g := range groups {
			var err error
			if g.name, err = b.Claim(ctx, bus.Subscription{Consumer: consumer, Source: source}); err != nil {
				t.Fatal(err)
			}
			if err := b.Client().Do(ctx, "XGROUP", "SETID", key, g.name, "$").Err(); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			if err := b.Trim(ctx, source); err != nil {
				t.Fatal(err)
			}
			now = now.Add(2 * time.Hour)
		}
		if err := b.Trim(ctx, source); err != nil {
			t.Fatal(err)
		}
		if left := present(t, b, key); len(left) > 1 {
			t.Fatalf("left of %d are %v", len(all), left)
		}
	})
}

func number(id string) int64 {
	n, _ := strconv.ParseInt(strings.TrimSuffix(id, "-0"), 10, 64)
	return n
}

func present(t *rapid.T, b *bus.Redis, key string) (ids []string) {
	entries, err := b.Client().XRange(context.Background(), key, "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		ids = append(ids, e.ID)
	}
	return ids
}

// A source without consumers is kept for longer, since they may be yet to come.
func TestUnclaimedEventsGoAfterAWeek(t *testing.T) {
	now := noon
	b := connect(t, servers.Redis(t), func(c *bus.RedisConfig) { c.Now = func() time.Time { return now } })
	must(t, b.Client().ConfigSet(t.Context(), "stream-node-max-entries", "1").Err())
	_, err := b.Position(t.Context(), source)
	must(t, err)
	_, err = b.Publish(t.Context(), []outbox.Event{{Source: source, Position: 1, Time: now}, {Source: source, Position: 2, Time: now}})
	must(t, err)
	for _, step := range []struct {
		later time.Duration
		left  int64
	}{{0, 2}, {6 * 24 * time.Hour, 2}, {24 * time.Hour, 1}} {
		now = now.Add(step.later)
		must(t, b.Trim(t.Context(), source))
		if n, err := b.Client().XLen(t.Context(), bus.Key(source)).Result(); n != step.left || err != nil {
			t.Errorf("%s later %d are left, %v; want %d", now.Sub(noon), n, err, step.left)
		}
	}
}
