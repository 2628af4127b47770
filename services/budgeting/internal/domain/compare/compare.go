// Package compare holds allocations against each other: two plans, a plan and the plain baselines, last year's money and new priorities.
package compare

import (
	"cmp"
	"context"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/explain"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/platform/fault"
)

// Run is a plan with the input it answers.
type Run = explain.Run

// Comparison is what plan B does otherwise than plan A. Amounts are minor units, net of program revenue; differences are B − A.
type Comparison struct {
	A, B      Totals
	Value     Value        // priority value of both plans, by the scores of A
	ValueByB  *Value       // by the scores of B; nil where all scores agree
	Rescored  int          // programs whose score differs
	Programs  []ProgramRow // the largest difference first, then by id
	Funds     []FundRow    // by id
	Goals     []GoalRow    // goals of A, by id
	Beyond    Value        // the part of Value that no goal gives: attributes, results, equity and rounding
	Gainers   int          // programs that get more in B
	Losers    int          // that get less
	Unchanged int
	Moved     int64 // what the gainers gain
	Sentences []string
}

// Totals are one plan in a few figures.
type Totals struct {
	Method    model.Method
	Outcome   model.Outcome
	Allocated int64 // every line
	Competing int64 // lines in the formula
	Fixed     int64 // off the top, credits, and funds outside the pool
	Change    int64 // Competing against its base
	Surplus   int64
	Remainder int64
	Short     int64 // what packages must find
}

// Value is a figure of both plans.
type Value struct{ A, B, Difference int64 }

func values(a, b int64) Value { return Value{a, b, b - a} }

// ProgramRow is one program in both plans.
type ProgramRow struct {
	Program          string
	Base             Value
	Amount           Value // every line
	ScoreA, ScoreB   int64 // basis points
	Value            Value // priority value by the scores of A
	ReasonsA         []model.Reason
	ReasonsB         []model.Reason
	OnlyInA, OnlyInB bool
}

// FundRow is one fund in both plans.
type FundRow struct {
	Fund      string
	Available Value
	Competing Value // what it pays to lines in the formula
	Surplus   Value
}

// GoalRow is one goal in both plans, by the weights and alignments of A.
type GoalRow struct {
	Goal, Title string
	WeightPPM   int64
	Value       Value // money × weight × alignment ÷ 4: the goal's part of the priority value
	Aligned     Value // money × alignment ÷ 4: what serves the goal, whatever the goal weighs
}

// Plans compares two runs.
func Plans(a, b Run) Comparison { return plans(newSide(a), newSide(b)) }

func plans(a, b *side) Comparison {
	c := Comparison{A: totals(a), B: totals(b), Programs: []ProgramRow{}, Goals: goalRows(a), Funds: funds(a, b)}
	var byB Value
	for _, id := range ids(a, b) {
		row := c.program(a, b, id, &byB)
		switch d := row.Amount.Difference; {
		case d > 0:
			c.Gainers++
			c.Moved += d
		case d < 0:
			c.Losers++
		default:
			c.Unchanged++
		}
		c.Programs = append(c.Programs, row)
	}
	slices.SortStableFunc(c.Programs, func(x, y ProgramRow) int {
		return cmp.Compare(magnitude(y.Amount.Difference), magnitude(x.Amount.Difference))
	})
	if c.Rescored > 0 {
		c.ValueByB = &byB
	}
	c.Beyond = c.Value
	for _, g := range c.Goals {
		c.Beyond = values(c.Beyond.A-g.Value.A, c.Beyond.B-g.Value.B)
	}
	c.Sentences = tell(a.in.Currency, &c)
	return c
}

// program makes one row, and adds its value to the totals and the goals.
func (c *Comparison) program(a, b *side, id string, byB *Value) ProgramRow {
	p, x := a.program(id)
	q, y := b.program(id)
	row := ProgramRow{
		Program: id, Base: values(x.base, y.base), Amount: values(x.amount, y.amount),
		ReasonsA: x.reasons, ReasonsB: y.reasons, OnlyInA: q == nil, OnlyInB: p == nil,
	}
	inA, inB := cmp.Or(p, q), cmp.Or(q, p) // a program that one side lacks is scored as the other describes it
	s := a.scorer.Score(inA)
	row.ScoreA, row.ScoreB = s.BP, b.scorer.Score(inB).BP
	if row.ScoreA != row.ScoreB {
		c.Rescored++
	}
	row.Value = values(x.value.at(row.ScoreA), y.value.at(row.ScoreA))
	c.Value = c.Value.plus(row.Value)
	*byB = byB.plus(values(x.value.at(row.ScoreB), y.value.at(row.ScoreB)))
	weight := model.Whole
	for _, v := range s.Attributes {
		weight += int(v.WeightPPM)
	}
	for i, g := range s.Goals {
		to, whole := &c.Goals[i], int64(weight)*fullHalves
		to.Value = to.Value.plus(values(part(x.valued, g.WeightPPM*g.Halves, whole), part(y.valued, g.WeightPPM*g.Halves, whole)))
		to.Aligned = to.Aligned.plus(values(part(x.competing, g.Halves, fullHalves), part(y.competing, g.Halves, fullHalves)))
	}
	return row
}

// fullHalves is twice the highest alignment.
const fullHalves = 8

func (v Value) plus(o Value) Value { return values(v.A+o.A, v.B+o.B) }

func magnitude(v int64) int64 { return max(v, -v) }

func totals(s *side) Totals {
	t := Totals{
		Method: s.plan.Method, Outcome: s.plan.Outcome,
		Surplus: s.plan.Totals.Surplus, Remainder: s.plan.Totals.Remainder, Short: s.plan.Totals.Short,
	}
	for i := range s.sums {
		of := &s.sums[i]
		t.Allocated += of.amount
		t.Competing += of.competing
		t.Fixed += of.fixed
		t.Change += of.competing - of.from
	}
	return t
}

func goalRows(a *side) []GoalRow {
	out := []GoalRow{}
	for _, g := range a.in.Goals {
		out = append(out, GoalRow{Goal: g.ID, Title: g.Title, WeightPPM: g.WeightPPM})
	}
	return out
}

func funds(a, b *side) []FundRow {
	out := []FundRow{}
	row := func(id string) *FundRow {
		at, ok := slices.BinarySearchFunc(out, id, func(r FundRow, id string) int { return cmp.Compare(r.Fund, id) })
		if !ok {
			out = slices.Insert(out, at, FundRow{Fund: id})
		}
		return &out[at]
	}
	for i := range a.plan.Funds {
		f := &a.plan.Funds[i]
		to := row(f.Fund)
		to.Available.A, to.Surplus.A = f.Available, f.Surplus
	}
	for i := range b.plan.Funds {
		f := &b.plan.Funds[i]
		to := row(f.Fund)
		to.Available.B, to.Surplus.B = f.Available, f.Surplus
	}
	for _, c := range a.paid() {
		row(c.fund).Competing.A += c.amount
	}
	for _, c := range b.paid() {
		row(c.fund).Competing.B += c.amount
	}
	for i := range out {
		r := &out[i]
		r.Available, r.Competing, r.Surplus = values(r.Available.A, r.Available.B), values(r.Competing.A, r.Competing.B), values(r.Surplus.A, r.Surplus.B)
	}
	return out
}

// Baselines are the plain methods that any allocation can be held against.
func Baselines() []model.Method { return []model.Method{model.AcrossTheBoard, model.CutLine} }

// Baseline answers the same input under a plain method and compares: A is the baseline, B the run, so that differences are what the run adds.
// A baseline knows neither packages nor ballots: it shares the base and what was requested.
//
// Errors: Invalid for a method that is no baseline, and those of engine.Solve.
func Baseline(ctx context.Context, run Run, method model.Method) (Comparison, Run, error) {
	if !slices.Contains(Baselines(), method) {
		var bad fault.Violations
		bad.Add("method", "%q is no baseline; use one of %v", method, Baselines())
		return Comparison{}, Run{}, bad.Err()
	}
	in := run.Input
	in.Method = method
	in.Packages, in.Later, in.Election = nil, nil, nil
	solved, err := engine.Solve(ctx, in)
	if err != nil {
		return Comparison{}, Run{}, err
	}
	base := Run{Input: in, Plan: solved.Plan}
	return Plans(base, run), base, nil
}
