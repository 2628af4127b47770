package certify_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/throughline/throughline/services/budgeting/internal/domain/certify"
	"github.com/throughline/throughline/services/budgeting/internal/domain/engine"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/modeltest"
)

// packageTampers lie about packages. Those that change the input put its new hash on the plan, so that only the lie itself can be found.
var packageTampers = []tamper{
	{"another level", chosen(func(r *rand.Rand, in *model.Input, p *model.Plan, i int) bool {
		k := packageOf(in, p.Packages[i].Package)
		if k == nil || len(k.Levels) < 2 {
			return false
		}
		at := slices.IndexFunc(k.Levels, func(l model.PackageLevel) bool { return l.ID == p.Packages[i].Level })
		other := &k.Levels[(at+1)%len(k.Levels)]
		p.Packages[i].Level = other.ID
		return other.Cost(0) != k.Levels[at].Cost(0) // else it may be as good
	})},
	{"a level that does not exist", chosen(func(_ *rand.Rand, _ *model.Input, p *model.Plan, i int) bool { p.Packages[i].Level += "x"; return true })},
	{"a level dropped", chosen(func(_ *rand.Rand, _ *model.Input, p *model.Plan, i int) bool { p.Packages[i].Level = ""; return true })},
	{"a package dropped", chosen(func(_ *rand.Rand, _ *model.Input, p *model.Plan, i int) bool {
		p.Packages = slices.Delete(p.Packages, i, i+1)
		return true
	})},
	{"a package repeated", chosen(func(_ *rand.Rand, _ *model.Input, p *model.Plan, i int) bool {
		p.Packages = slices.Insert(p.Packages, i, p.Packages[i])
		return true
	})},
	{"a package of another program", chosen(func(_ *rand.Rand, _ *model.Input, p *model.Plan, i int) bool {
		p.Packages[i].Program += "x"
		return true
	})},
	{"a package's value", chosen(func(_ *rand.Rand, _ *model.Input, p *model.Plan, i int) bool {
		p.Packages[i].Value++
		p.Search.Value++
		p.Search.Bound++
		p.Search.DualBound++
		return true
	})},
	{"a package's amount", chosen(func(_ *rand.Rand, _ *model.Input, p *model.Plan, i int) bool { p.Packages[i].Amount++; return true })},
	{"the value", search(func(s *model.Search) { s.Value--; s.Bound-- })},
	{"the bound", search(func(s *model.Search) { s.Bound++ })},
	{"a bound below the value", search(func(s *model.Search) { s.Bound-- })},
	{"the bound by prices", search(func(s *model.Search) { s.DualBound++ })},
	{"all bounds", search(func(s *model.Search) { s.Bound, s.DualBound = s.Bound+1, s.DualBound+1 })},
	{"a price", price(func(s *model.Search, i int) { s.Prices[i].Price += s.Prices[i].Price/4 + 1<<s.Shift })},
	{"a price dropped", price(func(s *model.Search, i int) { s.Prices = slices.Delete(s.Prices, i, i+1) })},
	{"a price repeated", price(func(s *model.Search, i int) { s.Prices = slices.Insert(s.Prices, i, s.Prices[i]) })},
	{"a negative price", price(func(s *model.Search, i int) { s.Prices[i].Price = -1 })},
	{"a price of another year", price(func(s *model.Search, i int) { s.Prices[i].Year = 7 })},
	{"the shift", price(func(s *model.Search, _ int) { s.Shift++ })},
	{"a shift beyond the numbers", search(func(s *model.Search) { s.Shift = 64 })},
	{"negative states", search(func(s *model.Search) { s.States = -1 })},
	{"no search", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		p.Search = nil
		return p.Outcome != model.Infeasible
	}},
	{"an optimum with a gap", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if p.Outcome != model.Optimal || p.Search.DualBound == p.Search.Value {
			return false
		}
		p.Search.Bound = p.Search.DualBound
		return true
	}},
	{"a gap that is none", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		if p.Outcome != model.Optimal {
			return false
		}
		p.Outcome = model.Feasible
		return true
	}},
	{"a reduction that is short", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool { p.Outcome = model.ReductionShort; return true }},
	{"paid by a fund that may not, with every sum kept", func(r *rand.Rand, in *model.Input, p *model.Plan) bool {
		return anyLine(p, func(l *model.Line) bool {
			for k := range in.Funds {
				if in.Funds[k].ID != l.Fund && !slices.Contains(program(in, l.Program).EligibleFunds, in.Funds[k].ID) && refund(p, l, in.Funds[k].ID) {
					return true
				}
			}
			return false
		})
	}},
	{"an ongoing cost is paid with one-time money, with every sum kept", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		return anyLine(p, func(l *model.Line) bool {
			f := fundOf(p, l.Paid[0].Fund)
			if l.OneTime || l.Base < 0 || l.Paid[0].OneTime > 0 || l.Paid[0].Amount > f.OneTime-f.OneTimeUsed {
				return false
			}
			l.Paid[0].OneTime = l.Paid[0].Amount
			f.OneTimeUsed += l.Paid[0].Amount
			p.Totals.OneTime += l.Paid[0].Amount
			eachPaid(p, l, func(k *model.PackagePaid) { k.OneTime = k.Amount })
			return true
		})
	}},
	{"money of a later year is carried back", paid(func(_ *model.Input, k *model.PackagePaid) bool { k.Carried = -1; return true })},
	{"money is carried where it may not be", paid(func(in *model.Input, k *model.PackagePaid) bool {
		if in.Params.CarryForward || k.Year == 0 {
			return false
		}
		k.Carried = k.Year
		return true
	})},
	{"money of another year", paid(func(_ *model.Input, k *model.PackagePaid) bool { k.Year++; return true })},
	{"a package is paid more", paid(func(_ *model.Input, k *model.PackagePaid) bool { k.Amount++; return true })},
	{"a package is paid less", paid(func(_ *model.Input, k *model.PackagePaid) bool { k.Amount--; return true })},
	{"a package is paid by nobody we know", paid(func(_ *model.Input, k *model.PackagePaid) bool { k.Fund = "nobody"; return true })},
	{"a prerequisite is broken", relink(func(k *model.Package, other model.PackageResult, holds bool) bool {
		if holds || slices.ContainsFunc(k.Requires, func(r model.PackageRef) bool { return r.Package == other.Package }) {
			return false
		}
		k.Requires = append(k.Requires, model.PackageRef{Package: other.Package})
		return true
	})},
	{"an exclusion is broken", relink(func(k *model.Package, other model.PackageResult, holds bool) bool {
		if !holds || slices.ContainsFunc(k.Excludes, func(r model.PackageRef) bool { return r.Package == other.Package }) {
			return false
		}
		k.Excludes = append(k.Excludes, model.PackageRef{Package: other.Package, Level: other.Level})
		return true
	})},
	{"a prerequisite at a higher level is broken", relink(func(k *model.Package, other model.PackageResult, holds bool) bool {
		if !holds || other.Level != "level0" || slices.ContainsFunc(k.Requires, func(r model.PackageRef) bool { return r.Package == other.Package }) {
			return false
		}
		k.Requires = append(k.Requires, model.PackageRef{Package: other.Package, Level: "level1"})
		return true
	})},
	{"a base is short, with every sum kept", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		return anyLine(p, func(l *model.Line) bool {
			return l.Treatment == model.Competes && l.Base > 0 && l.Min == l.Max && l.Revenue == 0 && l.Amount > 1 && reduce(p, l, 1)
		})
	}},
	{"half of a capital project, with every sum kept", func(_ *rand.Rand, _ *model.Input, p *model.Plan) bool {
		return anyLine(p, func(l *model.Line) bool {
			half := l.Amount / 2
			if l.Treatment != model.CapitalProject || l.Reason != model.Selected || half == 0 || !reduce(p, l, half) {
				return false
			}
			eachPaid(p, l, func(k *model.PackagePaid) { k.Amount -= half })
			for i := range p.Packages {
				if p.Packages[i].Package == model.CapitalPackage && p.Packages[i].Program == l.Program {
					p.Packages[i].Amount -= half
				}
			}
			return true
		})
	}},
	{"more restricted money is spared, with every sum kept", func(_ *rand.Rand, in *model.Input, p *model.Plan) bool {
		class := func(id string) int {
			i := slices.IndexFunc(in.Funds, func(f model.Fund) bool { return f.ID == id })
			return slices.Index(model.FundClasses(), in.Funds[i].Class)
		}
		return anyLine(p, func(l *model.Line) bool {
			for k := range in.Funds {
				to := in.Funds[k].ID
				if in.Funds[k].InPool() && slices.Contains(program(in, l.Program).EligibleFunds, to) && class(to) > class(l.Paid[0].Fund) && refund(p, l, to) {
					return true
				}
			}
			return false
		})
	}},
	{"a reason", anyOf(func(l *model.Line) { l.Reason += "X" })},
	{"a bound of a line", anyOf(func(l *model.Line) { l.Max++ })},
	{"a line in a block", anyOf(func(l *model.Line) { l.Block = 0 })},
	{"odd minor units", anyOf(func(l *model.Line) { l.Odd++ })},
	{"a fund in a block", fund(func(f *model.FundResult) { f.Block++ })},
	{"a next unit", fund(func(f *model.FundResult) { f.Next = &model.LineRef{Program: "p0", Fund: "f0"} })},
	{"a shortfall's line dropped", short(func(s *model.Shortfall) bool {
		if len(s.Lines) == 0 || s.Lines[0].Amount >= s.Short {
			return false
		}
		s.Required, s.Short, s.Lines = s.Required-s.Lines[0].Amount, s.Short-s.Lines[0].Amount, s.Lines[1:]
		return true
	})},
	{"a shortfall's money", short(func(s *model.Shortfall) bool { s.Available--; s.Short++; return true })},
	{"a shortfall's year", short(func(s *model.Shortfall) bool {
		if len(s.Later) == 0 {
			return false
		}
		s.Later[0].Year = 9
		return true
	})},
	{"what service levels cost at least", short(func(s *model.Shortfall) bool {
		if len(s.Packages) == 0 {
			return false
		}
		s.Packages[0].Amount, s.Required, s.Short = s.Packages[0].Amount+1, s.Required+1, s.Short+1
		return true
	})},
	{"a shortfall that is covered", short(func(s *model.Shortfall) bool {
		s.Lines, s.Packages, s.Required, s.Short = nil, nil, 0, -s.Available
		return true
	})},
}

func TestTamperedPackagesAreRefused(t *testing.T) {
	r := rand.New(rand.NewPCG(8, 15))
	tried := map[string]int{}
	// Prices of money that the base uses up may be any: they prove the same.
	mayHold := []string{"a price", "a price dropped"}
	for range 500 {
		in := modeltest.RandomOf(r, engine.Version, model.Packages)
		in.Params.EquityFloor = nil
		plan, _, err := engine.Allocate(context.Background(), in)
		if err != nil {
			t.Fatal(err)
		}
		original, _ := plan.Encode()
		for _, tamper := range packageTampers {
			if tried[tamper.name] >= 30 {
				continue
			}
			bad, other := decoded(t, original), in.Normalize()
			if !tamper.do(r, &other, &bad) {
				continue
			}
			changed, _ := bad.Encode()
			if string(changed) == string(original) {
				continue
			}
			_, err := certify.Check(other, bad)
			if err == nil && slices.Contains(mayHold, tamper.name) {
				continue
			}
			if tried[tamper.name]++; err == nil {
				t.Fatalf("%s: a tampered plan is certified\n%s\n%s", tamper.name, original, changed)
			}
		}
	}
	for _, tamper := range packageTampers {
		if tried[tamper.name] < 2 {
			t.Errorf("%s was tried %d times only", tamper.name, tried[tamper.name])
		}
	}
	t.Log(len(packageTampers), "kinds of tampering", tried)
}
