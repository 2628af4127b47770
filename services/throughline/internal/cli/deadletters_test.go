package cli

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/throughline"
)

func TestDeadLetters(t *testing.T) {
	dir := t.TempDir()
	if err := throughline.Migrate(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	bury := func(service, id string, position int64) {
		t.Helper()
		db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(dir, service+".db")})
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Write(t.Context(), func(tx sqldb.Tx) error {
			return inbox.Bury(tx, "c", outbox.Event{Position: position, ID: id, Source: "goals", Type: "goal.updated", Subject: "goals/" + id, Sequence: 1, Time: now()}, errors.New("cannot digest\nstack"))
		}), db.Close()); err != nil {
			t.Fatal(err)
		}
	}
	const head = "SERVICE ID TYPE SUBJECT TIME RETRY CAUSE\n"
	row := func(service, id, retry string) string {
		return service + " " + id + " goal.updated goals/" + id + " 2026-07-06T09:00:00Z " + retry + " cannot digest\n"
	}
	for _, step := range []struct {
		name string
		args []string
		want string
	}{
		{"none", nil, "no dead letters\n"},
		{"all", []string{}, head + row("performance", "x1", "no") + row("budgeting", "x2", "no") + row("budgeting", "x3", "no")},
		{"of one service", []string{"--service", "performance"}, head + row("performance", "x1", "no")},
		{"one again", []string{"--retry", "x2"}, head + row("performance", "x1", "no") + row("budgeting", "x2", "yes") + row("budgeting", "x3", "no") + "marked 1 to be tried again once the suite serves\n"},
		{"drop", []string{"--drop", "x1"}, head + row("budgeting", "x2", "yes") + row("budgeting", "x3", "no") + "dropped 1\n"},
		{"all again", []string{"--retry", "all"}, head + row("budgeting", "x2", "yes") + row("budgeting", "x3", "yes") + "marked 2 to be tried again once the suite serves\n"},
	} {
		if step.args != nil && len(step.args) == 0 {
			bury("performance", "x1", 1)
			bury("budgeting", "x2", 1)
			bury("budgeting", "x3", 2)
		}
		code, out, complaint := run(t, append([]string{"dead-letters", "--data-dir", dir}, step.args...)...)
		var lines []string
		for line := range strings.Lines(out) {
			lines = append(lines, strings.Join(strings.Fields(line), " ")+"\n")
		}
		if got := strings.Join(lines, ""); code != 0 || got != step.want {
			t.Errorf("%s: code %d, %q, printed\n%swant\n%s", step.name, code, complaint, got, step.want)
		}
	}
	for _, refusal := range []struct {
		name string
		args []string
		code int
		want string
	}{
		{"unknown id", []string{"--retry", "x9"}, 1, "no dead letter has the id x9"},
		{"unknown service", []string{"--service", "parks"}, 2, `service "parks" is not known`},
		{"both", []string{"--retry", "x2", "--drop", "x2"}, 2, "--retry"},
		{"no suite", []string{"--data-dir", t.TempDir()}, 1, "holds no suite"},
	} {
		code, _, complaint := run(t, append([]string{"dead-letters", "--data-dir", dir}, refusal.args...)...)
		if code != refusal.code || !strings.Contains(complaint, refusal.want) {
			t.Errorf("%s: code %d, said %q", refusal.name, code, complaint)
		}
	}
}
