package app

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/compare"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
	"github.com/throughline/throughline/services/platform/resource"
)

// asItIs is what the budget without a scenario is called.
const asItIs = "The budget as it is"

// ScenarioResult is one scenario solved, in minor units.
type ScenarioResult struct {
	Scenario       string // id, or "" for the budget as it is
	Title          string
	Outcome        model.Outcome
	Allocated      int64
	PriorityValue  int64 // by the certified weights
	Surplus        int64
	Short          int64
	Reduced        int // programs below their base
	Raised         int // programs above it
	ContentHash    string
	amounts, bases map[string]int64 // by program; looked up only
}

// ScenarioRow is a program side by side.
type ScenarioRow struct {
	Program   string // id
	Title     string
	Base      int64
	Allocated []int64 // in the order of the results
}

func (r ScenarioRow) spread() int64 { return slices.Max(r.Allocated) - slices.Min(r.Allocated) }

// Scenarios are the budget as it is and its scenarios, side by side.
type Scenarios struct {
	Organization, Budget, Currency string
	Results                        []ScenarioResult
	Rows                           []ScenarioRow // that differ, the widest difference first
}

// CompareScenarios solves the budget as it is and each scenario with the current priorities and results. Nothing is stored.
func (a *App) CompareScenarios(ctx context.Context, k BudgetKey, ids []string) (Scenarios, error) {
	all, err := a.scenarios(ctx, k, ids)
	if err != nil {
		return Scenarios{}, err
	}
	plain, err := domain.NewScenario(domain.Scenario{Organization: k.Organization, Budget: k.Budget, ID: "as-it-is", DisplayName: asItIs}, a.Now())
	if err != nil {
		return Scenarios{}, err
	}
	first, err := a.tried(ctx, plain, domain.Books{})
	if err != nil {
		return Scenarios{}, err
	}
	books := first.books
	out := Scenarios{Organization: k.Organization, Budget: k.Budget, Currency: books.Budget.Currency}
	first.result.Scenario = ""
	first.result.PriorityValue = first.value(first.run)
	out.Results = append(out.Results, first.result)
	for i, s := range all {
		next, err := a.tried(ctx, s, books)
		if err != nil {
			here := at("scenarios", i) + "."
			return out, relocated(relocated(err, "scenario.", here), "allocation.", here)
		}
		next.result.PriorityValue = first.value(next.run)
		out.Results = append(out.Results, next.result)
	}
	out.Rows = rows(books, out.Results)
	return out, nil
}

// scenarios reads them, or names those that do not exist.
func (a *App) scenarios(ctx context.Context, k BudgetKey, ids []string) ([]domain.Scenario, error) {
	return resource.Read(ctx, a.Store, func(tx Tx) ([]domain.Scenario, error) {
		var v fault.Violations
		all := make([]domain.Scenario, len(ids))
		if _, err := tx.Budgets().Get(k.Organization, k.Budget); err != nil {
			return nil, err
		}
		for i, id := range ids {
			var found bool
			var err error
			if all[i], found, err = tx.Scenarios().Find(k.Organization, k.Budget, id); err != nil {
				return nil, err
			}
			v.Check(found, at("scenarios", i), "%s does not exist; name a scenario of the budget", domain.ScenarioName(k.Organization, k.Budget, id))
			v.Check(!slices.Contains(ids[:i], id), at("scenarios", i), "is named twice; name each scenario once")
		}
		return all, v.Err()
	})
}

// trial is a scenario solved.
type trial struct {
	result ScenarioResult
	books  domain.Books
	run    compare.Run
}

// tried solves a scenario by the priorities and results of the first, or by the current ones.
func (a *App) tried(ctx context.Context, s domain.Scenario, first domain.Books) (trial, error) {
	books, in, err := a.question(ctx, domain.Allocation{
		Organization: s.Organization, Budget: s.Budget, Method: s.Method, Params: s.Params,
		PriorityRevision: first.Priorities.Name, ResultsRevision: first.Results.Name,
	}, &s, &domain.InputRoom{})
	if err != nil {
		return trial{}, err
	}
	solved, err := a.solveWith(ctx, in, engine.Options{})
	if err != nil {
		return trial{}, refused(err, books)
	}
	t := trial{books: books, run: compare.Run{Input: in, Plan: solved.Plan}}
	totals := &solved.Plan.Totals
	t.result = ScenarioResult{
		Scenario: s.ID, Title: s.DisplayName, Outcome: solved.Plan.Outcome, Allocated: totals.GrossAmount, Surplus: totals.Surplus + totals.Remainder,
		Short: totals.Short, ContentHash: solved.Certificate.InputHash, amounts: map[string]int64{}, bases: map[string]int64{},
	}
	for _, f := range solved.Plan.Shortfalls {
		t.result.Short += f.Short
	}
	for i := range solved.Plan.Lines {
		l := &solved.Plan.Lines[i]
		t.result.amounts[l.Program] += l.Amount
		t.result.bases[l.Program] += l.Base
	}
	for i := range in.Programs {
		switch id := in.Programs[i].ID; {
		case t.result.amounts[id] < t.result.bases[id]:
			t.result.Reduced++
		case t.result.amounts[id] > t.result.bases[id]:
			t.result.Raised++
		}
	}
	return t, nil
}

// value is the priority value of a run by the scores of t; nothing is paid by an infeasible one.
func (t trial) value(of compare.Run) int64 {
	if of.Plan.Outcome == model.Infeasible {
		return 0
	}
	return compare.Plans(t.run, of).Value.B
}

// rows are the programs that do not get the same everywhere.
func rows(books domain.Books, results []ScenarioResult) []ScenarioRow {
	titles := books.Titles()
	var out []ScenarioRow
	for i := range books.Asks {
		id := books.Asks[i].Program.ID
		r := ScenarioRow{Program: id, Title: titles.Program(id), Base: results[0].bases[id], Allocated: make([]int64, len(results))}
		for j := range results {
			r.Allocated[j] = results[j].amounts[id]
		}
		if r.spread() != 0 {
			out = append(out, r)
		}
	}
	slices.SortStableFunc(out, func(x, y ScenarioRow) int {
		return cmp.Or(cmp.Compare(y.spread(), x.spread()), strings.Compare(x.Program, y.Program))
	})
	return out
}
