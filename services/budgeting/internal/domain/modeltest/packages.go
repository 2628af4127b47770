package modeltest

import (
	"math/rand/v2"
	"strconv"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// mostPackages keeps random inputs small enough to try every choice.
const mostPackages = 6

// randomPackages adds service levels to some programs, and packages to others, in the budget's year and the next two. Most of the time the funds
// can pay the base.
func randomPackages(r *rand.Rand, in *model.Input) {
	in.Params.PackageValue = pick(r, "", model.PriorityDollars, model.Benefit)
	in.Params.CarryForward = r.IntN(2) == 0
	plenty := r.IntN(4) > 0
	scale := int64(10)
	for k := range in.Funds {
		f := &in.Funds[k]
		if plenty {
			f.Available = max(f.Available, carries(in, f.ID))
			f.Available += r.Int64N(f.Available/2 + 20)
		}
		scale = max(scale, f.Available)
		for year := range int64(2) {
			if r.IntN(3) > 0 {
				in.Later = append(in.Later, model.LaterEnvelope{Fund: f.ID, Year: year + 1, Available: r.Int64N(f.Available + 10)})
			}
		}
	}
	for i := range in.Programs {
		p := &in.Programs[i]
		before := len(in.Packages)
		for range r.IntN(3) {
			if len(in.Packages) < mostPackages {
				randomPackage(r, in, p, max(1, scale/4))
			}
		}
		if len(in.Packages) > before {
			p.Cap = nil // a package may not go beyond it
			if p.HoldHarmless != nil {
				p.HoldHarmless.MaxIncreasePPM = 1000 * model.Whole
				if _, most := p.HoldHarmless.Range(); most < 20*scale {
					p.HoldHarmless = nil
				}
			}
		}
		for _, l := range p.CostLines {
			if l.Treatment == model.CapitalProject {
				in.Params.PackageValue = model.PriorityDollars // nobody reviewed a benefit
			}
		}
	}
}

// carries is what the cost lines of a fund come to, and the floors of its programs.
func carries(in *model.Input, fund string) (sum int64) {
	for i := range in.Programs {
		p := &in.Programs[i]
		for _, l := range p.CostLines {
			if l.Fund == fund {
				sum += max(0, l.Amount)
			}
		}
		if p.Mandate != nil && p.CostLines[0].Fund == fund {
			sum += p.Mandate.Minimum
		}
	}
	return sum
}

func randomPackage(r *rand.Rand, in *model.Input, p *model.Program, scale int64) {
	v := model.Package{ID: "k" + strconv.Itoa(len(in.Packages)), Program: p.ID, ReplacesBase: r.IntN(4) == 0}
	least := int64(0)
	if p.Mandate != nil && p.Mandate.Attested {
		least = p.Mandate.Minimum
	}
	for _, other := range in.Packages {
		if other.Program == p.ID && other.ReplacesBase {
			v.ReplacesBase = false
		}
		switch r.IntN(8) {
		case 0:
			v.Requires = append(v.Requires, model.PackageRef{Package: other.ID, Level: pick(r, "", pick(r, other.Levels...).ID)})
		case 1:
			v.Excludes = append(v.Excludes, model.PackageRef{Package: other.ID, Level: pick(r, "", pick(r, other.Levels...).ID)})
		}
	}
	for j := range 1 + r.IntN(3) {
		l := model.PackageLevel{ID: "level" + strconv.Itoa(j), Benefit: r.Int64N(100)}
		l.Costs = append(l.Costs, model.PackageCost{Fund: pick(r, in.Funds...).ID, Amount: pick(r, least, 0) + r.Int64N(scale), OneTime: r.IntN(4) == 0})
		if r.IntN(4) == 0 {
			if f := pick(r, in.Funds...).ID; f != l.Costs[0].Fund {
				l.Costs = append(l.Costs, model.PackageCost{Fund: f, Amount: r.Int64N(scale)})
			}
		}
		if len(in.Later) > 0 && r.IntN(3) == 0 {
			e := pick(r, in.Later...)
			l.Costs = append(l.Costs, model.PackageCost{Fund: e.Fund, Year: e.Year, Amount: r.Int64N(scale), OneTime: r.IntN(3) == 0})
		}
		v.Levels = append(v.Levels, l)
	}
	if l := &v.Levels[r.IntN(len(v.Levels))].Costs[0]; v.ReplacesBase && l.Amount < least {
		l.Amount += least // one level keeps the mandate
	}
	in.Packages = append(in.Packages, v)
}
