// Package daemon runs one service as a process of its own.
package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"time"

	"github.com/redis/go-redis/v9"
	"google.golang.org/grpc"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/bus"
	"github.com/throughline/throughline/services/platform/cache"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/lifecycle"
	"github.com/throughline/throughline/services/platform/limit"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/telemetry"
)

// stopTime bounds how long each part may take to stop.
const stopTime = 20 * time.Second

// Program is one service to run.
type Program struct {
	Service    string    // its name and its schema in the database, such as goals; the program is called goalsd
	Help       string    // what it does, in one sentence
	Settings   any       // its kong struct, which embeds Common
	Common     *Settings // part of Settings
	Migrations fs.FS     // schema of its tables
	// Build assembles the service, once the settings are read. peer is a connection to another service ("host:port"), carrying this one's
	// tokens; services are the full names of what is called there, whose reads are retried.
	Build func(d service.Deps, peer Peer) (service.Part, error)
}

// Peer prepares a connection to another service; it waits for none.
type Peer func(address rpc.Address, services ...string) (grpc.ClientConnInterface, error)

// World is what a program touches outside of what its settings name.
type World struct {
	Args           []string // without the program's name
	Stdout, Stderr io.Writer
	Now            func() time.Time
}

// Main runs the program until it is interrupted and answers the exit code: 0 done, 1 failed, 2 bad usage or configuration.
func Main(p Program) int {
	Roomy()
	ctx, stop := lifecycle.Interruptible(context.Background())
	defer stop()
	redis.SetLogger(quiet{})
	err := p.Run(ctx, World{Args: os.Args[1:], Stdout: os.Stdout, Stderr: os.Stderr, Now: time.Now}) //nolint:forbidigo // the program's clock
	return config.ExitCode(os.Stderr, p.name(), err)
}

// quiet says nothing of what the Redis client would print beside the log: who called it logs that it failed.
type quiet struct{}

// Printf is the client's.
func (quiet) Printf(context.Context, string, ...any) {}

func (p Program) name() string { return p.Service + "d" }

// Config is how the program's settings are read.
func (p Program) Config(args []string, stdout io.Writer) config.Program {
	return config.Program{Name: p.name(), Help: p.Help, Args: args, Stdout: stdout}
}

// Run reads the settings and serves until ctx ends.
func (p Program) Run(ctx context.Context, w World) error {
	if _, err := config.Parse(p.Settings, p.Config(w.Args, w.Stdout)); err != nil {
		return err
	}
	var listen net.ListenConfig
	api, err := listen.Listen(ctx, "tcp", p.Common.Listen)
	if err != nil {
		return fmt.Errorf("listen for gRPC: %w", err)
	}
	var admin net.Listener
	if p.Common.AdminListen != "" {
		if admin, err = listen.Listen(ctx, "tcp", p.Common.AdminListen); err != nil {
			return errors.Join(fmt.Errorf("listen for health: %w", err), api.Close())
		}
	}
	return p.Serve(ctx, w, api, admin)
}

// Serve runs the service on listeners, which it closes, until ctx ends or a part of it fails; admin may be nil. The settings have been read.
func (p Program) Serve(ctx context.Context, w World, api, admin net.Listener) (err error) {
	r := running{Program: p, world: w, group: lifecycle.New(ctx, stopTime)}
	defer func() { err = errors.Join(err, r.group.Close()) }()
	for _, l := range []net.Listener{api, admin} {
		if l != nil {
			r.group.Add("listener", func(context.Context) error { _ = l.Close(); return nil })
		}
	}
	if r.telemetry, err = telemetry.Start(ctx, telemetry.Service{Name: p.Service, Logs: w.Stderr}, p.Common.Telemetry); err != nil {
		return err
	}
	r.group.Add("telemetry", r.telemetry.Shutdown)
	if err := r.serve(ctx, api, admin); err != nil {
		return err
	}
	return r.group.Wait()
}

// running is a program that has begun.
type running struct {
	Program

	world     World
	group     *lifecycle.Group
	telemetry *telemetry.Telemetry
	keys      *authn.LocalKeys
	files     *rpc.Files // nil: plain text
}

// serve starts the parts of the process: each needs those before it, and stops before them.
func (r *running) serve(ctx context.Context, api, admin net.Listener) (err error) {
	if r.keys, err = authn.LoadLocalKeys(r.Common.KeyFile, r.world.Now); err != nil {
		return &config.Error{Problem: "key-file: " + err.Error()}
	}
	if r.Common.TLS.Given() {
		if r.files, err = r.Common.TLS.Open(r.world.Now, r.telemetry.Log); err != nil {
			return &config.Error{Problem: "tls: " + err.Error()}
		}
		if err := r.files.Observe(r.telemetry.Meter); err != nil {
			return err
		}
	}
	db, err := r.database(ctx)
	if err != nil {
		return err
	}
	part, events, err := r.build(db)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	r.group.Add(r.Service, func(context.Context) error { return part.Close() })
	server := rpc.NewServer(r.serverConfig(db))
	part.Register(server)
	r.group.Go("consumers", events.Run)
	r.group.Go("background work", part.Run)
	if admin != nil {
		r.group.Go("health", func(ctx context.Context) error { return server.ServeAdmin(ctx, admin) })
	}
	r.group.Go("gRPC", func(ctx context.Context) error { return server.Serve(ctx, api) })
	r.telemetry.Log.Info("serving", "address", api.Addr().String(), "tls", r.files != nil)
	return nil
}

func (r *running) serverConfig(db sqldb.DB) rpc.ServerConfig {
	c := rpc.ServerConfig{Stats: r.telemetry.ServerStats(), Ready: func(ctx context.Context) error { return answers(ctx, db) }}
	if r.files != nil {
		c.TLS = r.files.Server()
	}
	return c
}

// answers asks the database for nothing; peers and Redis are not waited for, since much can be done without them.
func answers(ctx context.Context, db sqldb.DB) error {
	return db.Read(ctx, func(tx sqldb.Tx) error {
		_, err := sqldb.QueryOne(tx, "SELECT 1", nil, func(sqldb.Row) error { return nil })
		return err
	})
}

func (r *running) database(ctx context.Context) (sqldb.DB, error) {
	url, err := r.Common.Database.Connection()
	if err != nil {
		return nil, &config.Error{Problem: err.Error()}
	}
	return sqldb.OpenPostgres(ctx, sqldb.PostgresConfig{
		URL: url, Schema: r.Service, MaxConns: r.Common.MaxConns, Migrations: r.Migrations, Logger: r.telemetry.Log,
	})
}

// build assembles the service on its database and on Redis, which need not be there yet: events, answers kept and the counting of calls.
func (r *running) build(db sqldb.DB) (service.Part, *bus.Redis, error) {
	options, err := r.Common.Redis.Options()
	if err != nil {
		return nil, nil, &config.Error{Problem: err.Error()}
	}
	events, err := bus.NewRedis(bus.RedisConfig{
		Config: bus.Config{Logger: r.telemetry.Log, Meter: r.telemetry.Meter}, Options: *options, Exclusive: db.Exclusive, Now: r.world.Now,
	})
	if err != nil {
		return nil, nil, err
	}
	r.group.Add("bus", func(context.Context) error { return events.Close() })
	client := bus.NewClient(*options)
	r.group.Add("Redis", func(context.Context) error { return client.Close() })
	limiter, err := limit.NewRedis(limit.RedisConfig{Limit: r.Common.Limit, Client: client, Now: r.world.Now, Logger: r.telemetry.Log})
	if err != nil {
		return nil, nil, err
	}
	part, err := r.Build(service.Deps{
		DB: db, Bus: events, Verifier: r.verifier(), Logger: r.telemetry.Log, Now: r.world.Now, NewID: service.NewID, Limiter: limiter,
		Cache: cache.NewRedis(cache.RedisConfig{Client: client, Now: r.world.Now, Logger: r.telemetry.Log}),
		Meter: r.telemetry.Meter, Tracer: r.telemetry.Tracer,
	}, r.peer)
	if err != nil {
		return nil, nil, fmt.Errorf("start %s: %w", r.Service, err)
	}
	return part, events, nil
}

func (r *running) verifier() authn.Verifier {
	if r.Common.OIDC.Issuer == "" {
		return r.keys
	}
	return authn.Issuers{Local: r.keys, Other: authn.NewOIDC(r.Common.OIDC, r.world.Now, nil)}
}

func (r *running) peer(address rpc.Address, services ...string) (grpc.ClientConnInterface, error) {
	conn, err := rpc.Dial(string(address), rpc.DialConfig{Services: services, Files: r.files, Stats: r.telemetry.ClientStats()})
	if err != nil {
		return nil, err
	}
	r.group.Add("connection to "+string(address), func(context.Context) error { return conn.Close() })
	return authn.NewServiceTokens(r.Service, r.keys, r.world.Now).Wrap(conn), nil
}
