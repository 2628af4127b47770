package certify

import (
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// stakes recomputes what the amounts come to beside money.
func (a *audit) stakes() error {
	at, told := 0, 0
	for i := range a.in.Programs {
		p := &a.in.Programs[i]
		from := at
		for at < len(a.work) && a.work[at].program == p {
			at++
		}
		if len(p.Grants)+len(p.Positions) == 0 {
			continue
		}
		var now, ongoing, before int64
		for ; from < at; from++ {
			l := &a.plan.Lines[from]
			if l.Treatment != model.Competes {
				continue
			}
			now += l.Amount
			if !l.OneTime {
				ongoing += l.Amount
				before += l.Base
			}
		}
		short := positionsShort(p.Positions, before-ongoing)
		lost := grantsLost(p.Grants, now)
		if short == 0 && len(lost) == 0 {
			continue
		}
		if told == len(a.plan.Programs) {
			return fmt.Errorf("program %q is short of %d positions and loses %d grants, which the plan does not tell", p.ID, short, len(lost))
		}
		n := &a.plan.Programs[told]
		told++
		if n.Program != p.ID || n.PositionsShort != short || !slices.Equal(n.GrantsLost, lost) {
			return fmt.Errorf("program %q is said to be short of %d positions and to lose %v; want program %q, %d and %v", n.Program, n.PositionsShort, n.GrantsLost, p.ID, short, lost)
		}
	}
	if told < len(a.plan.Programs) {
		return fmt.Errorf("program %q is told of, and has nothing to tell", a.plan.Programs[told].Program)
	}
	return nil
}

// positionsShort takes the dearest positions away, one kind after the other, until the reduction is covered or none is left.
func positionsShort(positions []model.Position, reduction int64) (count int64) {
	taken := make([]bool, len(positions))
	for range positions {
		dearest := -1
		for j := range positions {
			if !taken[j] && (dearest < 0 || positions[j].Cost > positions[dearest].Cost) {
				dearest = j
			}
		}
		if reduction <= 0 {
			return count
		}
		p := &positions[dearest]
		taken[dearest] = true
		n := p.Count
		if covered, _ := money.Mul(p.Cost, p.Count); covered >= reduction {
			n = money.CeilDiv(reduction, p.Cost)
		}
		count += n
		reduction -= n * p.Cost
	}
	return count
}

// grantsLost are the awards that an amount does not keep.
func grantsLost(grants []model.GrantAward, amount int64) (lost []model.GrantLost) {
	for _, g := range grants {
		hi, lo := bits.Mul64(uint64(g.Award), uint64(g.MatchPPM)) //nolint:gosec // both are valid: not negative
		match, rest := bits.Div64(hi, lo, 1_000_000)
		if rest > 0 {
			match++
		}
		needs, why := int64(match), model.Match //nolint:gosec // at most ten times a valid award
		if g.Effort >= needs {
			needs, why = g.Effort, model.Effort
		}
		if amount < needs {
			lost = append(lost, model.GrantLost{ID: g.ID, Award: g.Award, Needs: needs, Reason: why})
		}
	}
	return lost
}

// equity proves the plan without the equity floor, against which its cost is told.
func (a *audit) equity() error {
	other := a.plan.WithoutEquity
	if a.in.Params.EquityFloor == nil {
		if other != nil {
			return errors.New("there is no equity floor to do without")
		}
		return nil
	}
	if other == nil {
		return errors.New("the plan without it is missing")
	}
	in := a.in
	in.Params.EquityFloor = nil
	hash, err := in.Hash()
	if err != nil {
		return err
	}
	without := Auditor{in: in, hash: hash}
	if _, err := without.prove(other); err != nil {
		return fmt.Errorf("without it: %w", err)
	}
	return nil
}

// beside is the totals of what amounts come to: priority value, grants, positions, one-time money, and the cost of the equity floor.
func (a *audit) beside() (t model.Totals) {
	for i := range a.plan.Programs {
		t.PositionsShort += a.plan.Programs[i].PositionsShort
		for _, g := range a.plan.Programs[i].GrantsLost {
			t.GrantsLost += g.Award
		}
	}
	for k := range a.plan.Funds {
		t.OneTime += a.plan.Funds[k].OneTimeUsed
	}
	if a.plan.Outcome == model.Infeasible {
		return t
	}
	for _, i := range a.claims {
		value, _ := money.MulDivHalfEven(a.plan.Lines[i].Amount, a.work[i].score, 10_000)
		t.PriorityValue += value
	}
	if other := a.plan.WithoutEquity; other != nil { // proven: it has the same lines
		for i := range a.plan.Lines {
			if e := a.in.Params.EquityFloor; a.work[i].program.EquityBP >= e.MinBP {
				t.EquityCost += a.plan.Lines[i].Amount - other.Lines[i].Amount
			}
		}
	}
	return t
}
