package throughline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/rpc"
	"github.com/throughline/throughline/services/platform/service"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/throughline/internal/audit"
)

// AuditConfig says which system to audit.
type AuditConfig struct {
	DataDir  string           // of a suite in one process, which may be running
	Postgres string           // URL; when given, the services' schemas there are audited instead
	Now      func() time.Time // required
	audit.Options
}

// Audit checks the invariants of a system and writes nothing to it. Of a data directory it audits a copy made at one moment, for which writers wait;
// of PostgreSQL what is there while it looks.
func Audit(ctx context.Context, c AuditConfig) (report audit.Report, err error) {
	dir, err := os.MkdirTemp("", "throughline-audit-")
	if err != nil {
		return report, fmt.Errorf("make a folder for the audit: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	keys, err := authn.OpenLocalKeys(KeyFile(dir), c.Now) // trusted by the services of this audit alone
	if err != nil {
		return report, err
	}
	if c.Postgres == "" {
		if err := copyDatabases(ctx, c.DataDir, dir); err != nil {
			return report, err
		}
	}
	channel := rpc.NewInProcess(rpc.InProcessConfig{})
	system := audit.System{Conn: channel, Keys: keys, Now: c.Now(), Live: c.Postgres != ""}
	defer func() {
		for _, s := range system.Stores {
			err = errors.Join(err, s.DB.Close())
		}
	}()
	logger := slog.New(slog.DiscardHandler) // what a service would log of a damaged row is a finding
	for _, d := range Databases() {
		store := audit.Store{Service: d.Service, Source: "throughline." + d.Service + ".v1"}
		if store.DB, err = d.open(ctx, dir, c.Postgres, logger); err != nil {
			return report, err
		}
		system.Stores = append(system.Stores, store)
		var hears audit.Listeners
		part, err := assemble(d.Service, service.Deps{
			DB: store.DB, Bus: &hears, Verifier: keys, Logger: logger, Now: c.Now, NewID: service.NewID,
		}, authn.NewServiceTokens(d.Service, keys, c.Now).Wrap(channel))
		if err != nil {
			return report, fmt.Errorf("assemble %s: %w", d.Service, err)
		}
		part.Register(channel) // it is never run: it publishes nothing and begins nothing
		system.Stores[len(system.Stores)-1].Hears = hears
	}
	return audit.Run(ctx, system, c.Options)
}

// copyDatabases copies the databases of a data directory as they are at one moment.
func copyDatabases(ctx context.Context, from, to string) error {
	files := map[string]string{}
	for _, d := range Databases() {
		path := databaseFile(from, d.Service)
		if _, err := os.Stat(path); err != nil {
			return fmt.Errorf("%s holds no suite to audit: %w", from, err)
		}
		files[path] = filepath.Join(to, filepath.Base(path))
	}
	return sqldb.Copy(ctx, files)
}
