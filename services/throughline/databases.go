package throughline

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/throughline/throughline/services/platform/sqldb"
)

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
		if err := eachDatabase(ctx, dataDir, url, d, visit); err != nil {
			return fmt.Errorf("%s: %w", d.Service, err)
		}
	}
	return nil
}

func eachDatabase(ctx context.Context, dataDir, url string, d Database, visit func(service string, db sqldb.DB) error) (err error) {
	var db sqldb.DB
	if url == "" {
		db, err = sqldb.OpenSQLite(ctx, sqldb.Config{Path: databaseFile(dataDir, d.Service), Migrations: d.Migrations})
	} else {
		db, err = sqldb.OpenPostgres(ctx, sqldb.PostgresConfig{URL: url, Schema: d.Service, Migrations: d.Migrations})
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return visit(d.Service, db)
}
