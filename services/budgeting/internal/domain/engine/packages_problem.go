package engine

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
	"github.com/throughline/throughline/services/platform/fault"
)

// problem puts the choice to the solver. What each class of cost must pay whatever is chosen is a required group of one level, so that the base
// is paid together with what is chosen; then come the offers.
func (s *shop) problem() (packages.Problem, error) {
	p := packages.Problem{Eligible: s.eligible, Capacity: s.have}
	for c, units := range s.fixedDemand() {
		if units > 0 {
			base := packages.Level{Costs: []packages.Cost{{Class: int32(c), Units: units}}}
			p.Groups = append(p.Groups, packages.Group{Required: true, Levels: []packages.Level{base}})
		}
	}
	first := int32(len(p.Groups)) //nolint:gosec // packages are fewer than 2^31
	var values int64
	p.Groups = slices.Grow(p.Groups, len(s.offers)+1)
	var costs []packages.Cost // of all levels
	for i := range s.offers {
		o := &s.offers[i]
		g := packages.Group{Required: o.required, Levels: make([]packages.Level, len(o.tiers))}
		var most int64
		for j := range o.tiers {
			t := &o.tiers[j]
			var ok bool
			if t.value, ok = s.value(o, t); !ok {
				return p, overflow()
			}
			most = max(most, t.value)
			g.Levels[j] = packages.Level{Value: t.value}
			from := len(costs)
			costs = t.appendCosts(costs)
			g.Levels[j].Costs = costs[from:len(costs):len(costs)]
		}
		if values += most; values >= 1<<62 {
			return p, overflow()
		}
		p.Groups = append(p.Groups, g)
	}
	s.links(&p, first)
	return p, nil
}

func overflow() error {
	return fault.New(fault.Invalid, "VALUES_OVERFLOW",
		"the values of the packages add up to 2^62 or more; use a larger rounding unit, or check amounts and benefits for a wrong scale")
}

// value is what a tier is worth: the score times whole rounding units of its cost of all years, or times its reviewed benefit. It must stay below
// 2^62.
func (s *shop) value(o *offer, t *tier) (int64, bool) {
	weight := int64(0)
	if s.in.Params.PackageValue == model.Benefit {
		weight = o.of.Levels[t.level].Benefit
	} else {
		for i := range t.items {
			weight += t.items[i].amount
		}
		weight /= s.in.RoundingUnit
	}
	value, ok := money.Mul(s.scores[o.program], weight)
	return value, ok && value < 1<<62
}

// appendCosts adds items up by class.
func (t *tier) appendCosts(out []packages.Cost) []packages.Cost {
	first := len(out)
next:
	for i := range t.items {
		it := &t.items[i]
		for j := first; j < len(out); j++ {
			if out[j].Class == it.class {
				out[j].Units += it.amount
				continue next
			}
		}
		out = append(out, packages.Cost{Class: it.class, Units: it.amount})
	}
	return out
}

// fixedDemand is what each class must pay whatever is chosen.
func (s *shop) fixedDemand() []int64 {
	out := make([]int64, len(s.eligible))
	for i, amount := range s.base {
		if amount > 0 {
			out[s.classOf[i]] += amount
		}
	}
	return out
}

// links ties offers together. Levels that may not be picked are not there: a reference means the first that is, at that level or higher.
// Where there is none, a prerequisite can never hold: a group that is always chosen keeps the package out.
func (s *shop) links(p *packages.Problem, first int32) {
	barrier := first + int32(len(s.offers)) //nolint:gosec // packages are fewer than 2^31
	for i := range s.offers {
		o := &s.offers[i]
		if o.of == nil {
			continue
		}
		group := first + int32(i)
		for _, r := range o.of.Requires {
			other, tier := s.refer(r)
			l := packages.Link{Kind: packages.Requires, Group: group, Other: first + other, OtherLevel: tier}
			if tier < 0 {
				l = packages.Link{Kind: packages.Excludes, Group: group, Other: barrier}
				s.barrier = 1
			}
			p.Links = append(p.Links, l)
		}
		for _, r := range o.of.Excludes {
			if other, tier := s.refer(r); tier >= 0 {
				p.Links = append(p.Links, packages.Link{Kind: packages.Excludes, Group: group, Other: first + other, OtherLevel: tier})
			}
		}
	}
	if s.barrier > 0 {
		p.Groups = append(p.Groups, packages.Group{Required: true, Levels: []packages.Level{{}}})
	}
}

// refer finds the offer and the first tier at or above the level of a reference, −1 when there is none.
func (s *shop) refer(r model.PackageRef) (other, at int32) {
	other = s.byID[r.Package]
	o := &s.offers[other]
	level := int32(0)
	for j := range o.of.Levels {
		if o.of.Levels[j].ID == r.Level {
			level = int32(j)
		}
	}
	for at := range o.tiers {
		if o.tiers[at].level >= level {
			return other, int32(at)
		}
	}
	return other, -1
}

// mostLinked names the packages that hang together in the largest number.
func (s *shop) mostLinked() string {
	root := make([]int32, len(s.offers))
	for i := range root {
		root[i] = int32(i)
	}
	find := func(i int32) int32 {
		for root[i] != i {
			i = root[i]
		}
		return i
	}
	for i := range s.offers {
		if of := s.offers[i].of; of != nil {
			for _, refs := range [][]model.PackageRef{of.Requires, of.Excludes} {
				for _, r := range refs {
					a, b := find(int32(i)), find(s.byID[r.Package])
					root[max(a, b)] = min(a, b)
				}
			}
		}
	}
	count := make([]int, len(s.offers))
	best := int32(0)
	for i := range root {
		r := find(int32(i))
		if count[r]++; count[r] > count[best] {
			best = r
		}
	}
	return fmt.Sprintf("package %q and %d more", s.offers[best].id(), count[best]-1)
}
