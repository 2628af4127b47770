package sqlstore

import (
	"time"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/sqldb"
)

type runTx struct{ txn }

const ofRun = " WHERE organization_id = ? AND budget_id = ? AND allocation_id = ?"

// Insert implements app.Runs.
func (t runTx) Insert(r app.Run) error {
	input := pack(r.Input, []byte{})
	defer input.close()
	if err := t.keepProof(r.Organization, r.Budget, r.Allocation, &input); err != nil {
		return err
	}
	_, err := t.tx.Exec("INSERT INTO allocation_runs (organization_id, budget_id, allocation_id, holder, lease_until, attempts, states, value, bound) "+
		"VALUES (?, ?, ?, '', 0, 0, 0, 0, 0)", r.Organization, r.Budget, r.Allocation)
	return err
}

// Claim implements app.Runs.
func (t runTx) Claim(now time.Time, holder string, until time.Time) (run app.Run, found bool, err error) {
	found, err = sqldb.QueryOne(t.tx, "SELECT organization_id, budget_id, allocation_id, attempts FROM allocation_runs WHERE lease_until < ? "+
		"ORDER BY lease_until, organization_id, budget_id, allocation_id LIMIT 1", []any{now}, func(r sqldb.Row) error {
		run = app.Run{Organization: r.Text(0), Budget: r.Text(1), Allocation: r.Text(2), Attempt: r.Int(3) + 1}
		return nil
	})
	if err != nil || !found {
		return run, false, err
	}
	proof, err := t.Allocations().Proof(run.Organization, run.Budget, run.Allocation)
	if err != nil {
		return run, false, err
	}
	run.Input = proof.Input
	_, err = t.tx.Exec("UPDATE allocation_runs SET holder = ?, lease_until = ?, attempts = ?"+ofRun,
		holder, until, run.Attempt, run.Organization, run.Budget, run.Allocation)
	return run, true, err
}

// Renew implements app.Runs.
func (t runTx) Renew(r app.Run, holder string, until time.Time, p domain.Search) (bool, error) {
	n, err := t.tx.Exec("UPDATE allocation_runs SET lease_until = ?, states = ?, value = ?, bound = ?"+ofRun+" AND holder = ?",
		until, p.States, p.Value, p.Bound, r.Organization, r.Budget, r.Allocation, holder)
	return n == 1, err
}

// Release implements app.Runs.
func (t runTx) Release(r app.Run, holder string) error {
	_, err := t.tx.Exec("UPDATE allocation_runs SET holder = '', lease_until = 0, attempts = attempts - 1"+ofRun+" AND holder = ?",
		r.Organization, r.Budget, r.Allocation, holder)
	return err
}

// Progress implements app.Runs.
func (t runTx) Progress(key ...string) (p domain.Search, found bool, err error) {
	found, err = sqldb.QueryOne(t.tx, "SELECT states, value, bound FROM allocation_runs"+ofRun, []any{key[0], key[1], key[2]}, func(r sqldb.Row) error {
		p = domain.Search{States: r.Int(0), Value: r.Int(1), Bound: r.Int(2)}
		return nil
	})
	return p, found, err
}

// Remove implements app.Runs.
func (t runTx) Remove(k app.BudgetKey, holder string) (bool, error) {
	n, err := t.tx.Exec("DELETE FROM allocation_runs"+ofRun+" AND (? = '' OR holder = ?)", k.Organization, k.Budget, k.ID, holder, holder)
	return n == 1, err
}
