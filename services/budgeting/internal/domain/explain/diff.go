package explain

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/phrase"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
)

// Run is a plan with the input it answers.
type Run struct {
	Input model.Input
	Plan  model.Plan
}

// Delta is what differs between two runs.
type Delta struct {
	Moves  []Move   // programs whose amount differs, by id
	Policy []string // policy figures, envelopes and revisions that differ, as sentences
}

// Move is one program that moved and why, the strongest cause first.
type Move struct {
	Program       string
	Before, After int64 // of all its lines, net of program revenue
	ScoreBefore   int64 // basis points
	ScoreAfter    int64
	Causes        []Cause
	Sentences     []string
}

// Kind is what a cause is about.
type Kind string

// Kinds. The first five move the score; Effect is then thousandths of a basis point. For Base, Mandate and Limits it is minor units.
const (
	GoalWeight Kind = "GOAL_WEIGHT"
	Aligned    Kind = "ALIGNMENT"
	Attributes Kind = "ATTRIBUTE"
	Results    Kind = "RESULTS"
	Equity     Kind = "EQUITY"
	Base       Kind = "BASE"
	Mandate    Kind = "MANDATE"
	Limits     Kind = "LIMITS"
	Request    Kind = "REQUEST"
	Pool       Kind = "POOL" // the rate of its block moved, or its place at the line: envelopes, policy figures or other programs
)

// Cause is one thing that differs for a program. Subject is a goal, an attribute or a fund.
type Cause struct {
	Kind          Kind
	Subject       string
	Before, After string
	Effect        int64
}

// Diff compares two runs and names what moved every program whose amount differs.
func Diff(before, after Run) Delta {
	a, b := newSide(before), newSide(after)
	d := Delta{Moves: []Move{}, Policy: policy(a.in, b.in)}
	for _, id := range union(a.ids, b.ids) {
		x, y := a.amount[id], b.amount[id]
		if x == y {
			continue
		}
		m := Move{Program: id, Before: x, After: y}
		p, hadP := a.program(id)
		q, hasQ := b.program(id)
		switch {
		case a.in.Method.ByBallots() || b.in.Method.ByBallots(): // voters decide; there is nothing to add to the amounts
		case !hadP:
			m.Causes = []Cause{{Kind: Base, Subject: id, Before: "none", After: "new program", Effect: y}}
		case !hasQ:
			m.Causes = []Cause{{Kind: Base, Subject: id, Before: "program", After: "none", Effect: -x}}
		default:
			s, t := a.scores.Score(p), b.scores.Score(q)
			m.ScoreBefore, m.ScoreAfter = s.BP, t.BP
			m.Causes = append(scoreCauses(s, t), moneyCauses(a, b, p, q)...)
		}
		m.Sentences = tell(b.in.Currency, &m)
		d.Moves = append(d.Moves, m)
	}
	return d
}

// side is one run, indexed.
type side struct {
	in     model.Input
	plan   *model.Plan
	ids    []string
	amount map[string]int64 // looked up only
	scores *score.Scorer
}

func newSide(r Run) *side {
	s := &side{in: r.Input.Normalize(), plan: &r.Plan, amount: map[string]int64{}}
	s.scores = score.New(s.in)
	for i := range s.in.Programs {
		s.ids = append(s.ids, s.in.Programs[i].ID)
	}
	for i := range r.Plan.Lines {
		s.amount[r.Plan.Lines[i].Program] += r.Plan.Lines[i].Amount
	}
	return s
}

func (s *side) program(id string) (*model.Program, bool) {
	i, ok := slices.BinarySearch(s.ids, id)
	if !ok {
		return nil, false
	}
	return &s.in.Programs[i], true
}

func union(a, b []string) []string {
	all := append(slices.Clone(a), b...)
	slices.Sort(all)
	return slices.Compact(all)
}

// scoreCauses splits the move of the score: for each goal first its weight at the old alignment, then the alignment at the new weight.
func scoreCauses(s, t score.Score) []Cause {
	var out []Cause
	add := func(k Kind, subject, before, after string, effect int64) {
		if before != after {
			out = append(out, Cause{k, subject, before, after, effect})
		}
	}
	for _, g := range t.Goals {
		i := slices.IndexFunc(s.Goals, func(o score.GoalPart) bool { return o.Goal == g.Goal })
		if i < 0 {
			add(GoalWeight, g.Goal, "not a goal", phrase.Share(g.WeightPPM), g.MilliBP)
			continue
		}
		o := s.Goals[i]
		middle := o.MilliBP
		if o.WeightPPM > 0 {
			middle = o.MilliBP * g.WeightPPM / o.WeightPPM
		} else if g.Halves > 0 {
			middle = g.MilliBP * o.Halves / g.Halves
		}
		add(GoalWeight, g.Goal, phrase.Share(o.WeightPPM), phrase.Share(g.WeightPPM), middle-o.MilliBP)
		add(Aligned, g.Goal, level(o.Halves), level(g.Halves), g.MilliBP-middle)
	}
	for _, o := range s.Goals {
		if !slices.ContainsFunc(t.Goals, func(g score.GoalPart) bool { return g.Goal == o.Goal }) {
			add(GoalWeight, o.Goal, phrase.Share(o.WeightPPM), "not a goal", -o.MilliBP)
		}
	}
	for _, v := range t.Attributes {
		i := slices.IndexFunc(s.Attributes, func(o score.AttributePart) bool { return o.Name == v.Name })
		var o score.AttributePart
		if i >= 0 {
			o = s.Attributes[i]
		}
		add(Attributes, v.Name, level(o.Halves)+" at "+phrase.Share(o.WeightPPM), level(v.Halves)+" at "+phrase.Share(v.WeightPPM), v.MilliBP-o.MilliBP)
	}
	add(Results, "", gate(s.Results), gate(t.Results), t.Results.MilliBP-s.Results.MilliBP)
	add(Equity, "", points(1000*s.EquityBP), points(1000*t.EquityBP), 1000*(t.EquityBP-s.EquityBP))
	sort.SliceStable(out, func(i, j int) bool { return magnitude(out[i].Effect) > magnitude(out[j].Effect) })
	return out
}

// gate is what results give, and which measures give it.
func gate(r score.ResultsPart) string {
	if r.Policy == model.Neutral {
		return "none"
	}
	verdicts := []string{}
	for i := range r.Factors {
		f := &r.Factors[i]
		said := "unknown"
		if f.Usable() {
			said = fmt.Sprintf("%s and %s", f.Variation, f.Assurance)
		}
		verdicts = append(verdicts, fmt.Sprintf("measure %q %s", f.Measure, said))
	}
	return fmt.Sprintf("%s points under %s (%s)", signed(r.MilliBP), r.Policy, strings.Join(verdicts, "; "))
}

func magnitude(v int64) int64 { return max(v, -v) }

// moneyCauses compares what the two plans say of the program's lines: base, floor, bounds, and the rate of the block that decided it.
func moneyCauses(a, b *side, p, q *model.Program) []Cause {
	var out []Cause
	old, now := lines(*a.plan, p.ID), lines(*b.plan, q.ID)
	for i := range now {
		l := &now[i]
		j := slices.IndexFunc(old, func(o model.Line) bool { return sameLine(&o, l) })
		var o model.Line
		o.Block = -1
		if j >= 0 {
			o = old[j]
		}
		if o.Base != l.Base {
			out = append(out, Cause{Base, l.Fund, phrase.Money(a.in.Currency, o.Base), phrase.Money(b.in.Currency, l.Base), l.Base - o.Base})
		}
		if o.Floor != l.Floor {
			out = append(out, Cause{Mandate, l.Fund, phrase.Money(a.in.Currency, o.Floor), phrase.Money(b.in.Currency, l.Floor), l.Floor - o.Floor})
		}
		before, after := rateOf(a.plan, &o), rateOf(b.plan, l)
		if before != after {
			out = append(out, Cause{Kind: Pool, Subject: l.Fund, Before: before, After: after})
		}
	}
	for _, o := range old {
		if !slices.ContainsFunc(now, func(l model.Line) bool { return sameLine(&o, &l) }) {
			out = append(out, Cause{Base, o.Fund, phrase.Money(a.in.Currency, o.Base), "none", -o.Base})
		}
	}
	if was, is := limits(p), limits(q); was != is {
		out = append(out, Cause{Kind: Limits, Before: was, After: is})
	}
	if p.Requested != q.Requested {
		out = append(out, Cause{Request, "", phrase.Money(a.in.Currency, p.Requested), phrase.Money(b.in.Currency, q.Requested), q.Requested - p.Requested})
	}
	return out
}

func limits(p *model.Program) string {
	s := fmt.Sprintf("eligible funds [%s]", phrase.And(p.EligibleFunds))
	if p.Cap != nil {
		s += fmt.Sprintf(", cap %d", *p.Cap)
	}
	if h := p.HoldHarmless; h != nil {
		s += fmt.Sprintf(", hold-harmless −%s to +%s of %d", phrase.Share(h.MaxDecreasePPM), phrase.Share(h.MaxIncreasePPM), h.Prior)
	}
	return s
}

func sameLine(a, b *model.Line) bool {
	return a.Fund == b.Fund && a.Treatment == b.Treatment && a.OneTime == b.OneTime
}

// rateOf is what decided a line: the rate of its block, or its place at the line.
func rateOf(plan *model.Plan, l *model.Line) string {
	if l.Block < 0 || int(l.Block) >= len(plan.Blocks) {
		return "off the top"
	}
	b := &plan.Blocks[l.Block]
	switch {
	case plan.Method == model.CutLine && l.Amount < l.Max:
		return "below the line"
	case plan.Method == model.CutLine:
		return "above the line"
	case plan.Method == model.OneRate && b.Direction == model.Growth:
		return "one rate of " + ratePercent(b.Rate)
	case b.Short > 0:
		return "a cut at the limits"
	case b.Direction == model.Shortage:
		return "a cut at " + ratePercent(b.Rate)
	case b.Direction == model.Growth:
		return "growth at " + ratePercent(b.Rate)
	default:
		return "held"
	}
}
