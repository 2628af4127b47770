// Package explain says why a program got its amount, in figures that a calculator can follow and in sentences that a budget officer can read out.
package explain

import (
	"slices"
	"sort"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
	"github.com/throughline/throughline/services/platform/fault"
)

// Reason is everything that decided one program.
type Reason struct {
	Program   string
	Outcome   model.Outcome
	Base      int64 // of all its lines, net of program revenue
	Amount    int64
	Score     score.Score
	Lines     []Line
	Revisions model.Revisions
	Version   string // of the program's request
	Beside    model.ProgramNote
	// WithoutEquity is the amount that it would get without the equity floor; nil when there is no such rule.
	WithoutEquity *int64
	Rank, Ranked  int // CUT_LINE: its place by score among the programs that ask for more than they must get; 0 for none
	Sentences     []string
}

// Line is one plan line with its working. The working is empty for lines that do not compete.
type Line struct {
	model.Line
	Direction  model.Direction
	Rate       string // of the block, decimal with nine digits
	Multiplier string // 1 + (spread − 1)(1 − q) under a shortage, q under growth, 1 across the board: decimal
	Exact      string // change before rounding and bounds (ONE_RATE: amount), minor units, decimal with four digits
	Rounded    int64  // the same at the rate, rounded to the unit, before bounds
	Half       bool   // Exact lies halfway between two units: the tie rule decided
	Citation   string // of the mandate behind Floor
	Next       *model.LineRef
	NextFund   string           // whose next unit Next would get
	Tight      []string         // funds that may also pay the line but are used up in another block
	Ignored    []string         // funds named by the program that do not compete in this allocation
	Block      *model.Block     // nil for lines that do not compete
	Drawn      *model.DrawnLine // CUT_LINE: the line that the program stands at or below; nil above it, and where money is short of what must be paid
}

// Program explains one program of a plan made from this input. The error is NotFound for a program that the input does not have.
func Program(in model.Input, plan model.Plan, id string) (Reason, error) {
	in = in.Normalize()
	i, ok := slices.BinarySearchFunc(in.Programs, id, func(p model.Program, id string) int {
		switch {
		case p.ID < id:
			return -1
		case p.ID > id:
			return 1
		default:
			return 0
		}
	})
	if !ok {
		return Reason{}, fault.Missing("program " + id)
	}
	p := &in.Programs[i]
	r := Reason{Program: id, Outcome: plan.Outcome, Score: score.Of(in, i), Revisions: in.Revisions, Version: p.Version}
	own := lines(plan, id)
	drawn := drawnAt(in, &plan, p, own)
	for _, l := range own {
		r.Base += l.Base
		r.Amount += l.Amount
		r.Lines = append(r.Lines, line(in, &plan, p, l))
		if l.Reason == model.AtLine || l.Reason == model.BelowLine {
			r.Lines[len(r.Lines)-1].Drawn = drawn
		}
	}
	beside(&plan, &r)
	r.Sentences = sentences(in, &plan, &r)
	return r, nil
}

// lines are the plan lines of a program: plans are sorted by program.
func lines(plan model.Plan, id string) []model.Line {
	from := sort.Search(len(plan.Lines), func(i int) bool { return plan.Lines[i].Program >= id })
	to := sort.Search(len(plan.Lines), func(i int) bool { return plan.Lines[i].Program > id })
	return plan.Lines[from:to]
}

func line(in model.Input, plan *model.Plan, p *model.Program, l model.Line) Line {
	out := Line{Line: l}
	if l.Floor > 0 && p.Mandate != nil {
		out.Citation = p.Mandate.Citation
	}
	if l.Block < 0 || int(l.Block) >= len(plan.Blocks) {
		return out
	}
	out.Block = &plan.Blocks[l.Block]
	out.Direction = out.Block.Direction
	for _, id := range p.EligibleFunds {
		k := slices.IndexFunc(in.Funds, func(f model.Fund) bool { return f.ID == id })
		switch {
		case k < 0: // an invalid input; nothing to say
		case !in.Funds[k].InPool():
			out.Ignored = append(out.Ignored, id)
		case id != l.Fund && !slices.Contains(out.Block.Funds, id) && !slices.Contains(out.Block.OneTime, id) && l.Reason != model.NotNamed:
			out.Tight = append(out.Tight, id)
		}
	}
	for k := range plan.Funds {
		if f := &plan.Funds[k]; f.Next != nil && slices.Contains(out.Block.Funds, f.Fund) && (out.Next == nil || f.Fund == l.Fund) {
			out.Next, out.NextFund = f.Next, f.Fund
		}
	}
	work(in, &out)
	return out
}
