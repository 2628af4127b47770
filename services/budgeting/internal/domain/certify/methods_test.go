package certify_test

import (
	"math/rand/v2"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// formulas are the methods that divide without packages and ballots.
var formulas = []model.Method{model.PriorityAdjustment, model.OneRate, model.AcrossTheBoard, model.CutLine}

// methodTampers lie about one-time money, about what amounts come to, and about what other methods decide.
var methodTampers = []tamper{
	{"line one-time", line(func(l *model.Line, _ *rand.Rand) { l.OneTime = !l.OneTime })},
	{"payment one-time", line(func(l *model.Line, _ *rand.Rand) {
		if len(l.Paid) > 0 {
			l.Paid[0].OneTime++
		}
	})},
	{"fund one-time", fund(func(f *model.FundResult) { f.OneTime++ })},
	{"fund one-time used", fund(func(f *model.FundResult) { f.OneTimeUsed++ })},
	{"block one-time funds", block(func(b *model.Block) { b.OneTime = append(b.OneTime, "f0") })},
	{"priority value", total(func(t *model.Totals) { t.PriorityValue++ })},
	{"one-time total", total(func(t *model.Totals) { t.OneTime++ })},
	{"grants lost total", total(func(t *model.Totals) { t.GrantsLost++ })},
	{"positions short total", total(func(t *model.Totals) { t.PositionsShort++ })},
	{"equity cost", total(func(t *model.Totals) { t.EquityCost++ })},
	{"program note made up", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		p.Programs = append(p.Programs, model.ProgramNote{Program: "p9", PositionsShort: 1})
		return true
	}},
	{"a line that nobody drew", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		p.CutLines = append(p.CutLines, model.DrawnLine{Program: "p0", Funds: []string{"f0"}})
		return true
	}},
	{"packages made up", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		p.Packages = append(p.Packages, model.PackageResult{Package: "x"})
		return true
	}},
	{"a search made up", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		p.Search = &model.Search{Prices: []model.FundPrice{}}
		return true
	}},
	{"an election made up", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		p.Shares = &model.SharesNote{Rounds: []model.SharesRound{}}
		return true
	}},
	{"a plan without the equity floor made up or dropped", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if p.WithoutEquity != nil {
			p.WithoutEquity = nil
		} else {
			copied := *p
			p.WithoutEquity = &copied
		}
		return true
	}},
}

// rareMethodTampers keep every sum that they can.
var rareMethodTampers = []tamper{
	{"an ongoing cost is paid with one-time money, with every sum kept", swapKinds},
	{"program note dropped", note(func(p *model.Plan, i int) { p.Programs = append(p.Programs[:i], p.Programs[i+1:]...) })},
	{"positions short", note(func(p *model.Plan, i int) { p.Programs[i].PositionsShort++ })},
	{"a grant that is kept is told as lost", note(func(p *model.Plan, i int) {
		p.Programs[i].GrantsLost = append(p.Programs[i].GrantsLost, model.GrantLost{ID: "grant9", Award: 1, Needs: 1, Reason: model.Match})
	})},
	{"what a grant needs", note(func(p *model.Plan, i int) {
		if g := p.Programs[i].GrantsLost; len(g) > 0 {
			g[0].Needs++
		}
	})},
	{"shortfall money", func(r *rand.Rand, in *model.Input, p *model.Plan) bool {
		if len(p.Shortfalls) == 0 {
			return false
		}
		s := &p.Shortfalls[r.IntN(len(p.Shortfalls))]
		if len(s.Ongoing) > 0 {
			s.Ongoing = nil
		} else {
			s.Ongoing = s.Funds[:1]
		}
		return true
	}},
	{"the plan without the equity floor is another", func(r *rand.Rand, in *model.Input, p *model.Plan) bool {
		if p.WithoutEquity == nil {
			return false
		}
		return moveUnitOnce(r, in, p.WithoutEquity)
	}},
	{"the equity floor is compared with itself", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if p.WithoutEquity == nil || p.Totals.EquityCost == 0 {
			return false
		}
		copied := *p
		copied.WithoutEquity, copied.InputHash, copied.Totals.EquityCost = nil, p.WithoutEquity.InputHash, 0
		p.WithoutEquity, p.Totals.EquityCost = &copied, 0
		return true
	}},
	{"cut line demand", drawn(func(l *model.DrawnLine) { l.Demand++ })},
	{"cut line supply", drawn(func(l *model.DrawnLine) { l.Supply++ })},
	{"cut line program", drawn(func(l *model.DrawnLine) { l.Program += "x" })},
	{"cut line funds", drawn(func(l *model.DrawnLine) { l.Funds = l.Funds[:len(l.Funds)-1] })},
	{"cut line dropped", func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if len(p.CutLines) == 0 {
			return false
		}
		i := r.IntN(len(p.CutLines))
		p.CutLines = append(p.CutLines[:i], p.CutLines[i+1:]...)
		return true
	}},
	{"cut lines out of order", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if len(p.CutLines) < 2 {
			return false
		}
		p.CutLines[0], p.CutLines[1] = p.CutLines[1], p.CutLines[0]
		return true
	}},
	{"a program below the line is paid whole from what is left, with every sum kept", payFromSurplus},
	{"a program above the line loses what it asks for, with every sum kept", takeToSurplus},
}

func total(change func(*model.Totals)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		change(&p.Totals)
		return true
	}
}

func note(change func(*model.Plan, int)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if len(p.Programs) == 0 {
			return false
		}
		change(p, r.IntN(len(p.Programs)))
		return true
	}
}

func drawn(change func(*model.DrawnLine)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if len(p.CutLines) == 0 {
			return false
		}
		change(&p.CutLines[r.IntN(len(p.CutLines))])
		return true
	}
}

// swapKinds has an ongoing and a one-time cost that one fund pays exchange the kinds of their money.
func swapKinds(_ *rand.Rand, in *model.Input, p *model.Plan) bool {
	u := in.RoundingUnit
	if in.Method == model.CutLine {
		u = 1
	}
	for i := range p.Lines {
		for j := range p.Lines {
			l, m := &p.Lines[i], &p.Lines[j]
			for a := range l.Paid {
				for b := range m.Paid {
					from, to := &l.Paid[a], &m.Paid[b]
					if l.OneTime && !m.OneTime && from.Fund == to.Fund && from.OneTime >= u && to.Amount-to.OneTime >= u {
						from.OneTime -= u
						to.OneTime += u
						return true
					}
				}
			}
		}
	}
	return false
}

// payFromSurplus pays the only open line of a program below the line out of what is left of its fund.
func payFromSurplus(_ *rand.Rand, in *model.Input, p *model.Plan) bool {
	return changeWhole(in, p, model.BelowLine, model.AboveLine, func(l *model.Line) int64 { return l.Max - l.Amount }) ||
		changeWhole(in, p, model.AtLine, model.AboveLine, func(l *model.Line) int64 { return l.Max - l.Amount })
}

// takeToSurplus takes what the only open line of a program above the line asks for, beyond its floor.
func takeToSurplus(_ *rand.Rand, in *model.Input, p *model.Plan) bool {
	return changeWhole(in, p, model.AboveLine, model.BelowLine, func(l *model.Line) int64 { return l.Min - l.Amount })
}

func changeWhole(in *model.Input, p *model.Plan, reason, told model.Reason, by func(*model.Line) int64) bool {
	for i := range p.Lines {
		l := &p.Lines[i]
		beside := slices.ContainsFunc(in.Programs, func(q model.Program) bool { return q.ID == l.Program && len(q.Grants)+len(q.Positions) > 0 })
		if l.Reason != reason || l.OneTime || l.Revenue > 0 || beside || len(l.Paid) > 1 {
			continue
		}
		d := by(l)
		for k := range p.Funds {
			f := &p.Funds[k]
			if f.Fund != l.Fund || f.Surplus-(f.OneTime-f.OneTimeUsed) < d || (len(l.Paid) == 1 && (l.Paid[0].Fund != f.Fund || l.Paid[0].Amount+d < 0)) {
				continue
			}
			value := func() int64 { return l.Amount * l.ScoreBP / 10_000 }
			before := value()
			switch {
			case len(l.Paid) == 0:
				l.Paid = []model.Payment{{Fund: f.Fund, Amount: d}}
			case l.Paid[0].Amount+d == 0:
				l.Paid = nil
			default:
				l.Paid[0].Amount += d
			}
			shift(p, l, d)
			l.Reason = told
			f.Surplus -= d
			f.Competing += d
			t := &p.Totals
			t.GrossAmount, t.NetAmount, t.Change, t.Surplus = t.GrossAmount+d, t.NetAmount+d, t.Change+d, t.Surplus-d
			t.PriorityValue += value() - before
			return true
		}
	}
	return false
}
