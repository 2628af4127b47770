package servers

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
)

// hashSlots is how many a Redis Cluster shares out among its masters.
const hashSlots = 16384

// RedisCluster is a Redis Cluster of our own. It forgets everything when it ends.
type RedisCluster struct {
	Masters []*Server // each with an equal range of the slots, in their order
	Replica *Server   // of the first master
}

// StartRedisCluster starts n masters, at least three, and a replica of the first, with directories of their own in dir, and returns when all agree
// about who serves what.
func StartRedisCluster(ctx context.Context, dir string, n int) (*RedisCluster, error) {
	if n < 3 {
		return nil, fmt.Errorf("start a Redis Cluster: it needs three masters, and not %d", n)
	}
	ports, err := FreePorts(ctx, 2*(n+1))
	if err != nil {
		return nil, err
	}
	nodes, gossip := make(redisGroup, n+1), ports[n+1:]
	for i := range nodes {
		if nodes[i], err = newRedis(filepath.Join(dir, strconv.Itoa(i)), ports[i], "--cluster-enabled", "yes", "--cluster-port", strconv.Itoa(gossip[i]),
			"--cluster-node-timeout", "2000", "--repl-diskless-sync-delay", "0"); err != nil {
			return nil, err
		}
	}
	if err := nodes.start(ctx); err != nil {
		return nil, err
	}
	if err := nodes.unite(ctx, gossip); err != nil {
		return nil, errors.Join(fmt.Errorf("start a Redis Cluster: %w", err), nodes.stop())
	}
	return &RedisCluster{Masters: nodes[:n:n], Replica: nodes[n]}, nil
}

// unite makes a cluster of nodes that know nobody. All but the last are masters; that is the first one's replica.
func (g redisGroup) unite(ctx context.Context, gossip []int) error {
	masters := len(g) - 1
	clients := make([]*redis.Client, len(g))
	for i, s := range g {
		clients[i] = redisNode(s)
		defer func() { _ = clients[i].Close() }()
	}
	for i, c := range clients {
		if err := c.Do(ctx, "CLUSTER", "SET-CONFIG-EPOCH", i+1).Err(); err != nil { // else they first settle who yields
			return err
		}
		if i < masters {
			if err := c.ClusterAddSlotsRange(ctx, i*hashSlots/masters, (i+1)*hashSlots/masters-1).Err(); err != nil {
				return err
			}
		}
		for j := range i {
			if err := c.Do(ctx, "CLUSTER", "MEET", "127.0.0.1", g[j].port, gossip[j]).Err(); err != nil {
				return err
			}
		}
	}
	if err := poll(ctx, "the nodes do not agree", func(ctx context.Context) bool { return agreed(ctx, clients) }); err != nil {
		return err
	}
	first, err := clients[0].ClusterMyID(ctx).Result()
	if err != nil {
		return err
	}
	if err := clients[masters].ClusterReplicate(ctx, first).Err(); err != nil {
		return err
	}
	return poll(ctx, "the replica is not in step", func(ctx context.Context) bool {
		info, err := clients[masters].Info(ctx, "replication").Result()
		if err != nil || !strings.Contains(info, "master_link_status:up") {
			return false
		}
		for _, c := range clients { // only who is known to be a replica can take over
			known, err := c.ClusterNodes(ctx).Result()
			if err != nil || strings.Count(known, "slave") != 1 {
				return false
			}
		}
		return true
	})
}

// agreed says whether every node knows all others and who has each slot.
func agreed(ctx context.Context, nodes []*redis.Client) bool {
	for _, c := range nodes {
		info, err := c.ClusterInfo(ctx).Result()
		if err != nil || !strings.Contains(info, "cluster_state:ok") || !strings.Contains(info, fmt.Sprintf("cluster_known_nodes:%d\r", len(nodes))) {
			return false
		}
	}
	return true
}

// Stop ends all nodes gracefully.
func (c *RedisCluster) Stop() error { return append(redisGroup{c.Replica}, c.Masters...).stop() }

// Cluster gives the test a Redis Cluster of three masters and a replica of the first, stopped after it. Without Redis on this machine the test is
// skipped.
func Cluster(tb testing.TB) *RedisCluster {
	tb.Helper()
	c, err := StartRedisCluster(tb.Context(), tb.TempDir(), 3)
	if err != nil {
		missing(tb, err)
	}
	tb.Cleanup(func() {
		if err := c.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return c
}
