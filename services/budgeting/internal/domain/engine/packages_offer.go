package engine

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// id is the name of the package in plans.
func (o *offer) id() string {
	if o.of == nil {
		return model.CapitalPackage
	}
	return o.of.ID
}

// level is the name of the level that is chosen, empty for none.
func (o *offer) level() string {
	switch {
	case o.chosen < 0:
		return ""
	case o.of == nil:
		return model.CapitalLevel
	default:
		return o.of.Levels[o.tiers[o.chosen].level].ID
	}
}

// pick is the tier that is chosen, nil for none.
func (o *offer) pick() *tier {
	if o.chosen < 0 {
		return nil
	}
	return &o.tiers[o.chosen]
}

// amount is what the tier costs in the budget's year.
func (t *tier) amount() (sum int64) {
	for i := range t.items {
		if t.items[i].year == 0 {
			sum += t.items[i].amount
		}
	}
	return sum
}

// room makes place for the levels and costs of all packages.
func (s *shop) room() {
	tiers, items := 0, 0
	for i := range s.in.Packages {
		levels := s.in.Packages[i].Levels
		tiers += len(levels)
		for j := range levels {
			items += len(levels[j].Costs)
		}
	}
	s.offers = make([]offer, 0, len(s.in.Packages)+len(s.in.Programs)/8)
	s.tiers, s.items = make([]tier, tiers), make([]item, items)
}

// offer enters what a program offers, in the order of ids.
func (s *shop) offer(program int32) {
	from := len(s.offers)
	if capital, found := s.capital(program); found {
		s.offers = append(s.offers, capital)
	}
	if len(s.offered) > 0 {
		for _, i := range s.offered[program] {
			s.offers = append(s.offers, s.packageOf(program, &s.in.Packages[i]))
		}
	}
	slices.SortFunc(s.offers[from:], byOffer)
	for i := from; i < len(s.offers); i++ {
		if s.offers[i].of != nil {
			s.byID[s.offers[i].of.ID] = int32(i) //nolint:gosec // packages are fewer than 2^31
		}
	}
}

// capital is the project of the program's capital lines.
func (s *shop) capital(program int32) (o offer, found bool) {
	var t tier
	for i := s.first[program]; i < s.first[program+1]; i++ {
		if l := &s.lines[i]; s.isProject(l) {
			k := s.lineIn[i]
			t.items = append(t.items, item{line: i, fund: k, class: s.class(program, k, 0, l.OneTime), oneTime: l.OneTime, amount: l.Base})
			s.touched[i] = true
		}
	}
	return offer{program: program, tiers: []tier{t}, chosen: -1}, len(t.items) > 0
}

// packageOf reads a package: levels that replace the base and keep less than law and policy ask for may not be picked.
func (s *shop) packageOf(program int32, p *model.Package) offer {
	o := offer{program: program, of: p, required: p.ReplacesBase, chosen: -1, tiers: s.tiers[:0:len(p.Levels)]}
	s.tiers = s.tiers[len(p.Levels):]
	var least int64
	if p.ReplacesBase {
		least = s.least(program, p)
	}
	for j := range p.Levels {
		l := &p.Levels[j]
		t := tier{level: int32(j), items: s.items[:0:len(l.Costs)]}
		s.items = s.items[len(l.Costs):]
		for _, c := range l.Costs {
			k := s.place(c.Fund)
			it := item{line: -1, fund: k, year: c.Year, oneTime: c.OneTime, amount: c.Amount, class: s.class(program, k, c.Year, c.OneTime)}
			if c.Year == 0 {
				it.line = s.lineOf(program, k, c.OneTime)
				s.touched[it.line] = true
			}
			t.items = append(t.items, it)
		}
		if l.Cost(0) >= least {
			o.tiers = append(o.tiers, t)
		}
	}
	return o
}

// lineOf is the competing line of a program, fund and kind of cost.
func (s *shop) lineOf(program, fund int32, oneTime bool) int32 {
	i := s.first[program]
	for s.lineIn[i] != fund || s.lines[i].Treatment != model.Competes || s.lines[i].OneTime != oneTime {
		i++
	}
	return i
}

// least is what a level that replaces the base must cost in the budget's year: what the attested mandate, hold-harmless and the equity floor ask
// for, but never more than the dearest level, which keeps the mandate.
func (s *shop) least(program int32, p *model.Package) int64 {
	of := &s.in.Programs[program]
	var least, dearest, keeps int64
	if of.Mandate != nil && of.Mandate.Attested {
		least = of.Mandate.Minimum
	}
	if of.HoldHarmless != nil {
		low, _ := of.HoldHarmless.Range()
		least = max(least, low)
	}
	if e := s.in.Params.EquityFloor; e.Covers(of) {
		for i := s.first[program]; i < s.first[program+1]; i++ {
			if s.claimOf[i] >= 0 {
				c := &s.claims[s.claimOf[i]]
				cut, _ := money.MulDivFloor(c.movable, e.MaxCutPPM, model.Whole) // at most movable
				keeps += c.base - cut
			}
		}
		least = max(least, keeps)
	}
	for j := range p.Levels {
		dearest = max(dearest, p.Levels[j].Cost(0))
	}
	return min(least, dearest)
}
