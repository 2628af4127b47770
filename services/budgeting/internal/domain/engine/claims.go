package engine

import (
	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
	"github.com/throughline/throughline/services/budgeting/internal/domain/score"
	"github.com/throughline/throughline/services/platform/fault"
)

// book is the input as the engine sees it: one line per program, fund, treatment and kind of cost, and a claim for every line that may move.
type book struct {
	purse
	in     model.Input // normalized
	rule   rule
	sheet  *sheet // that lines are written on
	lines  []model.Line
	lineIn []int32 // carrying fund of each line
	claims []claim // in line order
	*memory

	offered [][]int32 // packages of each program; none but under PACKAGES
}

// claim is a competing line: what law and policy ask of its amount (exact minor units), and what makes its weight.
type claim struct {
	program, line int32
	fund          int32
	oneTime       bool
	held          bool // the fund does not compete
	leastHeld     bool // hold-harmless makes least, not the mandate
	mostHeld      bool // hold-harmless makes most, not the cap
	base          int64
	floor         int64 // attested mandate: paid before anything is shared
	least         int64 // floor or hold-harmless, whichever is more
	most          int64 // cap or hold-harmless, whichever is less
	request       int64 // above base
	movable       int64 // D = base − floor
	weigh         int64 // what the weight is made of: D, the base under ONE_RATE, nothing under CUT_LINE
	q             int64
}

// leastWhy is the reason of a claim that gets its least.
func (c *claim) leastWhy() model.Reason {
	if c.leastHeld {
		return model.AtHold
	}
	return model.AtFloor
}

// mostWhy is the reason of a claim that gets its most.
func (c *claim) mostWhy() model.Reason {
	if c.mostHeld {
		return model.AtHold
	}
	return model.AtCap
}

func newBook(in model.Input, scorer *score.Scorer, on *sheet) (*book, error) {
	b := &book{in: in, rule: ruleOf(&in), purse: newPurse(in.Funds), sheet: on}
	b.memory, _ = memories.Get().(*memory)
	points := scorer.Points()
	b.offered = offered(&in)
	b.room()
	var bad fault.Violations
	for i := range in.Programs {
		b.program(int32(i), points[i], &bad)
	}
	b.open(in.Funds)
	return b, bad.Err()
}

// program adds the program's lines, and claims for those that compete.
func (b *book) program(i int32, q int64, bad *fault.Violations) {
	p := &b.in.Programs[i]
	first := len(b.claims)
	sums := b.totals(i)
	for j := range sums {
		s := &sums[j]
		k, l := s.fund, more(&b.lines)
		l.Program, l.Fund, l.Treatment, l.OneTime, l.CostLines = p.ID, b.in.Funds[k].ID, s.treatment, s.oneTime, s.costLines
		l.Revenue, l.Base, l.Block = s.revenue, s.gross-s.revenue, -1
		b.lineIn = append(b.lineIn, k)
		b.revenue[k] += l.Revenue
		switch {
		case b.isProject(l): // a package of its own
		case l.Treatment != model.Competes:
			l.Reason = model.OffTheTop
		case l.Base < 0:
			l.Reason = model.IsCredit
		default:
			c := more(&b.claims)
			c.program, c.line = i, int32(len(b.lines)-1) //nolint:gosec // lines are fewer than 2^31
			c.fund, c.oneTime, c.held = k, s.oneTime, !b.in.Funds[k].InPool()
			c.base, c.q, c.most = l.Base, q, money.Limit
		}
		if l.Reason != "" {
			l.Min, l.Max, l.Amount = l.Base, l.Base, l.Base
			b.takeOff(k, l)
		}
	}
	claims := b.claims[first:]
	if len(claims) == 0 {
		if p.Mandate != nil && p.Mandate.Attested && p.Mandate.Minimum > 0 {
			bad.Add("programs["+p.ID+"].mandate", "protects competing lines that net to a credit; take its revenue off the program or make the duty a MUST_PAY line")
		}
		return
	}
	b.bounds(p, claims)
}

// bounds spreads what is said of the program over its claims in proportion to their base. The spreads nest (floor, then up to least, then up
// to most), so that every claim keeps floor ≤ least ≤ most.
func (b *book) bounds(p *model.Program, claims []claim) {
	var floor int64
	if p.Mandate != nil && p.Mandate.Attested {
		floor = p.Mandate.Minimum
	}
	least, most := floor, money.Limit
	leastHeld, mostHeld := false, false
	if p.HoldHarmless != nil {
		low, high := p.HoldHarmless.Range()
		if low > floor {
			least, leastHeld = low, true
		}
		most, mostHeld = high, true
	}
	if p.Cap != nil && *p.Cap < most {
		most, mostHeld = *p.Cap, false
	}
	bounded := p.HoldHarmless != nil || p.Cap != nil
	if !bounded {
		most = least // nothing to spread
	}
	if least == 0 && !bounded && p.Requested == 0 {
		for i := range claims {
			if !claims[i].held {
				b.weigh(&claims[i])
			}
		}
		return
	}
	n := len(claims)
	spread := b.spread[:0] // bases, then the pieces of each amount, n by n
	for i := range claims {
		spread = append(spread, claims[i].base)
	}
	for _, amount := range [...]int64{floor, least - floor, most - least, p.Requested} {
		spread = money.AppendSpread(spread, amount, spread[:n])
	}
	floors, lift, room, request := spread[n:2*n], spread[2*n:3*n], spread[3*n:4*n], spread[4*n:]
	b.spread = spread
	for i := range claims {
		c := &claims[i]
		if c.held {
			continue
		}
		c.floor, c.least, c.request = floors[i], floors[i]+lift[i], request[i]
		c.leastHeld, c.mostHeld = leastHeld, mostHeld
		if bounded {
			c.most = c.least + room[i]
		}
		b.weigh(c)
	}
}

func (b *book) weigh(c *claim) {
	c.movable = max(0, c.base-c.floor)
	switch {
	case b.rule.fromNothing:
		c.weigh = c.base
	case !b.rule.wholeAsk:
		c.weigh = c.movable
	}
}
