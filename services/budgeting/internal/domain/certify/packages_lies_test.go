package certify_test

import (
	"math/rand/v2"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

func chosen(do func(*rand.Rand, *model.Input, *model.Plan, int) bool) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(r *rand.Rand, in *model.Input, p *model.Plan) bool {
		for _, i := range r.Perm(len(p.Packages)) {
			if p.Packages[i].Level != "" && do(r, in, p, i) {
				return true
			}
		}
		return false
	}
}

func search(do func(*model.Search)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if p.Search == nil || p.Outcome == model.Infeasible {
			return false
		}
		do(p.Search)
		return true
	}
}

func price(do func(*model.Search, int)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if p.Search == nil || len(p.Search.Prices) == 0 {
			return false
		}
		do(p.Search, r.IntN(len(p.Search.Prices)))
		return true
	}
}

func paid(do func(*model.Input, *model.PackagePaid) bool) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(_ *rand.Rand, in *model.Input, p *model.Plan) bool {
		for i := range p.Packages {
			for j := range p.Packages[i].Paid {
				if do(in, &p.Packages[i].Paid[j]) {
					return true
				}
			}
		}
		return false
	}
}

// relink ties two packages by the change of an input to which the plan then claims to be the answer.
func relink(do func(k *model.Package, other model.PackageResult, holds bool) bool) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(_ *rand.Rand, in *model.Input, p *model.Plan) bool {
		for i := range p.Packages {
			for j := range p.Packages {
				k, other := packageOf(in, p.Packages[i].Package), p.Packages[j]
				if i != j && k != nil && packageOf(in, other.Package) != nil && p.Packages[i].Level != "" && do(k, other, other.Level != "") {
					p.InputHash, _ = in.Hash()
					return true
				}
			}
		}
		return false
	}
}

func short(do func(*model.Shortfall) bool) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		return len(p.Shortfalls) > 0 && do(&p.Shortfalls[0])
	}
}

func anyOf(do func(*model.Line)) func(*rand.Rand, *model.Input, *model.Plan) bool {
	return func(r *rand.Rand, _ *model.Input, p *model.Plan) bool {
		do(&p.Lines[r.IntN(len(p.Lines))])
		return true
	}
}

// anyLine tries every line that somebody pays in full.
func anyLine(p *model.Plan, do func(*model.Line) bool) bool {
	for i := range p.Lines {
		if len(p.Lines[i].Paid) > 0 && p.Lines[i].Amount > 0 && do(&p.Lines[i]) {
			return true
		}
	}
	return false
}

func packageOf(in *model.Input, id string) *model.Package {
	for i := range in.Packages {
		if in.Packages[i].ID == id {
			return &in.Packages[i]
		}
	}
	return nil
}

func program(in *model.Input, id string) *model.Program {
	return &in.Programs[slices.IndexFunc(in.Programs, func(p model.Program) bool { return p.ID == id })]
}

func fundOf(p *model.Plan, id string) *model.FundResult {
	return &p.Funds[slices.IndexFunc(p.Funds, func(f model.FundResult) bool { return f.Fund == id })]
}

// eachPaid finds what packages of the line's program say that its first fund pays in the budget's year.
func eachPaid(p *model.Plan, l *model.Line, do func(*model.PackagePaid)) {
	for i := range p.Packages {
		for j := range p.Packages[i].Paid {
			if k := &p.Packages[i].Paid[j]; p.Packages[i].Program == l.Program && k.Year == 0 && k.Fund == l.Paid[0].Fund {
				do(k)
			}
		}
	}
}

// refund has another fund pay what the only fund of a line pays of its ongoing money.
func refund(p *model.Plan, l *model.Line, to string) bool {
	from, other := fundOf(p, l.Paid[0].Fund), fundOf(p, to)
	amount := l.Paid[0].Amount
	if len(l.Paid) != 1 || l.Base < 0 || l.Paid[0].OneTime > 0 || other.Surplus-(other.OneTime-other.OneTimeUsed) < amount || from == other ||
		(l.Treatment != model.Competes && l.Treatment != model.CapitalProject) {
		return false
	}
	eachPaid(p, l, func(k *model.PackagePaid) { k.Fund = to })
	l.Paid[0].Fund = to
	from.Competing, from.Surplus = from.Competing-amount, from.Surplus+amount
	other.Competing, other.Surplus = other.Competing+amount, other.Surplus-amount
	return true
}

// reduce takes from a line what then is surplus of the only fund that pays it.
func reduce(p *model.Plan, l *model.Line, by int64) bool {
	if len(l.Paid) != 1 || l.Paid[0].OneTime > 0 || len(p.Programs) > 0 || l.Paid[0].Amount <= by {
		return false
	}
	value := func() int64 { return l.Amount * l.ScoreBP / 10_000 }
	before := value()
	l.Amount, l.Paid[0].Amount = l.Amount-by, l.Paid[0].Amount-by
	f, t := fundOf(p, l.Paid[0].Fund), &p.Totals
	f.Competing, f.Surplus = f.Competing-by, f.Surplus+by
	t.GrossAmount, t.NetAmount, t.Change, t.Surplus = t.GrossAmount-by, t.NetAmount-by, t.Change-by, t.Surplus+by
	t.PriorityValue += value() - before
	return true
}
