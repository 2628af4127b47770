package earmark

import (
	"context"
	"slices"
	"sync"

	"github.com/throughline/throughline/services/budgeting/internal/domain/waterfill"
)

// Solve finds the division that no exchange of a unit improves (Fujishige 1980, Groenevelt 1991): share a part at one rate; if the max-flow
// cannot pay it, the min cut splits off a bottleneck, whose claims share exactly what its funds have; treat both sides alike.
// Claims that cannot even be paid their lower limits form blocks with Short > 0. The only error is the context's.
//
// It spends all it legally can; more money takes from nobody; a claim's own weight, cap, floor and eligibility move it one way, and the first three
// move everyone else the other way; a claim may leave with its money, or be split with its limits in proportion, unnoticed but for a unit a piece.
func Solve(ctx context.Context, p Problem) (Solution, error) {
	s, _ := solvers.Get().(*solver)
	defer s.leave()
	s.enter(ctx, p)
	all := part{}
	for c := range p.Eligible {
		all.classes = append(all.classes, int32(c)) //nolint:gosec // classes are counted in int32
	}
	for k := range p.Capacity {
		all.funds = append(all.funds, int32(k)) //nolint:gosec // funds are counted in int32
	}
	for i := range p.Curves {
		s.claims[i] = int32(i) //nolint:gosec // claims are counted in int32
	}
	all.claims = s.claims
	components := s.flow.components(all)
	s.deal(all, components)
	s.flow.number(components)
	for _, component := range components {
		if err := s.divide(component); err != nil {
			return Solution{}, err
		}
	}
	slices.SortFunc(s.blocks, func(a, b Block) int { return int(a.Funds[0] - b.Funds[0]) })
	return Solution{Units: s.units, Blocks: s.blocks, Paid: s.payments()}, nil
}

// part is classes with the funds that are left to pay them.
type part struct {
	classes, funds []int32 // ascending
	claims         []int32 // of the classes
	cut            *Cut
}

type solver struct {
	Problem
	ctx    context.Context //nolint:containedctx // lives for one Solve
	flow   flow
	filler waterfill.Filler
	units  []int64
	claims []int32 // part by part
	sums   []sums  // of each class
	asked  []int64 // of each class: what it would take at the rate of its part
	rank   []int32 // of each fund in Order
	blocks []Block
	dealt  []int32
}

// sums are what the claims of a class come to.
type sums struct{ lo, start, hi int64 }

// solvers keeps the memory of solvers that are done: an allocation is often solved again, a little changed.
var solvers = sync.Pool{New: func() any { return &solver{} }}

func (s *solver) enter(ctx context.Context, p Problem) {
	s.Problem, s.ctx = p, ctx
	s.flow.open(p.Eligible, len(p.Capacity))
	s.units = make([]int64, len(p.Curves))
	s.claims, s.sums = resize(s.claims, len(p.Curves)), resize(s.sums, len(p.Eligible))
	s.asked, s.rank = resize(s.asked, len(p.Eligible)), resize(s.rank, len(p.Capacity))
	for i, k := range p.Order {
		s.rank[k] = int32(i) //nolint:gosec // funds are counted in int32
	}
	for i, c := range p.Class {
		of, curve := &s.sums[c], &p.Curves[i]
		of.lo, of.start, of.hi = of.lo+curve.Lo, of.start+curve.Start(), of.hi+curve.Hi
	}
}

// leave gives the solver back without what belongs to the caller.
func (s *solver) leave() {
	s.Problem, s.ctx, s.units, s.blocks, s.flow.paid = Problem{}, nil, nil, nil, nil
	solvers.Put(s)
}

// divide settles a component. Lower limits need a flow of their own only where sharing comes upon a part that cannot pay them: it then sets
// aside the claims whose limits cannot be paid, and shares the rest.
func (s *solver) divide(p part) error {
	before := len(s.blocks)
	if payable, err := s.share(p); payable || err != nil {
		return err
	}
	s.blocks = s.blocks[:before]
	s.flow.enter(p)
	for _, c := range p.classes {
		s.asked[c] = s.sums[c].lo
	}
	for _, i := range p.claims {
		s.units[i] = s.Curves[i].Lo
	}
	s.pay(p)
	short, rest := s.split(p)
	for _, q := range short {
		s.blocks = append(s.blocks, Block{Classes: q.classes, Funds: q.funds, Rate: waterfill.Rate{Direction: waterfill.Shortage, Last: waterfill.None, Next: waterfill.None}, Short: s.pay(q)})
	}
	for _, q := range rest {
		if _, err := s.share(q); err != nil {
			return err
		}
	}
	return nil
}

// share divides the funds of a connected part over its claims; not payable where it meets lower limits that are beyond them.
func (s *solver) share(p part) (payable bool, err error) {
	if err := s.ctx.Err(); err != nil {
		return false, err
	}
	var all sums
	for _, c := range p.classes {
		all.lo, all.start, all.hi = all.lo+s.sums[c].lo, all.start+s.sums[c].start, all.hi+s.sums[c].hi
	}
	supply := s.supply(p)
	if supply < all.lo {
		return false, nil
	}
	rate := s.filler.Move(s.Curves, p.claims, min(supply, all.hi)-all.start, s.units)
	for _, c := range p.classes {
		s.asked[c] = 0
	}
	for _, i := range p.claims {
		s.asked[s.Class[i]] += s.units[i]
	}
	if s.pay(p) == 0 {
		s.blocks = append(s.blocks, Block{Classes: p.classes, Funds: p.funds, Rate: rate, Cut: p.cut})
		return true, nil
	}
	tight, rest := s.split(p)
	for i := range tight {
		tight[i].cut = s.cut(tight[i])
	}
	for i := range rest {
		rest[i].cut = p.cut
	}
	for _, q := range slices.Concat(tight, rest) {
		if payable, err := s.share(q); !payable || err != nil {
			return false, err
		}
	}
	return true, nil
}

// cut records what a bottleneck would take at the rate it shared until now, and what its funds have.
func (s *solver) cut(p part) *Cut {
	cut := Cut{Supply: s.supply(p)}
	for _, c := range p.classes {
		cut.Demand += s.asked[c]
	}
	return &cut
}

func (s *solver) supply(p part) (sum int64) {
	for _, k := range p.funds {
		sum += s.Capacity[k]
	}
	return sum
}

// pay runs the flow for what the classes of a part ask and answers what stays unpaid.
func (s *solver) pay(p part) int64 {
	order := slices.Clone(p.funds)
	slices.SortFunc(order, func(a, b int32) int { return int(s.rank[a] - s.rank[b]) })
	for _, k := range p.funds {
		s.flow.room[k] = s.Capacity[k]
	}
	for _, c := range p.classes {
		s.flow.need[c] = s.asked[c]
	}
	return s.flow.run(p.classes, order)
}

// split takes the bottleneck out of a part that could not be paid, and answers the connected parts of both sides.
func (s *solver) split(p part) (tight, rest []part) {
	in, out := s.flow.separate(p, s.flow.bottleneck(p.classes))
	parts := s.flow.components(in)
	inside := len(parts)
	parts = append(parts, s.flow.components(out)...)
	s.deal(p, parts)
	return parts[:inside], parts[inside:]
}

// deal gives the claims of a part to the parts made of it, which were numbered one after the other.
func (s *solver) deal(p part, parts []part) {
	switch len(parts) {
	case 0:
		return
	case 1:
		parts[0].claims = p.claims
		return
	}
	first := s.flow.mine[parts[0].classes[0]]
	from := make([]int32, len(parts)+1)
	for _, i := range p.claims {
		from[s.flow.mine[s.Class[i]]-first+1]++
	}
	for at := range parts {
		from[at+1] += from[at]
		parts[at].claims = p.claims[from[at]:from[at+1]]
	}
	s.dealt = append(s.dealt[:0], p.claims...)
	for _, i := range s.dealt {
		at := &from[s.flow.mine[s.Class[i]]-first]
		p.claims[*at] = i
		*at++
	}
}

// payments lists what each class gets from each of its funds.
func (s *solver) payments() [][]int64 {
	out := make([][]int64, len(s.Eligible))
	for c := range s.Eligible {
		out[c] = s.flow.paid[s.flow.start[c]:s.flow.start[c+1]]
	}
	return out
}
