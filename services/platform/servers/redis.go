package servers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// RedisOptions of a server; the zero value forgets everything when it ends.
type RedisOptions struct {
	Port       int  // 0 means a free one
	AppendOnly bool // every command is in a file before it is answered, so that a crash loses none
}

// StartRedis starts a Redis (or Valkey) server on the data in dir, which it makes if absent.
func StartRedis(ctx context.Context, dir string, o RedisOptions) (*Server, error) {
	if o.Port == 0 {
		var err error
		if o.Port, err = FreePort(ctx); err != nil {
			return nil, err
		}
	}
	keep := []string{"--appendonly", "no"}
	if o.AppendOnly {
		keep = []string{"--appendonly", "yes", "--appendfsync", "always"}
	}
	s, err := newRedis(dir, o.Port, keep...)
	if err != nil {
		return nil, err
	}
	return s, s.Start(ctx)
}

// newRedis prepares a server with these arguments beside the usual ones.
func newRedis(dir string, port int, args ...string) (*Server, error) {
	s, err := redisProgram(dir, port)
	if err != nil {
		return nil, err
	}
	s.args = append([]string{"--bind", "127.0.0.1", "--port", strconv.Itoa(port), "--dir", s.dir, "--save", ""}, args...)
	return s, nil
}

// redisProgram is a server that has yet to be told anything.
func redisProgram(dir string, port int) (*Server, error) {
	path, err := find("redis-server", "/usr/local/bin", "/opt/homebrew/bin")
	if err != nil {
		if path, err = find("valkey-server", "/usr/local/bin", "/opt/homebrew/bin"); err != nil {
			return nil, fmt.Errorf("redis-server or %w", err)
		}
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("start Redis: %w", err)
	}
	return &Server{name: "redis", path: path, dir: dir, port: port, stop: syscall.SIGTERM, ready: pong}, nil
}

// pong asks the server whether it serves; while it loads its file it says that it does not.
func pong(s *Server) bool {
	d := net.Dialer{Timeout: time.Second}
	c, err := d.DialContext(context.Background(), "tcp", s.Addr())
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	if err := c.SetDeadline(time.Now().Add(time.Second)); err != nil { //nolint:forbidigo // a deadline of the network, not a time that is kept
		return false
	}
	const ask, answer = "PING\r\n", "+PONG\r\n"
	got := make([]byte, len(answer))
	if _, err := io.WriteString(c, ask); err != nil {
		return false
	}
	_, err = io.ReadFull(c, got)
	return err == nil && string(got) == answer
}

// redisGroup are servers that stand and fall together.
type redisGroup []*Server

// start starts all in turn, or leaves none.
func (g redisGroup) start(ctx context.Context) error {
	for _, s := range g {
		if err := s.Start(ctx); err != nil {
			return errors.Join(err, g.stop())
		}
	}
	return nil
}

func (g redisGroup) stop() error {
	var errs []error
	for _, s := range slices.Backward(g) {
		errs = append(errs, s.Stop())
	}
	return errors.Join(errs...)
}

// redisNode is a client for setting up; close it.
func redisNode(s *Server) *redis.Client { return redis.NewClient(redisOptions(s)) }

func redisOptions(s *Server) *redis.Options {
	return &redis.Options{
		Addr: s.Addr(), ContextTimeoutEnabled: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}, // Redis 7.0 and Valkey have none
	}
}

// poll asks until it is so or the time to start is over.
func poll(ctx context.Context, what string, so func(ctx context.Context) bool) error {
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !so(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s: %w", what, ctx.Err())
		}
	}
	return nil
}
