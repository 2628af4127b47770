//go:build unix

package bus_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb"
)

const benchEvents = 20_000

// cpu is what this process has used, user and system.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// spent is the CPU of fn for each of n events.
func spent(b *testing.B, n int, fn func()) (perEvent time.Duration) {
	b.Helper()
	before := cpu(b)
	fn()
	return (cpu(b) - before) / time.Duration(n)
}

func report(b *testing.B, d time.Duration, unit string) {
	b.Helper()
	b.ReportMetric(float64(d.Nanoseconds())/1000, unit)
}

// fill makes events of many subjects in an outbox.
func fill(b *testing.B, db sqldb.DB, n int) (events []outbox.Event) {
	b.Helper()
	for at := 0; at < n; at += 1000 {
		batch := make([]outbox.Event, 1000)
		for i := range batch {
			batch[i] = outbox.Event{
				ID: fmt.Sprintf("x0199b5a0-0000-7000-8000-%012d", at+i), Source: source, Type: source + ".goal.updated", Organization: "springfield",
				Subject: fmt.Sprintf("organizations/springfield/plans/p/goals/x%06d", i), Time: noon, Actor: "users/ana", RequestID: "0199b5a0-0000-7000-8000-000000000000",
				EtagBefore: "1", EtagAfter: "2", TraceParent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", Data: make([]byte, 300),
			}
		}
		must(b, db.Write(b.Context(), func(tx sqldb.Tx) error { return outbox.AppendAll(tx, batch) }))
	}
	must(b, db.Read(b.Context(), func(tx sqldb.Tx) (err error) {
		events, err = outbox.Changes(tx, "springfield", 0, n)
		return err
	}))
	return events
}

// watched says when the last event was published.
type watched struct {
	*bus.Redis

	last  int64
	ended chan struct{}
}

func (w *watched) Publish(ctx context.Context, events []outbox.Event) (int, error) {
	done, err := w.Redis.Publish(ctx, events)
	if done > 0 && events[done-1].Position == w.last {
		close(w.ended)
	}
	return done, err
}

func addArgs(stream string, e outbox.Event) *redis.XAddArgs {
	return &redis.XAddArgs{Stream: stream, Values: []any{
		"id", e.ID, "type", e.Type, "organization", e.Organization, "subject", e.Subject, "sequence", e.Sequence, "time", e.Time.UnixMicro(), "actor", e.Actor,
		"requestid", e.RequestID, "etagbefore", e.EtagBefore, "etagafter", e.EtagAfter, "traceparent", e.TraceParent, "data", e.Data,
	}}
}

// BenchmarkRelay compares the CPU that the relay spends on an event, from the SQLite outbox to the stream, with XADDs of the same events from memory.
func BenchmarkRelay(b *testing.B) {
	r := connect(b, servers.Redis(b), nil)
	db := open(b, "goals")
	events := fill(b, db, benchEvents)
	client := r.Client()
	var relay, single, pipelined time.Duration
	for range b.N {
		must(b, client.FlushAll(b.Context()).Err())
		w := &watched{Redis: r, last: events[len(events)-1].Position, ended: make(chan struct{})}
		relay += spent(b, len(events), func() {
			stop := start(b, (&outbox.Relay{DB: db, Bus: w, Source: source, Logger: quiet}).Run)
			<-w.ended
			stop()
		})
		single += spent(b, len(events)/4, func() {
			for _, e := range events[:len(events)/4] {
				must(b, client.XAdd(b.Context(), addArgs("single", e)).Err())
			}
		})
		pipelined += spent(b, len(events), func() {
			for at := 0; at < len(events); at += 100 {
				p := client.Pipeline()
				for _, e := range events[at : at+100] {
					p.XAdd(b.Context(), addArgs("pipelined", e))
				}
				_, err := p.Exec(b.Context())
				must(b, err)
			}
		})
	}
	n := time.Duration(b.N)
	report(b, relay/n, "relay-cpu-µs/event")
	report(b, single/n, "xadd-cpu-µs/event")
	report(b, pipelined/n, "pipelined-cpu-µs/event")
	b.ReportMetric(float64(relay)/float64(single), "relay/xadd")
	b.ReportMetric(float64(relay)/float64(pipelined), "relay/pipelined")
}

// BenchmarkConsumer compares how fast events are taken in, without an effect and with one in SQLite, with bare reads that acknowledge 256 at a time.
func BenchmarkConsumer(b *testing.B) {
	addr := servers.Redis(b)
	r := connect(b, addr, nil)
	events := fill(b, open(b, "goals"), benchEvents)
	client := r.Client()
	_, err := r.Position(b.Context(), source)
	must(b, err)
	_, err = r.Publish(b.Context(), events)
	must(b, err)
	var bare, idle, effect time.Duration
	var bareCPU, idleCPU, effectCPU time.Duration
	consume := func(s bus.Subscription, ended <-chan struct{}) {
		c := connect(b, addr, nil)
		must(b, c.Subscribe(s))
		stop := start(b, c.Run)
		<-ended
		stop()
	}
	for i := range b.N {
		group := fmt.Sprint("bare", i)
		must(b, client.XGroupCreate(b.Context(), bus.Key(source), group, "0").Err())
		begin := time.Now()
		bareCPU += spent(b, len(events), func() {
			for read := 0; read < len(events); {
				s, err := client.XReadGroup(b.Context(), &redis.XReadGroupArgs{Group: group, Consumer: "c", Streams: []string{bus.Key(source), ">"}, Count: 256, Block: -1}).Result()
				must(b, err)
				ids := make([]string, 0, 256)
				for _, m := range s[0].Messages {
					ids = append(ids, m.ID)
				}
				must(b, client.XAck(b.Context(), bus.Key(source), group, ids...).Err())
				read += len(ids)
			}
		})
		bare += time.Since(begin)

		var n atomic.Int64
		ended := make(chan struct{})
		begin = time.Now()
		idleCPU += spent(b, len(events), func() {
			consume(bus.Subscription{Consumer: fmt.Sprint("idle", i), Source: source, Handle: func(context.Context, outbox.Event) error {
				if n.Add(1) == int64(len(events)) {
					close(ended)
				}
				return nil
			}}, ended)
		})
		idle += time.Since(begin)

		c := newConsumer(b, fmt.Sprint("effect", i))
		ended = make(chan struct{})
		c.fail = func(context.Context, outbox.Event) error {
			if len(c.took) == len(events) {
				close(ended)
			}
			return nil
		}
		begin = time.Now()
		effectCPU += spent(b, len(events), func() { consume(c.subscription(), ended) })
		effect += time.Since(begin)
	}
	perSecond := func(d time.Duration) float64 { return float64(b.N*len(events)) / d.Seconds() }
	b.ReportMetric(perSecond(bare), "bare-events/s")
	b.ReportMetric(perSecond(idle), "no-effect-events/s")
	b.ReportMetric(perSecond(effect), "effect-events/s")
	n := time.Duration(b.N)
	report(b, bareCPU/n, "bare-cpu-µs/event")
	report(b, idleCPU/n, "no-effect-cpu-µs/event")
	report(b, effectCPU/n, "effect-cpu-µs/event")
}
