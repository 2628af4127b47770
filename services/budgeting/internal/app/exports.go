package app

import (
	"context"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// Exported is all that files of an allocation are made from, as it was at one moment.
type Exported struct {
	Allocation domain.Allocation
	Budget     domain.Budget
	Funds      map[string]*domain.Fund // by id
	Lines      []domain.AllocationLine // by program
	Proof      Proof                   // without lines
	Plan       []model.Line            // of the proof
	LineItems  []domain.LineItem       // of the budget, when asked for
}

// ExportAllocation reads an allocation for a file; line items are read only for files that need them.
func (a *App) ExportAllocation(ctx context.Context, k BudgetKey, lineItems bool) (Exported, error) {
	x, err := resource.Read(ctx, a.Store, func(tx Tx) (x Exported, err error) {
		if x.Allocation, err = tx.Allocations().Get(k.ids()...); err != nil {
			return x, err
		}
		if x.Allocation.ResultHash == "" {
			return x, fault.State("ALLOCATION_NOT_SOLVED", "%s is %s: there is nothing to export; wait until it is solved, or create another",
				x.Allocation.Name(), x.Allocation.State)
		}
		if x.Budget, err = tx.Budgets().Get(k.Organization, k.Budget); err != nil {
			return x, err
		}
		if x.Funds, err = funds(tx, k.Organization); err != nil {
			return x, err
		}
		if x.Proof, err = tx.Allocations().Proof(k.ids()...); err != nil {
			return x, err
		}
		if x.Lines, err = allLines(tx, x.Allocation); err != nil || !lineItems {
			return x, err
		}
		err = tx.LineItems().Each(k.parent(), func(l domain.LineItem) error {
			x.LineItems = append(x.LineItems, l)
			return nil
		})
		return x, err
	})
	if err != nil {
		return x, err
	}
	_, plan, err := x.Proof.read()
	x.Plan = plan.Lines
	return x, unreadable(x.Allocation, err)
}
