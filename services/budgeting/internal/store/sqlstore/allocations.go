package sqlstore

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var allocations = &resource.Kind[domain.Allocation]{
	Type: "allocation",
	Name: func(key ...string) string { return domain.AllocationName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.Allocation]{
		Name: "allocations", Key: []string{"organization_id", "budget_id", "allocation_id"},
		Columns: []string{
			"organization_id", "budget_id", "allocation_id", "display_name", "method", "purpose", "parameters", "priority_revision", "priority_time",
			"results_revision", "results_time", "content_hash", "result_hash", "engine_version", "state", "outcome", "currency", "creator",
			"sequence", "result", "version", "create_time", "update_time",
		},
		Values: func(a domain.Allocation) []any {
			return []any{
				a.Organization, a.Budget, a.ID, a.DisplayName, a.Method, a.Purpose, resource.JSON(a.Params), a.PriorityRevision, a.PriorityTime,
				a.ResultsRevision, a.ResultsTime, a.ContentHash, a.ResultHash, a.EngineVersion, a.State, a.Outcome, a.Currency, a.Creator,
				a.Sequence, resource.JSON(a.Result), a.Version, a.CreateTime, a.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.Allocation, error) {
			a := domain.Allocation{
				Meta: meta(r, 20), Organization: r.Text(0), Budget: r.Text(1), ID: r.Text(2), DisplayName: r.Text(3),
				Method: model.Method(r.Text(4)), Purpose: r.Text(5), PriorityRevision: r.Text(7), PriorityTime: r.Time(8),
				ResultsRevision: r.Text(9), ResultsTime: r.Time(10), ContentHash: r.Text(11), ResultHash: r.Text(12),
				EngineVersion: r.Text(13), State: r.Text(14), Currency: r.Text(16), Creator: r.Text(17), Sequence: r.Int(18),
			}
			return a, errors.Join(resource.FromJSON(r.Text(6), &a.Params), resource.FromJSON(r.Text(19), &a.Result))
		},
	},
}

// allocationLines holds one line a program; the currency is the allocation's.
var allocationLines = &sqldb.Table[domain.AllocationLine]{
	Name: "allocation_lines", Key: []string{"organization_id", "budget_id", "allocation_id", "program_id"},
	Columns: []string{
		"organization_id", "budget_id", "allocation_id", "program_id", "display_name", "department", "base", "fixed", "floor",
		"allocated", "score_bp", "flagged", "reason_code", "funding",
	},
	Values: func(l domain.AllocationLine) []any {
		return []any{
			l.Organization, l.Budget, l.Allocation, l.Program, l.DisplayName, l.Department, l.Base, l.Fixed, l.Floor,
			l.Allocated, l.ScoreBP, l.Flagged, l.ReasonCode, fundingText(l.Funding),
		}
	},
	Scan: func(r sqldb.Row) (domain.AllocationLine, error) {
		l := domain.AllocationLine{
			Organization: r.Text(0), Budget: r.Text(1), Allocation: r.Text(2), Program: r.Text(3), DisplayName: r.Text(4), Department: r.Text(5),
			Base: r.Int(6), Fixed: r.Int(7), Floor: r.Int(8), Allocated: r.Int(9), ScoreBP: r.Int(10), Flagged: r.Bool(11), ReasonCode: r.Text(12),
		}
		var err error
		l.Funding, err = parseFunding(r.Text(13))
		return l, err
	},
}

// fundingText is "FUND=AMOUNT FUND=AMOUNT".
func fundingText(funding []domain.FundAmount) string {
	var b []byte
	for i, f := range funding {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(append(append(b, f.Fund...), '='), f.Amount, 10)
	}
	return string(b)
}

func parseFunding(text string) (funding []domain.FundAmount, err error) {
	for part := range strings.FieldsSeq(text) {
		fund, amount, _ := strings.Cut(part, "=")
		n, err := strconv.ParseInt(amount, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("funding of an allocation line: %w", err)
		}
		funding = append(funding, domain.FundAmount{Fund: fund, Amount: n})
	}
	return funding, nil
}

type allocationTx struct {
	resource.Collection[domain.Allocation]
	txn
}

// Keep implements app.Allocations.
func (t allocationTx) Keep(a domain.Allocation, p app.Proof) error {
	if _, err := t.tx.Exec("INSERT INTO allocation_proofs (organization_id, budget_id, allocation_id, input, plan) VALUES (?, ?, ?, ?, ?)",
		a.Organization, a.Budget, a.ID, p.Input, p.Plan); err != nil {
		return err
	}
	return allocationLines.InsertMany(t.tx, p.Lines)
}

// Proof implements app.Allocations.
func (t allocationTx) Proof(key ...string) (p app.Proof, err error) {
	found, err := sqldb.QueryOne(t.tx, "SELECT input, plan FROM allocation_proofs WHERE organization_id = ? AND budget_id = ? AND allocation_id = ?",
		[]any{key[0], key[1], key[2]}, func(r sqldb.Row) error {
			p.Input, p.Plan = r.Bytes(0), r.Bytes(1)
			return nil
		})
	if err == nil && !found {
		err = fault.State("PROOF_MISSING", "the stored proof of %s is gone, so nothing vouches for it; restore a backup that has it",
			domain.AllocationName(key[0], key[1], key[2]))
	}
	return p, err
}

func under(key []string) []sqldb.Eq {
	return []sqldb.Eq{
		{Column: "organization_id", Value: key[0]}, {Column: "budget_id", Value: key[1]}, {Column: "allocation_id", Value: key[2]},
	}
}

// Lines implements app.Allocations.
func (t allocationTx) Lines(key []string, q app.Query) ([]domain.AllocationLine, string, error) {
	return allocationLines.List(t.tx, under(key), q)
}

// EachLine implements app.Allocations.
func (t allocationTx) EachLine(key []string, do func(domain.AllocationLine) error) error {
	return allocationLines.Each(t.tx, under(key), do)
}

// Line implements app.Allocations.
func (t allocationTx) Line(organization, budget, allocation, program string) (domain.AllocationLine, error) {
	l, found, err := allocationLines.Get(t.tx, organization, budget, allocation, program)
	if err == nil && !found {
		err = fault.Missing("the line of " + domain.ProgramName(organization, program) + " in " + domain.AllocationName(organization, budget, allocation))
	}
	return l, err
}

// Last implements app.Allocations.
func (t allocationTx) Last(organization, budget string) (last int64, err error) {
	_, err = sqldb.QueryOne(t.tx, "SELECT sequence FROM allocations WHERE organization_id = ? AND budget_id = ? ORDER BY sequence DESC LIMIT 1",
		[]any{organization, budget}, func(r sqldb.Row) error { last = r.Int(0); return nil })
	return last, err
}

// Before implements app.Allocations.
func (t allocationTx) Before(a domain.Allocation) (before domain.Allocation, found bool, err error) {
	var id string
	found, err = sqldb.QueryOne(t.tx, "SELECT allocation_id FROM allocations WHERE organization_id = ? AND budget_id = ? AND sequence < ? "+
		"AND state = ? AND outcome <> ? ORDER BY sequence DESC LIMIT 1",
		[]any{a.Organization, a.Budget, a.Sequence, domain.AllocationProposed, string(model.Infeasible)},
		func(r sqldb.Row) error { id = r.Text(0); return nil })
	if err != nil || !found {
		return before, false, err
	}
	return t.Find(a.Organization, a.Budget, id)
}
