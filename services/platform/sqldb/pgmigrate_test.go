package sqldb_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/throughline/throughline/services/platform/servers"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/sqldb/sqldbtest"
)

func TestOpenPostgresWantsEveryMigration(t *testing.T) {
	cfg := sqldb.PostgresConfig{URL: servers.Postgres(t), Schema: "goals", Migrations: sqldbtest.Migrations}
	refused := func(want string) {
		t.Helper()
		db, err := sqldb.OpenPostgres(t.Context(), cfg)
		if err == nil {
			_ = db.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "run throughline migrate first") {
			t.Fatalf("error is %v, want one that names %s", err, want)
		}
	}
	refused("00001_platform.sql")
	var wg sync.WaitGroup
	for range 3 { // at the same time
		wg.Go(func() {
			if err := sqldb.MigratePostgres(t.Context(), cfg); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	known := cfg.Migrations
	cfg.Migrations = fstest.MapFS{"00001_kit.sql": sqldbtest.Migrations["00001_kit.sql"], "00002_more.sql": {Data: []byte("-- +goose Up\nCREATE TABLE more (id TEXT);")}}
	refused("00002_more.sql")
	openPostgres(t, cfg)
	cfg.Migrations = known // an older replica goes on
	if db, err := sqldb.OpenPostgres(t.Context(), cfg); err != nil {
		t.Error(err)
	} else {
		_ = db.Close()
	}
	cfg.Schema = "Goals; DROP"
	if _, err := sqldb.OpenPostgres(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "schema") {
		t.Errorf("a schema that is no name: %v", err)
	}
}

// A dump that is restored into a new cluster, whose transactions are numbered from the start again.
func TestPositionsGoOnInANewCluster(t *testing.T) {
	cfg := sqldb.PostgresConfig{URL: servers.Postgres(t), Schema: "goals"}
	db := openPostgres(t, cfg)
	const last = int64(1) << 50
	event := func(tx sqldb.Tx, columns, id string, values ...any) (position int64, err error) {
		args := append(slices.Clone(values), id, id, []byte{})
		_, err = sqldb.QueryOne(tx, "INSERT INTO outbox ("+columns+"id, subject, data, source, type, organization, sequence, time, actor, request_id, etag_before, etag_after, "+
			"trace_parent) VALUES ("+sqldb.Marks(len(args))+", '', '', '', 1, 0, '', '', '', '', '') RETURNING position", args, func(r sqldb.Row) error { position = r.Int(0); return nil })
		return position, err
	}
	write(t, db, func(tx sqldb.Tx) error { _, err := event(tx, "position, ", "old", last); return err })
	if again, err := sqldb.OpenPostgres(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), "run throughline migrate first") {
		t.Errorf("opened %v, %v", again, err)
	}
	for range 2 {
		again := openPostgres(t, cfg)
		var next int64
		write(t, again, func(tx sqldb.Tx) (err error) {
			if _, err := tx.Exec("DELETE FROM outbox WHERE id = 'new'"); err != nil {
				return err
			}
			next, err = event(tx, "", "new")
			return err
		})
		if next <= last || next > last+1000<<20 {
			t.Errorf("after position %d comes %d", last, next)
		}
		settled := 0
		if err := again.Read(t.Context(), func(tx sqldb.Tx) error {
			settled = 0
			return tx.Query("SELECT position FROM settled_outbox", nil, func(sqldb.Row) error { settled++; return nil })
		}); err != nil || settled != 2 {
			t.Errorf("%d events are settled, want both; %v", settled, err)
		}
	}
}
