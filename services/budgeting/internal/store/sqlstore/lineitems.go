package sqlstore

import (
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/resource"
	"github.com/throughline/throughline/services/platform/sqldb"
)

var lineItems = &resource.Kind[domain.LineItem]{
	Type: "line_item",
	Name: func(key ...string) string { return domain.LineItemName(key[0], key[1], key[2]) },
	Table: &sqldb.Table[domain.LineItem]{
		Name: "line_items", Key: []string{"organization_id", "budget_id", "line_item_id"},
		Columns: []string{
			"organization_id", "budget_id", "line_item_id", "kind", "fund", "department", "account_segments", "account_description", "figure",
			"amount", "currency", "program", "treatment", "one_time", "external_ref", "source_file", "source_row",
			"version", "create_time", "update_time",
		},
		Values: func(l domain.LineItem) []any {
			program := l.Program
			if program != "" {
				program = domain.ProgramName(l.Organization, program)
			}
			return []any{
				l.Organization, l.Budget, l.ID, l.Kind, domain.FundName(l.Organization, l.Fund), l.Department,
				resource.JSON(l.AccountSegments), l.AccountDescription, l.Figure, l.Amount, l.Currency, program, l.Treatment,
				l.OneTime, l.ExternalRef, l.SourceFile, l.SourceRow, l.Version, l.CreateTime, l.UpdateTime,
			}
		},
		Scan: func(r sqldb.Row) (domain.LineItem, error) {
			l := domain.LineItem{
				Meta: meta(r, 17), Organization: r.Text(0), Budget: r.Text(1), ID: r.Text(2), Kind: r.Text(3), Fund: lastID(r.Text(4)),
				Department: r.Text(5), AccountDescription: r.Text(7), Figure: r.Text(8), Amount: r.Int(9), Currency: r.Text(10),
				Program: lastID(r.Text(11)), Treatment: model.Treatment(r.Text(12)), OneTime: r.Bool(13), ExternalRef: r.Text(14),
				SourceFile: r.Text(15), SourceRow: int(r.Int(16)),
			}
			return l, resource.FromJSON(r.Text(6), &l.AccountSegments)
		},
	},
}

// lastID is the last id of a resource name.
func lastID(name string) string { return name[strings.LastIndexByte(name, '/')+1:] }

type lineItemTx struct {
	resource.Collection[domain.LineItem]
	txn
}

// FindMany implements app.LineItems.
func (t lineItemTx) FindMany(parent, ids []string) (map[string]domain.LineItem, error) {
	return findMany(t.tx, lineItems.Table, parent, ids)
}

// Put implements app.LineItems: one change of the collection tells all the lines written, as they now are.
func (t lineItemTx) Put(organization, budget string, all []domain.LineItem) error {
	if len(all) == 0 {
		return nil
	}
	if err := lineItems.Table.PutMany(t.tx, all); err != nil {
		return err
	}
	return t.journal.Append(resource.Change{
		Type: "line_items.upserted", Subject: domain.BudgetName(organization, budget) + "/lineItems", Resource: all,
	})
}

// Totals implements app.LineItems.
func (t lineItemTx) Totals(organization, budget string) (totals []domain.LineItemTotal, err error) {
	err = t.tx.Query("SELECT fund, kind, figure, treatment, COUNT(*), SUM(amount) FROM line_items WHERE organization_id = ? AND budget_id = ? "+
		"GROUP BY fund, kind, figure, treatment ORDER BY fund, kind, figure, treatment", []any{organization, budget}, func(r sqldb.Row) error {
		totals = append(totals, domain.LineItemTotal{
			Fund: lastID(r.Text(0)), Kind: r.Text(1), Figure: r.Text(2), Treatment: model.Treatment(r.Text(3)), Lines: r.Int(4), Amount: r.Int(5),
		})
		return nil
	})
	return totals, err
}
