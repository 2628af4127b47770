package cli

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/audit"
)

// An audit ends with 0 when all is well, 1 for findings and 2 for bad usage, and prints what it found either way.
func TestAuditPrintsAndEnds(t *testing.T) {
	dir := t.TempDir()
	if err := throughline.Migrate(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	code, out, complaint := run(t, "audit", "--data-dir", dir)
	if lines := strings.Count(out, "\n"); code != 0 || complaint != "" || lines != 12 || !strings.HasPrefix(out, "ok    sequences") {
		t.Errorf("an empty system: code %d, %q, %d lines:\n%s", code, complaint, lines, out)
	}
	bury(t, dir)
	code, out, complaint = run(t, "audit", "--data-dir", dir)
	for _, want := range []string{"FAIL  dead-letters   4 subscriptions, 1 findings", "      organizations/o/strategies/s\n", "        expected  taken in by c\n", "        remedy    mend the cause"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if code != 1 || complaint != "throughline: the audit found 1 things that are not as they must be\n" {
		t.Errorf("code %d, %q", code, complaint)
	}
	code, out, _ = run(t, "audit", "--data-dir", dir, "--json")
	var report audit.Report
	if err := json.Unmarshal([]byte(out), &report); err != nil || code != 1 || report.Clean || len(report.Checks) != 12 || report.Checks[3].Findings[0].Resource != "organizations/o/strategies/s" {
		t.Errorf("code %d, %v: %s", code, err, out)
	}
	for want, args := range map[int][]string{
		1: {"--organization", "nobody"},
		2: {"--database-url", "mysql://here"},
	} {
		if code, out, complaint := run(t, append([]string{"audit", "--data-dir", dir}, args...)...); code != want || out != "" || strings.Count(complaint, "\n") != 1 {
			t.Errorf("%v: code %d, %q, %q", args, code, out, complaint)
		}
	}
}

// bury leaves a dead letter in the database of performance.
func bury(t *testing.T, dir string) {
	t.Helper()
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: dir + "/performance.db"})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Write(t.Context(), func(tx sqldb.Tx) error {
		e := outbox.Event{ID: "e", Source: "s", Type: "s.strategy.updated", Organization: "o", Subject: "organizations/o/strategies/s", Sequence: 1}
		return inbox.Bury(tx, "c", e, errors.New("refused"))
	})
	if err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
}
