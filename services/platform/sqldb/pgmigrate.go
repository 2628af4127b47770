package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// MigratePostgres brings a schema, made if absent, to its newest version: the platform's tables first, then the service's. Whoever comes at
// the same time waits and finds nothing left to do.
func MigratePostgres(ctx context.Context, cfg PostgresConfig) (err error) {
	driver, err := cfg.driver()
	if err != nil {
		return err
	}
	wrapped, err := pgx.ParseConfig(cfg.URL)
	if err != nil {
		return fmt.Errorf("the URL of PostgreSQL: %w", err)
	}
	wrapped.Config = *driver
	wrapped.RuntimeParams["lock_timeout"] = "0" // a table in use is waited for until ctx ends
	wrapped.RuntimeParams["idle_in_transaction_session_timeout"] = "0"
	db := stdlib.OpenDB(*wrapped)
	defer func() { err = errors.Join(err, db.Close()) }()
	lock, err := db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("migrate the schema %s: %w", cfg.Schema, err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	for _, statement := range []string{
		"SELECT pg_advisory_lock(hashtext('throughline migrate " + cfg.Schema + "'))", // goes with the connection
		`CREATE SCHEMA IF NOT EXISTS "` + cfg.Schema + `"`,
	} {
		if _, err := lock.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("migrate the schema %s: %w", cfg.Schema, err)
		}
	}
	files, err := platformFiles()
	if err != nil {
		return err
	}
	if err := up(ctx, goose.DialectPostgres, db, platformVersions, postgresFiles{files}); err != nil {
		return fmt.Errorf("migrate the platform tables of the schema %s: %w", cfg.Schema, err)
	}
	if cfg.Migrations != nil {
		if err := up(ctx, goose.DialectPostgres, db, serviceVersions, postgresFiles{cfg.Migrations}); err != nil {
			return fmt.Errorf("migrate the schema %s: %w", cfg.Schema, err)
		}
	}
	return raiseBase(ctx, lock)
}

// raiseBase makes new positions follow the last one where transactions are numbered from a smaller number than before: the data were dumped and
// restored into a new cluster.
func raiseBase(ctx context.Context, conn *sql.Conn) error {
	var behind int64 // how far new positions would fall behind, in transactions
	err := conn.QueryRowContext(ctx, `SELECT coalesce(max(position) >> 20, 0) - outbox_base() - pg_current_xact_id()::text::bigint + 1 FROM outbox`).Scan(&behind)
	if err == nil && behind > 0 {
		_, err = conn.ExecContext(ctx, fmt.Sprintf(`DO $$ BEGIN EXECUTE format(
			'CREATE OR REPLACE FUNCTION outbox_base() RETURNS bigint LANGUAGE sql IMMUTABLE AS ''SELECT %%s::bigint''', outbox_base() + %d); END $$`, behind))
	}
	if err != nil {
		return fmt.Errorf("continue the outbox's positions: %w", err)
	}
	return nil
}

// checkMigrated answers an error unless every migration that this program knows is applied.
func checkMigrated(ctx context.Context, db *pgDB, cfg PostgresConfig) error {
	platform, err := platformFiles()
	if err != nil {
		return err
	}
	for _, want := range []struct {
		table string
		files fs.FS
	}{{platformVersions, platform}, {serviceVersions, cfg.Migrations}} {
		if want.files == nil {
			continue
		}
		names, err := fs.Glob(want.files, "*.sql")
		if err != nil {
			return err
		}
		applied := map[int64]bool{}
		err = db.Read(ctx, func(tx Tx) error {
			return tx.Query("SELECT version_id FROM "+want.table+" WHERE is_applied", nil, func(r Row) error { applied[r.Int(0)] = true; return nil })
		})
		if err != nil && sqlState(err) != "42P01" { // no such table
			return err
		}
		for _, name := range names {
			if version, err := goose.NumericComponent(path.Base(name)); err == nil && !applied[version] {
				return fmt.Errorf("the schema %s lacks the migration %s; run throughline migrate first", cfg.Schema, name)
			}
		}
	}
	behind := false
	err = db.Read(ctx, func(tx Tx) error {
		_, err := QueryOne(tx, `SELECT coalesce(max(position) >> 20, 0) >= outbox_base() + pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM outbox`, nil,
			func(r Row) error { behind = r.Bool(0); return nil })
		return err
	})
	if err == nil && behind {
		return fmt.Errorf("the data of the schema %s come from another cluster; run throughline migrate first", cfg.Schema)
	}
	return err
}
