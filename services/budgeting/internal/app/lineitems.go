package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// GetLineItem reads one.
func (a *App) GetLineItem(ctx context.Context, k BudgetKey) (domain.LineItem, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (domain.LineItem, error) { return tx.LineItems().Get(k.ids()...) })
}

// ListLineItems reads a page of a budget's lines.
func (a *App) ListLineItems(ctx context.Context, k BudgetKey, q Query) (resource.Page[domain.LineItem], error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (p resource.Page[domain.LineItem], err error) {
		if _, err := tx.Budgets().Get(k.Organization, k.Budget); err != nil {
			return p, err
		}
		p.Items, p.Next, err = tx.LineItems().List(k.parent(), q)
		return p, err
	})
}

// LineItemTotals are a budget's lines summed, with the currency of the sums.
type LineItemTotals struct {
	Currency string
	Totals   []domain.LineItemTotal
}

// SummarizeLineItems totals a budget's lines.
func (a *App) SummarizeLineItems(ctx context.Context, k BudgetKey) (LineItemTotals, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) (t LineItemTotals, err error) {
		budget, err := tx.Budgets().Get(k.Organization, k.Budget)
		if err != nil {
			return t, err
		}
		t.Currency = budget.Currency
		t.Totals, err = tx.LineItems().Totals(k.Organization, k.Budget)
		return t, err
	})
}

// UpsertLineItems writes lines, matched by external reference, all or none.
func (a *App) UpsertLineItems(ctx context.Context, by Caller, k BudgetKey, rows []domain.LineItem) (domain.Upserted[domain.LineItem], error) {
	now := a.Now()
	return resource.Write(ctx, a.Store, func(tx Tx) (n domain.Upserted[domain.LineItem], err error) {
		if _, err := tx.Budgets().Get(k.Organization, k.Budget); err != nil {
			return n, err
		}
		var ids, programIDs []string
		for _, r := range rows {
			ids = append(ids, r.ID)
			programIDs = append(programIDs, r.Program)
		}
		old, err := tx.LineItems().FindMany(k.parent(), ids)
		if err != nil {
			return n, err
		}
		for _, l := range old {
			programIDs = append(programIDs, l.Program)
		}
		programs, err := tx.Programs().FindMany([]string{k.Organization}, programIDs)
		if err != nil {
			return n, err
		}
		bad, err := linkedLines(tx, k, rows, programs)
		if err != nil {
			return n, err
		}
		b := batch[domain.LineItem]{
			field: "line_items", id: func(l domain.LineItem) string { return l.ID },
			made:    func(l domain.LineItem, at string) (domain.LineItem, error) { return domain.NewLineItem(l, at, now) },
			changed: func(old, l domain.LineItem, at string) (domain.LineItem, error) { return old.Changed(l, at, now) },
			allowed: func(l domain.LineItem) error { return by.writesLine(l, programs) },
		}
		written, n, err := b.run(old, rows)
		if err := gather(&bad, err); err != nil {
			return n, err
		}
		if err := bad.Err(); err != nil {
			return n, err
		}
		return n, tx.LineItems().Put(k.Organization, k.Budget, written)
	})
}

// linkedLines are the violations of lines that name funds or programs which do not exist.
func linkedLines(tx Tx, k BudgetKey, rows []domain.LineItem, programs map[string]domain.Program) (fault.Violations, error) {
	known, err := funds(tx, k.Organization)
	if err != nil {
		return nil, err
	}
	var v fault.Violations
	for i, l := range rows {
		_, ok := known[l.Fund]
		v.Check(ok, at("line_items", i)+".fund", "%s does not exist; create the fund first", domain.FundName(k.Organization, l.Fund))
		_, ok = programs[l.Program]
		v.Check(ok || l.Program == "", at("line_items", i)+".program", "%s does not exist; create the program first", domain.ProgramName(k.Organization, l.Program))
	}
	return v, nil
}
