//go:build unix

package sqldb_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/throughline/throughline/services/platform/sqldb"
)

const insertThing = "INSERT INTO things (id, n) VALUES ($1, $2)"

// bare are connections of pgx alone.
type bare chan *pgx.Conn

func bareConns(b *testing.B, cfg sqldb.PostgresConfig) bare {
	b.Helper()
	conns := make(bare, cfg.MaxConns)
	for range cfg.MaxConns {
		c, err := pgx.Connect(b.Context(), cfg.URL+"&search_path="+cfg.Schema)
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = c.Close(context.Background()) })
		conns <- c
	}
	return conns
}

func (p bare) use(fn func(*pgx.Conn) error) error {
	c := <-p
	defer func() { p <- c }()
	return fn(c)
}

func (p bare) transact(ctx context.Context, o pgx.TxOptions, fn func(pgx.Tx) error) error {
	return p.use(func(c *pgx.Conn) error { return pgx.BeginTxFunc(ctx, c, o, fn) })
}

// write commits one row as sqldb does.
func (p bare) write(ctx context.Context) error {
	return p.transact(ctx, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, insertThing, thing(), 1)
		return err
	})
}

// insert commits one row by a statement of its own, read committed.
func (p bare) insert(ctx context.Context) error {
	return p.use(func(c *pgx.Conn) error {
		_, err := c.Exec(ctx, insertThing, thing(), 1)
		return err
	})
}

// BenchmarkPostgresCommits compares durable commits of one row each with pgx alone: the same statements in a transaction, and the INSERT alone.
func BenchmarkPostgresCommits(b *testing.B) {
	cfg, cpu := durablePostgres(b)
	db, conns := openPostgres(b, cfg), bareConns(b, cfg)
	write := func(ctx context.Context) error { return db.Write(ctx, insertOne) }
	for _, bench := range []struct {
		name    string
		many, n int
	}{{"1_writer", 1, 100}, {"64_writers", 64, 1000}} {
		b.Run(bench.name, func(b *testing.B) {
			compare(b, cpu,
				contender{"write", "commit", bench.n, callers(b, bench.many, bench.n, write)},
				contender{"pgx", "commit", bench.n, callers(b, bench.many, bench.n, conns.write)},
				contender{"pgx-insert", "commit", bench.n, callers(b, bench.many, bench.n, conns.insert)},
			)
		})
	}
}

// BenchmarkPostgresReads compares a Read of one row with pgx alone: the same statements, and the SELECT alone.
func BenchmarkPostgresReads(b *testing.B) {
	cfg, cpu := durablePostgres(b)
	db, conns := openPostgres(b, cfg), bareConns(b, cfg)
	write(b, db, func(tx sqldb.Tx) error {
		_, err := tx.Exec("INSERT INTO things (id, n) VALUES ('a', 1)")
		return err
	})
	type querier interface {
		QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	}
	one := func(ctx context.Context, c querier) error {
		var n int64
		return c.QueryRow(ctx, "SELECT n FROM things WHERE id = $1", "a").Scan(&n)
	}
	read := func(ctx context.Context) error {
		return db.Read(ctx, func(tx sqldb.Tx) error {
			_, err := sqldb.QueryOne(tx, "SELECT n FROM things WHERE id = ?", []any{"a"}, func(r sqldb.Row) error { _ = r.Int(0); return nil })
			return err
		})
	}
	same := func(ctx context.Context) error {
		return conns.transact(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error { return one(ctx, tx) })
	}
	alone := func(ctx context.Context) error {
		return conns.use(func(c *pgx.Conn) error { return one(ctx, c) })
	}
	for _, bench := range []struct {
		name    string
		many, n int
	}{{"1_reader", 1, 500}, {"64_readers", 64, 2000}} {
		b.Run(bench.name, func(b *testing.B) {
			compare(b, cpu,
				contender{"read", "read", bench.n, callers(b, bench.many, bench.n, read)},
				contender{"pgx", "read", bench.n, callers(b, bench.many, bench.n, same)},
				contender{"pgx-select", "read", bench.n, callers(b, bench.many, bench.n, alone)},
			)
		})
	}
}

// BenchmarkPostgresRows compares rows written many a commit with rows committed one by one, by 64 callers and by one.
func BenchmarkPostgresRows(b *testing.B) {
	cfg, cpu := durablePostgres(b)
	benchRows(b, openPostgres(b, cfg), cpu)
}
