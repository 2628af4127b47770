//go:build unix

package sqldb_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"

	"zombiezen.com/go/sqlite"
)

// bareSQLite is one connection of the native API with prepared statements, as durable as sqldb; whoever commits holds it.
type bareSQLite struct {
	sync.Mutex

	begin, insert, commit *sqlite.Stmt
}

func openBare(b *testing.B) *bareSQLite {
	b.Helper()
	c, err := sqlite.OpenConn(filepath.Join(b.TempDir(), "bare.db"), sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	var last *sqlite.Stmt
	prepare := func(query string) *sqlite.Stmt {
		if last, err = c.Prepare(query); err != nil {
			b.Fatal(err)
		}
		return last
	}
	for _, query := range []string{
		"PRAGMA journal_mode=WAL", "PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON",
		"CREATE TABLE things (id TEXT NOT NULL PRIMARY KEY, n INTEGER)",
	} {
		if err := step(prepare(query)); err != nil {
			b.Fatal(err)
		}
	}
	return &bareSQLite{begin: prepare("BEGIN IMMEDIATE"), insert: prepare("INSERT INTO things (id, n) VALUES (?, ?)"), commit: prepare("COMMIT")}
}

func step(s *sqlite.Stmt) error {
	if _, err := s.Step(); err != nil {
		return err
	}
	return s.Reset()
}

func (s *bareSQLite) write(context.Context) error {
	s.Lock()
	defer s.Unlock()
	s.insert.BindText(1, thing())
	s.insert.BindInt64(2, 1)
	for _, stmt := range []*sqlite.Stmt{s.begin, s.insert, s.commit} {
		if err := step(stmt); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkSQLiteCommits compares durable commits of one row each with SQLite alone, which commits one by one whoever calls.
func BenchmarkSQLiteCommits(b *testing.B) {
	db, bare := open(b), openBare(b)
	write := func(ctx context.Context) error { return db.Write(ctx, insertOne) }
	for _, bench := range []struct {
		name    string
		many, n int
	}{{"1_writer", 1, 50}, {"64_writers", 64, 640}} {
		b.Run(bench.name, func(b *testing.B) {
			compare(b, nil,
				contender{"write", "commit", bench.n, callers(b, bench.many, bench.n, write)},
				contender{"sqlite", "commit", min(bench.n, 100), callers(b, bench.many, min(bench.n, 100), bare.write)},
			)
		})
	}
}

// BenchmarkSQLiteRows compares rows written many a commit with rows committed one by one, by 64 callers and by one.
func BenchmarkSQLiteRows(b *testing.B) {
	benchRows(b, open(b), nil)
}
