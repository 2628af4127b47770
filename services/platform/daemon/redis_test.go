package daemon_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/cache"
	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/servers"
)

// client is what the settings make, which must be of this type and reach Redis.
func client[C redis.UniversalClient](t *testing.T, args ...string) redis.UniversalClient {
	t.Helper()
	s, err := parse(append(slices.Clip(needed), args...)...)
	if err != nil {
		t.Fatal(err)
	}
	options, err := s.Redis.Options()
	if err != nil {
		t.Fatal(err)
	}
	c := bus.NewClient(*options)
	t.Cleanup(func() { _ = c.Close() })
	if _, ok := c.(C); !ok {
		t.Fatalf("%v make a %T, want a %s", args, c, reflect.TypeFor[C]())
	}
	if err := c.Ping(t.Context()).Err(); err != nil {
		t.Fatalf("with %v: %v", args, err)
	}
	return c
}

// What is kept in Redis beside events is shared by processes that know different nodes of a cluster, whichever nodes the keys are on.
func TestACluster(t *testing.T) {
	nodes := servers.Cluster(t)
	var answers [2]*cache.Redis
	var callers [2]*limit.Redis
	for i := range 2 {
		c := client[*redis.ClusterClient](t, "--redis-addrs", nodes.Masters[i].Addr(), "--redis-cluster")
		answers[i] = cache.NewRedis(cache.RedisConfig{Client: c, Now: time.Now, Timeout: time.Minute})
		var err error
		if callers[i], err = limit.NewRedis(limit.RedisConfig{Limit: limit.Config{Rate: 1, Burst: 1000}, Client: c, Now: time.Now, Timeout: time.Minute}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 12 {
		key, value := cache.Key{byte(i)}, fmt.Sprint("answer", i)
		answers[0].Put(t.Context(), key, []byte(value))
		if got, found := answers[1].Get(t.Context(), key); !found || string(got) != value {
			t.Errorf("answer %d is %q, %v", i, got, found)
		}
		caller := fmt.Sprint("o/", i)
		for j, free := range []bool{true, true, false} {
			wait, err := callers[j%2].Take(t.Context(), caller, 500, true)
			if (wait == 0) != free || err != nil {
				t.Errorf("take %d of caller %d waits %s, %v", j, i, wait, err)
			}
		}
	}
	for i, node := range nodes.Masters {
		c := redis.NewClient(&redis.Options{Addr: node.Addr()})
		keys, err := c.Keys(t.Context(), "*").Result()
		if text := strings.Join(keys, " "); err != nil || !strings.Contains(text, "throughline:answer:") || !strings.Contains(text, "throughline:o/") {
			t.Errorf("master %d has %v, %v", i, keys, err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

// The client asks Sentinel where the master is, before and after the master is another.
func TestSentinels(t *testing.T) {
	s := servers.Sentinel(t)
	sentinel := redis.NewClient(&redis.Options{Addr: s.Sentinel.Addr()})
	t.Cleanup(func() { _ = sentinel.Close() })
	if err := sentinel.Do(t.Context(), "ACL", "SETUSER", "throughline", "on", "+@all", "allchannels", ">of the Sentinel").Err(); err != nil {
		t.Fatal(err)
	}
	if err := sentinel.Do(t.Context(), "ACL", "SETUSER", "default", "resetpass").Err(); err != nil { // nobody else gets in
		t.Fatal(err)
	}
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("of the Sentinel\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := client[*redis.Client](t, "--redis-addrs", s.Sentinel.Addr(), "--redis-master", servers.SentinelMaster,
		"--redis-sentinel-username", "throughline", "--redis-sentinel-password-file", password)
	is := func(master *servers.Server) bool {
		text, err := c.Info(t.Context(), "server").Result()
		return err == nil && strings.Contains(text, fmt.Sprintf("process_id:%d\r", master.PID()))
	}
	if !is(s.Nodes[0]) {
		t.Error("connected to another than the master")
	}
	if err := s.Nodes[0].Kill(); err != nil {
		t.Fatal(err)
	}
	for !is(s.Nodes[1]) {
		if t.Context().Err() != nil {
			return
		}
	}
}
