package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// drawn is where CUT_LINE stopped.
type drawn struct {
	place []model.Reason // of each program with something to ask for: above the line, at it, or below
	lines []model.DrawnLine
}

// drawLines funds programs whole in the order of their scores. Every floor is reserved first. The first program that cannot be paid whole draws
// the line for the funds that are too short for it; a program below that could draw on them keeps its floor. What is left is surplus.
func drawLines(ctx context.Context, b *book, g *grid) (earmark.Solution, *drawn, error) {
	t := newTill(g.Eligible, g.Capacity)
	lined := make([]bool, len(g.Capacity))
	t.reserve(g, lined)
	out := &drawn{place: make([]model.Reason, len(b.in.Programs))}
	units := make([]int64, len(b.claims))
	for i := range g.Curves {
		units[i] = g.Curves[i].Lo
	}
	for _, claims := range b.ranked(g) {
		program := b.claims[claims[0]].program
		switch {
		case g.touches(claims, lined):
			out.place[program] = model.BelowLine
		case t.raise(g, claims):
			out.place[program] = model.AboveLine
			for _, i := range claims {
				units[i] = g.Curves[i].Hi
			}
		default:
			out.place[program] = model.AtLine
			out.lines = append(out.lines, b.draw(g, t, claims, units))
			for _, k := range t.queue {
				lined[k] = true
			}
		}
		if err := ctx.Err(); err != nil {
			return earmark.Solution{}, nil, err
		}
	}
	whole := g.Problem
	whole.Curves = make([]waterfill.Curve, len(units))
	for i, x := range units {
		whole.Curves[i] = waterfill.Curve{Base: x, Lo: x, Hi: x}
	}
	s, err := earmark.Solve(ctx, whole)
	return s, out, err
}

// ranked is the claims that ask for more than they must get, program by program, the highest score first.
func (b *book) ranked(g *grid) [][]int32 {
	asking := make([]int32, 0, len(b.claims))
	for i := range g.Curves {
		if g.Curves[i].Lo < g.Curves[i].Hi {
			asking = append(asking, int32(i)) //nolint:gosec // there are fewer than 2^31 claims
		}
	}
	slices.SortStableFunc(asking, func(x, y int32) int {
		c, d := &b.claims[x], &b.claims[y]
		return cmp.Or(cmp.Compare(d.q, c.q), cmp.Compare(c.program, d.program))
	})
	var out [][]int32
	for from := 0; from < len(asking); {
		to := from + 1
		for to < len(asking) && b.claims[asking[to]].program == b.claims[asking[from]].program {
			to++
		}
		out = append(out, asking[from:to])
		from = to
	}
	return out
}

// touches says whether any of the claims could draw on a node whose line is drawn.
func (g *grid) touches(claims []int32, lined []bool) bool {
	for _, i := range claims {
		for _, k := range g.Eligible[g.Class[i]] {
			if lined[k] {
				return true
			}
		}
	}
	return false
}

// draw tells of the line at a program that the till has just refused: t.queue is the nodes that are too short.
func (b *book) draw(g *grid, t *till, claims []int32, units []int64) model.DrawnLine {
	slices.Sort(t.queue)
	inside := make([]bool, len(g.Capacity))
	l := model.DrawnLine{Program: b.in.Programs[b.claims[claims[0]].program].ID}
	l.Funds, l.OneTime = b.kinds(&b.in, t.queue)
	for _, k := range t.queue {
		inside[k] = true
		l.Supply += g.Capacity[k]
	}
	only := make([]bool, len(g.Eligible)) // classes that only these nodes may pay, what is short from the start aside
	for c := range g.Eligible {
		only[c] = t.within(int32(c), inside)
	}
	for i, x := range units {
		if only[g.Class[i]] {
			l.Demand += x
		}
	}
	for _, i := range claims {
		if only[g.Class[i]] {
			l.Demand += g.Curves[i].Hi - units[i]
		}
	}
	return l
}
