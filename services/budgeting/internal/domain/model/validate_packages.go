package model

import (
	"fmt"
	"unicode/utf8"

	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// worth refuses to weigh what nobody reviewed.
func (c *checker) worth(in Input) {
	if in.Params.PackageValue != Benefit {
		return
	}
	for i := range in.Programs {
		for j, l := range in.Programs[i].CostLines {
			if l.Treatment == CapitalProject && l.Amount > 0 {
				c.Add(spot{program: i}.in("cost_lines", j).field("treatment"),
					"is %s, which has no benefit that %s could weigh; make them packages with a reviewed benefit, or value packages by %s", CapitalProject, Benefit, PriorityDollars)
			}
		}
	}
}

// ceilings refuses packages that could bring their program above its cap or the most that hold-harmless allows: whole packages cannot be
// trimmed, and which of several would have to stay out is nobody's rule.
func (c *checker) ceilings(in Input) {
	reach := map[string]int64{} // the dearest levels of each program with packages
	replaced := replacedBases(in.Packages)
	for i := range in.Packages {
		var dearest int64
		for j := range in.Packages[i].Levels {
			dearest = max(dearest, in.Packages[i].Levels[j].Cost(0))
		}
		reach[in.Packages[i].Program] += dearest
	}
	for i := range in.Programs {
		p := &in.Programs[i]
		most, offered := reach[p.ID]
		if !offered {
			continue
		}
		if !replaced[p.ID] {
			most += p.base()
		}
		if p.Cap != nil {
			c.Check(most <= *p.Cap, fmt.Sprintf("programs[%d].cap", i), "is %d but its base and packages may come to %d; raise the cap or drop the levels beyond it", *p.Cap, most)
		}
		if p.HoldHarmless != nil {
			_, high := p.HoldHarmless.Range()
			c.Check(most <= high, fmt.Sprintf("programs[%d].hold_harmless", i),
				"allows at most %d but its base and packages may come to %d; raise max_increase_ppm or drop the levels beyond it", high, most)
		}
	}
}

// base is what the competing lines come to, net.
func (p *Program) base() (sum int64) {
	for i := range p.CostLines {
		if p.CostLines[i].Treatment == Competes {
			sum += p.CostLines[i].Amount
		}
	}
	for i := range p.Revenue {
		sum -= p.Revenue[i].Amount
	}
	return sum
}

// levels names a field only once something is wrong with a level: names for every cost would take longer than many a solve.
func (c *checker) levels(field string, p *Package, later map[fundYear]bool) {
	c.Check(len(p.Levels) > 0, field+".levels", "is empty; add a level")
	sound := true
	for j := range p.Levels {
		sound = sound && c.sound(p, j, later)
	}
	if sound {
		return
	}
	seen := map[string]bool{}
	for j := range p.Levels {
		l, at := &p.Levels[j], fmt.Sprintf("%s.levels[%d]", field, j)
		c.unique(seen, at+".id", l.ID)
		c.valid(at+".title", l.Title)
		c.between(at+".benefit", l.Benefit, 0, maxBenefit)
		c.between(at+".fte_milli", l.FTEMilli, 0, maxFTE)
		costs := map[PackageCost]bool{}
		for n, cost := range l.Costs {
			here := fmt.Sprintf("%s.costs[%d]", at, n)
			c.known(here+".fund", cost.Fund)
			c.between(here+".year", cost.Year, 0, maxYear)
			c.between(here+".amount", cost.Amount, 0, money.Limit)
			if cost.Year > 0 {
				c.Check(later[fundYear{cost.Fund, cost.Year}], here+".year",
					"%d of fund %q has no envelope; add the envelope of that year or drop the cost", cost.Year, cost.Fund)
			}
			cost.Amount = 0
			c.Check(!costs[cost], here, "repeats fund %q in year %d; add the amounts up", cost.Fund, cost.Year)
			costs[cost] = true
		}
	}
}

// sound says whether nothing is wrong with level j.
func (c *checker) sound(p *Package, j int, later map[fundYear]bool) bool {
	l := &p.Levels[j]
	in := func(v, most int64) bool { return v >= 0 && v <= most }
	if l.ID == "" || !utf8.ValidString(l.ID) || !utf8.ValidString(l.Title) || !in(l.Benefit, maxBenefit) || !in(l.FTEMilli, maxFTE) ||
		repeats(p.Levels[:j], func(o *PackageLevel) bool { return o.ID == l.ID }) {
		return false
	}
	for n := range l.Costs {
		cost := &l.Costs[n]
		_, known := c.funds[cost.Fund]
		same := func(o *PackageCost) bool {
			return o.Fund == cost.Fund && o.Year == cost.Year && o.OneTime == cost.OneTime
		}
		if !known || !in(cost.Year, maxYear) || !in(cost.Amount, money.Limit) || (cost.Year > 0 && !later[fundYear{cost.Fund, cost.Year}]) || repeats(l.Costs[:n], same) {
			return false
		}
	}
	return true
}
