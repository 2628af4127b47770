package engine

import (
	"context"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// shortfalls asks, in exact minor units, whether the lines off the top and the floors can be paid at all, and proves it where they cannot.
func shortfalls(ctx context.Context, b *book, g *grid) ([]model.Shortfall, error) {
	out := []model.Shortfall{}
	if !slices.ContainsFunc(b.left, func(left int64) bool { return left < 0 }) && !b.hasFloor() {
		return out, nil
	}
	hard := earmark.Problem{Class: g.Class, Eligible: g.Eligible, Order: g.Order, Curves: zeroed(&b.hard, len(b.claims)), Capacity: make([]int64, len(b.left))}
	for k, left := range b.left {
		hard.Capacity[k] = max(0, left)
	}
	for i := range b.claims {
		floor := b.claims[i].floor
		hard.Curves[i] = waterfill.Curve{Base: floor, Lo: floor, Hi: floor}
	}
	s, err := earmark.Solve(ctx, hard)
	if err != nil {
		return nil, err
	}
	proven := make([]bool, len(b.left))
	for _, block := range s.Blocks {
		if block.Short == 0 {
			continue
		}
		for _, k := range block.Funds {
			proven[k] = true
		}
		out = append(out, b.shortfall(g, block.Classes, block.Funds))
	}
	for k, left := range b.left {
		if left < 0 && !proven[k] {
			out = append(out, b.shortfall(g, nil, []int32{int32(k)})) // only ongoing money is ever overdrawn
		}
	}
	return out, nil
}

func (b *book) hasFloor() bool {
	for i := range b.claims {
		if b.claims[i].floor > 0 {
			return true
		}
	}
	return false
}

// shortfall lists what must be paid and can be paid by these nodes only. Where the one-time money of a fund has something left, it is a node of
// its own: a proof without it leaves out that money and the one-time lines that it pays off the top.
func (b *book) shortfall(g *grid, classes, nodes []int32) model.Shortfall {
	inNode, inClass := make([]bool, len(b.left)), make([]bool, len(g.Eligible))
	s := model.Shortfall{Funds: []string{}, Lines: []model.RequiredLine{}}
	for _, k := range nodes {
		inNode[k] = true
	}
	for _, k := range nodes {
		if b.isOnce(k) {
			continue // a class that may use it may use the ongoing money of the fund too
		}
		f := &b.in.Funds[k]
		s.Funds = append(s.Funds, f.ID)
		s.Available += f.Available - b.revenue[k]
		if b.ongoingOnly(k, inNode) {
			s.Ongoing = append(s.Ongoing, f.ID)
			s.Available -= f.OneTime
		}
	}
	for _, c := range classes {
		inClass[c] = true
	}
	next := 0
	for i := range b.lines {
		l := &b.lines[i]
		required := model.RequiredLine{Program: l.Program, Fund: l.Fund, Treatment: l.Treatment, OneTime: l.OneTime}
		switch {
		case next < len(b.claims) && int(b.claims[next].line) == i:
			c := &b.claims[next]
			if inClass[g.Class[next]] && c.floor > 0 {
				required.Amount, required.Citation = c.floor, b.in.Programs[c.program].Mandate.Citation
			}
			next++
		case inNode[b.lineIn[i]] && !(l.OneTime && b.ongoingOnly(b.lineIn[i], inNode)):
			required.Amount = l.Base
		}
		if required.Amount != 0 {
			s.Lines = append(s.Lines, required)
			s.Required += required.Amount
		}
	}
	s.Short = s.Required - s.Available
	return s
}

// ongoingOnly says whether the one-time money of a fund is out of the proof.
func (b *book) ongoingOnly(k int32, inNode []bool) bool { return b.once[k] >= 0 && !inNode[b.once[k]] }

// infeasible fills a plan that nobody may adopt: the least that law asks for, unpaid.
func (b *book) infeasible(plan *model.Plan) {
	for i := range b.claims {
		c := &b.claims[i]
		l := &b.lines[c.line]
		b.describe(l, c)
		l.Min, l.Max, l.Amount, l.Reason = c.floor, c.floor, c.floor, model.Unpayable
	}
	for _, f := range b.in.Funds {
		plan.Funds = append(plan.Funds, model.FundResult{Fund: f.ID, Available: f.Available, Block: -1, OneTime: f.OneTime})
	}
}

// describe copies what the claim knows into its line.
func (b *book) describe(l *model.Line, c *claim) {
	l.Floor, l.Movable = c.floor, c.movable
	if !c.held {
		l.ScoreBP = c.q
	}
}
