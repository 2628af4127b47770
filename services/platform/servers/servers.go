// Package servers starts the servers that tests need.
package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"time"
)

// ErrAbsent says that this machine has no such server installed.
var ErrAbsent = errors.New("server program not found")

const (
	pollEvery = 10 * time.Millisecond
	startWait = time.Minute      // a busy machine recovers a killed PostgreSQL within it
	stopWait  = 30 * time.Second // for a graceful end
)

// Server is a server process of ours on a loopback port, with a data directory. It never outlives the process that started it. One goroutine
// uses it at a time.
type Server struct {
	name    string
	path    string // of the program
	args    []string
	env     []string // added to ours
	dir     string
	port    int
	as      *user.User // nil: ourselves
	stop    os.Signal  // asks for a graceful end
	ready   func(s *Server) bool
	cmd     *exec.Cmd // nil while it is down
	killed  bool      // its last end was a crash
	watcher *watcher
}

// Addr is host:port; it stays the same when the server starts again.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// PID is of the running process, 0 while it is down.
func (s *Server) PID() int {
	if s.cmd == nil {
		return 0
	}
	return s.cmd.Process.Pid
}

// Start starts the server on its data and port, and returns when it serves. ctx bounds the start alone.
func (s *Server) Start(ctx context.Context) error {
	if s.cmd != nil {
		return fmt.Errorf("start %s: it runs already", s.name)
	}
	ctx, cancel := context.WithTimeout(ctx, startWait)
	defer cancel()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		err := s.launch(ctx, tick)
		if err == nil {
			return nil
		}
		err = errors.Join(err, s.end(os.Kill))
		// PostgreSQL's own children notice a moment after its end that it was killed, and hold its memory until then.
		if !errors.Is(err, errEnded) || !s.killed || ctx.Err() != nil {
			return err
		}
		<-tick.C
	}
}

var errEnded = errors.New("it ended")

// launch makes the process and polls until it serves.
func (s *Server) launch(ctx context.Context, tick *time.Ticker) error {
	logFile, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	defer func() { _ = logFile.Close() }() // the child has its own
	cmd := command(context.WithoutCancel(ctx), s.as, s.path, s.args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.dir, logFile, logFile
	if len(s.env) > 0 {
		cmd.Env = append(os.Environ(), s.env...)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start %s: %w", s.name, err)
	}
	s.cmd = cmd
	if s.watcher, err = watch(ctx, cmd.Process.Pid, ""); err != nil {
		return err
	}
	for !s.ready(s) {
		if exited(cmd.Process.Pid) {
			return fmt.Errorf("start %s: %w; its log ends with:\n%s", s.name, errEnded, s.logTail())
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("start %s: it does not serve: %w; its log ends with:\n%s", s.name, ctx.Err(), s.logTail())
		}
	}
	return nil
}

// Kill ends the process at once, as a crash would (SIGKILL).
func (s *Server) Kill() error {
	s.killed = s.cmd != nil || s.killed
	return s.end(os.Kill)
}

// Stop ends the process gracefully; it does nothing when the process is down.
func (s *Server) Stop() error {
	s.killed = s.killed && s.cmd == nil
	return s.end(s.stop)
}

func (s *Server) end(signal os.Signal) error {
	if s.cmd == nil {
		return nil
	}
	err := s.cmd.Process.Signal(signal)
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	stubborn := time.AfterFunc(stopWait, func() { _ = s.cmd.Process.Kill() })
	_ = s.cmd.Wait() // tells of the signal
	stubborn.Stop()
	s.watcher.close()
	s.cmd, s.watcher = nil, nil
	if err != nil {
		return fmt.Errorf("end %s: %w", s.name, err)
	}
	return nil
}

func (s *Server) logPath() string { return filepath.Join(s.dir, s.name+".log") }

func (s *Server) logTail() string {
	text, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-2000):])
}

// find is the newest program of this name, in PATH or where Debian, Red Hat and Homebrew put it.
func find(name string, patterns ...string) (string, error) {
	if path, err := exec.LookPath(name); err == nil {
		return path, nil
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(pattern, name))
		if err == nil && len(found) > 0 {
			return slices.MaxFunc(found, func(a, b string) int { return len(a) - len(b) }), nil
		}
	}
	return "", fmt.Errorf("%s: %w in PATH or the usual places", name, ErrAbsent)
}

// FreePort is a loopback port that nobody listens on now.
func FreePort(ctx context.Context) (int, error) {
	ports, err := FreePorts(ctx, 1)
	if err != nil {
		return 0, err
	}
	return ports[0], nil
}

// FreePorts are n different loopback ports that nobody listens on now.
func FreePorts(ctx context.Context, n int) ([]int, error) {
	var config net.ListenConfig
	ports := make([]int, n)
	for i := range ports {
		l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer func() { _ = l.Close() }()        // all are held until the last is found
		ports[i] = l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // that of a TCP listener
	}
	return ports, nil
}
