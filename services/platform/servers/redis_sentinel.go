package servers

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/redis/go-redis/v9"
)

// SentinelMaster is the name under which a RedisSentinel knows the master.
const SentinelMaster = "main"

// replicaUser is who a replica is to its master; without the user (ACL DELUSER) it gets no more data.
const replicaUser = "replica"

// RedisSentinel are two Redis servers of our own, which forget everything when they end, and a Sentinel that makes the other one the master when
// the master has been away for a second. A server that comes back becomes the other's replica.
type RedisSentinel struct {
	Sentinel *Server
	Nodes    [2]*Server // the first is the master at first
}

// sentinelConfig waits for a second, alone decides, and tries again soon.
const sentinelConfig = `bind 127.0.0.1
port %d
dir %s
sentinel monitor ` + SentinelMaster + ` 127.0.0.1 %d 1
sentinel down-after-milliseconds ` + SentinelMaster + ` 1000
sentinel failover-timeout ` + SentinelMaster + ` 2000
`

// StartRedisSentinel starts the three, with directories of their own in dir, and returns when the replica could take over.
func StartRedisSentinel(ctx context.Context, dir string) (*RedisSentinel, error) {
	ports, err := FreePorts(ctx, 3)
	if err != nil {
		return nil, err
	}
	args := []string{
		"--repl-diskless-sync-delay", "0", "--user", replicaUser, "on", ">" + replicaUser, "+psync", "+replconf", "+ping",
		"--masteruser", replicaUser, "--masterauth", replicaUser,
	}
	master, err := newRedis(filepath.Join(dir, "0"), ports[0], args...)
	if err != nil {
		return nil, err
	}
	replica, err := newRedis(filepath.Join(dir, "1"), ports[1], append(args, "--replicaof", "127.0.0.1", strconv.Itoa(ports[0]))...)
	if err != nil {
		return nil, err
	}
	sentinel, err := redisProgram(filepath.Join(dir, "sentinel"), ports[2])
	if err != nil {
		return nil, err
	}
	file := filepath.Join(sentinel.dir, "sentinel.conf") // it writes there what it finds out
	if err := os.WriteFile(file, fmt.Appendf(nil, sentinelConfig, ports[2], sentinel.dir, ports[0]), 0o600); err != nil {
		return nil, fmt.Errorf("start Redis Sentinel: %w", err)
	}
	sentinel.args = []string{file, "--sentinel"}
	all := redisGroup{master, replica, sentinel}
	if err := all.start(ctx); err != nil {
		return nil, err
	}
	s := &RedisSentinel{Sentinel: sentinel, Nodes: [2]*Server{master, replica}}
	if err := s.settle(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start Redis Sentinel: %w", err), all.stop())
	}
	return s, nil
}

// settle has the Sentinel look twice a second rather than every ten seconds, never doubt its own clock on a busy machine, and waits until it knows
// a replica in step.
func (s *RedisSentinel) settle(ctx context.Context) error {
	c := redisNode(s.Sentinel)
	defer func() { _ = c.Close() }()
	if err := c.Do(ctx, "SENTINEL", "DEBUG", "info-period", 500, "ping-period", 500, "publish-period", 500, "tilt-trigger", 60_000).Err(); err != nil {
		return err
	}
	return s.AwaitReplica(ctx)
}

// AwaitReplica returns when the Sentinel knows a replica that is in step with the master.
func (s *RedisSentinel) AwaitReplica(ctx context.Context) error {
	c := redis.NewSentinelClient(redisOptions(s.Sentinel))
	defer func() { _ = c.Close() }()
	return poll(ctx, "no replica is in step with the master", func(ctx context.Context) bool {
		known, err := c.Replicas(ctx, SentinelMaster).Result()
		return err == nil && len(known) == 1 && known[0]["flags"] == "slave" && known[0]["master-link-status"] == "ok"
	})
}

// Cut ends the replication: the other server gets nothing more of what this master takes.
func (s *RedisSentinel) Cut(ctx context.Context, master *Server) error {
	c := redisNode(master)
	defer func() { _ = c.Close() }()
	return c.ACLDelUser(ctx, replicaUser).Err()
}

// Stop ends all three gracefully.
func (s *RedisSentinel) Stop() error { return redisGroup{s.Nodes[0], s.Nodes[1], s.Sentinel}.stop() }

// Sentinel gives the test two servers and a Sentinel, stopped after it. Without Redis on this machine the test is skipped.
func Sentinel(tb testing.TB) *RedisSentinel {
	tb.Helper()
	s, err := StartRedisSentinel(tb.Context(), tb.TempDir())
	if err != nil {
		missing(tb, err)
	}
	tb.Cleanup(func() {
		if err := s.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return s
}
