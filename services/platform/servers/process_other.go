//go:build !unix

package servers

import (
	"context"
	"fmt"
	"os/exec"
	"os/user"
	"runtime"
)

func command(ctx context.Context, _ *user.User, path string, args ...string) *exec.Cmd {
	return exec.CommandContext(ctx, path, args...)
}

func unprivileged() (*user.User, error) {
	return nil, fmt.Errorf("%w: servers for tests are started on Unix alone, not on %s", ErrAbsent, runtime.GOOS)
}

func give(string, *user.User) error { return nil }

func exited(int) bool { return false }

type watcher struct{}

func watch(context.Context, int, string) (*watcher, error) { return &watcher{}, nil }

func (*watcher) close() {}
