package servers

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// RedisOptions of a server; the zero value forgets everything when it ends.
type RedisOptions struct {
	Port       int  // 0 means a free one
	AppendOnly bool // every command is in a file before it is answered, so that a crash loses none
}

// StartRedis starts a Redis (or Valkey) server on the data in dir, which it makes if absent.
func StartRedis(ctx context.Context, dir string, o RedisOptions) (*Server, error) {
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
	if o.Port == 0 {
		if o.Port, err = FreePort(ctx); err != nil {
			return nil, err
		}
	}
	args := []string{"--bind", "127.0.0.1", "--port", strconv.Itoa(o.Port), "--dir", dir, "--save", "", "--appendonly", "no"}
	if o.AppendOnly {
		args[len(args)-1] = "yes"
		args = append(args, "--appendfsync", "always")
	}
	s := &Server{name: "redis", path: path, args: args, dir: dir, port: o.Port, stop: syscall.SIGTERM, ready: pong}
	return s, s.Start(ctx)
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
