package app

import (
	"context"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/compare"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/platform/fault"
)

// baselines are what people call the plain methods.
var baselines = map[model.Method]string{model.CutLine: "the cut line", model.AcrossTheBoard: "the same cut or growth for all"}

// Comparison is an allocation (A) beside another, or beside a baseline of its own input (B).
type Comparison struct {
	Allocation domain.Allocation
	Titles     domain.Titles
	compare.Comparison
	Summary []string
}

// CompareAllocation holds an allocation against another of the same organization, or against a plain method on its own input. Exactly one of the two
// is given.
func (a *App) CompareAllocation(ctx context.Context, k BudgetKey, other BudgetKey, baseline model.Method) (Comparison, error) {
	here, err := a.open(ctx, k)
	if err != nil {
		return Comparison{}, err
	}
	if baseline != "" {
		return here.beside(ctx, baseline)
	}
	there, err := a.open(ctx, other)
	if fault.Is(err, fault.NotFound) {
		return Comparison{}, violation("other", "%s does not exist; name an allocation of this organization",
			domain.AllocationName(other.Organization, other.Budget, other.ID))
	}
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{
		Allocation: here.Allocation, Titles: domain.Both(here.titles, there.titles), Comparison: compare.Plans(here.Run, there.Run),
	}
	c.tell(`The first plan is "`+here.DisplayName+`", the second is "`+there.DisplayName+`".`, here.Input.Goals)
	return c, nil
}

// beside solves the input again by a plain method.
func (o opened) beside(ctx context.Context, baseline model.Method) (Comparison, error) {
	if o.Input.Election != nil {
		return Comparison{}, violation("baseline", "is of costs and scores, and ballots decided here; compare with another allocation of the election")
	}
	run := o.Run
	run.Input.EngineVersion = engine.Version // a baseline is solved now, whatever solved the allocation
	_, plain, err := compare.Baseline(ctx, run, baseline)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Allocation: o.Allocation, Titles: o.titles, Comparison: compare.Plans(o.Run, plain)}
	c.tell(`The first plan is "`+o.DisplayName+`", the second is the same input by a baseline: `+baselines[baseline]+".", o.Input.Goals)
	return c, nil
}

func (c *Comparison) tell(which string, goals []model.Goal) {
	c.Summary = append([]string{which}, domain.Told(c.Sentences, c.Titles, goals)...)
}

// Quartile is a quarter of the programs, whole: what competes of them and what is paid off the top.
type Quartile struct {
	Programs      int
	HighBP, LowBP int64 // scores
	Base          int64
	Allocated     int64
	Bound         int64 // what does not compete, and what attested mandates protect
	SharePPM      int64 // of all that is allocated, programs without a competing line included
}

// Quartiles is spending by priority, the most aligned quarter first.
type Quartiles struct {
	Currency  string
	Quartiles [4]Quartile
}

// ReportQuartiles divides the programs into four parts by their scores.
func (a *App) ReportQuartiles(ctx context.Context, k BudgetKey) (Quartiles, error) {
	o, err := a.open(ctx, k)
	if err != nil {
		return Quartiles{}, err
	}
	report := compare.Quartiles(o.Run)
	q := Quartiles{Currency: o.Currency}
	all := report.Total.Allocated + report.Total.Fixed
	for i := range report.Quartiles {
		of := &report.Quartiles[i]
		q.Quartiles[i] = Quartile{
			Programs: len(of.Programs), HighBP: of.HighBP, LowBP: of.LowBP,
			Base: of.Today, Allocated: of.Allocated + of.Fixed, Bound: of.Mandated + of.Fixed,
		}
		if all > 0 {
			q.Quartiles[i].SharePPM, _ = money.MulDivFloor(max(0, of.Allocated+of.Fixed), model.Whole, all) // at most the whole
		}
	}
	return q, nil
}

// governingBody approves what nobody else may.
const governingBody = "governing body"

// Reprioritization is what new priorities or results ask of an adopted allocation.
type Reprioritization struct {
	Allocation       domain.Allocation
	PriorityRevision string
	ResultsRevision  string
	Titles           domain.Titles
	compare.Reprioritization
	Notes []string
}

// ReprioritizeAllocation says which transfers lead from an adopted allocation, with council's adjustments, towards other priorities or results, and
// who may approve them. "" means the current ones. Nothing is stored.
func (a *App) ReprioritizeAllocation(
	ctx context.Context, k BudgetKey, priority, results string, encumbered []compare.Encumbrance,
) (Reprioritization, error) {
	o, err := a.open(ctx, k)
	if err != nil {
		return Reprioritization{}, err
	}
	if o.State != domain.AllocationAdopted {
		return Reprioritization{}, fault.State("ALLOCATION_NOT_ADOPTED", "%s is %s; only money of an adopted allocation can be moved", o.Name(), o.State)
	}
	r := Reprioritization{Allocation: o.Allocation, Titles: o.titles}
	books, err := a.books(ctx, domain.Allocation{Organization: k.Organization, Budget: k.Budget, PriorityRevision: priority, ResultsRevision: results})
	if err != nil {
		return r, relocated(err, "allocation.", "")
	}
	old := o.Run
	if old.Plan, err = o.Adjusted(old.Plan); err != nil {
		return r, err
	}
	r.PriorityRevision, r.ResultsRevision = books.Priorities.Name, books.Results.Name
	r.Reprioritization, err = compare.Reprioritize(ctx, old, books.Revisited(old.Input, engine.Version), encumbered, authorities(books.Budget),
		func(program string) string { return o.departments[program] })
	if err != nil {
		return r, err
	}
	r.Groups = byBody(r.Groups)
	r.Notes = domain.Told(r.Sentences, r.Titles, r.New.Input.Goals)
	return r, nil
}

// authorities are the budget's, the nearest first, and the governing body behind them.
func authorities(b domain.Budget) []compare.Authority {
	scopes := map[string]compare.Scope{domain.TransferDepartment: compare.SameDepartment, domain.TransferFund: compare.SameFund}
	var out []compare.Authority
	for _, t := range b.Authorities {
		out = append(out, compare.Authority{Body: t.Body, Scope: scopes[t.Scope], Limit: t.Limit})
	}
	return append(out, compare.Authority{Body: governingBody, Scope: compare.AnyTransfer})
}

// byBody puts one-time and continuing money of a fund together: the same body approves both.
func byBody(groups []compare.Group) []compare.Group {
	var out []compare.Group
	for _, g := range groups {
		at := slices.IndexFunc(out, func(o compare.Group) bool { return o.Fund == g.Fund && o.Body == g.Body })
		if at < 0 {
			out = append(out, g)
			continue
		}
		of := &out[at]
		of.Total, of.Value = of.Total+g.Total, of.Value+g.Value
		of.Transfers = slices.Concat(of.Transfers, g.Transfers)
		slices.SortStableFunc(of.Transfers, func(x, y compare.Transfer) int { return int(min(1, max(-1, y.Amount-x.Amount))) })
	}
	return out
}
