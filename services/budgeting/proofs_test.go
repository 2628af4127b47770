package budgeting_test

import (
	"bytes"
	"strings"
	"testing"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/sqldb"
)

func TestVerifyAndReplay(t *testing.T) {
	f := start(t)
	f.city(t)
	a := f.allocate(t, &budgetingv1.Allocation{})
	auditor := f.as(t, "aud", "auditor")
	verify := func() *budgetingv1.VerifyAllocationResponse {
		t.Helper()
		v, err := f.client.VerifyAllocation(auditor, &budgetingv1.VerifyAllocationRequest{Name: a.GetName()})
		must(t, err)
		return v
	}
	if v := verify(); !v.GetValid() || v.GetContentHash() != a.GetContentHash() || v.GetResultHash() != a.GetResultHash() || len(v.GetChecks()) < 6 {
		t.Errorf("verified %v", v)
	}
	replay, err := f.client.ReplayAllocation(auditor, &budgetingv1.ReplayAllocationRequest{Name: a.GetName()})
	must(t, err)
	if !replay.GetIdentical() || replay.GetResultHash() != replay.GetReplayedResultHash() {
		t.Errorf("replayed %v", replay)
	}
	tamper := func(sql string, args ...any) {
		t.Helper()
		must(t, f.db.Write(t.Context(), func(tx sqldb.Tx) error { _, err := tx.Exec(sql, args...); return err }))
	}
	// replace changes the bytes of a column wherever they hold from.
	replace := func(table, column, from, to string) {
		t.Helper()
		must(t, f.db.Write(t.Context(), func(tx sqldb.Tx) error {
			var kept [][]byte
			err := tx.Query("SELECT "+column+" FROM "+table, nil, func(r sqldb.Row) error { kept = append(kept, r.Bytes(0)); return nil })
			for _, b := range kept {
				if err == nil {
					_, err = tx.Exec("UPDATE "+table+" SET "+column+" = ? WHERE "+column+" = ?", bytes.ReplaceAll(b, []byte(from), []byte(to)), b)
				}
			}
			return err
		}))
	}
	replace("allocation_lines", "body", "355102", "355103")
	if v := verify(); v.GetValid() || !strings.Contains(v.GetChecks()[len(v.GetChecks())-1], "programs/parks") {
		t.Errorf("a tampered line verifies: %v", v)
	}
	replace("allocation_lines", "body", `355103`, `355102`)
	for column, c := range map[string]struct{ from, to, says string }{
		"parameters":        {"3000", "4000", "its parameters"},
		"priority_revision": {"/", "/x", "the revisions"},
		"engine_version":    {engine.Version, "0", "engine version"},
	} {
		tamper("CREATE TABLE kept AS SELECT " + column + " AS was FROM allocations")
		tamper("UPDATE allocations SET "+column+" = replace("+column+", ?, ?)", c.from, c.to)
		if v := verify(); v.GetValid() || !strings.Contains(v.GetChecks()[len(v.GetChecks())-1], c.says) {
			t.Errorf("a tampered %s verifies: %v", column, v)
		}
		tamper("UPDATE allocations SET " + column + " = (SELECT was FROM kept)")
		tamper("DROP TABLE kept")
	}
	replace("allocation_proofs", "plan", `355102`, `355103`)
	if v := verify(); v.GetValid() || !strings.Contains(v.GetChecks()[1], "FAILED") {
		t.Errorf("a tampered result verifies: %v", v)
	}
	replace("allocation_proofs", "input", `"engine_version":"`, `"engine_version":"0`)
	_, err = f.client.ReplayAllocation(auditor, &budgetingv1.ReplayAllocationRequest{Name: a.GetName()})
	wantReason(t, err, "ENGINE_VERSION")
	tamper("DELETE FROM allocation_proofs")
	_, err = f.client.VerifyAllocation(auditor, &budgetingv1.VerifyAllocationRequest{Name: a.GetName()})
	wantReason(t, err, "PROOF_MISSING")
}

// What another version of the engine made keeps its figures; nothing is made of its proof, and it is not called tampered with.
func TestAllocationsOfAnotherEngine(t *testing.T) {
	f := start(t)
	f.city(t)
	old := f.allocate(t, &budgetingv1.Allocation{})
	input, result := []byte(`{"schema":1,"engine_version":"1","goals":[]}`), []byte(`{"schema":1}`)
	f.exec(t, "UPDATE allocation_proofs SET codec = '', input = ?, plan = ?", input, result)
	f.exec(t, "UPDATE allocations SET engine_version = '1', content_hash = ?, result_hash = ?", model.Digest(input), model.Digest(result))
	auditor := f.as(t, "aud", "auditor")
	_, verify := f.client.VerifyAllocation(auditor, &budgetingv1.VerifyAllocationRequest{Name: old.GetName()})
	_, replay := f.client.ReplayAllocation(auditor, &budgetingv1.ReplayAllocationRequest{Name: old.GetName()})
	explain := func(a *budgetingv1.Allocation) (*budgetingv1.ExplainAllocationResponse, error) {
		return f.client.ExplainAllocation(auditor, &budgetingv1.ExplainAllocationRequest{Name: a.GetName(), Program: program("parks")})
	}
	_, explained := explain(old)
	_, quartiles := f.client.ReportQuartiles(auditor, &budgetingv1.ReportQuartilesRequest{Name: old.GetName()})
	_, csv := f.export(t, &budgetingv1.ExportAllocationRequest{Name: old.GetName(), Format: budgetingv1.ExportFormat_EXPORT_FORMAT_CSV})
	for _, err := range []error{verify, replay, explained, quartiles, csv} {
		wantReason(t, err, "ENGINE_VERSION")
	}
	if got := f.allocated(t, old); len(got) != 4 || got["Bond Payments"] != 200_000_00 {
		t.Errorf("lines %v", got)
	}
	f.exec(t, "UPDATE allocation_proofs SET input = ?", []byte(`{"schema":1,"engine_version":"1","goals":[{}]}`))
	v, err := f.client.VerifyAllocation(auditor, &budgetingv1.VerifyAllocationRequest{Name: old.GetName()})
	must(t, err)
	if v.GetValid() || !strings.Contains(v.GetChecks()[0], "FAILED") {
		t.Errorf("an old input that was tampered with: %v", v)
	}
	e, err := explain(f.allocate(t, &budgetingv1.Allocation{}))
	must(t, err)
	if len(e.GetSteps()) == 0 {
		t.Error("the first allocation of this engine is not explained")
	}
}
