package certify_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// tamper changes a plan in one way and says whether it could. A changed plan must be refused.
type tamper struct {
	name string
	do   func(r *rand.Rand, in *model.Input, p *model.Plan) bool
}

var tampers = []tamper{
	{"input hash", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		p.InputHash = strings.Repeat("0", 64)
		return true
	}},
	{"engine version", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool { p.EngineVersion += "x"; return true }},
	{"schema", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool { p.Schema++; return true }},
	{"outcome", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if p.Outcome == model.Optimal {
			p.Outcome = model.ReductionShort
		} else {
			p.Outcome = model.Optimal
		}
		return true
	}},
	{"another input", func(_ *rand.Rand, in *model.Input, _ *model.Plan) bool { in.Funds[0].Available++; return true }},
	{"line dropped", func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		i := r.IntN(len(p.Lines))
		p.Lines = append(p.Lines[:i], p.Lines[i+1:]...)
		return true
	}},
	{"line repeated", func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		p.Lines = append(p.Lines, p.Lines[r.IntN(len(p.Lines))])
		return true
	}},
	{"line amount", line(func(l *model.Line, r *rand.Rand) { l.Amount += 1 + r.Int64N(3) })},
	{"line base", line(func(l *model.Line, _ *rand.Rand) { l.Base++ })},
	{"line score", line(func(l *model.Line, _ *rand.Rand) { l.ScoreBP++ })},
	{"line floor", line(func(l *model.Line, _ *rand.Rand) { l.Floor++; l.Movable-- })},
	{"line bounds", line(func(l *model.Line, _ *rand.Rand) { l.Max += 100 })},
	{"line odd units", line(func(l *model.Line, _ *rand.Rand) { l.Odd++ })},
	{"line reason", line(func(l *model.Line, _ *rand.Rand) { l.Reason += "X" })},
	{"line block", line(func(l *model.Line, _ *rand.Rand) { l.Block++ })},
	{"line revenue lost", line(func(l *model.Line, _ *rand.Rand) { l.RevenueLost++ })},
	{"line treatment", line(func(l *model.Line, _ *rand.Rand) { l.Treatment = model.Reserve })},
	{"cost lines", line(func(l *model.Line, _ *rand.Rand) { l.CostLines++ })},
	{"payment amount", line(func(l *model.Line, _ *rand.Rand) {
		if len(l.Paid) > 0 {
			l.Paid[0].Amount++
		}
	})},
	{"payment from another fund", func(r *rand.Rand, in *model.Input, p *model.Plan) bool {
		l := &p.Lines[r.IntN(len(p.Lines))]
		other := in.Funds[r.IntN(len(in.Funds))].ID
		if len(l.Paid) != 1 || l.Paid[0].Fund == other {
			return false
		}
		l.Paid[0].Fund = other
		return true
	}},
	{"fund surplus", fund(func(f *model.FundResult) { f.Surplus++ })},
	{"fund remainder", fund(func(f *model.FundResult) { f.Remainder++; f.Competing-- })},
	{"fund available", fund(func(f *model.FundResult) { f.Available++; f.Surplus++ })},
	{"fund block", fund(func(f *model.FundResult) { f.Block++ })},
	{"fund next", fund(func(f *model.FundResult) {
		if f.Next == nil {
			f.Next = &model.LineRef{Program: "p0", Fund: "f0"}
		} else {
			f.Next = nil
		}
	})},
	{"block rate", block(func(b *model.Block) { b.Rate.Num += "1" })},
	{"block rate dropped", block(func(b *model.Block) { b.Rate = model.Rate{Num: "-1", Den: "1"} })},
	{"block direction", block(func(b *model.Block) {
		if b.Direction == model.Growth {
			b.Direction = model.Shortage
		} else {
			b.Direction = model.Growth
			b.Rate = model.Rate{Num: "1", Den: "3"}
		}
	})},
	{"block funds", block(func(b *model.Block) { b.Funds, b.OneTime = []string{}, nil })},
	{"block supply", block(func(b *model.Block) { b.Supply++ })},
	{"block exhausted", block(func(b *model.Block) { b.Exhausted = !b.Exhausted })},
	{"block short", block(func(b *model.Block) { b.Short++ })},
	{"block sum", block(func(b *model.Block) { b.Amount++ })},
	{"totals", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool { p.Totals.NetAmount++; return true }},
	{"waterfall step", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		p.Overall.Steps = append(p.Overall.Steps, model.Step{Name: "OTHER", Amount: 1})
		return true
	}},
	{"waterfall movable", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool { p.Waterfall[0].Movable++; return true }},
	{"flag", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if p.Outcome == model.Infeasible {
			return false
		}
		p.Flags = append(p.Flags, model.Flag{Program: "p0", Goal: "g1"})
		return true
	}},
}

// rareTampers seldom fit, so they are always tried.
var rareTampers = []tamper{
	{"shortfall", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if len(p.Shortfalls) == 0 {
			return false
		}
		p.Shortfalls[0].Short++
		return true
	}},
	{"shortfall line", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if len(p.Shortfalls) == 0 {
			return false
		}
		s := &p.Shortfalls[0]
		s.Required += s.Lines[0].Amount // counted twice
		s.Short += s.Lines[0].Amount
		s.Lines = append(s.Lines, s.Lines[0])
		return true
	}},
	{"shortfall fund", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if len(p.Shortfalls) == 0 {
			return false
		}
		p.Shortfalls[0].Funds = p.Shortfalls[0].Funds[1:]
		return true
	}},
	{"one unit moved with every sum kept", moveUnit},
	{"one unit withheld with every sum kept", withholdUnit},
	{"payers swapped with every sum kept", moveUnitBetweenFunds},
}

func line(change func(*model.Line, *rand.Rand)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		l := &p.Lines[r.IntN(len(p.Lines))]
		if p.Outcome == model.Infeasible {
			return false
		}
		change(l, r)
		return true
	}
}

func fund(change func(*model.FundResult)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		change(&p.Funds[r.IntN(len(p.Funds))])
		return true
	}
}

func block(change func(*model.Block)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if len(p.Blocks) == 0 {
			return false
		}
		change(&p.Blocks[r.IntN(len(p.Blocks))])
		return true
	}
}

// competing picks a random payment of a line that competes; nil when it hits another line.
func competing(r *rand.Rand, p *model.Plan) (l *model.Line, pay *model.Payment) {
	i := r.IntN(len(p.Lines))
	if l = &p.Lines[i]; l.Block < 0 || len(l.Paid) == 0 {
		return nil, nil
	}
	return l, &l.Paid[r.IntN(len(l.Paid))]
}

func moveUnit(r *rand.Rand, in *model.Input, p *model.Plan) bool {
	for range 50 {
		if moveUnitOnce(r, in, p) {
			return true
		}
	}
	return false
}

func moveUnitOnce(r *rand.Rand, in *model.Input, p *model.Plan) bool {
	l, from := competing(r, p)
	m, to := competing(r, p)
	u := in.RoundingUnit
	if l == nil || m == nil || l == m || from.Fund != to.Fund || from.Amount <= u || l.Amount-u < l.Min || m.Amount+u > m.Max {
		return false
	}
	if l.Revenue > 0 || m.Revenue > 0 {
		return false
	}
	from.Amount -= u
	to.Amount += u
	shift(p, l, -u)
	shift(p, m, u)
	return true
}

func shift(p *model.Plan, l *model.Line, by int64) {
	l.Amount += by
	p.Blocks[l.Block].Amount += by
}

func withholdUnit(r *rand.Rand, in *model.Input, p *model.Plan) bool {
	l, from := competing(r, p)
	u := in.RoundingUnit
	if l == nil || from.Amount <= u || l.Amount-u < l.Min || l.Revenue > 0 {
		return false
	}
	from.Amount -= u
	shift(p, l, -u)
	p.Totals.GrossAmount -= u
	p.Totals.NetAmount -= u
	p.Totals.Change -= u
	p.Totals.Surplus += u
	for k := range p.Funds {
		if p.Funds[k].Fund == from.Fund {
			p.Funds[k].Competing -= u
			p.Funds[k].Surplus += u
		}
	}
	for b := range p.Blocks {
		p.Blocks[b].Exhausted = p.Blocks[b].Exhausted && b != int(l.Block)
	}
	return true
}

// moveUnitBetweenFunds has a line paid by the less restricted of two funds that already pay it, and the other keep the money.
func moveUnitBetweenFunds(_ *rand.Rand, in *model.Input, p *model.Plan) bool {
	class := map[string]int{}
	for _, f := range in.Funds {
		for i, c := range model.FundClasses() {
			if f.Class == c {
				class[f.ID] = i
			}
		}
	}
	surplus := map[string]int64{}
	for _, f := range p.Funds {
		surplus[f.Fund] = f.Surplus
	}
	u := in.RoundingUnit
	for i := range p.Lines {
		l := &p.Lines[i]
		for a := range l.Paid {
			for b := range l.Paid {
				from, to := &l.Paid[a], &l.Paid[b]
				if l.Block < 0 || class[from.Fund] >= class[to.Fund] || from.Amount <= u || surplus[to.Fund] < u {
					continue
				}
				from.Amount -= u
				to.Amount += u
				for k := range p.Funds {
					switch p.Funds[k].Fund {
					case from.Fund:
						p.Funds[k].Competing -= u
						p.Funds[k].Surplus += u
					case to.Fund:
						p.Funds[k].Competing += u
						p.Funds[k].Surplus -= u
					}
				}
				return true
			}
		}
	}
	return false
}

func TestTamperedPlansAreRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	often, rare := append(slices.Clone(tampers), methodTampers...), append(slices.Clone(rareTampers), rareMethodTampers...)
	tried := map[string]int{}
	for i := range 700 {
		in := modeltest.RandomOf(r, engine.Version, formulas[i%len(formulas)])
		plan, _, err := engine.Allocate(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		original, err := plan.Encode()
		if err != nil {
			t.Fatal(err)
		}
		for j, tamper := range append(slices.Clone(rare), often...) {
			if j >= len(rare) && r.IntN(16) > 0 {
				continue
			}
			bad, other := decoded(t, original), in.Normalize()
			if !tamper.do(r, &other, &bad) {
				continue
			}
			changed, err := bad.Encode()
			if err != nil {
				t.Fatal(err)
			}
			if string(changed) == string(original) && tamper.name != "another input" {
				continue
			}
			tried[tamper.name]++
			if _, err := certify.Check(other, bad); err == nil {
				t.Fatalf("%s: a tampered plan is certified\n%s\n%s", tamper.name, original, changed)
			}
		}
	}
	for _, tamper := range append(often, rare...) {
		if tried[tamper.name] < 5 {
			t.Errorf("%s was tried %d times only", tamper.name, tried[tamper.name])
		}
	}
	t.Log(len(often)+len(rare), "kinds of tampering")
}

func decoded(t *testing.T, b []byte) model.Plan {
	t.Helper()
	p, err := model.DecodePlan(b)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
