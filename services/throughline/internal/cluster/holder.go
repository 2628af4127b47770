package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/throughline"
)

// Holder is the replica of a service that has its relay, or a consumer of it: what one replica does at a time. It is nil while none has.
func (c *Cluster) Holder(ctx context.Context, service string) (_ *Replica, err error) {
	var names []string
	err = c.Database(ctx, service, func(db sqldb.DB) error {
		return db.Read(ctx, func(tx sqldb.Tx) error {
			names = nil
			return tx.Query("SELECT DISTINCT CAST(a.application_name AS TEXT) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "+
				"WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database() ORDER BY 1",
				nil, func(r sqldb.Row) error { names = append(names, r.Text(0)); return nil })
		})
	})
	if err != nil {
		return nil, fmt.Errorf("look for who holds claims: %w", err)
	}
	for _, r := range c.replicas[service] {
		if slices.Contains(names, r.Name) {
			return r, nil
		}
	}
	return nil, nil //nolint:nilnil // none is an answer
}

// Database opens what a service keeps, for use and no longer.
func (c *Cluster) Database(ctx context.Context, service string, use func(sqldb.DB) error) (err error) {
	for _, d := range throughline.Databases() {
		if d.Service != service {
			continue
		}
		db, err := sqldb.OpenPostgres(ctx, sqldb.PostgresConfig{URL: c.DatabaseURL(), Schema: service, MaxConns: 1, Migrations: d.Migrations})
		if err != nil {
			return err
		}
		return errors.Join(use(db), db.Close())
	}
	return fmt.Errorf("there is no service %q", service)
}
