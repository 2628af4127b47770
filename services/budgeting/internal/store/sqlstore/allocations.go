package sqlstore

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/app"
	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/listing"
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
			"sequence", "result", "version", "create_time", "update_time", "scenario", "adjustments", "adoption", "failure",
		},
		Values: func(a domain.Allocation) []any {
			return []any{
				a.Organization, a.Budget, a.ID, a.DisplayName, a.Method, a.Purpose, resource.JSON(a.Params), a.PriorityRevision, a.PriorityTime,
				a.ResultsRevision, a.ResultsTime, a.ContentHash, a.ResultHash, a.EngineVersion, a.State, a.Outcome, a.Currency, a.Creator,
				a.Sequence, resource.JSON(a.Result), a.Version, a.CreateTime, a.UpdateTime, a.Scenario, resource.JSON(a.Adjustments),
				resource.JSON(a.Adoption), a.Failure,
			}
		},
		Scan: func(r sqldb.Row) (domain.Allocation, error) {
			a := domain.Allocation{
				Meta: meta(r, 20), Organization: r.Text(0), Budget: r.Text(1), ID: r.Text(2), DisplayName: r.Text(3),
				Method: model.Method(r.Text(4)), Purpose: r.Text(5), PriorityRevision: r.Text(7), PriorityTime: r.Time(8),
				ResultsRevision: r.Text(9), ResultsTime: r.Time(10), ContentHash: r.Text(11), ResultHash: r.Text(12),
				EngineVersion: r.Text(13), State: r.Text(14), Currency: r.Text(16), Creator: r.Text(17), Sequence: r.Int(18),
				Scenario: r.Text(23), Failure: r.Text(26),
			}
			return a, errors.Join(resource.FromJSON(r.Text(6), &a.Params), resource.FromJSON(r.Text(19), &a.Result),
				resource.FromJSON(r.Text(24), &a.Adjustments), resource.FromJSON(r.Text(25), &a.Adoption))
		},
	},
}

type allocationTx struct {
	resource.Collection[domain.Allocation]
	txn
}

// packedProof is an input with its plan, and the text of the lines.
type packedProof struct {
	proof, lines packed
	text         *[]byte // that lines are packed from, which small ones are kept as
}

// Pack implements app.Store.
func (store) Pack(p app.Proof) app.Packed {
	text, _ := lineTexts.Get().(*[]byte)
	*text = lineText((*text)[:0], p.Lines)
	return &packedProof{proof: pack(p.Input, p.Plan), lines: pack(*text), text: text}
}

// Close implements app.Packed.
func (p *packedProof) Close() {
	p.proof.close()
	p.lines.close()
	lineTexts.Put(p.text)
}

// Keep implements app.Allocations.
func (t allocationTx) Keep(a domain.Allocation, p app.Packed) error {
	kept, ok := p.(*packedProof)
	if !ok {
		return fmt.Errorf("proof of %s was packed by another store", a.Name())
	}
	if err := t.keepProof(a.Organization, a.Budget, a.ID, &kept.proof); err != nil {
		return err
	}
	_, err := t.tx.Exec("INSERT INTO allocation_lines (organization_id, budget_id, allocation_id, codec, body) VALUES (?, ?, ?, ?, ?)",
		a.Organization, a.Budget, a.ID, kept.lines.codec, kept.lines.parts[0])
	return err
}

// keepProof keeps an input with its plan, which is empty while it is being solved.
func (t txn) keepProof(organization, budget, allocation string, p *packed) error {
	_, err := t.tx.Exec("INSERT INTO allocation_proofs (organization_id, budget_id, allocation_id, codec, input, plan) VALUES (?, ?, ?, ?, ?, ?) "+
		"ON CONFLICT (organization_id, budget_id, allocation_id) DO UPDATE SET codec = excluded.codec, input = excluded.input, plan = excluded.plan",
		organization, budget, allocation, p.codec, p.parts[0], p.parts[1])
	return err
}

// Proof implements app.Allocations.
func (t allocationTx) Proof(key ...string) (p app.Proof, err error) {
	found, err := sqldb.QueryOne(t.tx, "SELECT codec, input, plan FROM allocation_proofs WHERE organization_id = ? AND budget_id = ? AND allocation_id = ?",
		[]any{key[0], key[1], key[2]}, func(r sqldb.Row) (err error) {
			if p.Input, err = unpack(r.Text(0), r.Bytes(1)); err == nil {
				p.Plan, err = unpack(r.Text(0), r.Bytes(2))
			}
			return err
		})
	if err == nil && !found {
		err = fault.State("PROOF_MISSING", "the stored proof of %s is gone, so nothing vouches for it; restore a backup that has it",
			domain.AllocationName(key[0], key[1], key[2]))
	}
	return p, err
}

// lines are all of an allocation, by program id; none when nothing is kept.
func (t allocationTx) lines(key []string) (lines []domain.AllocationLine, err error) {
	_, err = sqldb.QueryOne(t.tx, "SELECT codec, body FROM allocation_lines WHERE organization_id = ? AND budget_id = ? AND allocation_id = ?",
		[]any{key[0], key[1], key[2]}, func(r sqldb.Row) error {
			text, err := unpack(r.Text(0), r.Bytes(1))
			if err == nil {
				lines, err = parseLines(text, key)
			}
			return err
		})
	return lines, err
}

// Lines implements app.Allocations.
func (t allocationTx) Lines(key []string, q app.Query) ([]domain.AllocationLine, string, error) {
	lines, err := t.lines(key)
	if err != nil {
		return nil, "", err
	}
	return listing.Select(q, lines, lineColumn)
}

// EachLine implements app.Allocations.
func (t allocationTx) EachLine(key []string, do func(domain.AllocationLine) error) error {
	lines, err := t.lines(key)
	if err != nil {
		return err
	}
	for i := range lines {
		if err := do(lines[i]); err != nil {
			return err
		}
	}
	return nil
}

// Line implements app.Allocations.
func (t allocationTx) Line(organization, budget, allocation, program string) (domain.AllocationLine, error) {
	lines, err := t.lines([]string{organization, budget, allocation})
	if err != nil {
		return domain.AllocationLine{}, err
	}
	at, found := slices.BinarySearchFunc(lines, program, func(l domain.AllocationLine, id string) int { return strings.Compare(l.Program, id) })
	if !found {
		return domain.AllocationLine{}, fault.Missing("the line of " + domain.ProgramName(organization, program) + " in " + domain.AllocationName(organization, budget, allocation))
	}
	return lines[at], nil
}

// Last implements app.Allocations.
func (t allocationTx) Last(organization, budget string) (last int64, err error) {
	_, err = sqldb.QueryOne(t.tx, "SELECT sequence FROM allocations WHERE organization_id = ? AND budget_id = ? ORDER BY sequence DESC LIMIT 1",
		[]any{organization, budget}, func(r sqldb.Row) error { last = r.Int(0); return nil })
	return last, err
}

// Announce implements app.Allocations.
func (t allocationTx) Announce(m domain.AdoptedMoney) error {
	return t.journal.Append(resource.Change{Type: "allocation.adopted", Subject: m.Allocation, Resource: m})
}

// Before implements app.Allocations.
func (t allocationTx) Before(a domain.Allocation) (before domain.Allocation, found bool, err error) {
	var id string
	among := "NOT IN"
	if a.Method.ByBallots() {
		among = "IN"
	}
	found, err = sqldb.QueryOne(t.tx, "SELECT allocation_id FROM allocations WHERE organization_id = ? AND budget_id = ? AND sequence < ? "+
		"AND result_hash <> '' AND outcome <> ? AND method "+among+" (?, ?) ORDER BY sequence DESC LIMIT 1",
		[]any{a.Organization, a.Budget, a.Sequence, string(model.Infeasible), string(model.EqualShares), string(model.GreedyVotes)},
		func(r sqldb.Row) error { id = r.Text(0); return nil })
	if err != nil || !found {
		return before, false, err
	}
	if before, found, err = t.Find(a.Organization, a.Budget, id); before.Params.Election != a.Params.Election {
		return domain.Allocation{}, false, err
	}
	return before, found, err
}
