package sqldb

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the database/sql driver that goose needs; nothing else uses it
)

//go:embed migrations/sqlite/*.sql
var platformMigrations embed.FS

// Version tables: the platform's migrations and the service's are numbered apart.
const (
	platformVersions = "goose_platform_version"
	serviceVersions  = "goose_db_version"
)

// pageSize is of new files; others keep theirs. A large commit, and its checkpoint, are two system calls for every page, and single rows cost the same.
const pageSize = "page_size(8192)"

// Migrate brings a file to the newest schema: the platform's tables first, then the service's. It is idempotent.
func Migrate(ctx context.Context, cfg Config) (err error) {
	cfg = cfg.withDefaults()
	if err := makeDir(cfg.Path); err != nil {
		return err
	}
	path, err := filepath.Abs(cfg.Path)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", cfg.Path, err)
	}
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: "_pragma=" + pageSize + "&_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)"}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return fmt.Errorf("migrate %s: %w", cfg.Path, err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	platform, err := fs.Sub(platformMigrations, "migrations/sqlite")
	if err != nil {
		return fmt.Errorf("platform migrations: %w", err)
	}
	if err := up(ctx, db, platformVersions, platform); err != nil {
		return fmt.Errorf("migrate the platform tables of %s: %w", cfg.Path, err)
	}
	if cfg.Migrations == nil {
		return nil
	}
	if err := up(ctx, db, serviceVersions, cfg.Migrations); err != nil {
		return fmt.Errorf("migrate %s: %w", cfg.Path, err)
	}
	return nil
}

func up(ctx context.Context, db *sql.DB, table string, dir fs.FS) error {
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir, goose.WithTableName(table), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}
