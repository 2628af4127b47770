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

//go:embed migrations/*.sql migrations/postgres/*.sql
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

	platform, err := platformFiles()
	if err != nil {
		return err
	}
	if err := up(ctx, goose.DialectSQLite3, db, platformVersions, platform); err != nil {
		return fmt.Errorf("migrate the platform tables of %s: %w", cfg.Path, err)
	}
	if cfg.Migrations == nil {
		return nil
	}
	if err := up(ctx, goose.DialectSQLite3, db, serviceVersions, cfg.Migrations); err != nil {
		return fmt.Errorf("migrate %s: %w", cfg.Path, err)
	}
	return nil
}

// platformFiles are the migrations of the tables that every service has.
func platformFiles() (fs.FS, error) {
	files, err := fs.Sub(platformMigrations, "migrations")
	if err != nil {
		return nil, fmt.Errorf("platform migrations: %w", err)
	}
	return files, nil
}

func up(ctx context.Context, dialect goose.Dialect, db *sql.DB, table string, dir fs.FS) error {
	p, err := goose.NewProvider(dialect, db, dir, goose.WithTableName(table), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}
