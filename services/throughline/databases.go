package throughline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/throughline/throughline/services/actionplanning"
	"github.com/throughline/throughline/services/budgeting"
	"github.com/throughline/throughline/services/goals"
	"github.com/throughline/throughline/services/performance"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// Database is what one service keeps: a file in the data directory, or a schema of PostgreSQL.
type Database struct {
	Service    string
	Migrations fs.FS
}

// Databases are those of the suite, in the order in which services may call each other.
func Databases() []Database {
	return []Database{
		{"goals", goals.Migrations()},
		{"performance", performance.Migrations()},
		{"budgeting", budgeting.Migrations()},
		{"actionplanning", actionplanning.Migrations()},
	}
}

// Migrate brings every database of the data directory to the newest schema. The suite must not be running.
func Migrate(ctx context.Context, dataDir string) (err error) {
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	release, err := sqldb.LockDir(dataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	for _, d := range Databases() {
		if err := sqldb.Migrate(ctx, sqldb.Config{Path: databaseFile(dataDir, d.Service), Migrations: d.Migrations}); err != nil {
			return fmt.Errorf("migrate %s: %w", d.Service, err)
		}
	}
	return nil
}

// MigratePostgres brings the schema of every service in a PostgreSQL database to the newest, and tells done of each.
func MigratePostgres(ctx context.Context, url string, done func(service string)) error {
	for _, d := range Databases() {
		if err := sqldb.MigratePostgres(ctx, sqldb.PostgresConfig{URL: url, Schema: d.Service, Migrations: d.Migrations}); err != nil {
			return fmt.Errorf("migrate %s: %w", d.Service, err)
		}
		done(d.Service)
	}
	return nil
}

func databaseFile(dataDir, service string) string { return filepath.Join(dataDir, service+".db") }

// open opens it in PostgreSQL when url is given, else its file in dir.
func (d Database) open(ctx context.Context, dir, url string, logger *slog.Logger) (db sqldb.DB, err error) {
	if url == "" {
		db, err = sqldb.OpenSQLite(ctx, sqldb.Config{Path: databaseFile(dir, d.Service), Migrations: d.Migrations, Logger: logger})
	} else {
		db, err = sqldb.OpenPostgres(ctx, sqldb.PostgresConfig{URL: url, Schema: d.Service, MaxConns: 2, Migrations: d.Migrations, Logger: logger})
	}
	if err != nil {
		return nil, fmt.Errorf("open the database of %s: %w", d.Service, err)
	}
	return db, nil
}

// EachDatabase opens the services' databases one after the other for visit: those in PostgreSQL when url is given, else those of the data
// directory, whose suite must not be running.
func EachDatabase(ctx context.Context, dataDir, url string, visit func(service string, db sqldb.DB) error) (err error) {
	if url == "" {
		for _, d := range Databases() {
			if _, err := os.Stat(databaseFile(dataDir, d.Service)); err != nil {
				return fmt.Errorf("%s holds no suite: %w", dataDir, err)
			}
		}
		release, err := sqldb.LockDir(dataDir)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, release()) }()
	}
	for _, d := range Databases() {
		if err := d.visit(ctx, dataDir, url, visit); err != nil {
			return err
		}
	}
	return nil
}

func (d Database) visit(ctx context.Context, dataDir, url string, visit func(service string, db sqldb.DB) error) (err error) {
	db, err := d.open(ctx, dataDir, url, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := visit(d.Service, db); err != nil {
		return fmt.Errorf("%s: %w", d.Service, err)
	}
	return nil
}
