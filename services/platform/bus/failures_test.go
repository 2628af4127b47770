package bus_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// What Redis lost comes again from the outbox, whether it lost all or nothing, and consumers take in the rest once.
func TestRedisIsKilled(t *testing.T) {
	for _, keeps := range []bool{true, false} {
		t.Run(fmt.Sprintf("keeps its data %t", keeps), func(t *testing.T) {
			servers.Redis(t) // skips where there is none
			server, err := servers.StartRedis(t.Context(), t.TempDir(), servers.RedisOptions{AppendOnly: keeps})
			must(t, err)
			t.Cleanup(func() { must(t, server.Stop()) })
			b := connect(t, server.Addr(), nil)
			p, c := newPublisher(t, b), newConsumer(t, "performance")
			must(t, b.Subscribe(c.subscription()))
			stop := start(t, p.relay.Run)
			start(t, b.Run)
			subjects := names(6)
			for range 3 {
				p.make(t, 10, subjects...)
				c.await(t, 7)
				must(t, server.Kill())
				p.make(t, 10, subjects...) // writes need no Redis
				must(t, server.Start(t.Context()))
			}
			c.await(t, 6*60-3*7)
			c.want(t, 60, subjects...)
			// The relay notices a loss though nothing new is published.
			want := p.last(t)
			must(t, server.Kill())
			must(t, server.Start(t.Context()))
			for at := int64(0); at != want; {
				at, _ = b.Position(t.Context(), source)
			}
			stop()
			c.want(t, 60, subjects...)
		})
	}
}

// last is the position of the outbox's last event.
func (p *publisher) last(t testing.TB) (at int64) {
	t.Helper()
	must(t, p.db.Read(t.Context(), func(tx sqldb.Tx) error {
		return tx.Query("SELECT MAX(position) FROM outbox", nil, func(r sqldb.Row) error { at = r.Int(0); return nil })
	}))
	return at
}

func TestFlushedInTheMiddle(t *testing.T) {
	b := connect(t, servers.Redis(t), nil)
	p, c := flowing(t, b, b)
	subjects := names(6)
	for range 4 {
		p.make(t, 10, subjects...)
		c.await(t, 25)
		must(t, b.Client().FlushAll(t.Context()).Err())
	}
	c.await(t, 6*40-4*25)
	c.want(t, 40, subjects...)
}

// A database put back to an older state must not take the stream of its lost future for its own.
func TestStreamOfAnotherHistoryIsRefused(t *testing.T) {
	b := connect(t, servers.Redis(t), nil)
	_, err := b.Position(t.Context(), source)
	must(t, err)
	_, err = b.Publish(t.Context(), []outbox.Event{{Source: source, Position: 77, ID: "x"}})
	must(t, err)
	p := newPublisher(t, b)
	said := make(chan string, 100)
	p.relay.Logger = slog.New(slog.NewTextHandler(writer(func(line []byte) { said <- string(line) }), nil))
	p.make(t, 3, "a")
	stop := start(t, p.relay.Run)
	if line := <-said; !strings.Contains(line, "up to position 77, which this outbox does not have") || !strings.Contains(line, "Delete the events") {
		t.Errorf("said %q", line)
	}
	must(t, b.Client().Del(t.Context(), bus.Key(source)).Err())
	for n := int64(0); n != 3; {
		n, err = b.Client().XLen(t.Context(), bus.Key(source)).Result()
		must(t, err)
	}
	stop()
}

type writer func([]byte)

func (w writer) Write(p []byte) (int, error) { w(bytes.Clone(p)); return len(p), nil }

func TestPoisonIsBuriedAndStopsNobody(t *testing.T) {
	b := connect(t, servers.Redis(t), func(c *bus.RedisConfig) { c.Tries = 3 })
	p, c := newPublisher(t, b), newConsumer(t, "performance")
	var tries atomic.Int64
	s := c.subscription()
	handle := s.Handle
	s.Handle = func(ctx context.Context, e outbox.Event) error {
		if e.Subject == "poison" {
			if tries.Add(1) > 3 {
				panic("poison") // the second event of the subject
			}
		}
		return handle(ctx, e)
	}
	must(t, b.Subscribe(s))
	p.make(t, 2, "a", "poison", "b")
	start(t, p.relay.Run)
	start(t, b.Run)
	c.await(t, 6)
	c.want(t, 2, "a", "b")
	var letters []inbox.Letter
	must(t, c.db.Read(t.Context(), func(tx sqldb.Tx) (err error) {
		letters, err = inbox.Letters(tx, c.name, inbox.Letter{}, 10)
		return err
	}))
	if len(letters) != 2 || letters[0].Event.ID != "poison@1" || letters[0].Cause != errPoison.Error() || !strings.Contains(letters[1].Cause, "poison") || tries.Load() != 6 {
		t.Errorf("after %d tries the dead letters are %+v", tries.Load(), letters)
	}
}

// While the consumer's storage is away nothing is buried, and nothing passes by.
func TestStorageOfTheConsumerIsAway(t *testing.T) {
	b := connect(t, servers.Redis(t), nil)
	p, c := newPublisher(t, b), newConsumer(t, "performance")
	var tries atomic.Int64
	s := c.subscription()
	handle := s.Handle
	s.Handle = func(ctx context.Context, e outbox.Event) error {
		if e.Subject == "s1" && tries.Add(1) < 20 {
			return sqldb.ErrUnavailable
		}
		return handle(ctx, e)
	}
	s.DeadLetter = func(context.Context, outbox.Event, error) error { t.Error("buried"); return nil }
	must(t, b.Subscribe(s))
	p.make(t, 10, names(3)...)
	start(t, p.relay.Run)
	start(t, b.Run)
	c.await(t, 30)
	c.want(t, 10, names(3)...)
}

func TestConsumerEndsInTheMiddleOfABatch(t *testing.T) {
	addr := servers.Redis(t)
	p, c := newPublisher(t, connect(t, addr, nil)), newConsumer(t, "performance")
	subjects := names(5)
	p.make(t, 40, subjects...)
	start(t, p.relay.Run)
	taken := 0
	for range 10 {
		b := connect(t, addr, nil)
		ended, end := context.WithTimeout(t.Context(), 20*time.Second)
		defer end()
		c.fail = func(context.Context, outbox.Event) error {
			if len(c.took) >= 17 {
				end()
			}
			return ended.Err()
		}
		must(t, b.Subscribe(c.subscription()))
		must(t, b.Run(ended))
		for ; len(c.took) > 0; taken++ {
			<-c.took
		}
		if taken >= 150 {
			break
		}
	}
	c.fail = nil
	b := connect(t, addr, nil)
	must(t, b.Subscribe(c.subscription()))
	start(t, b.Run)
	c.await(t, 5*40-taken)
	c.want(t, 40, subjects...)
}

// Entries that somebody deleted unread are missed, and that is told.
func TestMissingEventsAreTold(t *testing.T) {
	b0 := connect(t, servers.Redis(t), nil)
	p, c := newPublisher(t, b0), newConsumer(t, "performance")
	must(t, b0.Subscribe(c.subscription()))
	stopRelay := start(t, p.relay.Run)
	stop := start(t, b0.Run)
	p.make(t, 3, "a")
	c.await(t, 3)
	stop()
	p.make(t, 3, "a")
	for at := int64(0); at != 6; {
		at, _ = b0.Position(t.Context(), source)
	}
	stopRelay()
	must(t, b0.Client().XDel(t.Context(), bus.Key(source), "4-0", "5-0").Err())
	said := make(chan string, 100)
	b := connect(t, "", func(r *bus.RedisConfig) {
		r.Options.Addrs = []string{b0.Client().(*redis.Client).Options().Addr}
		r.Logger = slog.New(slog.NewTextHandler(writer(func(line []byte) { said <- string(line) }), nil))
	})
	must(t, b.Subscribe(c.subscription()))
	stop = start(t, b.Run)
	c.await(t, 1)
	stop()
	if line := <-said; !strings.Contains(line, "events were deleted") || !strings.Contains(line, "after=3 to=5") {
		t.Errorf("said %q", line)
	}
}
