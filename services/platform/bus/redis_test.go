package bus_test

import (
	"context"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

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
	p, c := flowing(t, b, b)
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
