package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	budgetingv1 "github.com/throughline/throughline/proto/gen/throughline/budgeting/v1"
	"github.com/throughline/throughline/services/platform/sqldb"
	"github.com/throughline/throughline/services/platform/wire"
)

// eachBudget runs do for the name of every budget.
func (a *auditor) eachBudget(ctx context.Context, c *Check, do func(ctx context.Context, budgeting budgetingv1.BudgetingServiceClient, budget string) error) error {
	return a.each(ctx, func(ctx context.Context, organization string) error { return a.budgets(ctx, c, organization, do) })
}

// budgets runs do for the name of every budget of an organization; ctx is an auditor's.
func (a *auditor) budgets(
	ctx context.Context, c *Check, organization string, do func(ctx context.Context, budgeting budgetingv1.BudgetingServiceClient, budget string) error,
) error {
	budgeting, parent := budgetingv1.NewBudgetingServiceClient(a.Conn), "organizations/"+organization
	budgets := listed(ctx, budgeting.ListBudgets, func(token string) *budgetingv1.ListBudgetsRequest {
		return &budgetingv1.ListBudgetsRequest{Parent: parent, PageSize: pageSize, PageToken: token}
	}, (*budgetingv1.ListBudgetsResponse).GetBudgets)
	for b, err := range budgets {
		if err != nil {
			c.unread(parent+"/budgets", err)
			return nil
		}
		if err := do(ctx, budgeting, b.GetName()); err != nil {
			return err
		}
	}
	return nil
}

// eachAllocation runs do for every allocation of a budget in one of the states.
func eachAllocation(
	ctx context.Context, c *Check, budgeting budgetingv1.BudgetingServiceClient, budget string, do func(*budgetingv1.Allocation) error, states ...budgetingv1.AllocationState,
) error {
	all := listed(ctx, budgeting.ListAllocations, func(token string) *budgetingv1.ListAllocationsRequest {
		return &budgetingv1.ListAllocationsRequest{Parent: budget, PageSize: pageSize, PageToken: token}
	}, (*budgetingv1.ListAllocationsResponse).GetAllocations)
	for allocation, err := range all {
		if err != nil {
			c.unread(budget+"/allocations", err)
			return nil
		}
		if slices.Contains(states, allocation.GetState()) {
			if err := do(allocation); err != nil {
				return err
			}
		}
	}
	return nil
}

// allocations has every solved allocation verified by its service, and solved again when that is asked for.
func allocations(ctx context.Context, a *auditor, c *Check) error {
	return a.eachBudget(ctx, c, func(ctx context.Context, budgeting budgetingv1.BudgetingServiceClient, budget string) error {
		return eachAllocation(ctx, c, budgeting, budget, func(l *budgetingv1.Allocation) error {
			sound := c.verify(ctx, budgeting, l.GetName())
			if sound && a.Replay {
				c.replay(ctx, budgeting, l.GetName())
			}
			return nil
		}, budgetingv1.AllocationState_ALLOCATION_STATE_PROPOSED, budgetingv1.AllocationState_ALLOCATION_STATE_ADOPTED,
			budgetingv1.AllocationState_ALLOCATION_STATE_SUPERSEDED)
	})
}

func (c *Check) verify(ctx context.Context, budgeting budgetingv1.BudgetingServiceClient, name string) (sound bool) {
	v, err := budgeting.VerifyAllocation(ctx, &budgetingv1.VerifyAllocationRequest{Name: name})
	switch {
	case reason(err) == "ENGINE_VERSION": // that version alone can judge it
		c.Skipped++
		return false
	case err != nil:
		c.unread(name, err)
	case !v.GetValid():
		found := "no check passed"
		if n := len(v.GetChecks()); n > 0 {
			found = v.GetChecks()[n-1]
		}
		c.find(name, remedyRestore, "a valid allocation", found)
	default:
		sound = true
	}
	c.Looked++
	return sound
}

func (c *Check) replay(ctx context.Context, budgeting budgetingv1.BudgetingServiceClient, name string) {
	r, err := budgeting.ReplayAllocation(ctx, &budgetingv1.ReplayAllocationRequest{Name: name})
	switch {
	case err != nil:
		c.unread(name, err)
	case !r.GetIdentical():
		c.find(name, "the program that solved it differs from this one: compare their versions", "solving its input again gives the result of hash "+r.GetResultHash(), r.GetReplayedResultHash())
	}
}

// adoption is where performance keeps the money of an adopted allocation.
type adoption struct{ budget, election string }

// adoptedMoney holds what performance keeps of adopted allocations against their lines.
func adoptedMoney(ctx context.Context, a *auditor, c *Check) error {
	return a.each(ctx, func(ctx context.Context, organization string) error {
		known, err := a.known(ctx, organization)
		if err != nil {
			return err
		}
		err = a.budgets(ctx, c, organization, func(ctx context.Context, budgeting budgetingv1.BudgetingServiceClient, budget string) error {
			return eachAllocation(ctx, c, budgeting, budget, func(l *budgetingv1.Allocation) error {
				c.Looked++
				at := adoption{budget, l.GetParameters().GetElection()}
				allocation := known[at]
				delete(known, at)
				return a.compareMoney(ctx, c, budgeting, l, at, allocation)
			}, budgetingv1.AllocationState_ALLOCATION_STATE_ADOPTED)
		})
		for _, allocation := range slices.Sorted(maps.Values(known)) {
			c.find(allocation, remedyConsume, "an adopted allocation, for performance knows its money", "it is not adopted")
		}
		return err
	})
}

const remedyConsume = "restore the databases of budgeting and performance from one backup; performance takes money from the event of the adoption alone"

// known is which allocations performance takes for adopted.
func (a *auditor) known(ctx context.Context, organization string) (map[adoption]string, error) {
	known := map[adoption]string{}
	err := a.store("performance").DB.Read(ctx, func(tx sqldb.Tx) error {
		clear(known)
		return tx.Query("SELECT budget, election, allocation FROM adopted_allocations WHERE organization_id = ?", []any{organization}, func(r sqldb.Row) error {
			known[adoption{r.Text(0), r.Text(1)}] = r.Text(2)
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("the adopted money of %s: %w", organization, err)
	}
	return known, nil
}

// compareMoney compares program by program.
func (a *auditor) compareMoney(
	ctx context.Context, c *Check, budgeting budgetingv1.BudgetingServiceClient, l *budgetingv1.Allocation, at adoption, known string,
) error {
	if known != l.GetName() {
		if a.old(l.GetAdoption().GetAdoptTime().AsTime()) {
			c.find(l.GetName(), remedyConsume, "performance knows its money", "it knows that of "+cmp.Or(known, "none"))
		}
		return nil
	}
	given, err := grants(ctx, budgeting, l.GetName())
	if err != nil {
		c.unread(l.GetName(), err)
		return nil
	}
	var differ []string
	var total int64
	err = a.store("performance").DB.Read(ctx, func(tx sqldb.Tx) error {
		return tx.Query("SELECT program, currency, minor FROM adopted_money WHERE organization_id = ? AND budget = ? AND election = ? ORDER BY program",
			[]any{organizationOf(at.budget), at.budget, at.election}, func(r sqldb.Row) error {
				program, kept := r.Text(0), amount{r.Text(1), r.Int(2)}
				if given[program] != kept {
					differ = append(differ, fmt.Sprintf("%s: %v instead of %v", program, kept, given[program]))
				}
				delete(given, program)
				total += kept.minor
				return nil
			})
	})
	for _, program := range slices.Sorted(maps.Keys(given)) {
		differ = append(differ, fmt.Sprintf("%s: nothing instead of %v", program, given[program]))
	}
	if err == nil && len(differ) > 0 {
		c.find(l.GetName(), remedyConsume, "performance knows its money", fmt.Sprintf("%d programs differ, the first is %s", len(differ), differ[0]))
	}
	return err
}

// amount is money in whole minor units.
type amount struct {
	currency string
	minor    int64
}

func (a amount) String() string { return fmt.Sprintf("%d minor units of %s", a.minor, a.currency) }

// grants is what an allocation gives to each program that it gives something, with council's adjustments.
func grants(ctx context.Context, budgeting budgetingv1.BudgetingServiceClient, allocation string) (map[string]amount, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	stream, err := budgeting.StreamAllocationLines(ctx, &budgetingv1.StreamAllocationLinesRequest{Parent: allocation})
	if err != nil {
		return nil, err
	}
	given := map[string]amount{}
	for {
		batch, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return given, nil
		}
		if err != nil {
			return nil, err
		}
		for _, line := range batch.GetLines() {
			gets := line.GetAdjusted()
			minor, err := wire.FromMoney(gets.GetCurrencyCode(), gets)
			if err != nil {
				return nil, fmt.Errorf("the line of %s: %w", line.GetProgram(), err)
			}
			if minor > 0 {
				given[line.GetProgram()] = amount{gets.GetCurrencyCode(), minor}
			}
		}
	}
}
