package engine

import (
	"cmp"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
	"github.com/throughline/throughline/services/platform/fault"
)

// book is the input as the engine sees it: one line per program, fund and treatment, and a claim for every line that may move.
type book struct {
	in      model.Input // normalized
	funds   map[string]int32
	order   []int32 // funds, most restricted first
	lines   []model.Line
	lineIn  []int32 // carrying fund of each line
	claims  []claim // in line order
	left    []int64 // of each fund: available less program revenue and everything off the top
	fixed   []int64 // of each fund
	revenue []int64 // of each fund
	set     []int32 // scratch of eligible
}

// claim is a competing line: what law and policy ask of its amount (exact minor units), and what makes its weight.
type claim struct {
	program, line int32
	fund          int32
	base          int64
	floor         int64 // attested mandate: paid before anything is shared
	least         int64 // floor or hold-harmless, whichever is more
	most          int64 // cap or hold-harmless, whichever is less
	request       int64 // above base
	movable       int64 // D = base − floor
	q             int64
	leastWhy      model.Reason
	mostWhy       model.Reason
	held          bool // the fund does not compete
}

func newBook(in model.Input) (*book, error) {
	b := &book{in: in, funds: make(map[string]int32, len(in.Funds))}
	b.left, b.fixed, b.revenue = make([]int64, len(in.Funds)), make([]int64, len(in.Funds)), make([]int64, len(in.Funds))
	for k, f := range in.Funds {
		b.funds[f.ID] = int32(k)
		b.order = append(b.order, int32(k))
	}
	slices.SortFunc(b.order, func(x, y int32) int {
		f, g := &in.Funds[x], &in.Funds[y]
		return cmp.Or(cmp.Compare(boundness(f.Class), boundness(g.Class)), cmp.Compare(f.Rank, g.Rank), cmp.Compare(f.ID, g.ID))
	})
	points := score.Points(in)
	var bad fault.Violations
	for i := range in.Programs {
		b.program(int32(i), points[i], &bad)
	}
	for k, f := range in.Funds {
		b.left[k] = f.Available - b.revenue[k] - b.fixed[k]
	}
	return b, bad.Err()
}

// boundness is the place of a class in the order of use.
func boundness(c model.FundClass) int { return slices.Index(model.FundClasses(), c) }

// program adds the program's lines, and claims for those that compete.
func (b *book) program(i int32, q int64, bad *fault.Violations) {
	p := &b.in.Programs[i]
	first := len(b.claims)
	for _, l := range b.totals(p) {
		k := b.funds[l.Fund]
		l.Base = l.Gross - l.Revenue
		l.Block = -1
		b.revenue[k] += l.Revenue
		switch {
		case l.Treatment != model.Competes:
			l.Reason = model.OffTheTop
		case l.Base < 0:
			l.Reason = model.IsCredit
		default:
			b.claims = append(b.claims, claim{
				program: i, fund: k, base: l.Base, q: q, most: money.Limit, held: !b.in.Funds[k].InPool(),
				line: int32(len(b.lines)), //nolint:gosec // lines are fewer than 2^31
			})
		}
		if l.Reason != "" {
			l.Min, l.Max, l.Amount = l.Base, l.Base, l.Base
			b.fixed[k] += l.Base
		}
		b.lines = append(b.lines, l)
		b.lineIn = append(b.lineIn, k)
	}
	claims := b.claims[first:]
	if len(claims) == 0 {
		if p.Mandate != nil && p.Mandate.Attested && p.Mandate.Minimum > 0 {
			bad.Add("programs["+p.ID+"].mandate", "protects competing lines that net to a credit; take its revenue off the program or make the duty a MUST_PAY line")
		}
		return
	}
	bounds(p, claims)
}

// totals nets the program's cost lines by fund and treatment, and its program revenue into the competing line of the same fund.
func (b *book) totals(p *model.Program) []model.Line {
	totals := make([]model.Line, 0, len(p.CostLines)+len(p.Revenue))
	for i := range p.CostLines {
		l := &p.CostLines[i]
		totals = append(totals, model.Line{Program: p.ID, Fund: l.Fund, Treatment: l.Treatment, CostLines: 1, Gross: l.Amount})
	}
	for _, r := range p.Revenue {
		totals = append(totals, model.Line{Program: p.ID, Fund: r.Fund, Treatment: model.Competes, Revenue: r.Amount})
	}
	slices.SortStableFunc(totals, func(x, y model.Line) int {
		return cmp.Or(cmp.Compare(x.Fund, y.Fund), cmp.Compare(x.Treatment.Place(), y.Treatment.Place()))
	})
	merged := totals[:0]
	for _, l := range totals {
		if n := len(merged); n > 0 && merged[n-1].Fund == l.Fund && merged[n-1].Treatment == l.Treatment {
			merged[n-1].CostLines += l.CostLines
			merged[n-1].Gross += l.Gross
			merged[n-1].Revenue += l.Revenue
			continue
		}
		merged = append(merged, l)
	}
	return merged
}

// bounds spreads what is said of the program over its claims in proportion to their base. The spreads nest (floor, then up to least, then up
// to most), so that every claim keeps floor ≤ least ≤ most.
func bounds(p *model.Program, claims []claim) {
	shares := make([]int64, len(claims))
	for i := range claims {
		shares[i] = claims[i].base
	}
	var floor int64
	if p.Mandate != nil && p.Mandate.Attested {
		floor = p.Mandate.Minimum
	}
	least, most := floor, money.Limit
	leastWhy, mostWhy := model.AtFloor, model.AtCap
	if p.HoldHarmless != nil {
		low, high := p.HoldHarmless.Range()
		if low > floor {
			least, leastWhy = low, model.AtHold
		}
		most, mostWhy = high, model.AtHold
	}
	if p.Cap != nil && *p.Cap < most {
		most, mostWhy = *p.Cap, model.AtCap
	}
	bounded := p.HoldHarmless != nil || p.Cap != nil
	floors, lift, room, request := money.Spread(floor, shares), money.Spread(least-floor, shares), money.Spread(most-least, shares), money.Spread(p.Requested, shares)
	for i := range claims {
		c := &claims[i]
		if c.held {
			continue
		}
		c.floor, c.least, c.request = floors[i], floors[i]+lift[i], request[i]
		c.leastWhy, c.mostWhy = leastWhy, mostWhy
		if bounded {
			c.most = c.least + room[i]
		}
		c.movable = max(0, c.base-c.floor)
	}
}
