package explain

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
)

// working is the line that anyone can check with a calculator.
func (t *teller) working(l *Line) {
	b := l.Block
	who := fmt.Sprintf("Block %d (fund %s)", b.Number(), phrase.List(money(b)))
	switch {
	case b.Short > 0:
		t.say("%s cannot pay its %d lines even at their lower limits: packages must find %s together.", who, b.Lines, t.money(b.Short))
	case t.in.Method == model.CutLine:
		t.line(l)
	case t.in.Method == model.OneRate && b.Direction == model.Growth:
		t.say("%s has %s for a base of %s, so %s %s of base at a full score.", who, t.money(b.Supply), t.money(b.Base), sharers(b, "share one rate,", "is alone with the rate,"), ratePercent(b.Rate))
		t.say("%s × %s × the score, %s, is %s, rounded to %s.", ratePercent(b.Rate), t.money(l.Base), l.Multiplier, t.exact(l.Exact), t.money(l.Rounded))
	case t.in.Method == model.AcrossTheBoard && b.Direction != model.Held:
		t.say("%s has %s for a base of %s, so that %s.", who, t.money(b.Supply), t.money(b.Base), t.alike(b))
		t.say("%s × %s is %s, rounded to %s.", ratePercent(b.Rate), t.money(l.Movable), t.exact(l.Exact), t.money(max(l.Rounded, -l.Rounded)))
	case b.Direction == model.Shortage:
		t.say("%s has %s for a base of %s, so %s %s.", who, t.money(b.Supply), t.money(b.Base), sharers(b, "share a cut at one rate,", "bears the cut alone, at a rate of"), ratePercent(b.Rate))
		t.say("%s × %s × %s, the multiplier 1 + (%s − 1) × (1 − score), is a cut of %s, rounded to %s.",
			ratePercent(b.Rate), t.money(l.Movable), l.Multiplier, thousandths(t.in.Params.SpreadMilli), t.exact(l.Exact), t.money(-l.Rounded))
	case b.Direction == model.Growth:
		t.say("%s has %s for a base of %s, so %s %s.", who, t.money(b.Supply), t.money(b.Base), sharers(b, "share growth at one rate,", "grows alone, at a rate of"), ratePercent(b.Rate))
		t.say("%s × %s × the score, %s, is a gain of %s, rounded to %s.", ratePercent(b.Rate), t.money(l.Movable), l.Multiplier, t.exact(l.Exact), t.money(l.Rounded))
	case t.in.Method == model.OneRate:
		t.say("%s has nothing to share beyond what must be paid.", who)
	default:
		t.say("%s has neither a shortage nor growth to share.", who)
	}
	if l.Half {
		t.say("The change lay exactly halfway between two rounding units; the tie rule (weight, then id) decided it.")
	}
	if b.Cut != nil {
		t.say("The block stands apart because its lines would have taken %s at the rate of its neighbours, and the only funds that may pay them have %s.", t.money(b.Cut.Demand), t.money(b.Cut.Supply))
	}
}

// sharers says who moves at the block's rate.
func sharers(b *model.Block, several, one string) string {
	if b.Lines == 1 {
		return "its one line " + one
	}
	return fmt.Sprintf("its %d lines %s", b.Lines, several)
}

// money is the funds of a block; what it says of ongoing and one-time money is told where it is paid.
func money(b *model.Block) []string {
	all := append(slices.Clone(b.Funds), b.OneTime...)
	slices.Sort(all)
	return slices.Compact(all)
}

// alike says what every line of a block does across the board.
func (t *teller) alike(b *model.Block) string {
	verb := "gain"
	if b.Direction == model.Shortage {
		verb = "lose"
	}
	return fmt.Sprintf("its %d lines %s the same share of what can move, %s", b.Lines, verb, ratePercent(b.Rate))
}

// bend says what stopped the line.
func (t *teller) bend(l *Line) {
	now := t.money(l.Amount)
	switch l.Reason {
	case model.AboveLine, model.AtLine, model.BelowLine:
		t.place(l)
	case model.AtEquity:
		floor := t.in.Params.EquityFloor
		t.say("Council's equity floor binds: a program with at least %s points of equity loses at most %s of what can move, which leaves %s.",
			points(1000*floor.MinBP), phrase.Share(floor.MaxCutPPM), now)
	case model.AtMaxCut:
		if t.in.Method == model.AcrossTheBoard {
			t.say("It loses all that can move, and keeps %s.", now)
			return
		}
		t.say("No line may lose more than %s of what can move: that stops the cut, and leaves %s.", phrase.Share(t.in.Params.MaxCutPPM), now)
	case model.AtFloor:
		t.say("The mandate's floor binds: it gets %s.", now)
	case model.AtHold:
		t.say("Hold-harmless against the prior year binds: it gets %s.", now)
	case model.AtCap:
		t.say("The program's cap binds: it gets %s.", now)
	case model.AtRequest:
		t.say("It gets all that was requested: %s.", now)
	case model.AtBase:
		t.say("It stays at its base of %s.", now)
	case model.NotNamed:
		t.say("The fund is not named in this allocation, so the line stays at its base of %s.", now)
	default:
		t.say("No bound stops it: it gets %s, a change of %s.", now, t.money(l.Change()))
	}
}
