package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

func TestMain(m *testing.M) {
	// The client looks every second for a server that refused it, and so ends that up to a second after Close.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

const source = "throughline.goals.v1"

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

func atNoon() time.Time { return noon }

// soon is a tenth of the time asked for.
func soon(d time.Duration) <-chan time.Time { return time.After(d / 10) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var effects = fstest.MapFS{"00001_effects.sql": {Data: []byte(`-- +goose Up
CREATE TABLE effects (
    subject  TEXT    NOT NULL,
    n        INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (subject, n)
);
`)}}

func open(t testing.TB, name string) sqldb.DB {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(t.TempDir(), name+".db"), Migrations: effects})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// alone claims nothing: as if every process believed that it is the only one.
func alone(ctx context.Context, _ string, fn func(context.Context) error) error { return fn(ctx) }

// connect makes a bus; change may alter its settings.
func connect(t testing.TB, addr string, change func(*bus.RedisConfig)) *bus.Redis {
	t.Helper()
	c := bus.RedisConfig{
		Config:    bus.Config{After: soon, Logger: quiet},
		Options:   redis.UniversalOptions{Addrs: []string{addr}, DialerRetries: 1, MaxRetries: 1},
		Exclusive: alone, Now: atNoon, Block: 20 * time.Millisecond,
	}
	if change != nil {
		change(&c)
	}
	b, err := bus.NewRedis(c)
	must(t, err)
	t.Cleanup(func() { must(t, b.Close()) })
	return b
}

// start runs something until stop, or the end of the test.
func start(t testing.TB, run func(context.Context) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// publisher is a service that makes events.
type publisher struct {
	db    sqldb.DB
	relay *outbox.Relay
}

func newPublisher(t testing.TB, to outbox.Publisher) *publisher {
	t.Helper()
	db := open(t, "goals")
	return &publisher{db: db, relay: &outbox.Relay{DB: db, Bus: to, Source: source, After: soon, Logger: quiet}}
}

// make makes the next n events of each subject, one of every subject after the other.
func (p *publisher) make(t testing.TB, n int, subjects ...string) {
	t.Helper()
	for range n {
		must(t, p.db.Write(t.Context(), func(tx sqldb.Tx) error {
			for _, s := range subjects {
				if _, err := outbox.Append(tx, outbox.Event{
					Source: source, Type: source + ".goal.updated", Organization: "o", Subject: s, Time: noon, Actor: "users/ana", RequestID: "r", EtagBefore: "1", EtagAfter: "2", Data: []byte(s),
				}); err != nil {
					return err
				}
			}
			return nil
		}))
		p.relay.Wake()
	}
}

// consumer is a service that has effects.
type consumer struct {
	name string
	db   sqldb.DB
	took chan outbox.Event                               // every effect, and every dead letter
	fail func(ctx context.Context, e outbox.Event) error // after the effect was committed, so that the bus believes that there was none; may be nil
}

func newConsumer(t testing.TB, name string) *consumer {
	t.Helper()
	return &consumer{name: name, db: open(t, "performance"), took: make(chan outbox.Event, 100_000)}
}

var errPoison = errors.New("cannot digest")

func (c *consumer) subscription() bus.Subscription {
	return bus.Subscription{
		Consumer: c.name, Source: source,
		Handle: func(ctx context.Context, e outbox.Event) error {
			if strings.HasPrefix(e.Subject, "poison") {
				return errPoison
			}
			fresh := false
			if err := c.db.Write(ctx, func(tx sqldb.Tx) (err error) {
				if fresh, err = inbox.Once(tx, c.name, e); err != nil || !fresh {
					return err
				}
				_, err = tx.Exec("INSERT INTO effects (subject, n, sequence) SELECT CAST(? AS TEXT), COUNT(*) + 1, CAST(? AS BIGINT) FROM effects WHERE subject = ?", e.Subject, e.Sequence, e.Subject)
				return err
			}); err != nil {
				return err
			}
			if fresh {
				c.took <- e
			}
			if c.fail != nil {
				return c.fail(ctx, e)
			}
			return nil
		},
		DeadLetter: func(ctx context.Context, e outbox.Event, cause error) error {
			if err := c.db.Write(ctx, func(tx sqldb.Tx) error { return inbox.Bury(tx, c.name, e, cause) }); err != nil {
				return err
			}
			c.took <- e
			return nil
		},
	}
}

// await waits for n effects.
func (c *consumer) await(t testing.TB, n int) {
	t.Helper()
	late := time.After(20 * time.Second)
	for i := range n {
		select {
		case <-c.took:
		case <-late:
			t.Fatalf("only %d of %d effects came", i, n)
		}
	}
}

// want checks that each subject had events 1 to n, in this order, once each.
func (c *consumer) want(t testing.TB, n int64, subjects ...string) {
	t.Helper()
	got := map[string][]int64{}
	must(t, c.db.Read(t.Context(), func(tx sqldb.Tx) error {
		clear(got)
		return tx.Query("SELECT subject, sequence FROM effects ORDER BY subject, n", nil, func(r sqldb.Row) error {
			got[r.Text(0)] = append(got[r.Text(0)], r.Int(1))
			return nil
		})
	}))
	want := make([]int64, n)
	for i := range want {
		want[i] = int64(i) + 1
	}
	for _, s := range subjects {
		if !slices.Equal(got[s], want) {
			t.Errorf("effects of %s are %v, want 1 to %d", s, got[s], n)
		}
	}
	if len(got) != len(subjects) {
		t.Errorf("effects of %d subjects, want %d", len(got), len(subjects))
	}
}

func names(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprint("s", i)
	}
	return all
}

// An event comes out of Redis as it went in, in its trace.
func TestEventsComeOutOfRedisWhole(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	b := connect(t, servers.Redis(t), nil)
	want := outbox.Event{
		Position: 1<<60 + 3, ID: "a@2", Source: source, Type: source + ".goal.updated", Organization: "o", Subject: "goals/é", Sequence: 2, Time: noon.Add(time.Microsecond),
		Actor: "users/ana", RequestID: "r", EtagBefore: "1", EtagAfter: "2", TraceParent: parent, Data: []byte{0, '\r', '\n', 255},
	}
	type arrival struct {
		e    outbox.Event
		span trace.SpanContext
	}
	got := make(chan arrival, 2)
	must(t, b.Subscribe(bus.Subscription{Consumer: "c", Source: source, Types: []string{source + ".goal.*"}, Handle: func(ctx context.Context, e outbox.Event) error {
		got <- arrival{e, trace.SpanContextFromContext(ctx)}
		return nil
	}}))
	if at, err := b.Position(t.Context(), source); at != 0 || err != nil {
		t.Errorf("an empty Redis is at %d, %v", at, err)
	}
	other := want
	other.Position, other.Type = 1<<60+1, source+".plan.updated" // not asked for
	if done, err := b.Publish(t.Context(), []outbox.Event{other, want}); done != 2 || err != nil {
		t.Fatalf("%d done, %v", done, err)
	}
	if at, err := b.Position(t.Context(), source); at != want.Position || err != nil {
		t.Errorf("the stream is at %d, %v", at, err)
	}
	stop := start(t, b.Run)
	first := <-got
	stop()
	if !reflect.DeepEqual(first.e, want) || len(got) > 0 {
		t.Errorf("got %+v and %d more,\nwant %+v", first.e, len(got), want)
	}
	if first.span.TraceID().String() != parent[3:35] {
		t.Errorf("the span around is %+v", first.span)
	}
}

func TestRedisKeepsOrderUnderConcurrency(t *testing.T) {
	b := connect(t, servers.Redis(t), nil)
	p, c := newPublisher(t, b), newConsumer(t, "performance")
	must(t, b.Subscribe(c.subscription()))
	start(t, p.relay.Run)
	start(t, b.Run)
	var writers sync.WaitGroup
	subjects := names(12)
	for i := range 3 {
		writers.Go(func() { p.make(t, 30, subjects[4*i:4*i+4]...) })
	}
	writers.Wait()
	c.await(t, 12*30)
	c.want(t, 30, subjects...)
}

// Two relays of one outbox, each sure to be alone, put every event into the stream once.
func TestTwoRelaysAppendOnce(t *testing.T) {
	addr := servers.Redis(t)
	p := newPublisher(t, connect(t, addr, nil))
	other := connect(t, addr, nil)
	c := newConsumer(t, "performance")
	must(t, other.Subscribe(c.subscription()))
	start(t, p.relay.Run)
	start(t, (&outbox.Relay{DB: p.db, Bus: other, Source: source, After: soon, Logger: quiet}).Run)
	start(t, other.Run)
	p.make(t, 100, "a", "b", "c")
	c.await(t, 300)
	if n, err := other.Client().XLen(t.Context(), bus.Key(source)).Result(); n != 300 || err != nil {
		t.Errorf("the stream has %d entries, %v; want 300", n, err)
	}
	c.want(t, 100, "a", "b", "c")
}

// Consumers that each believe to be alone share a group: every effect is had once and in order.
func TestZombieConsumers(t *testing.T) {
	addr := servers.Redis(t)
	c := newConsumer(t, "performance")
	var tries atomic.Int64
	c.fail = func(context.Context, outbox.Event) error { // some answers are lost
		if tries.Add(1)%7 == 0 {
			return errBad
		}
		return nil
	}
	for range 2 {
		b := connect(t, addr, nil)
		must(t, b.Subscribe(c.subscription()))
		start(t, b.Run)
	}
	p := newPublisher(t, connect(t, addr, nil))
	start(t, p.relay.Run)
	subjects := names(4)
	p.make(t, 40, subjects...)
	c.await(t, 4*40)
	c.want(t, 40, subjects...)
}

// Two replicas of each side on PostgreSQL: one relays and one consumes at a time, and when it ends the other goes on.
func TestReplicasOnPostgres(t *testing.T) {
	addr := servers.Redis(t)
	publishing := sqldbtest.Postgres(t, nil)
	c := newConsumer(t, "performance")
	c.db = sqldbtest.Postgres(t, effects)
	p := &publisher{db: publishing}
	var stops []func()
	for range 2 {
		b := connect(t, addr, func(r *bus.RedisConfig) { r.Exclusive = c.db.Exclusive })
		must(t, b.Subscribe(c.subscription()))
		p.relay = &outbox.Relay{DB: publishing, Bus: b, Source: source, After: soon, Logger: quiet}
		relaying, consuming := start(t, p.relay.Run), start(t, b.Run)
		stops = append(stops, func() { relaying(); consuming() })
	}
	p.make(t, 10, names(6)...)
	c.await(t, 25)
	stops[0]()
	p.make(t, 10, names(6)...)
	c.await(t, 6*20-25)
	c.want(t, 20, names(6)...)
}

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
	p, c := newPublisher(t, b), newConsumer(t, "performance")
	must(t, b.Subscribe(c.subscription()))
	start(t, p.relay.Run)
	start(t, b.Run)
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
