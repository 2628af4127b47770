package explain

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
)

// teller collects sentences in one currency.
type teller struct {
	in   model.Input
	plan *model.Plan
	out  []string
}

func (t *teller) say(format string, args ...any) { t.out = append(t.out, fmt.Sprintf(format, args...)) }

func (t *teller) money(minor int64) string { return phrase.Money(t.in.Currency, minor) }

func sentences(in model.Input, plan *model.Plan, r *Reason) []string {
	t := &teller{in: in, plan: plan}
	if in.Method.ByBallots() {
		t.project(r)
		return t.out
	}
	t.say("Program %q goes from %s to %s.", r.Program, t.money(r.Base), t.money(r.Amount))
	competes := false
	for i := range r.Lines {
		competes = competes || r.Lines[i].Movable > 0
	}
	if competes || offersSomething(plan, r.Program) {
		t.score(r)
	}
	if in.Method == model.Packages {
		t.shop(r)
	} else {
		t.lines(r)
	}
	t.stakes(r)
	t.say("This follows priority revision %q%s, request version %q and engine version %s.", r.Revisions.Priority.Name, results(r.Revisions), r.Version, plan.EngineVersion)
	return t.out
}

// lines tells every line of a formula.
func (t *teller) lines(r *Reason) {
	for i := range r.Lines {
		if l := &r.Lines[i]; l.Line.Block < 0 {
			t.fixed(l)
		} else {
			t.competing(l)
		}
	}
}

func results(r model.Revisions) string {
	if r.Results.Name == "" {
		return ""
	}
	return fmt.Sprintf(", results revision %q", r.Results.Name)
}

func (t *teller) score(r *Reason) {
	s := &r.Score
	t.say("Its priority score is %s.", phrase.Percent(s.BP))
	for _, g := range s.Goals {
		name := g.Title
		if name == "" {
			name = g.Goal
		}
		if g.Unknown {
			t.say("Its alignment with %s is unknown; the median, %s of 4, stands in for it and gives %s points at a weight of %s.", name, level(g.Halves), points(g.MilliBP), phrase.Share(g.WeightPPM))
			continue
		}
		t.say("%s weighs %s; an alignment of %s of 4 gives %s points.", name, phrase.Share(g.WeightPPM), level(g.Halves), points(g.MilliBP))
	}
	for _, a := range s.Attributes {
		unknown := ""
		if a.Unknown {
			unknown = " (unknown; the median stands in for it)"
		}
		t.say("Attribute %s weighs %s beside the goals; its level of %s%s gives %s points.", a.Name, phrase.Share(a.WeightPPM), level(a.Halves), unknown, points(a.MilliBP))
	}
	t.results(&s.Results)
	if s.EquityBP != 0 {
		t.say("Equity moves the score by %s points.", points(1000*s.EquityBP))
	}
	if s.Clamped {
		t.say("The score is held between 0 and 100 %%.")
	}
}

// results tells what each measure moved, and what all of them did.
func (t *teller) results(r *score.ResultsPart) {
	if r.Reason != "" {
		t.say("Results do not move it: %s.", r.Reason)
	}
	for i := range r.Factors {
		f := &r.Factors[i]
		weight := fmt.Sprintf("weight %d of %d", f.Weight, r.Weight)
		verdict := fmt.Sprintf("%s, %s, %s", f.Variation, f.Assurance, weight)
		switch {
		case !f.Usable():
			t.say("Measure %q (%s) tells nothing that can move it: %s", f.Measure, weight, sentence(f.Reason))
		case r.Policy == model.Neutral:
			t.say("Measure %q (%s) moves nothing under %s: %s", f.Measure, verdict, r.Policy, sentence(f.Reason))
		case f.PointsBP == 0:
			t.say("Measure %q (%s) is worth no points under %s: %s", f.Measure, verdict, r.Policy, sentence(f.Reason))
		default:
			half := ""
			if f.CertainPPM < model.Whole {
				half = fmt.Sprintf(", of which %s counts because its series is short", phrase.Share(f.CertainPPM))
			}
			t.say("Measure %q (%s) is worth %s points%s: it moves the score by %s points under %s: %s",
				f.Measure, verdict, signed(1000*f.PointsBP), half, signed(f.MilliBP), r.Policy, sentence(f.Reason))
		}
	}
	if len(r.Factors) > 1 && r.MilliBP != 0 {
		t.say("Together its results move the score by %s points.", signed(r.MilliBP))
	}
}

// sentence ends with a full stop.
func sentence(s string) string { return strings.TrimSuffix(s, ".") + "." }

func (t *teller) fixed(l *Line) {
	switch l.Reason {
	case model.IsCredit:
		t.say("In fund %q its competing lines come to a credit of %s, which goes to the fund unchanged.", l.Fund, t.money(-l.Base))
	case model.Unpayable:
		t.say("In fund %q nothing can be allotted: what must be paid exceeds the money that may pay it.", l.Fund)
		for _, s := range t.plan.Shortfalls {
			t.say("The lines that only fund %s may pay come to %s; %s is available, %s too little.", phrase.List(s.Funds), t.money(s.Required), t.money(s.Available), t.money(s.Short))
			if len(s.Ongoing) > 0 {
				t.say("The one-time money of fund %s is not in that: it may not pay costs that come again.", phrase.List(s.Ongoing))
			}
		}
	default:
		t.say("In fund %q its %s%s lines of %s do not compete: they come off the top, whole.", l.Fund, once(l), words(l.Treatment), t.money(l.Base))
		if len(l.Paid) > 0 && l.Paid[0].OneTime > 0 {
			t.say("One-time money pays %s of them.", t.money(l.Paid[0].OneTime))
		}
	}
}

func (t *teller) competing(l *Line) {
	net := ""
	if l.Revenue > 0 {
		net = fmt.Sprintf(", that is %s less %s of program revenue that follows the service", t.money(l.Gross()), t.money(l.Revenue))
	}
	t.say("In fund %q its %scompeting base is %s%s.", l.Fund, once(l), t.money(l.Base), net)
	if l.Floor > 0 {
		t.say("%s of it is protected by an attested mandate (%s).", t.money(l.Floor), l.Citation)
	}
	if l.Movable > 0 && t.in.Method != model.OneRate {
		t.say("So %s can move.", t.money(l.Movable))
	}
	if (l.Movable > 0 || t.in.Method == model.OneRate) && l.Reason != model.NotNamed {
		t.working(l)
	}
	t.bend(l)
	if l.RevenueLost > 0 {
		t.say("The cut also loses about %s of program revenue.", t.money(l.RevenueLost))
	}
	t.payers(l)
}

func thousandths(milli int64) string { return trim(fmt.Sprintf("%d.%03d", milli/1000, milli%1000)) }

// exact writes an unrounded change without its sign, two digits beyond the minor unit.
func (t *teller) exact(minor string) string {
	v, ok := new(big.Rat).SetString(minor)
	if !ok {
		return minor
	}
	d := model.Decimals(t.in.Currency)
	for range d {
		v.Quo(v, big.NewRat(10, 1))
	}
	return v.Abs(v).FloatString(d+2) + " " + t.in.Currency
}

func (t *teller) payers(l *Line) {
	for _, p := range l.Paid {
		kind := ""
		switch {
		case p.OneTime == p.Amount:
			kind = ", all of that with one-time money"
		case p.OneTime > 0:
			kind = fmt.Sprintf(", %s of that with one-time money", t.money(p.OneTime))
		}
		t.say("Fund %q pays %s of it%s.", p.Fund, t.money(p.Amount), kind)
	}
	if len(l.Tight) > 0 {
		t.say("Fund %s may also pay it, but is used up by lines that stand before it.", phrase.List(l.Tight))
	}
	if len(l.Ignored) > 0 {
		t.say("Fund %s is named by the program but does not compete in this allocation.", phrase.List(l.Ignored))
	}
	if l.Next != nil {
		t.say("The next %s of fund %q would go to program %q.", t.money(t.in.RoundingUnit), l.NextFund, l.Next.Program)
	}
}

// words is a treatment as people say it: must-pay, pass-through.
func words(t model.Treatment) string { return strings.ToLower(strings.ReplaceAll(string(t), "_", "-")) }

// once is put before what costs of this year only are called.
func once(l *Line) string {
	if l.OneTime {
		return "one-time "
	}
	return ""
}
