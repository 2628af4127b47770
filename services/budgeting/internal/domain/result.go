package domain

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
)

// Result is the first page of a plan: what people read before any line.
type Result struct {
	Outcome           model.Outcome
	Waterfall         []WaterfallRow
	Funds             []FundResult
	Blocks            []Block
	Shortfalls        []Shortfall
	Checks            []string // of the certificate
	TotalBase         int64
	TotalAllocated    int64
	TotalAllocatedNet int64
	Programs          int
	ProgramsFlagged   int
	PriorityValue     int64
	EquityCost        int64           `json:",omitempty"`
	WithSignal        int64           `json:",omitempty"` // competing base of programs with a usable result
	WithSignalPPM     int64           `json:",omitempty"` // of all competing base
	MovedByResults    int64           `json:",omitempty"` // competing base of programs whose score results have moved
	RevenueLost       int64           `json:",omitempty"`
	GrantsLost        int64           `json:",omitempty"`
	PositionsShort    int64           `json:",omitempty"`
	Uncertified       bool            `json:",omitempty"` // made with weights that council has not certified
	Packages          []PackageChoice `json:",omitempty"`
	Search            *Search         `json:",omitempty"`
}

// PackageChoice is a decision package that was chosen or left; an empty id is the capital project of the program.
type PackageChoice struct {
	Program, Package string // ids
	Level            string // id, or "" for none
	Amount, Value    int64
	Reason           string
}

// Search is how far the choice of packages is proven.
type Search struct{ Value, Bound, GapPPM, PriceBound, States int64 }

// WaterfallRow is a treatment taken off the pool. COMPETES is what is left; an empty treatment is cost that competes by
// treatment but cannot move: in funds that are not named, and credits.
type WaterfallRow struct {
	Fund      string // id; "" for the total
	Treatment model.Treatment
	Lines     int64
	Amount    int64
}

// FundResult is what happened in a fund.
type FundResult struct {
	Fund                                        string // id
	Available, Fixed, Allocated, Surplus, Short int64
	OneTime, OneTimeUsed                        int64
}

// Block is programs that share one rate, and the funds they exhaust.
type Block struct {
	Direction       model.Direction
	Funds           []string // ids
	Rate            string   // exact fraction
	Programs        int
	Base, Allocated int64
	Reason          string
}

// Shortfall is why the money does not suffice.
type Shortfall struct {
	Funds                      []string // ids
	Programs                   []string // ids
	Required, Available, Short int64
	Message                    string
}

// Summarize is the first page of a plan that answers this input.
func Summarize(in model.Input, plan model.Plan, cert model.Certificate, t Titles) Result {
	s := summary{plan: plan, currency: in.Currency, titles: t}
	r := Result{
		Outcome: plan.Outcome, Waterfall: s.waterfall(), Funds: s.funds(), Shortfalls: s.shortfalls(), Checks: cert.Checks,
		TotalBase: plan.Totals.GrossBase, TotalAllocated: plan.Totals.GrossAmount, TotalAllocatedNet: plan.Totals.NetAmount,
		PriorityValue: plan.Totals.PriorityValue, EquityCost: plan.Totals.EquityCost, RevenueLost: plan.Totals.RevenueLost,
		GrantsLost: plan.Totals.GrantsLost, PositionsShort: plan.Totals.PositionsShort, Packages: s.packages(in), Search: searched(plan.Search),
	}
	r.Blocks = s.blocks()
	r.measured(in, plan)
	flagged := ""
	for _, f := range plan.Flags { // by program
		if f.Program != flagged {
			flagged, r.ProgramsFlagged = f.Program, r.ProgramsFlagged+1
		}
	}
	return r
}

// measured adds up the competing base of programs that results can and do move. A plan's lines are by program, as the input's programs are.
func (r *Result) measured(in model.Input, plan model.Plan) {
	if in.Revisions.Results.Name == "" {
		return // no program has results
	}
	var all int64
	scorer, rest := score.Results(in.Params), plan.Lines
	funds := model.PlacesOf(in.Funds, func(f *model.Fund) string { return f.ID })
	for i := range in.Programs {
		p := &in.Programs[i]
		var base int64
		for len(rest) > 0 && rest[0].Program == p.ID {
			if rest[0].Treatment == model.Competes && in.Funds[funds.Find(rest[0].Fund)].InPool() {
				base += max(0, rest[0].Base) // a credit competes for nothing
			}
			rest = rest[1:]
		}
		all += base
		if p.Results == nil {
			continue
		}
		if slices.ContainsFunc(p.Results.Factors, func(f model.ResultsFactor) bool { return f.Usable() }) {
			r.WithSignal += base
		}
		if scorer.Moves(p) {
			r.MovedByResults += base
		}
	}
	if all > 0 {
		r.WithSignalPPM, _ = money.MulDivFloor(r.WithSignal, model.Whole, all) // at most the whole
	}
}

type summary struct {
	plan     model.Plan
	currency string
	titles   Titles
}

func (s *summary) money(amount int64) string { return Money(amount, s.currency) }

func (s *summary) waterfall() []WaterfallRow {
	order := model.Treatments() // COMPETES last
	order = slices.Insert(order, len(order)-1, "")
	falls := append(slices.Clone(s.plan.Waterfall), s.plan.Overall)
	places := model.PlacesOf(falls, func(w *model.Waterfall) string { return w.Fund })
	counts := make([][]int64, len(falls)) // of each fund, by place in order
	for k := range counts {
		counts[k] = make([]int64, len(order))
	}
	all, competes := counts[len(counts)-1], len(order)-1
	for i := range s.plan.Lines {
		l := &s.plan.Lines[i]
		place := competes
		switch {
		case l.Reason == model.IsCredit || l.Reason == model.NotNamed:
			place--
		case l.Treatment != model.Competes:
			place = slices.Index(order, l.Treatment)
		}
		counts[places.Find(l.Fund)][place] += int64(l.CostLines)
		all[place] += int64(l.CostLines)
	}
	var rows []WaterfallRow
	for _, w := range append([]model.Waterfall{s.plan.Overall}, s.plan.Waterfall...) {
		amounts := map[model.Treatment]int64{model.Competes: w.Movable}
		for _, step := range w.Steps {
			amounts[treatmentOf(step.Name)] += step.Amount
		}
		for place, t := range order {
			if lines := counts[places.Find(w.Fund)][place]; amounts[t] != 0 || lines != 0 || t == model.Competes {
				rows = append(rows, WaterfallRow{Fund: w.Fund, Treatment: t, Lines: lines, Amount: amounts[t]})
			}
		}
	}
	return rows
}

// treatmentOf is where a step of the pool belongs: a mandate's floor must be paid.
func treatmentOf(step model.StepName) model.Treatment {
	switch step {
	case model.StepFloor:
		return model.MustPay
	case model.StepCredit, model.StepUnnamed, model.StepRevenue:
		return ""
	default:
		return model.Treatment(step)
	}
}

func (s *summary) funds() []FundResult {
	out := make([]FundResult, len(s.plan.Funds))
	place := make(map[string]int, len(out))
	for i, f := range s.plan.Funds {
		out[i] = FundResult{
			Fund: f.Fund, Available: f.Available, Fixed: f.Fixed, Allocated: f.Competing, Surplus: f.Surplus + f.Remainder,
			OneTime: f.OneTime, OneTimeUsed: f.OneTimeUsed,
		}
		place[f.Fund] = i
	}
	for i := range s.plan.Packages { // what goes to later years is left of this one
		for _, p := range s.plan.Packages[i].Paid {
			if p.Carried > 0 && p.Carried == p.Year {
				f := &out[place[p.Fund]]
				f.Allocated, f.Surplus, f.OneTimeUsed = f.Allocated-p.Amount, f.Surplus+p.Amount, f.OneTimeUsed-p.OneTime
			}
		}
	}
	switch s.plan.Outcome {
	case model.Infeasible: // nothing is paid: what does not compete would be, and the proof says what is missing, where it is one fund's
		for i := range s.plan.Lines {
			if l := &s.plan.Lines[i]; l.Reason != model.Unpayable {
				out[place[l.Fund]].Fixed += l.Amount
			}
		}
		for _, f := range s.plan.Shortfalls {
			if len(f.Funds) == 1 {
				out[place[f.Funds[0]]].Short = f.Short
			}
		}
	case model.ReductionShort: // what its lines keep at their limits and nobody pays
		for i := range s.plan.Lines {
			l := &s.plan.Lines[i]
			unpaid := l.Amount
			for _, p := range l.Paid {
				unpaid -= p.Amount
			}
			out[place[l.Fund]].Short += unpaid
		}
	case model.Optimal, model.Feasible:
	}
	return out
}

func (s *summary) blocks() []Block {
	programs := make([]int, len(s.plan.Blocks))
	last := make([]string, len(s.plan.Blocks))
	for i := range s.plan.Lines { // by program
		if l := &s.plan.Lines[i]; l.Block >= 0 && last[l.Block] != l.Program {
			last[l.Block] = l.Program
			programs[l.Block]++
		}
	}
	out := make([]Block, len(s.plan.Blocks))
	for i := range s.plan.Blocks {
		b := &s.plan.Blocks[i]
		out[i] = Block{
			Direction: b.Direction, Funds: b.Funds, Rate: b.Rate.Num + "/" + b.Rate.Den, Programs: programs[i],
			Base: b.Base, Allocated: b.Amount, Reason: s.blockReason(b),
		}
	}
	return out
}
