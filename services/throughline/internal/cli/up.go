package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/cluster"
)

type upCommand struct {
	Dir      string `default:".throughline-up" help:"Folder for databases, keys and logs; kept between runs." type:"path"`
	Replicas int    `default:"2" help:"Processes of each program."`
	Port     int    `default:"8080" help:"Port of the first gateway's REST API; the next gateways take the next ones."`
}

// Validate names every bad setting.
func (u *upCommand) Validate() error {
	if u.Replicas < 1 || u.Replicas > 9 {
		return fmt.Errorf("replicas must be between 1 and 9, not %d", u.Replicas)
	}
	if u.Port < 1 || u.Port+u.Replicas > 65535 {
		return fmt.Errorf("port must leave room for %d gateways below 65536, not %d", u.Replicas, u.Port)
	}
	return nil
}

// Run runs the distributed suite until it is interrupted.
func (u *upCommand) Run(ctx context.Context, world World) (err error) {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find the programs: %w", err)
	}
	ports := make([]int, u.Replicas)
	for i := range ports {
		ports[i] = u.Port + i
	}
	fmt.Fprintf(world.Stdout, "Starting PostgreSQL, Redis and %d replicas of each program; their logs are in %s.\n", u.Replicas, u.Dir)
	c, err := cluster.Start(ctx, cluster.Config{
		Dir: u.Dir, KeyFile: throughline.KeyFile(u.Dir), Replicas: u.Replicas, Ports: ports,
		Command: func(program string) (string, []string) { return filepath.Join(filepath.Dir(self), program), nil },
	})
	if err != nil {
		return fmt.Errorf("start the distributed suite: %w", err)
	}
	defer func() { err = errors.Join(err, c.Stop()) }()
	fmt.Fprintf(world.Stdout, `Throughline is serving, distributed.
  REST        %s   (browse %s/docs)
  gRPC        %s   (calls pass on to all services)
  PostgreSQL  %s
  Redis       %s
`, strings.Join(c.REST(), "  "), c.REST()[0], strings.ReplaceAll(c.GRPC(cluster.Gateway), ",", "  "), c.DatabaseURL(), c.Redis.Addr())
	address, _, _ := strings.Cut(c.GRPC(cluster.Gateway), ",")
	fmt.Fprintf(world.Stdout, `A token:   throughline token --role finance --data-dir %[1]s
A city:    throughline demo --sample deploy/samples/riverbend --data-dir %[1]s --address %[2]s --url %[3]s
An audit:  throughline audit --database-url '%[4]s'
Stop it with Ctrl-C.
`, pasted(u.Dir), address, c.REST()[0], c.DatabaseURL())
	<-ctx.Done()
	return nil
}
