package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// Program is one to run beside the servers.
type Program struct {
	Name  string                         // of its log in the directory
	Path  string                         // of the executable
	Args  []string                       // without the program's name
	Env   []string                       // added to ours
	Port  int                            // that it was told to listen on
	Ready func(ctx context.Context) bool // asks it once
}

// New prepares the program, with its log in dir, which it makes if absent.
func (p Program) New(dir string) (*Server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("prepare %s: %w", p.Name, err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("prepare %s: %w", p.Name, err)
	}
	return &Server{
		name: p.Name, path: p.Path, args: p.Args, env: p.Env, dir: dir, port: p.Port, stop: syscall.SIGTERM,
		ready: func(*Server) bool { return p.Ready(context.Background()) },
	}, nil
}
