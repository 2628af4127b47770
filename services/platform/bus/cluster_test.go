package bus_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/servers"
)

// await polls until it is so.
func await(t *testing.T, so func() bool) {
	t.Helper()
	late, tick := time.After(20*time.Second), time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("it is still not so")
		}
	}
}

func entry(position int64) string { return fmt.Sprintf("%d-0", position) }

func clustered(c *bus.RedisConfig) { c.Options.IsClusterMode = true }

// Everything that the bus does, on a cluster of which it knows one node; sources are spread, and each has one node.
func TestSourcesOnACluster(t *testing.T) {
	t.Parallel() // a cluster takes seconds to agree
	nodes := servers.Cluster(t)
	now := noon
	b := connect(t, nodes.Masters[0].Addr(), func(c *bus.RedisConfig) { clustered(c); c.Now = func() time.Time { return now } })
	cluster := b.Client().(*redis.ClusterClient)
	used := map[string]bool{}
	for i := range 12 {
		source := fmt.Sprint("throughline.service", i)
		_, err := b.Position(t.Context(), source)
		must(t, err)
		events := make([]outbox.Event, 300) // more than one call takes
		for i := range events {
			events[i] = outbox.Event{Source: source, Position: int64(i + 1), ID: fmt.Sprint(i), Time: now}
		}
		if done, err := b.Publish(t.Context(), events); done != 300 || err != nil {
			t.Fatalf("%s: %d done, %v", source, done, err)
		}
		if at, err := b.Position(t.Context(), source); at != 300 || err != nil {
			t.Errorf("%s is at %d, %v", source, at, err)
		}
		node, err := cluster.MasterForKey(t.Context(), bus.Key(source))
		must(t, err)
		used[node.Options().Addr] = true
		if keys, err := node.Keys(t.Context(), "*"+source+"}*").Result(); err != nil || len(keys) != 1 || keys[0] != "{throughline:"+source+"}:events" {
			t.Errorf("%s has the keys %v, %v", source, keys, err)
		}
		for range 2 {
			must(t, b.Trim(t.Context(), source))
			now = now.Add(8 * 24 * time.Hour)
		}
		must(t, b.Trim(t.Context(), source))
		if n, err := b.Client().XLen(t.Context(), bus.Key(source)).Result(); n == 0 || n >= 300 || err != nil {
			t.Errorf("after trimming %s has %d events, %v", source, n, err)
		}
	}
	if len(used) != 3 {
		t.Errorf("of three masters only %v have streams", used)
	}
}

// A stream moves to another node while it is appended to and read: redirections are followed, and every effect is had once and in order.
func TestStreamMovesInACluster(t *testing.T) {
	t.Parallel() // a cluster takes seconds to agree
	nodes := servers.Cluster(t)
	publishing := connect(t, nodes.Masters[0].Addr(), clustered)
	p, c := flowing(t, publishing, connect(t, nodes.Masters[1].Addr(), clustered))
	subjects := names(6)
	for range 4 {
		p.make(t, 5, subjects...)
		c.await(t, 25)
		move(t, nodes)
		p.make(t, 5, subjects...)
		c.await(t, 35)
	}
	c.want(t, 40, subjects...)
	if n, err := publishing.Client().XLen(t.Context(), bus.Key(source)).Result(); n != 240 || err != nil {
		t.Errorf("the stream has %d entries, %v; want 240", n, err)
	}
}

// move gives the stream's slot to the next master, as redis-cli --cluster reshard does.
func move(t *testing.T, nodes *servers.RedisCluster) {
	t.Helper()
	ctx := t.Context()
	clients, ids := make([]*redis.Client, 3), make([]string, 3)
	from := -1
	for i, s := range nodes.Masters {
		clients[i] = redis.NewClient(&redis.Options{Addr: s.Addr()})
		defer clients[i].Close()
		ids[i] = clients[i].ClusterMyID(ctx).Val()
		if err := clients[i].XLen(ctx, bus.Key(source)).Err(); err == nil {
			from = i
		}
	}
	to := (from + 1) % 3
	slot := clients[0].ClusterKeySlot(ctx, bus.Key(source)).Val()
	must(t, clients[to].Do(ctx, "CLUSTER", "SETSLOT", slot, "IMPORTING", ids[from]).Err())
	must(t, clients[from].Do(ctx, "CLUSTER", "SETSLOT", slot, "MIGRATING", ids[to]).Err())
	host, port, _ := strings.Cut(nodes.Masters[to].Addr(), ":")
	must(t, clients[from].Migrate(ctx, host, port, bus.Key(source), 0, 5*time.Second).Err())
	for _, i := range []int{to, from} {
		must(t, clients[i].Do(ctx, "CLUSTER", "SETSLOT", slot, "NODE", ids[to]).Err())
	}
}

// An answer of a cluster that was lost on the way had taken its events too: the client must not ask again by itself, and so pass them over.
func TestAnswersOfAClusterAreLost(t *testing.T) {
	t.Parallel() // a cluster takes seconds to agree
	nodes := servers.Cluster(t)
	p, c := newPublisher(t, connect(t, nodes.Masters[0].Addr(), clustered)), newConsumer(t, "performance")
	start(t, p.relay.Run)
	through := map[string]string{}
	var lost atomic.Int64
	for _, s := range nodes.Masters {
		through[s.Addr()] = lossy(t, s.Addr(), func(answer []byte) bool {
			return bytes.Contains(answer, []byte("goal.updated")) && lost.Add(1)%2 == 1
		})
	}
	said := make(chan string, 1000)
	b := connect(t, nodes.Masters[0].Addr(), func(r *bus.RedisConfig) {
		clustered(r)
		r.Options.Dialer = func(ctx context.Context, network, addr string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, through[addr])
		}
		r.Logger = slog.New(slog.NewTextHandler(writer(func(line []byte) { said <- string(line) }), nil))
	})
	must(t, b.Subscribe(c.subscription()))
	stop := start(t, b.Run)
	subjects := names(3)
	for range 5 {
		p.make(t, 8, subjects...)
		c.await(t, 24)
	}
	stop()
	c.want(t, 40, subjects...)
	if lost.Load() < 2 {
		t.Errorf("only %d answers had events", lost.Load())
	}
	close(said)
	for line := range said {
		if strings.Contains(line, "events were deleted") {
			t.Errorf("said %q", line)
		}
	}
}

// A master of the cluster is killed, and its replica takes over.
func TestMasterOfAClusterIsKilled(t *testing.T) {
	t.Parallel() // a cluster takes seconds to agree
	nodes := servers.Cluster(t)
	p, c := flowing(t, connect(t, nodes.Masters[1].Addr(), clustered), connect(t, nodes.Masters[2].Addr(), clustered))
	subjects := names(6)
	p.make(t, 5, subjects...)
	c.await(t, 30)
	for first := nodes.Masters[0]; ; {
		client := redis.NewClient(&redis.Options{Addr: first.Addr()})
		err := client.XLen(t.Context(), bus.Key(source)).Err()
		_ = client.Close()
		if err == nil {
			break
		}
		move(t, nodes)
	}
	p.make(t, 5, subjects...)
	c.await(t, 30)
	must(t, nodes.Masters[0].Kill())
	p.make(t, 5, subjects...)
	c.await(t, 30)
	c.want(t, 15, subjects...)
}
