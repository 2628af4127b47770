package bus_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/servers"
)

// A master is killed that has told of events which its replica never got. The relay and the consumer go on with the new master by themselves: the
// stream's last ID is the truth, what it lacks is appended again, and the consumer has every effect once and in order. Then all goes the other way.
func TestMasterIsKilled(t *testing.T) {
	s := servers.Sentinel(t)
	sentinel := func(c *bus.RedisConfig) { c.Options.MasterName = servers.SentinelMaster }
	publishing, consuming := connect(t, s.Sentinel.Addr(), sentinel), connect(t, s.Sentinel.Addr(), sentinel)
	p, c := newPublisher(t, publishing), newConsumer(t, "performance")
	must(t, consuming.Subscribe(c.subscription()))
	p.relay.After = func(d time.Duration) <-chan time.Time {
		if d == time.Second {
			return nil // it never looks at Redis by itself: what it publishes must tell it of the loss
		}
		return soon(d)
	}
	start(t, p.relay.Run)
	start(t, consuming.Run)
	subjects := names(6)
	for turn := range 2 {
		old, next := s.Nodes[turn], s.Nodes[1-turn]
		p.make(t, 10, subjects...)
		c.await(t, 60)
		kept := p.last(t)
		stands(t, next, kept)
		must(t, s.Cut(t.Context(), old))
		p.make(t, 10, subjects...)
		c.await(t, 60)
		stands(t, old, p.last(t))
		stands(t, next, kept) // what the consumer took in meanwhile is about to be lost
		must(t, old.Kill())
		if turn == 1 { // the relay has nothing to publish while there is no master, and so sees no failure before it meets the new one
			await(t, func() bool { return publishing.Client().XLen(t.Context(), bus.Key(source)).Err() == nil })
		}
		p.make(t, 10, subjects...) // writes need no Redis
		c.await(t, 60)
		stands(t, next, p.last(t))
		c.want(t, int64(30*(turn+1)), subjects...)
		if n, err := publishing.Client().XLen(t.Context(), bus.Key(source)).Result(); n != int64(180*(turn+1)) || err != nil {
			t.Errorf("the stream has %d entries, %v; want %d", n, err, 180*(turn+1))
		}
		must(t, old.Start(t.Context()))
		must(t, s.AwaitReplica(t.Context()))
	}
}

// stands waits until the stream of this server ends at the position.
func stands(t *testing.T, s *servers.Server, position int64) {
	t.Helper()
	c := redis.NewClient(&redis.Options{Addr: s.Addr()})
	defer c.Close()
	await(t, func() bool {
		info, err := c.XInfoStream(t.Context(), bus.Key(source)).Result()
		return err == nil && info.LastGeneratedID == entry(position)
	})
}
