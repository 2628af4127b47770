package servers_test

import (
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/servers"
)

func TestClusterServesEverySlot(t *testing.T) {
	c := servers.Cluster(t)
	for i, key := range []string{"b", "c", "a"} { // of slots 3300, 7365 and 15495
		if got := say(t, c.Masters[i].Addr(), "SET "+key+" v", "GET "+key); got != "v" {
			t.Errorf("master %d answers %q", i, got)
		}
	}
	if got := say(t, c.Masters[0].Addr(), "GET a"); got != "-MOVED 15495 "+c.Masters[2].Addr() {
		t.Errorf("got %q", got)
	}
	if got := say(t, c.Replica.Addr(), "READONLY", "GET b"); got != "v" && got != "$-1" { // not yet
		t.Errorf("the replica answers %q", got)
	}
}

func TestSentinelMakesTheReplicaTheMaster(t *testing.T) {
	s := servers.Sentinel(t)
	for _, master := range []int{0, 1} { // there and back again
		other := s.Nodes[1-master]
		if got := say(t, other.Addr(), "SET k v"); got != "-READONLY You can't write against a read only replica." {
			t.Errorf("the replica answers %q", got)
		}
		if err := s.Nodes[master].Kill(); err != nil {
			t.Fatal(err)
		}
		c := redis.NewClient(&redis.Options{Addr: other.Addr(), MaxRetries: -1})
		for c.Set(t.Context(), "k", "v", 0).Err() != nil && t.Context().Err() == nil {
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Nodes[master].Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.AwaitReplica(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := say(t, s.Nodes[master].Addr(), "GET k"); got != "v" {
			t.Errorf("the server that came back has %q", got)
		}
	}
}
