//go:build unix

package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// command runs a program as another user, nil for ourselves, in a process group of its own: the terminal's interrupt is for us to pass on.
func command(ctx context.Context, as *user.User, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // a server program that find found
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if as != nil {
		uid, _ := strconv.ParseUint(as.Uid, 10, 32) // numbers on Unix
		gid, _ := strconv.ParseUint(as.Gid, 10, 32)
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	}
	return cmd
}

// unprivileged is the user to run a server as that refuses to run as root: nil unless we are root.
func unprivileged() (*user.User, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return u, nil
		}
	}
	return nil, fmt.Errorf("no user named postgres or nobody to run the server as: it refuses to run as root")
}

// give makes dir another user's, who must be able to pass through the directories above; those of our own temporary ones are opened for that.
func give(dir string, to *user.User) error {
	if to == nil {
		return nil
	}
	uid, _ := strconv.Atoi(to.Uid)
	gid, _ := strconv.Atoi(to.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		return err
	}
	temporary := filepath.Clean(os.TempDir()) + string(filepath.Separator)
	for parent := filepath.Dir(dir); parent != filepath.Dir(parent); parent = filepath.Dir(parent) {
		info, err := os.Stat(parent)
		switch {
		case err != nil:
			return err
		case info.Mode()&0o001 != 0:
		case strings.HasPrefix(parent, temporary):
			if err := os.Chmod(parent, info.Mode()|0o011); err != nil {
				return err
			}
		default:
			return fmt.Errorf("user %s, as whom the server runs because it refuses root, cannot enter %s: choose another directory, or run chmod o+x on it", to.Username, parent)
		}
	}
	return nil
}

// exited says whether our child is no more.
func exited(pid int) bool {
	var status syscall.WaitStatus
	found, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
	return err == syscall.ECHILD || found == pid //nolint:errorlint // an errno
}

// quitThenRemove waits for the end of its input, which is the end of the process that holds the other side, however it comes.
const quitThenRemove = `cat >/dev/null
kill -QUIT "$1" 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do kill -0 "$1" 2>/dev/null || break; sleep 0.1; done
kill -KILL "$1" 2>/dev/null
if [ -n "$2" ]; then rm -rf "$2"; fi
exit 0`

// watcher ends a server when this process has ended, and removes its directory, unless that is "".
type watcher struct {
	cmd  *exec.Cmd
	hold *os.File
}

func watch(ctx context.Context, pid int, remove string) (*watcher, error) {
	read, hold, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("watch the server: %w", err)
	}
	defer func() { _ = read.Close() }()
	cmd := command(context.WithoutCancel(ctx), nil, "/bin/sh", "-c", quitThenRemove, "sh", strconv.Itoa(pid), remove)
	cmd.Stdin = read
	if err := cmd.Start(); err != nil {
		_ = hold.Close()
		return nil, fmt.Errorf("watch the server: %w", err)
	}
	return &watcher{cmd: cmd, hold: hold}, nil
}

// close ends the watcher without a deed: its server has ended.
func (w *watcher) close() {
	if w == nil {
		return
	}
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait() // tells of the signal
	_ = w.hold.Close()
}
