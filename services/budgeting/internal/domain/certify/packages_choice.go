package certify

import (
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
	"github.com/throughline/throughline/services/budgeting/internal/domain/money"
)

// read takes a package down.
func (a *audit) read(pack *model.Package, program, from, to int) bid {
	p := &a.in.Programs[program]
	b := bid{program: program, id: pack.ID, pack: pack, required: pack.ReplacesBase, pick: -1, options: a.shop.options[:len(pack.Levels):len(pack.Levels)]}
	a.shop.options = a.shop.options[len(pack.Levels):]
	var least int64
	if pack.ReplacesBase {
		least = a.mustKeep(pack, p, from, to)
	}
	for i := range pack.Levels {
		l, o := &pack.Levels[i], &b.options[i]
		o.id = l.ID
		var now int64
		for _, c := range l.Costs {
			line, k := -1, a.fund[c.Fund]
			if c.Year == 0 {
				now += c.Amount
				for line = from; a.work[line].fund != k || a.work[line].oneTime != c.OneTime || a.plan.Lines[line].Treatment != model.Competes; line++ { //nolint:revive // the search is in the head
				}
				a.shop.named[line] = true
			}
			var nodes []int
			if line >= 0 {
				nodes = a.lineNodes(line)
			} else {
				nodes = a.payers(p, k, c.Year, c.OneTime)
			}
			a.shop.costs = append(a.shop.costs, cost{c, line, nodes})
		}
		o.costs = a.shop.costs[len(a.shop.costs)-len(l.Costs):]
		o.open = now >= least
	}
	return b
}

// mustKeep is what service levels must cost in the budget's year: what the attested mandate, hold-harmless and the equity floor ask for, at most
// what the dearest level costs.
func (a *audit) mustKeep(pack *model.Package, p *model.Program, from, to int) int64 {
	var least, equity, dearest int64
	if m := p.Mandate; m != nil && m.Attested {
		least = m.Minimum
	}
	if h := p.HoldHarmless; h != nil {
		low, _ := h.Range()
		least = max(least, low)
	}
	if e := a.in.Params.EquityFloor; e != nil && p.EquityBP >= e.MinBP {
		for i := from; i < to; i++ {
			if w := &a.work[i]; w.competes {
				lose, _ := money.MulDivFloor(w.movable, e.MaxCutPPM, 1_000_000)
				equity += a.plan.Lines[i].Base - lose
			}
		}
		least = max(least, equity)
	}
	for i := range pack.Levels {
		var now int64
		for _, c := range pack.Levels[i].Costs {
			if c.Year == 0 {
				now += c.Amount
			}
		}
		dearest = max(dearest, now)
	}
	return min(least, dearest)
}

// payers is the money that may pay a cost: of the carrying fund, and of the program's eligible funds that compete when the carrying fund does;
// of the year of the cost, and of the years before it where money may be carried forward. One-time money pays one-time costs only.
func (a *audit) payers(p *model.Program, fund int, year int64, oneTime bool) []int {
	may := func(k int) bool {
		if k == fund {
			return true
		}
		return a.in.Funds[fund].InPool() && a.in.Funds[k].InPool() && slices.Contains(p.EligibleFunds, a.in.Funds[k].ID)
	}
	s := a.shop
	from := len(s.nodes)
	for n := range a.nodes {
		v := &a.nodes[n]
		inTime := v.year == year || (v.year < year && a.in.Params.CarryForward)
		if inTime && (oneTime || !v.oneTime) && may(v.fund) {
			s.nodes = append(s.nodes, n)
		}
	}
	return s.nodes[from:len(s.nodes):len(s.nodes)]
}

// lineNodes is the money that may pay a line.
func (a *audit) lineNodes(i int) []int {
	if a.shop.payers[i] == nil {
		w := &a.work[i]
		a.shop.payers[i] = a.payers(w.program, w.fund, 0, w.oneTime)
	}
	return a.shop.payers[i]
}

// price values an option: the program's score times whole rounding units of all that it costs, or times its reviewed benefit. It is −1 from 2^62 on.
func (a *audit) price(b *bid, o *option) {
	var sum int64
	for _, c := range o.costs {
		sum += c.Amount
	}
	weight := sum / a.in.RoundingUnit
	if a.in.Params.PackageValue == model.Benefit {
		weight = 0
		for i := range b.pack.Levels { // an input with capital projects is not valued by benefit
			if b.pack.Levels[i].ID == o.id {
				weight = b.pack.Levels[i].Benefit
			}
		}
	}
	var fits bool
	if o.value, fits = money.Mul(a.shop.points[b.program], weight); !fits || o.value >= 1<<62 {
		o.value = -1
	}
}

// answers reads which level of every package is chosen.
func (a *audit) answers() error {
	if err := a.offerAll(); err != nil {
		return err
	}
	if len(a.plan.Packages) != len(a.shop.bids) {
		return fmt.Errorf("%d packages are answered, want %d", len(a.plan.Packages), len(a.shop.bids))
	}
	for i := range a.shop.bids {
		b, r := &a.shop.bids[i], &a.plan.Packages[i]
		if r.Package != b.id || r.Program != a.in.Programs[b.program].ID {
			return fmt.Errorf("package %q of program %q is unknown, repeated or out of order; want %q of %q", r.Package, r.Program, b.id, a.in.Programs[b.program].ID)
		}
		for j := range b.options {
			if r.Level != "" && b.options[j].id == r.Level {
				b.pick = j
			}
		}
		var value, now int64
		if b.pick >= 0 {
			value = b.options[b.pick].value
			for _, c := range b.options[b.pick].costs {
				if c.Year == 0 {
					now += c.Amount
					a.shop.added[c.line] += c.Amount
					a.shop.taken[c.line] = true
				}
			}
		}
		switch {
		case r.Level != "" && b.pick < 0:
			return fmt.Errorf("package %q has no level %q", r.Package, r.Level)
		case b.required && b.pick < 0:
			return fmt.Errorf("package %q is all of the base of program %q, and no level of it is chosen", r.Package, r.Program)
		case r.Value != value || r.Amount != now:
			return fmt.Errorf("package %q is worth %d and costs %d, want %d and %d", r.Package, r.Value, r.Amount, value, now)
		}
	}
	return nil
}

// bonds checks what may be chosen, and what together.
func (a *audit) bonds() error {
	for i := range a.shop.bids {
		b := &a.shop.bids[i]
		if b.pick < 0 || b.pack == nil {
			continue
		}
		if !b.options[b.pick].open {
			return fmt.Errorf("level %q of package %q keeps less than the mandate, hold-harmless or the equity floor ask for", b.options[b.pick].id, b.id)
		}
		for _, r := range b.pack.Requires {
			if !a.holds(r) {
				return fmt.Errorf("package %q needs package %q at level %q or higher, which is not chosen", b.id, r.Package, r.Level)
			}
		}
		for _, r := range b.pack.Excludes {
			if a.holds(r) {
				return fmt.Errorf("package %q excludes package %q at level %q or higher, which is chosen", b.id, r.Package, r.Level)
			}
		}
	}
	return nil
}

// holds says whether a package is chosen at a level or higher.
func (a *audit) holds(r model.PackageRef) bool {
	b := &a.shop.bids[a.shop.place[r.Package]]
	for j := range b.options {
		if r.Level == "" || b.options[j].id == r.Level {
			return b.pick >= j
		}
	}
	return false
}
