// Package cluster runs the distributed suite on this machine: PostgreSQL, Redis, and replicas of every program, on loopback ports of their own.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/throughline"
)

// Gateway is the name of the program before the services.
const Gateway = "gateway"

// programs in the order in which they may call each other; the gateway calls them all.
var programs = []struct {
	name  string
	peers []string
}{
	{"goals", nil},
	{"performance", []string{"goals"}},
	{"budgeting", []string{"goals", "performance"}},
	{"actionplanning", []string{"goals", "performance", "budgeting"}},
	{Gateway, []string{"goals", "actionplanning", "budgeting", "performance"}},
}

// Config of a cluster.
type Config struct {
	Dir      string // data and logs; made if absent, and kept
	KeyFile  string // that signs tokens; made if absent
	Replicas int    // of each program
	// Command is the executable of a program, such as goalsd, and what its environment has beside ours.
	Command func(program string) (path string, env []string)
	// Postgres is a server to share, on which the cluster makes a database of its own; nil starts one in Dir.
	Postgres *servers.PostgresServer
	Database string // its name; "" means throughline
	NoSync   bool   // PostgreSQL's commits wait for no disk: for tests that crash nothing
	// Forgets has Redis begin empty whenever it starts. So it does with NoSync.
	Forgets bool
	Args    []string
	// Ports are for the gateways' REST, one each; nil means free ones.
	Ports []int
	// Via stands between a program and what it speaks to ("postgres", "redis" or a service): it answers the address to use instead. Nil means none.
	Via func(to, address string) string
}

// Cluster is running.
type Cluster struct {
	Postgres *servers.PostgresServer
	Redis    *servers.Server
	Keys     *authn.LocalKeys

	config   Config
	shared   bool
	url      string
	replicas map[string][]*Replica
}

// Replica is one process of a program.
type Replica struct {
	*servers.Server

	Name    string // such as goals1
	Program string
	grpc    string // address
}

// Start starts everything, migrates the database, and returns when all are ready. When it answers an error, nothing is left running.
func Start(ctx context.Context, config Config) (_ *Cluster, err error) {
	if config.Database == "" {
		config.Database = "throughline"
	}
	if config.Via == nil {
		config.Via = func(_, address string) string { return address }
	}
	c := &Cluster{config: config, Postgres: config.Postgres, shared: config.Postgres != nil, replicas: map[string][]*Replica{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, c.Stop())
		}
	}()
	if err := c.stores(ctx); err != nil {
		return nil, err
	}
	if c.Keys, err = authn.OpenLocalKeys(config.KeyFile, time.Now); err != nil { //nolint:forbidigo // real processes, real time
		return nil, err
	}
	if err := c.plan(ctx); err != nil {
		return nil, err
	}
	return c, c.startAll(ctx)
}

// stores starts PostgreSQL and Redis, and brings the database to the newest schema.
func (c *Cluster) stores(ctx context.Context) (err error) {
	// Others may pass through, for PostgreSQL may run as another user; all that lies below is closed.
	if err := errors.Join(os.MkdirAll(c.config.Dir, 0o711), os.Chmod(c.config.Dir, 0o711)); err != nil { //nolint:gosec // see above
		return fmt.Errorf("make the directory of the cluster: %w", err)
	}
	if c.Redis, err = servers.StartRedis(ctx, filepath.Join(c.config.Dir, "redis"), servers.RedisOptions{AppendOnly: !c.config.NoSync && !c.config.Forgets}); err != nil {
		return err
	}
	if c.Postgres == nil {
		c.Postgres, err = servers.StartPostgres(ctx, filepath.Join(c.config.Dir, "postgres"), servers.PostgresOptions{
			NoSync: c.config.NoSync, Settings: map[string]string{"max_connections": "300"},
		})
		if err != nil {
			return err
		}
	}
	if err := c.Postgres.CreateDatabase(ctx, c.config.Database); err != nil && !strings.Contains(err.Error(), "already exists") {
		return err
	}
	c.url = c.Postgres.URL(c.config.Database)
	if err := throughline.MigratePostgres(ctx, c.url, func(string) {}); err != nil {
		return err
	}
	// A replica may reach the database by another way; the migration needs none.
	c.url = strings.Replace(c.url, c.Postgres.Addr(), c.config.Via("postgres", c.Postgres.Addr()), 1)
	return nil
}

// plan gives every replica its ports.
func (c *Cluster) plan(ctx context.Context) error {
	count := c.config.Replicas * len(programs)
	ports, err := servers.FreePorts(ctx, 2*count)
	if err != nil {
		return err
	}
	for _, p := range programs {
		for n := range c.config.Replicas {
			port, admin := ports[0], ports[1]
			ports = ports[2:]
			if p.name == Gateway && n < len(c.config.Ports) {
				port = c.config.Ports[n]
			}
			name := p.name + strconv.Itoa(n+1)
			r := &Replica{Name: name, Program: p.name, grpc: local(port)}
			if p.name == Gateway {
				r.grpc = local(admin)
			}
			path, env := c.config.Command(p.name + "d")
			program := servers.Program{
				Name: name, Path: path, Env: env, Port: port, Args: append(c.args(name, p.name, p.peers, port, admin), c.config.Args...), Ready: ready(p.name, port, admin),
			}
			if r.Server, err = program.New(filepath.Join(c.config.Dir, name)); err != nil {
				return err
			}
			c.replicas[p.name] = append(c.replicas[p.name], r)
		}
	}
	return nil
}

// args of a replica; its peers have their ports already. The database knows its sessions by name.
func (c *Cluster) args(name, program string, peers []string, port, admin int) []string {
	args := []string{"--listen", local(port)}
	if program != Gateway {
		args = append(args, "--admin-listen", local(admin), "--key-file", c.config.KeyFile, "--database-url", c.url+"&application_name="+name,
			"--redis-addrs", c.config.Via("redis", c.Redis.Addr()))
	} else {
		args = append(args, "--grpc-listen", local(admin))
	}
	for _, peer := range peers {
		var addresses []string
		for _, r := range c.replicas[peer] {
			addresses = append(addresses, c.config.Via(peer, r.grpc))
		}
		args = append(args, "--peer-"+peer, strings.Join(addresses, ","))
	}
	return args
}

func local(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// startAll starts every replica at once: none waits for its peers.
func (c *Cluster) startAll(ctx context.Context) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for _, p := range programs {
		for _, r := range c.replicas[p.name] {
			wg.Go(func() {
				if err := r.Start(ctx); err != nil {
					mu.Lock()
					defer mu.Unlock()
					errs = append(errs, err)
				}
			})
		}
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Replicas of a program.
func (c *Cluster) Replicas(program string) []*Replica { return c.replicas[program] }

// REST are the URLs of the gateways.
func (c *Cluster) REST() []string {
	urls := make([]string, len(c.replicas[Gateway]))
	for i, r := range c.replicas[Gateway] {
		urls[i] = "http://" + r.Addr()
	}
	return urls
}

// GRPC are the gRPC addresses of a program's replicas, joined by commas as settings and rpc.Dial take them. The gateway's pass calls on to all services.
func (c *Cluster) GRPC(program string) string {
	addresses := make([]string, len(c.replicas[program]))
	for i, r := range c.replicas[program] {
		addresses[i] = r.grpc
	}
	return strings.Join(addresses, ",")
}

// DatabaseURL is where the services keep their rows.
func (c *Cluster) DatabaseURL() string { return c.Postgres.URL(c.config.Database) }

// Stop stops everything gracefully, those who call before those who are called.
func (c *Cluster) Stop() error {
	var errs []error
	for _, p := range slices.Backward(programs) {
		var wg sync.WaitGroup
		ended := make([]error, len(c.replicas[p.name]))
		for n, r := range c.replicas[p.name] {
			wg.Go(func() { ended[n] = r.Stop() })
		}
		wg.Wait()
		errs = append(errs, ended...)
	}
	if c.Redis != nil {
		errs = append(errs, c.Redis.Stop())
	}
	if c.Postgres != nil && !c.shared {
		errs = append(errs, c.Postgres.Stop())
	}
	return errors.Join(errs...)
}
