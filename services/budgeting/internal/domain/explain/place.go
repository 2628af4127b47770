package explain

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
)

// drawnAt finds the line of CUT_LINE that a program stands at or below: its own, or the first for money that it could draw on.
func drawnAt(in model.Input, plan *model.Plan, p *model.Program, own []model.Line) *model.DrawnLine {
	for i := range plan.CutLines {
		d := &plan.CutLines[i]
		if d.Program == p.ID {
			return d
		}
		for j := range own {
			if l := &own[j]; l.Block >= 0 && l.Min < l.Max && mayDraw(in, p, l, d) {
				return d
			}
		}
	}
	return nil
}

// mayDraw says whether money of a line that is drawn may pay a plan line.
func mayDraw(in model.Input, p *model.Program, l *model.Line, d *model.DrawnLine) bool {
	for _, f := range in.Funds {
		may := f.ID == l.Fund || (f.InPool() && slices.Contains(p.EligibleFunds, f.ID))
		if may && (slices.Contains(d.Funds, f.ID) || (l.OneTime && slices.Contains(d.OneTime, f.ID))) {
			return true
		}
	}
	return false
}

// beside finds what the plan says of the program beside its lines.
func beside(plan *model.Plan, r *Reason) {
	r.Beside.Program = r.Program
	for i := range plan.Programs {
		if plan.Programs[i].Program == r.Program {
			r.Beside = plan.Programs[i]
		}
	}
	if plan.WithoutEquity != nil {
		var amount int64
		for _, l := range lines(*plan.WithoutEquity, r.Program) {
			amount += l.Amount
		}
		r.WithoutEquity = &amount
	}
	if plan.Method == model.CutLine {
		r.Rank, r.Ranked = rank(plan, r.Program, r.Score.BP)
	}
}

// rank counts the programs that CUT_LINE goes through, and finds the place of one.
func rank(plan *model.Plan, id string, scoreBP int64) (place, all int) {
	last, asks := "", false
	place = 1
	for i := range plan.Lines {
		l := &plan.Lines[i]
		if l.Block < 0 || l.Min == l.Max || l.Program == last {
			continue
		}
		last = l.Program
		all++
		asks = asks || l.Program == id
		if l.ScoreBP > scoreBP || (l.ScoreBP == scoreBP && l.Program < id) {
			place++
		}
	}
	if !asks {
		return 0, all
	}
	return place, all
}

// line says how CUT_LINE came to the program.
func (t *teller) line(l *Line) {
	if d := l.Drawn; d != nil && l.Reason == model.AtLine {
		t.say("With every program above it paid whole and every floor reserved, the lines that only fund %s may pay would come to %s with it; %s is there.",
			phrase.List(drawnFor(d)), t.money(d.Demand), t.money(d.Supply))
	}
}

// place says where the program stands.
func (t *teller) place(l *Line) {
	now := t.money(l.Amount)
	switch {
	case l.Reason == model.AboveLine:
		t.say("It stands above the line and is paid whole: it gets %s.", now)
	case l.Reason == model.AtLine:
		t.say("It is the first that cannot be paid whole, so the line is drawn here: it gets what it must get, %s.", now)
	case l.Drawn != nil:
		t.say("It stands below the line that is drawn at program %q for fund %s, on which it could draw: it gets what it must get, %s.",
			l.Drawn.Program, phrase.List(drawnFor(l.Drawn)), now)
	default:
		t.say("It could draw on money that is short of what must be paid: it gets what it must get, %s.", now)
	}
}

// drawnFor is the funds of a line.
func drawnFor(d *model.DrawnLine) []string {
	return money(&model.Block{Funds: d.Funds, OneTime: d.OneTime})
}

// stakes says what the amounts come to beside money, and what the equity floor did.
func (t *teller) stakes(r *Reason) {
	if r.Rank > 0 {
		t.say("By score it is number %d of %d programs that ask for more than they must get.", r.Rank, r.Ranked)
	}
	if n := r.Beside.PositionsShort; n > 0 {
		positions := "positions"
		if n == 1 {
			positions = "position"
		}
		t.say("The reduction comes to %d whole authorised %s.", n, positions)
	}
	for _, g := range r.Beside.GrantsLost {
		asks := "its match asks"
		if g.Reason == model.Effort {
			asks = "maintenance of effort asks"
		}
		t.say("The grant %q of %s is lost: %s for %s of the program's own money.", g.ID, t.money(g.Award), asks, t.money(g.Needs))
	}
	switch w := r.WithoutEquity; {
	case w == nil || *w == r.Amount:
	case *w < r.Amount:
		t.say("Without council's equity floor it would get %s, %s less; the rule moves %s in all.", t.money(*w), t.money(r.Amount-*w), t.money(t.plan.Totals.EquityCost))
	default:
		t.say("Without council's equity floor it would get %s, %s more; the rule moves %s in all.", t.money(*w), t.money(*w-r.Amount), t.money(t.plan.Totals.EquityCost))
	}
}
