package engine

import (
	"context"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/earmark"
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// provenShort asks whether what must be paid whatever is chosen can be paid: lines off the top, the base, and of every set of service levels the
// least that any level costs each class.
func (s *shop) provenShort(ctx context.Context) ([]model.Shortfall, error) {
	need := s.fixedDemand()
	for i := range s.offers {
		if o := &s.offers[i]; o.required {
			for _, c := range o.leastByClass() {
				need[c.Class] += c.Units
			}
		}
	}
	hard := earmark.Problem{
		Class: make([]int32, len(need)), Eligible: s.eligible, Order: s.use, Curves: make([]waterfill.Curve, len(need)), Capacity: make([]int64, len(s.have)),
	}
	for c, units := range need {
		hard.Class[c] = int32(c)
		hard.Curves[c] = waterfill.Curve{Base: units, Lo: units, Hi: units}
	}
	for k, have := range s.have {
		hard.Capacity[k] = max(0, have)
	}
	got, err := earmark.Solve(ctx, hard)
	if err != nil {
		return nil, err
	}
	var out []model.Shortfall
	seen := make([]bool, len(s.have))
	for i := range got.Blocks {
		if b := &got.Blocks[i]; b.Short > 0 {
			out = append(out, s.proof(b.Funds))
			for _, k := range b.Funds {
				seen[k] = true
			}
		}
	}
	for k, have := range s.have {
		if have < 0 && !seen[k] {
			out = append(out, s.proof([]int32{int32(k)}))
		}
	}
	return out, nil
}

// leastByClass is the least that any tier costs each class, where every tier costs something.
func (o *offer) leastByClass() []packages.Cost {
	least := o.tiers[0].appendCosts(nil)
	for i := 1; i < len(o.tiers); i++ {
		costs := o.tiers[i].appendCosts(nil)
		for j := range least {
			at := slices.IndexFunc(costs, func(c packages.Cost) bool { return c.Class == least[j].Class })
			if at < 0 {
				least[j].Units = 0
				continue
			}
			least[j].Units = min(least[j].Units, costs[at].Units)
		}
	}
	return least
}

// fewPockets are so few that every set of them is tried.
const fewPockets = 12

// wideShort looks for one set of money that proves what the solver found: no choice of levels can be paid. It tries the solver's own set, then
// what may pay each class, and all money; where there are few pockets, every set.
func (s *shop) wideShort(first []int32) (model.Shortfall, bool) {
	tries := slices.Concat([][]int32{first}, s.eligible)
	all := make([]int32, len(s.have))
	for k := range all {
		all[k] = int32(k)
	}
	tries = append(tries, all)
	if len(s.have) <= fewPockets {
		for set := range 1 << len(s.have) {
			tries = append(tries, slices.DeleteFunc(slices.Clone(all), func(k int32) bool { return set>>k&1 == 0 }))
		}
	}
	for _, nodes := range tries {
		if len(nodes) > 0 && s.whole(nodes) {
			if proof := s.proof(nodes); proof.Short > 0 {
				return proof, true
			}
		}
	}
	return model.Shortfall{}, false
}

// whole says whether a set has the ongoing money of every fund whose one-time money it has: what may use the one may use the other.
func (s *shop) whole(nodes []int32) bool {
	return !slices.ContainsFunc(nodes, func(n int32) bool { return s.pockets[n].once && !slices.Contains(nodes, s.pockets[n].fund) })
}

// proof lists what must be paid and can be paid by this money only; nodes ascend.
func (s *shop) proof(nodes []int32) model.Shortfall {
	inside := make([]bool, len(s.have))
	for _, k := range nodes {
		inside[k] = true
	}
	p := model.Shortfall{Funds: []string{}, Lines: []model.RequiredLine{}}
	for k := range s.in.Funds {
		s.proofFund(&p, int32(k), inside)
	}
	within := make([]bool, len(s.eligible)) // classes
	for c, set := range s.eligible {
		within[c] = !slices.ContainsFunc(set, func(k int32) bool { return !inside[k] })
	}
	for i := range s.lines {
		l, k := &s.lines[i], s.lineIn[i]
		required := model.RequiredLine{Program: l.Program, Fund: l.Fund, Treatment: l.Treatment, OneTime: l.OneTime}
		switch {
		case s.claimOf[i] >= 0:
			if s.base[i] > 0 && within[s.classOf[i]] {
				c := &s.claims[s.claimOf[i]]
				required.Amount = s.base[i]
				if c.floor > 0 {
					required.Citation = s.in.Programs[c.program].Mandate.Citation
				}
			}
		case s.isProject(l):
		case inside[k] && !(l.OneTime && s.ongoingOnly(k, inside)):
			required.Amount = l.Base
		}
		if required.Amount != 0 {
			p.Lines = append(p.Lines, required)
			p.Required += required.Amount
		}
	}
	for i := range s.offers {
		if o := &s.offers[i]; o.required {
			if least := o.leastWithin(within); least > 0 {
				p.Packages = append(p.Packages, model.RequiredPackage{Package: o.id(), Program: s.in.Programs[o.program].ID, Amount: least})
				p.Required += least
			}
		}
	}
	p.Short = p.Required - p.Available
	return p
}

// proofFund enters what the proof has of a fund.
func (s *shop) proofFund(p *model.Shortfall, k int32, inside []bool) {
	f := &s.in.Funds[k]
	if inside[k] {
		p.Funds = append(p.Funds, f.ID)
		p.Available += f.Available - s.revenue[k]
		if s.ongoingOnly(k, inside) {
			p.Ongoing = append(p.Ongoing, f.ID)
			p.Available -= f.OneTime
		}
	}
	for year, n := range s.later[years*int(k) : years*(int(k)+1)] {
		if n >= 0 && inside[n] {
			p.Later = append(p.Later, model.LaterFund{Fund: f.ID, Year: int64(year)})
			p.Available += s.have[n]
		}
	}
}

// leastWithin is the least that any tier costs classes of a set.
func (o *offer) leastWithin(within []bool) int64 {
	least := int64(-1)
	for i := range o.tiers {
		var sum int64
		for _, it := range o.tiers[i].items {
			if within[it.class] {
				sum += it.amount
			}
		}
		if least < 0 || sum < least {
			least = sum
		}
	}
	return max(least, 0)
}

// infeasible fills a plan that nobody may adopt: projects and what packages would add get nothing.
func (s *shop) infeasible(plan *model.Plan) {
	s.book.infeasible(plan)
	for i := range s.lines {
		if l := &s.lines[i]; s.isProject(l) {
			l.Reason = model.Unpayable
		}
	}
}
