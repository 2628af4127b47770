package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/authn"
	"github.com/throughline/throughline/services/platform/servers"
)

// A key file is made once, for its owner alone, and signs tokens that every holder of it takes.
func TestKey(t *testing.T) {
	file := filepath.Join(t.TempDir(), "key")
	if code, out, complaint := run(t, "key", file); code != 0 || !strings.Contains(out, file) {
		t.Fatalf("code %d, %q, %s", code, out, complaint)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if code, _, complaint := run(t, "key", file); code != 1 || !strings.Contains(complaint, "file exists") {
		t.Errorf("again: code %d, %s", code, complaint)
	}
	code, out, complaint := run(t, "token", "--role", "finance", "--key-file", file)
	if code != 0 {
		t.Fatalf("code %d: %s", code, complaint)
	}
	keys, err := authn.LoadLocalKeys(file, now)
	if err != nil {
		t.Fatal(err)
	}
	if id, err := keys.Verify(t.Context(), strings.TrimSpace(out)); err != nil || !id.HasRole("finance") {
		t.Errorf("%+v, %v", id, err)
	}
}

func TestMigrate(t *testing.T) {
	dir := t.TempDir()
	if code, out, complaint := run(t, "migrate", "--data-dir", dir); code != 0 || !strings.Contains(out, dir) {
		t.Fatalf("code %d, %q, %s", code, out, complaint)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*.db")); err != nil || len(files) != 4 {
		t.Errorf("made %v, %v", files, err)
	}
	if code, _, complaint := run(t, "migrate", "--database-url", "mysql://db/x"); code != 2 || !strings.Contains(complaint, "postgres://") {
		t.Errorf("another database: code %d, %s", code, complaint)
	}
}

func TestMigratePostgres(t *testing.T) {
	t.Setenv("THROUGHLINE_DATABASE_URL", servers.Postgres(t))
	for _, when := range []string{"first", "again"} {
		code, out, complaint := run(t, "migrate")
		if code != 0 || complaint != "" || strings.Count(out, "\n") != 4 {
			t.Errorf("%s: code %d, %q, %s", when, code, out, complaint)
		}
		for _, service := range []string{"goals", "performance", "budgeting", "actionplanning"} {
			if !strings.Contains(out, "schema "+service+" is the newest\n") {
				t.Errorf("%s: %q lacks %s", when, out, service)
			}
		}
	}
}
