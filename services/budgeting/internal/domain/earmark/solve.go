package earmark

import (
	"context"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// Solve finds the division that no exchange of a unit improves (Fujishige 1980, Groenevelt 1991): share a part at one rate; if the max-flow
// cannot pay it, the min cut splits off a bottleneck, whose claims share exactly what its funds have; treat both sides alike.
// Claims that cannot even be paid their lower limits form blocks with Short > 0. The only error is the context's.
func Solve(ctx context.Context, p Problem) (Solution, error) {
	s := &solver{
		Problem: p, ctx: ctx, flow: newFlow(p.Eligible, len(p.Capacity)), units: make([]int64, len(p.Curves)), members: members(p),
		rank: make([]int32, len(p.Capacity)),
	}
	for i, k := range p.Order {
		s.rank[k] = int32(i)
	}
	all := part{}
	for c := range p.Eligible {
		all.classes = append(all.classes, int32(c))
	}
	for k := range p.Capacity {
		all.funds = append(all.funds, int32(k))
	}
	for _, component := range s.components(all) {
		if err := s.limits(component); err != nil {
			return Solution{}, err
		}
	}
	slices.SortFunc(s.blocks, func(a, b Block) int { return int(a.Funds[0] - b.Funds[0]) })
	return Solution{Units: s.units, Blocks: s.blocks, Paid: s.payments()}, nil
}

// part is classes with the funds that are left to pay them.
type part struct {
	classes, funds []int32 // ascending
	cut            *Cut
}

type solver struct {
	Problem
	ctx     context.Context //nolint:containedctx // lives for one Solve
	flow    *flow
	filler  waterfill.Filler
	units   []int64
	members [][]int32 // claims of each class
	rank    []int32   // of each fund in Order
	parts   int32
	blocks  []Block
	idx     []int32
}

func members(p Problem) [][]int32 {
	count := make([]int32, len(p.Eligible))
	for _, c := range p.Class {
		count[c]++
	}
	backing := make([]int32, len(p.Class))
	out := make([][]int32, len(p.Eligible))
	var at int32
	for c, n := range count {
		out[c] = backing[at : at : at+n]
		at += n
	}
	for i, c := range p.Class {
		out[c] = append(out[c], int32(i))
	}
	return out
}

// limits sets aside the claims whose lower limits cannot be paid, and shares the rest.
func (s *solver) limits(p part) error {
	for _, c := range p.classes {
		s.flow.need[c] = 0
		for _, i := range s.members[c] {
			s.units[i] = s.Curves[i].Lo
			s.flow.need[c] += s.Curves[i].Lo
		}
	}
	if s.pay(p) == 0 {
		return s.share(p)
	}
	short, rest := s.split(p)
	for _, q := range s.components(short) {
		for _, c := range q.classes {
			s.flow.need[c] = s.demand(c)
		}
		s.enter(q)
		s.blocks = append(s.blocks, Block{Classes: q.classes, Funds: q.funds, Rate: waterfill.Rate{Direction: waterfill.Shortage, Last: waterfill.None, Next: waterfill.None}, Short: s.pay(q)})
	}
	for _, q := range s.components(rest) {
		if err := s.share(q); err != nil {
			return err
		}
	}
	return nil
}

// share divides the funds of a connected part over its claims, whose lower limits can be paid.
func (s *solver) share(p part) error {
	if err := s.ctx.Err(); err != nil {
		return err
	}
	s.enter(p)
	s.idx = s.idx[:0]
	var supply, most int64
	for _, c := range p.classes {
		for _, i := range s.members[c] {
			s.idx = append(s.idx, i)
			most += s.Curves[i].Hi
		}
	}
	for _, k := range p.funds {
		supply += s.Capacity[k]
	}
	rate := s.filler.Fill(s.Curves, s.idx, min(supply, most), s.units)
	for _, c := range p.classes {
		s.flow.need[c] = s.demand(c)
	}
	if s.pay(p) == 0 {
		s.blocks = append(s.blocks, Block{Classes: p.classes, Funds: p.funds, Rate: rate, Cut: p.cut})
		return nil
	}
	tight, rest := s.split(p)
	parts := s.components(tight)
	for i := range parts {
		parts[i].cut = s.cut(parts[i])
	}
	for _, q := range append(parts, s.components(rest)...) {
		if err := s.share(q); err != nil {
			return err
		}
	}
	return nil
}

// cut records what a bottleneck would take at the rate it shared until now, and what its funds have.
func (s *solver) cut(p part) *Cut {
	var cut Cut
	for _, c := range p.classes {
		cut.Demand += s.demand(c)
	}
	for _, k := range p.funds {
		cut.Supply += s.Capacity[k]
	}
	return &cut
}

// pay runs the flow for the needs of a part and answers what stays unpaid.
func (s *solver) pay(p part) int64 {
	order := slices.Clone(p.funds)
	slices.SortFunc(order, func(a, b int32) int { return int(s.rank[a] - s.rank[b]) })
	for _, k := range p.funds {
		s.flow.room[k] = s.Capacity[k]
	}
	return s.flow.run(p.classes, order)
}

// demand is what the claims of a class get.
func (s *solver) demand(class int32) (sum int64) {
	for _, i := range s.members[class] {
		sum += s.units[i]
	}
	return sum
}

// split takes the bottleneck out of a part that could not be paid.
func (s *solver) split(p part) (tight, rest part) {
	inClass, inFund := s.flow.bottleneck(p.classes)
	rest.cut = p.cut
	for _, c := range p.classes {
		if inClass[c] {
			tight.classes = append(tight.classes, c)
		} else {
			rest.classes = append(rest.classes, c)
		}
	}
	for _, k := range p.funds {
		if inFund[k] {
			tight.funds = append(tight.funds, k)
		} else {
			rest.funds = append(rest.funds, k)
		}
	}
	s.enter(tight)
	s.enter(rest)
	return tight, rest
}

// enter gives the classes and funds to a part of their own, which closes every arc to other funds.
func (s *solver) enter(p part) {
	s.parts++
	for _, c := range p.classes {
		s.flow.mine[c] = s.parts
	}
	for _, k := range p.funds {
		s.flow.part[k] = s.parts
	}
}

// components splits an entered part into its connected parts, by their first class; funds that may pay none of its classes are dropped.
func (s *solver) components(p part) []part {
	of := make([]int32, len(s.Capacity)) // 1 + component of each fund
	out := []part{}
	inClass := make([]bool, len(s.Eligible))
	for _, c := range p.classes {
		if inClass[c] {
			continue
		}
		out = append(out, part{cut: p.cut})
		q := &out[len(out)-1]
		queue := []int32{c}
		inClass[c] = true
		for at := 0; at < len(queue); at++ {
			q.classes = append(q.classes, queue[at])
			for _, k := range s.Eligible[queue[at]] {
				if s.flow.part[k] != s.flow.mine[c] || of[k] != 0 {
					continue
				}
				of[k] = int32(len(out)) //nolint:gosec // there are no more components than classes
				q.funds = append(q.funds, k)
				for _, a := range s.flow.into[k] {
					if d := s.flow.class[a]; !inClass[d] && s.flow.mine[d] == s.flow.mine[c] {
						inClass[d] = true
						queue = append(queue, d)
					}
				}
			}
		}
		slices.Sort(q.classes)
		slices.Sort(q.funds)
	}
	return out
}

// payments lists what each class gets from each of its funds.
func (s *solver) payments() [][]int64 {
	out := make([][]int64, len(s.Eligible))
	for c := range s.Eligible {
		out[c] = s.flow.paid[s.flow.start[c]:s.flow.start[c+1]]
	}
	return out
}
