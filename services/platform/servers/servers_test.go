package servers_test

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/throughline/throughline/services/platform/servers"
)

func TestMain(m *testing.M) {
	if os.Getenv("SERVERS_CHILD") != "" {
		child()
	}
	goleak.VerifyTestMain(m)
}

// say sends lines to a Redis server and returns its answer to the last.
func say(t *testing.T, addr string, lines ...string) (answer string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	in := bufio.NewReader(c)
	for _, line := range lines {
		fmt.Fprintf(c, "%s\r\n", line)
		if answer, err = in.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(answer, "$") && !strings.HasPrefix(answer, "$-1") {
			answer, _ = in.ReadString('\n')
		}
	}
	return strings.TrimSpace(answer)
}

func TestRedisIsOnesOwn(t *testing.T) {
	one, two := servers.Redis(t), servers.Redis(t)
	if got := say(t, one, "SET k v", "GET k"); got != "v" {
		t.Errorf("got %q", got)
	}
	if got := say(t, two, "GET k"); got != "$-1" {
		t.Errorf("the other server knows %q", got)
	}
}

func TestRedisComesBackAfterACrash(t *testing.T) {
	servers.Redis(t) // skips without the program
	for _, keeps := range []bool{true, false} {
		s, err := servers.StartRedis(t.Context(), t.TempDir(), servers.RedisOptions{AppendOnly: keeps})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Stop()
		say(t, s.Addr(), "SET k v")
		addr := s.Addr()
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if _, err := net.Dial("tcp", addr); err == nil || s.PID() != 0 {
			t.Error("a killed server answers")
		}
		if err := s.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[bool]string{true: "v", false: "$-1"}[keeps]
		if got := say(t, addr, "GET k"); got != want {
			t.Errorf("append only %t: after the crash %q, want %q", keeps, got, want)
		}
	}
}

func TestPostgresDatabasesAreOnesOwn(t *testing.T) {
	one, two := servers.Postgres(t), servers.Postgres(t)
	if one == two || !strings.HasPrefix(one, "postgres://") {
		t.Errorf("the databases are %s and %s", one, two)
	}
}

func TestPostgresComesBackAfterACrash(t *testing.T) {
	servers.Postgres(t) // skips without the program
	p, err := servers.StartPostgres(t.Context(), filepath.Join(t.TempDir(), "a"), servers.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	if err := p.CreateDatabase(t.Context(), "kept"); err != nil {
		t.Fatal(err)
	}
	addr := p.Addr()
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	if _, err := net.Dial("tcp", addr); err == nil {
		t.Error("a killed server listens")
	}
	if err := p.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := p.CreateDatabase(t.Context(), "kept"); err == nil || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("the database of before the crash: %v", err)
	}
}

// A process that is killed leaves neither the servers of its tests nor their data.
func TestServersEndWithTheirProcess(t *testing.T) {
	servers.Postgres(t) // skips without the program
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "SERVERS_CHILD=1", "TMPDIR="+t.TempDir())
	if err := os.Chmod(filepath.Dir(t.TempDir()), 0o711); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var addr, dir string
	if _, err := fmt.Fscanln(out, &addr, &dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Fatal(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	for tick := time.Tick(20 * time.Millisecond); ; <-tick {
		c, dialled := net.Dial("tcp", addr)
		if dialled == nil {
			c.Close()
		}
		if _, err := os.Stat(dir); os.IsNotExist(err) && dialled != nil {
			return
		}
	}
}

// child is the process that is killed.
func child() {
	p := servers.SharedPostgres(&testing.T{})
	fmt.Println(p.Addr(), p.Dir())
	<-make(chan struct{})
}
