package servers

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// PostgresOptions of a server; the zero value is a durable one.
type PostgresOptions struct {
	Port     int               // 0 means a free one
	NoSync   bool              // commits wait for no disk: for tests that crash nothing
	Settings map[string]string // of postgresql.conf, such as "max_connections": "300"
}

// PostgresServer is a PostgreSQL cluster of our own. It trusts everyone on the loopback interface.
type PostgresServer struct {
	*Server

	bin string
}

// StartPostgres starts a PostgreSQL server on the data in dir, which it makes if absent. Root has it run as user postgres or nobody.
func StartPostgres(ctx context.Context, dir string, o PostgresOptions) (*PostgresServer, error) {
	path, err := find("postgres", "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin", "/opt/homebrew/opt/postgresql*/bin")
	if err != nil {
		return nil, err
	}
	if path, err = filepath.EvalSymlinks(path); err != nil { // its tools are beside the program, not the link
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	if dir, err = filepath.Abs(dir); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	if o.Port == 0 {
		if o.Port, err = FreePort(ctx); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(dir, "data")
	p := &PostgresServer{bin: filepath.Dir(path), Server: &Server{
		name: "postgres", path: path, args: o.args(data), dir: dir, port: o.Port, as: as,
		stop:  syscall.SIGINT, // "fast": sessions are ended, then a checkpoint
		ready: func(s *Server) bool { return postmasterReady(data, s.PID()) },
	}}
	if err := p.init(ctx, data); err != nil {
		return nil, err
	}
	return p, p.Start(ctx)
}

func (o PostgresOptions) args(data string) []string {
	args := []string{"-D", data, "-c", "listen_addresses=127.0.0.1", "-c", "port=" + strconv.Itoa(o.Port), "-c", "unix_socket_directories="}
	if o.NoSync {
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	for name, value := range o.Settings {
		args = append(args, "-c", name+"="+value)
	}
	return args
}

// init makes the data directory if absent.
func (p *PostgresServer) init(ctx context.Context, data string) error {
	if err := os.MkdirAll(p.dir, 0o700); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	if err := give(p.dir, p.as); err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		return nil
	}
	return p.tool(ctx, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
}

// tool runs one of the programs that come with the server.
func (p *PostgresServer) tool(ctx context.Context, name string, args ...string) error {
	cmd := command(ctx, p.as, filepath.Join(p.bin, name), args...)
	cmd.Dir = p.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

// URL is where a database of the server is.
func (p *PostgresServer) URL(database string) string {
	u := url.URL{Scheme: "postgres", User: url.User("postgres"), Host: p.Addr(), Path: "/" + database, RawQuery: "sslmode=disable"}
	return u.String()
}

// CreateDatabase makes an empty database.
func (p *PostgresServer) CreateDatabase(ctx context.Context, name string) error {
	return p.tool(ctx, "createdb", "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-U", "postgres", "-T", "template0", name)
}

// postmasterReady looks at the file in which the server keeps its pid (first line) and its state (eighth): a crash leaves an older process's.
func postmasterReady(data string, pid int) bool {
	text, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return false
	}
	lines := strings.Split(string(text), "\n")
	return len(lines) > 7 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}
