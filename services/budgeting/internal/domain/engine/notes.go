package engine

import (
	"cmp"
	"context"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// notes tells what the amounts come to beside money: grants lost and whole positions short, program by program.
func (b *book) notes(plan *model.Plan) {
	if plan.Outcome == model.Infeasible || !b.staked() {
		return
	}
	lines := plan.Lines
	for i := range b.in.Programs {
		p := &b.in.Programs[i]
		n := 0
		for n < len(lines) && lines[n].Program == p.ID {
			n++
		}
		if staked(p) {
			if note := noteOf(p, lines[:n]); note.PositionsShort > 0 || len(note.GrantsLost) > 0 {
				plan.Programs = append(plan.Programs, note)
			}
		}
		lines = lines[n:]
	}
}

// staked says whether a reduction of the program can cost more than money.
func staked(p *model.Program) bool { return len(p.Grants) > 0 || len(p.Positions) > 0 }

func (b *book) staked() bool {
	for i := range b.in.Programs {
		if staked(&b.in.Programs[i]) {
			return true
		}
	}
	return false
}

func noteOf(p *model.Program, lines []model.Line) model.ProgramNote {
	note := model.ProgramNote{Program: p.ID}
	var competing, reduction int64
	for i := range lines {
		if l := &lines[i]; l.Treatment == model.Competes {
			competing += l.Amount
			if !l.OneTime {
				reduction -= l.Change()
			}
		}
	}
	for i := range p.Grants {
		g := &p.Grants[i]
		lost := model.GrantLost{ID: g.ID, Award: g.Award, Needs: g.Effort, Reason: model.Effort}
		if match := g.Match(); match > g.Effort {
			lost.Needs, lost.Reason = match, model.Match
		}
		if competing < lost.Needs {
			note.GrantsLost = append(note.GrantsLost, lost)
		}
	}
	note.PositionsShort = whole(p.Positions, reduction)
	return note
}

// whole is the least number of whole positions that cover a reduction: the dearest first.
func whole(positions []model.Position, reduction int64) (count int64) {
	if reduction <= 0 || len(positions) == 0 {
		return 0
	}
	dearest := slices.Clone(positions)
	slices.SortFunc(dearest, func(a, b model.Position) int { return cmp.Compare(b.Cost, a.Cost) })
	for _, p := range dearest {
		if reduction <= 0 {
			break
		}
		n := min(p.Count, (reduction-1)/p.Cost+1)
		count += n
		reduction -= n * p.Cost
	}
	return count
}

// withoutEquity answers the same input without the equity floor: what the protected programs get less there is what the rule costs the others.
func withoutEquity(ctx context.Context, in model.Input, plan *model.Plan) error {
	floor := in.Params.EquityFloor
	in.Params.EquityFloor = nil
	hash, err := in.Hash()
	if err != nil {
		return err
	}
	other, err := solve(ctx, in, hash, Options{sheet: &sheet{}})
	if err != nil {
		return err
	}
	at := 0
	for i := range in.Programs {
		covered := floor.Covers(&in.Programs[i])
		for ; at < len(plan.Lines) && plan.Lines[at].Program == in.Programs[i].ID; at++ {
			if covered {
				plan.Totals.EquityCost += plan.Lines[at].Amount - other.Lines[at].Amount // the same lines: they come from the input alone
			}
		}
	}
	plan.WithoutEquity = &other
	return nil
}
