package sqlstore_test

import (
	"io/fs"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/store/migrations"
	"github.com/throughline/throughline/services/budgeting/internal/store/sqlstore"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

// TestLinesKeptAsRowsAreStillRead migrates an allocation of the time when lines were rows.
func TestLinesKeptAsRowsAreStillRead(t *testing.T) {
	path, old := filepath.Join(t.TempDir(), "budgeting.db"), fstest.MapFS{}
	names, err := fs.Glob(migrations.FS, "*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if text, err := fs.ReadFile(migrations.FS, name); err == nil && !strings.Contains(name, "packed_allocations") {
			old[name] = &fstest.MapFile{Data: text}
		}
		if strings.Contains(name, "packed_allocations") {
			break
		}
	}
	open := func(files fs.FS) sqldb.DB {
		t.Helper()
		db, err := sqldb.OpenSQLite(t.Context(), sqldb.Config{Path: path, Migrations: files})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	db := open(old)
	err = db.Write(t.Context(), func(tx sqldb.Tx) error {
		for _, sql := range []string{
			"INSERT INTO budgets (organization_id, budget_id, display_name, fiscal_year, plan, envelopes, rounding_unit, currency, state, version, create_time, update_time) " +
				"VALUES ('o', 'fy', '', 2027, '', '[]', 1, 'USD', '', 1, 0, 0)",
			"INSERT INTO allocations (organization_id, budget_id, allocation_id, display_name, method, purpose, parameters, priority_revision, priority_time, " +
				"results_revision, results_time, content_hash, result_hash, engine_version, state, outcome, currency, creator, sequence, result, version, create_time, update_time) " +
				"VALUES ('o', 'fy', 'a', '', '', '', '{}', '', 0, '', 0, '', '', '1', '', '', 'USD', '', 1, '{}', 1, 0, 0)",
			"INSERT INTO allocation_proofs (organization_id, budget_id, allocation_id, input, plan) VALUES ('o', 'fy', 'a', 'in', 'plan')",
			"INSERT INTO allocation_lines VALUES ('o', 'fy', 'a', 'zoo', 'Zoo', '', 0, 0, 0, 0, 0, 0, 'BASE', '')",
			"INSERT INTO allocation_lines VALUES ('o', 'fy', 'a', 'parks', 'Parks\t\\' || char(10) || 'and pools', 'D', 9, 1, 2, -8, 5000, 1, 'RATE', 'general=10 debt=-2')",
		} {
			if _, err := tx.Exec(strings.ReplaceAll(sql, "\t", "' || char(9) || '")); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = db.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	db = open(migrations.FS)
	defer func() { _ = db.Close() }()
	key := []string{"o", "fy", "a"}
	want := []domain.AllocationLine{
		{
			Organization: "o", Budget: "fy", Allocation: "a", Program: "parks", DisplayName: "Parks\t\\\nand pools", Department: "D",
			Base: 9, Fixed: 1, Floor: 2, Allocated: -8, ScoreBP: 5000, Flagged: true, ReasonCode: "RATE",
			Funding: []domain.FundAmount{{Fund: "general", Amount: 10}, {Fund: "debt", Amount: -2}},
		},
		{Organization: "o", Budget: "fy", Allocation: "a", Program: "zoo", DisplayName: "Zoo", ReasonCode: "BASE"},
	}
	err = sqlstore.New(&resource.Keeper{DB: db}).Read(t.Context(), func(tx app.Tx) error {
		var got []domain.AllocationLine
		if err := tx.Allocations().EachLine(key, func(l domain.AllocationLine) error { got = append(got, l); return nil }); err != nil {
			return err
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("lines %+v, want %+v", got, want)
		}
		p, err := tx.Allocations().Proof(key...)
		if string(p.Input) != "in" || string(p.Plan) != "plan" {
			t.Errorf("proof %q, %q", p.Input, p.Plan)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
