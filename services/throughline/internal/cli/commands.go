package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/authz"
	"github.com/throughline/throughline/services/platform/config"
	"github.com/throughline/throughline/services/platform/daemon"
	"github.com/throughline/throughline/services/throughline"
)

type tokenCommand struct {
	Role         []string      `required:"" help:"Role of the caller, such as finance; may be given several times."`
	Organization string        `default:"riverbend" help:"Id of the organization the token is bound to; operators are bound to none."`
	Subject      string        `help:"Who the caller is; the first role when left out."`
	Department   string        `help:"Department whose programs a caller of role department may write."`
	TTL          time.Duration `name:"ttl" default:"12h" help:"How long the token is valid."`
}

// Run prints a token.
func (t *tokenCommand) Run(world World, settings *Settings) error {
	policy, err := authz.NewPolicy()
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, role := range policy.Roles() {
		known[role] = true
	}
	for _, role := range t.Role {
		if !known[role] {
			return &config.Error{Problem: fmt.Sprintf("role %q is not known; use one of %v", role, policy.Roles())}
		}
	}
	keys, err := settings.loadKeys(world, "run throughline serve once, or give its --data-dir; or give the services' --key-file")
	if err != nil {
		return err
	}
	token, err := keys.Mint(t.identity(), t.TTL)
	if err == nil {
		_, err = fmt.Fprintln(world.Stdout, token)
	}
	return err
}

func (t *tokenCommand) identity() authn.Identity {
	id := authn.Identity{Subject: t.Subject, Organization: t.Organization, Roles: t.Role, Department: t.Department}
	if id.Subject == "" {
		id.Subject = t.Role[0]
	}
	if id.HasRole(authn.RoleOperator) {
		id.Organization = authn.NoOrganization
	}
	return id
}

// loadKeys reads the key that signs tokens; remedy is what helps when there is none.
func (s *Settings) loadKeys(world World, remedy string) (*authn.LocalKeys, error) {
	keys, err := authn.LoadLocalKeys(s.key(), world.Now)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("no key at %s; %s", s.key(), remedy)
	}
	return keys, err
}

type keyCommand struct {
	File string `arg:"" help:"New file for the key, which only its owner can read." type:"path"`
}

// Run makes a key file; it replaces none.
func (k *keyCommand) Run(world World) error {
	if err := authn.CreateKey(k.File); err != nil {
		return err
	}
	_, err := fmt.Fprintf(world.Stdout, "made the key %s; give it to every service, and to throughline token, as --key-file\n", k.File)
	return err
}

type migrateCommand struct {
	Database daemon.Database `embed:"" prefix:"database-"`
}

// Run migrates the databases: those of the data directory, or all services' schemas in PostgreSQL.
func (m *migrateCommand) Run(ctx context.Context, world World, settings *Settings) error {
	if m.Database.URL == "" {
		if err := throughline.Migrate(ctx, settings.DataDir); err != nil {
			return err
		}
		_, err := fmt.Fprintf(world.Stdout, "the databases in %s have the newest schema\n", settings.DataDir)
		return err
	}
	url, err := m.Database.Connection()
	if err != nil {
		return &config.Error{Problem: err.Error()}
	}
	return throughline.MigratePostgres(ctx, url, func(service string) {
		fmt.Fprintf(world.Stdout, "schema %s is the newest\n", service)
	})
}

type backupCommand struct {
	Out string `arg:"" help:"New folder for the backup." type:"path"`
}

// Run makes a backup.
func (b *backupCommand) Run(ctx context.Context, world World, settings *Settings) error {
	if err := throughline.Backup(ctx, settings.DataDir, b.Out, world.Now()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(world.Stdout, "backed up %s to %s\n", settings.DataDir, b.Out)
	return err
}

type restoreCommand struct {
	Backup  string `arg:"" help:"Folder that backup made." type:"existingdir"`
	Replace bool   `help:"Set databases that are already there aside instead of refusing."`
}

// Run restores a backup.
func (r *restoreCommand) Run(ctx context.Context, world World, settings *Settings) error {
	if err := throughline.Restore(ctx, r.Backup, settings.DataDir, r.Replace, world.Now()); err != nil {
		return err
	}
	_, err := fmt.Fprintf(world.Stdout, "restored %s into %s\n", r.Backup, settings.DataDir)
	return err
}
