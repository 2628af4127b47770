package sqldb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

func insert(id string, n int) func(sqldb.Tx) error {
	return func(tx sqldb.Tx) error {
		_, err := tx.Exec("INSERT INTO things (id, n) VALUES (?, ?)", id, n)
		return err
	}
}

// things are the ids that are there.
func things(t *testing.T, db sqldb.DB) string {
	t.Helper()
	var ids []string
	if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		ids = nil
		return tx.Query("SELECT id FROM things ORDER BY id", nil, func(r sqldb.Row) error { ids = append(ids, r.Text(0)); return nil })
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(ids, " ")
}

// sever ends every other session of the database.
func sever(t *testing.T, db sqldb.DB) {
	t.Helper()
	if err := db.Read(t.Context(), func(tx sqldb.Tx) error {
		return tx.Query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()", nil,
			func(sqldb.Row) error { return nil })
	}); err != nil {
		t.Fatal(err)
	}
}

// two are two processes' views of one schema in a database of its own, where sever reaches only them.
func two(t *testing.T) (one, other sqldb.DB) {
	t.Helper()
	cfg := sqldb.PostgresConfig{URL: servers.Postgres(t), Schema: "kit", MaxConns: 4, Migrations: sqldbtest.Migrations}
	return openPostgres(t, cfg), openPostgres(t, cfg)
}

func TestLostConnectionsAreReplaced(t *testing.T) {
	db, other := two(t)
	var wg sync.WaitGroup
	for i := range 4 { // four connections, then idle
		wg.Go(func() {
			if err := db.Write(t.Context(), insert(fmt.Sprint("a", i), i)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	sever(t, other)
	if got := things(t, db); got != "a0 a1 a2 a3" {
		t.Errorf("after the loss a read sees %q", got)
	}
	sever(t, other)
	if err := db.Write(t.Context(), insert("b", 1)); err != nil {
		t.Errorf("after the loss: %v", err)
	}
	runs := 0
	if err := db.Write(t.Context(), func(tx sqldb.Tx) error {
		if runs++; runs == 1 {
			done := make(chan struct{})
			go func() { defer close(done); sever(t, other) }()
			<-done
		}
		return insert("c", 1)(tx)
	}); err != nil || runs != 2 {
		t.Errorf("a write that lost its connection before the commit: %v after %d runs", err, runs)
	}
	if got := things(t, db); got != "a0 a1 a2 a3 b c" {
		t.Errorf("at last %q", got)
	}
}

func TestServerThatCrashes(t *testing.T) {
	servers.SharedPostgres(t) // skips without the program
	server, err := servers.StartPostgres(t.Context(), t.TempDir(), servers.PostgresOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	db := openPostgres(t, sqldb.PostgresConfig{URL: server.URL("postgres"), Schema: "kit", Migrations: sqldbtest.Migrations})
	write(t, db, insert("a", 1))
	if err := server.Kill(); err != nil {
		t.Fatal(err)
	}
	want := "a"
	for n := 0; ; n++ { // a session outlives the server until it notices
		id := fmt.Sprintf("b%03d", n)
		if err := db.Write(t.Context(), insert(id, 1)); errors.Is(err, sqldb.ErrUnavailable) {
			break
		} else if err != nil {
			t.Fatalf("write without a server: %v", err)
		}
		want += " " + id
	}
	if err := db.Read(t.Context(), func(tx sqldb.Tx) error { return tx.Query("SELECT 1", nil, func(sqldb.Row) error { return nil }) }); !errors.Is(err, sqldb.ErrUnavailable) {
		t.Errorf("read without a server: %v", err)
	}
	if err := server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	write(t, db, insert("c", 1))
	if got := things(t, db); got != want+" c" {
		t.Errorf("after the crash there are %q, want %q and c", got, want)
	}
}

// proxy passes bytes on to a server and looks at what clients say.
type proxy struct {
	net.Listener

	to     string
	listen func(said []byte) (cutBefore, cutAfter bool)
	wg     sync.WaitGroup
}

func newProxy(t *testing.T, server string) (p *proxy, through string) {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p = &proxy{Listener: l, to: u.Host}
	p.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.wg.Go(func() { p.pass(c) })
		}
	})
	t.Cleanup(func() { l.Close(); p.wg.Wait() })
	u.Host = l.Addr().String()
	return p, u.String()
}

func (p *proxy) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer server.Close()
	var mute atomic.Bool // the server's answers go nowhere
	p.wg.Go(func() {
		buf := make([]byte, 1<<16)
		for {
			n, err := server.Read(buf)
			if mute.Load() || err != nil {
				client.Close()
				return
			}
			client.Write(buf[:n])
		}
	})
	buf := make([]byte, 1<<16)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		before, after := p.listen(buf[:n])
		if before {
			return
		}
		mute.Store(after)
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
		if after {
			io.Copy(io.Discard, client)
			return
		}
	}
}

func TestCommitsAreNeverRepeatedBlindly(t *testing.T) {
	tests := []struct {
		name          string
		word          string
		before, after bool // the connection is cut before the server hears the word, or before it answers
		times         int
		fails         bool
		runs          int
		want          string
	}{
		{"the statement does not arrive", "things", true, false, 1, false, 2, "a"},
		{"the statement's answer is lost", "BEGIN", false, true, 1, false, 2, "a"},
		{"the statement never arrives", "things", true, false, 100, true, 4, ""},
		{"the commit does not arrive", "COMMIT", true, false, 1, true, 1, ""},
		{"the commit's answer is lost", "COMMIT", false, true, 1, true, 1, "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			direct := sqldb.PostgresConfig{URL: servers.Postgres(t), Schema: "kit", Migrations: sqldbtest.Migrations}
			checker := openPostgres(t, direct)
			var armed atomic.Int64
			p, through := newProxy(t, direct.URL)
			p.listen = func(said []byte) (bool, bool) {
				if bytes.Contains(said, []byte(tt.word)) && armed.Add(-1) >= 0 {
					return tt.before, tt.after
				}
				return false, false
			}
			proxied := direct
			proxied.URL = through
			db := openPostgres(t, proxied)
			write(t, db, func(tx sqldb.Tx) error { return tx.Query("SELECT 1", nil, func(sqldb.Row) error { return nil }) }) // the last COMMIT of a Read is through
			armed.Store(int64(tt.times))
			runs := 0
			err := db.Write(t.Context(), func(tx sqldb.Tx) error { runs++; return insert("a", 1)(tx) })
			if (err != nil) != tt.fails || runs != tt.runs || tt.fails && !errors.Is(err, sqldb.ErrUnavailable) {
				t.Errorf("after %d runs: %v", runs, err)
			}
			if unknown := err != nil && strings.Contains(err.Error(), "outcome of the commit is unknown"); unknown != (tt.word == "COMMIT") {
				t.Errorf("error is %v", err)
			}
			armed.Store(-1 << 40)
			if got := things(t, checker); got != tt.want {
				t.Errorf("there are %q, want %q", got, tt.want)
			}
		})
	}
}

func TestConflictsAreRepeatedWithABound(t *testing.T) {
	db, other := two(t)
	write(t, db, insert("a", 0))
	bump := func(by int) func(tx sqldb.Tx) error {
		return func(tx sqldb.Tx) error {
			var n int64
			if _, err := sqldb.QueryOne(tx, "SELECT n FROM things WHERE id = 'a'", nil, func(r sqldb.Row) error { n = r.Int(0); return nil }); err != nil {
				return err
			}
			_, err := tx.Exec("UPDATE things SET n = ? WHERE id = 'a'", n+int64(by))
			return err
		}
	}
	for _, tt := range []struct {
		name      string
		conflicts int
		runs      int
		fails     bool
	}{{"some", 3, 4, false}, {"without end", 1000, 17, true}} {
		t.Run(tt.name, func(t *testing.T) {
			runs := 0
			err := db.Write(t.Context(), func(tx sqldb.Tx) error {
				runs++
				if _, err := sqldb.QueryOne(tx, "SELECT n FROM things", nil, func(sqldb.Row) error { return nil }); err != nil { // the snapshot
					return err
				}
				if runs <= tt.conflicts {
					done := make(chan error)
					go func() { done <- other.Write(context.Background(), bump(1)) }()
					if err := <-done; err != nil {
						t.Error(err)
					}
				}
				if err := bump(100)(tx); err != nil {
					return errors.New("the closure says something else")
				}
				return nil
			})
			if runs != tt.runs || (err != nil) != tt.fails || tt.fails && !errors.Is(err, sqldb.ErrUnavailable) {
				t.Errorf("after %d runs: %v", runs, err)
			}
		})
	}
}

// Both look, see nothing, and insert: the second must look again, and sees the first one's row.
func TestDuplicateOfARowThatCameMeanwhile(t *testing.T) {
	db, other := two(t)
	runs := 0
	err := db.Write(t.Context(), func(tx sqldb.Tx) error {
		found, err := sqldb.QueryOne(tx, "SELECT id FROM things WHERE id = 'a'", nil, func(sqldb.Row) error { return nil })
		if err != nil || found {
			return err
		}
		if runs++; runs == 1 {
			done := make(chan error)
			go func() { done <- other.Write(context.Background(), insert("a", 1)) }()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
		return insert("a", 2)(tx)
	})
	if err != nil || runs != 1 {
		t.Errorf("%v after %d runs that saw nothing", err, runs)
	}
}

// It must look again also when it ran more than once before, for conflicts.
func TestDuplicateAfterConflicts(t *testing.T) {
	db, other := two(t)
	write(t, db, insert("n", 0))
	elsewhere := func(fn func(sqldb.Tx) error) {
		done := make(chan error)
		go func() { done <- other.Write(context.Background(), fn) }()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	const conflicts = 3
	runs := 0
	err := db.Write(t.Context(), func(tx sqldb.Tx) error {
		found, err := sqldb.QueryOne(tx, "SELECT id FROM things WHERE id = 'a'", nil, func(sqldb.Row) error { return nil })
		if err != nil || found {
			return err
		}
		if runs++; runs <= conflicts {
			elsewhere(func(tx sqldb.Tx) error { _, err := tx.Exec("UPDATE things SET n = n + 1 WHERE id = 'n'"); return err })
			if _, err := tx.Exec("UPDATE things SET n = n + 1 WHERE id = 'n'"); err != nil {
				return err
			}
		}
		if runs == conflicts+1 {
			elsewhere(insert("a", 1))
		}
		return insert("a", 2)(tx)
	})
	if err != nil || runs != conflicts+1 {
		t.Errorf("%v after %d runs that saw nothing", err, runs)
	}
}

func TestReadIsCutShort(t *testing.T) {
	db, _ := two(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := db.Read(ctx, func(tx sqldb.Tx) error {
		return tx.Query("SELECT pg_sleep(60)", nil, func(sqldb.Row) error { return nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	write(t, db, insert("a", 1))
}
