package throughline_test

import (
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/throughline/throughline/services/platform/inbox"
	"github.com/throughline/throughline/services/platform/outbox"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/throughline"
	"github.com/throughline/throughline/services/throughline/internal/audit"
)

// live fills a data directory with the sample city, adopts an allocation there, and stops the suite.
func live(t *testing.T, dir string) {
	t.Run("live", func(t *testing.T) {
		c := start(t, dir)
		c.load(t)
		finance, council, manager := c.as(t, "finance"), c.as(t, "council"), c.as(t, "manager")
		proposal := c.ok(t, http.MethodPost, "/v1/"+budget+"/allocations?allocationId=recommended", finance, map[string]any{
			"displayName": "Recommended", "purpose": "ALLOCATION_PURPOSE_RECOMMENDATION",
			"parameters": c.ok(t, http.MethodGet, "/v1/"+allocation, finance, nil).json["parameters"],
		}, "Idempotency-Key", "recommended")
		day := func(year, month, day int) map[string]any {
			return map[string]any{"year": year, "month": month, "day": day}
		}
		c.ok(t, http.MethodPost, "/v1/"+proposal.at("name")+":adopt", council, map[string]any{"adoption": map[string]any{
			"body": "City Council", "resolutionNumber": "2026-61", "adoptDate": day(2026, 6, 18),
		}}, "Idempotency-Key", "adopt")
		goal := c.ok(t, http.MethodPost, "/v1/"+plan+"/roleAssignments?roleAssignmentId=gone", manager, map[string]any{
			"role": "Coordinator", "letter": "RACI_LETTER_RESPONSIBLE", "goal": plan + "/goals/aligned-leadership-unified-community", "holder": "ann",
		})
		c.ok(t, http.MethodDelete, "/v1/"+goal.at("name"), manager, nil)
		c.eventually(t, func() (answer, bool) { // its money has arrived
			a := c.ok(t, http.MethodPost, "/v1/"+riverbend+"/evaluations?validateOnly=true", manager, map[string]any{
				"displayName": "Worth it?", "subject": riverbend + "/programs/p-40170", "firstFiscalYear": 2027, "lastFiscalYear": 2027,
				"periodStart": day(2025, 7, 1), "periodEnd": day(2026, 6, 30),
				"outcomes": []any{map[string]any{"measure": riverbend + "/measures/library-visits", "basis": "OUTCOME_BASIS_TOTAL"}},
			})
			return a, a.json["money"] != nil
		})
	})
}

// anHourLater is when everything that was on its way has arrived.
func anHourLater() time.Time { return time.Now().Add(time.Hour) }

func audited(t *testing.T, dir string, options audit.Options) audit.Report {
	t.Helper()
	report, err := throughline.Audit(t.Context(), throughline.AuditConfig{DataDir: dir, Now: anHourLater, Options: options})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// damage is one thing done to a copy of the city behind the services, and the checks that find it.
type damage struct {
	name, service string
	do            func(sqldb.Tx) error
	found         map[string]string // check: resource
}

// sql is a statement that changes exactly one row.
func sql(statement string, args ...any) func(sqldb.Tx) error {
	return func(tx sqldb.Tx) error {
		n, err := tx.Exec(statement, args...)
		if err == nil && n != 1 {
			err = errors.New("nothing was damaged by " + statement)
		}
		return err
	}
}

// overpay adds the smallest unit to what the first program of an allocation is given. Lines are kept by column (budgeting's linetext.go): an empty line, and then
// one a column, the seventh of amounts.
func overpay(tx sqldb.Tx) error {
	const where = " WHERE allocation_id = 'general-fund-95'"
	var body string
	if found, err := sqldb.QueryOne(tx, "SELECT codec, body FROM allocation_lines"+where, nil, func(r sqldb.Row) error {
		body = string(r.Bytes(1))
		if r.Text(0) != "" {
			return errors.New("these lines are packed: damage an allocation of fewer programs")
		}
		return nil
	}); err != nil || !found {
		return errors.Join(err, errors.New("no lines to damage"))
	}
	columns := strings.Split(body, "\n")
	amount, rest, _ := strings.Cut(columns[7], "\t")
	given, err := strconv.ParseInt(amount, 10, 64)
	if err != nil {
		return err
	}
	columns[7] = strconv.FormatInt(given+1, 10) + "\t" + rest
	return sql("UPDATE allocation_lines SET body = ?"+where, []byte(strings.Join(columns, "\n")))(tx)
}

const (
	round    = plan + "/prioritizations/council-2026"
	strategy = riverbend + "/strategies/answer-in-time"
)

// damages are told in the words of the tables that they are done to.
func damages() []damage {
	return []damage{
		{"an amount of an allocation", "budgeting", overpay, map[string]string{"allocations": allocation}},
		{"an event between others", "goals", sql("DELETE FROM outbox WHERE subject = ? AND sequence = 2", plan), map[string]string{"sequences": plan}},
		{"the first event of several", "goals", sql("DELETE FROM outbox WHERE subject = ? AND sequence = 1", plan), map[string]string{"sequences": plan}},
		{"the last event of several", "goals", sql("DELETE FROM outbox WHERE subject = ? AND sequence = 3", plan), map[string]string{"resources": plan}},
		{"the only event", "budgeting", sql("DELETE FROM outbox WHERE subject = ?", riverbend+"/funds/f-001"), map[string]string{"resources": riverbend + "/funds/f-001"}},
		{"an event's version", "goals", sql("UPDATE outbox SET etag_before = '7' WHERE subject = ? AND sequence = 3", plan), map[string]string{"sequences": plan}},
		{"a weight", "goals", sql("UPDATE priority_revisions SET weights = replace(weights, '\"WeightPPM\":', '\"WeightPPM\":1')"), map[string]string{"priorities": "/priorityRevisions/"}},
		{"a hash of weights", "goals", sql("UPDATE priority_revisions SET content_hash = 'abc'"), map[string]string{"priorities": "/priorityRevisions/"}},
		{"tallies", "goals", sql("UPDATE prioritizations SET tallies = replace(tallies, '\"Points\":', '\"Points\":1')"), map[string]string{"rounds": round}},
		{"an observation", "performance", sql("UPDATE observations SET value = value + 1 WHERE measure_id = 'library-visits' AND dimension = '' AND period_start = " +
			"(SELECT MAX(period_start) FROM observations WHERE measure_id = 'library-visits')"), map[string]string{"results": riverbend + "/measures/library-visits"}},
		{"the hash of a series", "performance", sql("UPDATE results_revisions SET canonical = replace(canonical, 'series	', 'series	1')"), map[string]string{"results": "/resultsRevisions/"}},
		{"an event that was never taken in", "performance", sql("DELETE FROM inbox WHERE subject = ?", strategy), map[string]string{"consumed": strategy}},
		{"an event of the future", "performance", sql("UPDATE inbox SET sequence = 9 WHERE subject = ?", strategy), map[string]string{"consumed": strategy}},
		{"a dead letter", "performance", func(tx sqldb.Tx) error {
			e := outbox.Event{ID: "e", Source: "throughline.actionplanning.v1", Type: "throughline.actionplanning.v1.strategy.updated", Organization: "riverbend", Subject: strategy, Sequence: 1}
			return inbox.Bury(tx, "throughline.performance.v1<throughline.actionplanning.v1", e, errors.New("refused"))
		}, map[string]string{"dead-letters": strategy}},
		{"a line item", "budgeting", sql("UPDATE line_items SET amount = amount + 1 WHERE line_item_id = (SELECT MIN(line_item_id) FROM line_items)"), map[string]string{"line-items": budget + "/lineItems/"}},
		{"a line item that is gone", "budgeting", sql("DELETE FROM line_items WHERE line_item_id = (SELECT MIN(line_item_id) FROM line_items)"), map[string]string{"line-items": budget + "/lineItems/"}},
		{"adopted money", "performance", sql("UPDATE adopted_money SET minor = minor + 1 WHERE program = ?", riverbend+"/programs/p-40170"), map[string]string{"adopted-money": budget + "/allocations/recommended"}},
		{"a resource", "budgeting", sql("UPDATE programs SET purpose = 'another' WHERE program_id = 'p-40170'"), map[string]string{"resources": riverbend + "/programs/p-40170"}},
		{"a resource that is gone", "actionplanning", sql("DELETE FROM assignments WHERE assignment_id = (SELECT MIN(assignment_id) FROM assignments)"), map[string]string{"resources": riverbend + "/assignments/"}},
	}
}

// What an audit says of a city where all is well, and of every kind of damage: each is found by its own check and no other.
func TestAudit(t *testing.T) {
	embedded(t, "it is about a data directory")
	dir := t.TempDir()
	live(t, dir)
	clean := audited(t, dir, audit.Options{Replay: true})
	for _, c := range clean.Checks {
		t.Logf("%s: %d %s", c.Name, c.Looked, c.Unit)
		if c.Looked == 0 || c.Skipped > 0 {
			t.Errorf("%s looked at %d %s and skipped %d", c.Name, c.Looked, c.Unit, c.Skipped)
		}
		for _, f := range append(c.Findings, c.Warnings...) {
			t.Errorf("%s found %+v", c.Name, f)
		}
	}
	if !clean.Clean || clean.Organizations != 1 {
		t.Fatalf("clean %v, of %d organizations", clean.Clean, clean.Organizations)
	}
	for _, d := range damages() {
		t.Run(d.name, func(t *testing.T) {
			report := audited(t, damaged(t, dir, d), audit.Options{Organization: "riverbend"})
			got := map[string]string{}
			for _, c := range report.Checks {
				for _, f := range c.Findings {
					got[c.Name] = f.Resource
					t.Logf("%s: %s: expected %s, found %s", c.Name, f.Resource, f.Expected, f.Found)
					if f.Expected == "" || f.Found == "" || f.Remedy == "" {
						t.Errorf("%+v leaves something open", f)
					}
				}
			}
			if report.Clean || !slices.Equal(slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(d.found))) {
				t.Fatalf("found by %v, want %v", got, d.found)
			}
			for check, resource := range d.found {
				if !strings.Contains(got[check], resource) {
					t.Errorf("%s found %s, want %s", check, got[check], resource)
				}
			}
		})
	}
	t.Run("a relay that stands still is a warning", func(t *testing.T) {
		report := audited(t, damaged(t, dir, damage{service: "goals", do: sql("UPDATE outbox_position SET position = 1")}), audit.Options{})
		if c := report.Checks[1]; !report.Clean || c.Name != "published" || len(c.Warnings) != 1 || c.Warnings[0].Resource != "goals" {
			t.Errorf("clean %v: %+v", report.Clean, c)
		}
	})
}

// damaged is a copy of a data directory with one thing done to it.
func damaged(t *testing.T, dir string, d damage) string {
	t.Helper()
	to := t.TempDir()
	for _, database := range throughline.Databases() {
		text := read(t, filepath.Join(dir, database.Service+".db"))
		if err := os.WriteFile(filepath.Join(to, database.Service+".db"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: filepath.Join(to, d.service+".db")})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Write(t.Context(), d.do); err != nil {
		t.Error(err)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	return to
}
