package certify

import (
	"fmt"
	"math/big"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// blocks checks the sums of every block and that its lines agree with one rate.
func (a *audit) blocks() error {
	type tally struct {
		lines               int
		base, amount, short int64
		given, next         rung // the last unit moved by the rate, and the first it left
	}
	tallies := make([]tally, len(a.plan.Blocks))
	var given, next rung
	for _, i := range a.claims {
		l, w := &a.plan.Lines[i], &a.work[i]
		t, b := &tallies[l.Block], &a.plan.Blocks[l.Block]
		t.lines++
		t.base += l.Base
		t.amount += l.Amount
		if b.Short > 0 { // else the line is paid whole, as is proven of all that a block pays
			for _, p := range l.Paid {
				t.short -= p.Amount
			}
			t.short += l.Amount
			if w.x != w.lo {
				return a.at(i, "is above its lower limit in block %d, which is short", l.Block+1)
			}
			continue
		}
		if err := a.moved(i, b.Direction, &given, &next); err != nil {
			return err
		}
		if !given.none() && (t.given.none() || farther(&given, &t.given)) {
			t.given = given
		}
		if !next.none() && (t.next.none() || farther(&t.next, &next)) {
			t.next = next
		}
	}
	for id := range a.plan.Blocks {
		b, t := &a.plan.Blocks[id], &tallies[id]
		if b.ID != id || b.Lines != t.lines || b.Lines == 0 || b.Base != t.base || b.Amount != t.amount || b.Short != t.short {
			return fmt.Errorf("block %d is told wrong: %d lines, base %d, amount %d, short %d; want %d, %d, %d, %d",
				id+1, b.Lines, b.Base, b.Amount, b.Short, t.lines, t.base, t.amount, t.short)
		}
		if err := a.rate(b, &t.given, &t.next); err != nil {
			return err
		}
	}
	return nil
}

// moved is the last unit by which the rate moved a line away from its start, and the first unit that it did not reach; none where a bound stands.
func (a *audit) moved(i int, d model.Direction, given, next *rung) error {
	w := &a.work[i]
	given.halves, next.halves = 0, 0
	from := a.from(w)
	start := max(w.lo, min(w.hi, from))
	switch {
	case a.in.Method == model.CutLine && d == model.Held: // whole programs move, not units
	case d == model.Held && w.x != start, d == model.Shortage && w.x > start, d == model.Growth && w.x < start:
		return a.at(i, "moved against the direction %s of its block", d)
	case d == model.Shortage:
		if w.x < start {
			*given = a.rungAt(i, w.x)
		}
		if w.x > w.lo && w.x <= from {
			*next = a.rungAt(i, w.x-1)
		}
	case d == model.Growth:
		if w.x > start {
			*given = a.rungAt(i, w.x-1)
		}
		if w.x < w.hi && w.x >= from {
			*next = a.rungAt(i, w.x)
		}
	}
	return nil
}

// farther says whether r lies farther from the start than s, by rate alone.
func farther(r, s *rung) bool {
	return compareRates(r, s) > 0
}

// rate checks that one rate moves every line as far as it moved, and that it is the published one.
func (a *audit) rate(b *model.Block, given, next *rung) error {
	num, okNum := new(big.Int).SetString(b.Rate.Num, 10)
	den, okDen := new(big.Int).SetString(b.Rate.Den, 10)
	if !okNum || !okDen || num.Sign() < 0 || den.Sign() <= 0 {
		return fmt.Errorf("block %d has rate %s/%s", b.Number(), b.Rate.Num, b.Rate.Den)
	}
	if num.String() != b.Rate.Num || den.String() != b.Rate.Den || new(big.Int).GCD(nil, nil, num, den).Cmp(big.NewInt(1)) != 0 {
		return fmt.Errorf("block %d has rate %s/%s, not in lowest terms", b.Number(), b.Rate.Num, b.Rate.Den)
	}
	rate, want := fraction{num, den}, a.published(given, next)
	switch {
	case b.Short > 0 && (num.Sign() != 0 || b.Direction != model.Shortage):
		return fmt.Errorf("block %d is short at its limits: it has no rate", b.Number())
	case b.Short == 0 && given.none() != (b.Direction == model.Held):
		return fmt.Errorf("block %d is said to be in %s", b.Number(), b.Direction)
	case rate.compare(want) != 0:
		return fmt.Errorf("block %d has rate %s, want %s: the shortest of the rates between the last unit that moved and the first that did not", b.Number(), rate, want)
	}
	if !given.none() && !next.none() && compareRates(next, given) < 0 {
		return fmt.Errorf("block %d: no rate moves program %q, fund %q so far and program %q, fund %q no farther", b.Number(),
			a.plan.Lines[given.claim].Program, a.plan.Lines[given.claim].Fund, a.plan.Lines[next.claim].Program, a.plan.Lines[next.claim].Fund)
	}
	return nil
}

// published is the decimal with the fewest digits, the least of them, strictly between the two units; else the rate of the first.
func (a *audit) published(given, next *rung) fraction {
	if given.none() {
		return fraction{new(big.Int), big.NewInt(1)}
	}
	low := a.rateOf(given)
	if next.none() {
		return low
	}
	high := a.rateOf(next)
	one, ten := big.NewInt(1), big.NewInt(10)
	between := fraction{new(big.Int), big.NewInt(1)}
	for range 18 {
		between.num.Mul(low.num, between.den)
		between.num.Div(between.num, low.den)
		if between.num.Add(between.num, one); between.compare(high) < 0 {
			return between
		}
		between.den.Mul(between.den, ten)
	}
	return low
}

// fraction is not always in lowest terms: bringing it there costs more than all that is asked of it.
type fraction struct{ num, den *big.Int }

func (f fraction) compare(g fraction) int {
	return new(big.Int).Mul(f.num, g.den).Cmp(new(big.Int).Mul(g.num, f.den))
}

func (f fraction) String() string { return new(big.Rat).SetFrac(f.num, f.den).RatString() }

// rateOf is the published rate at which a unit moves: of a multiplier of 1 under a shortage, of a full score under growth.
func (a *audit) rateOf(r *rung) fraction {
	one := int64(10_000)
	if r.sign < 0 {
		one = 10_000_000
	}
	num := new(big.Int).SetUint64(r.halves)
	num.Mul(num, big.NewInt(a.unit)).Mul(num, big.NewInt(one))
	den := new(big.Int).SetUint64(r.weight.hi)
	den.Lsh(den, 64).Add(den, new(big.Int).SetUint64(r.weight.lo)).Lsh(den, 1)
	return fraction{num, den}
}

// bottlenecks checks that blocks part the money, that lines draw only on the money of their block, and that what a block says of it holds.
func (a *audit) bottlenecks() error {
	owner := make([]int, len(a.nodes)) // block of each node
	for k := range owner {
		owner[k] = -1
	}
	top := a.afterTop()
	last := -1
	for id := range a.plan.Blocks {
		first, err := a.ownFunds(id, owner, top)
		if err != nil {
			return err
		}
		if first <= last {
			return fmt.Errorf("block %d is out of order", id+1)
		}
		last = first
	}
	for k := range a.in.Funds {
		if a.plan.Funds[k].Block != owner[k] {
			return fmt.Errorf("fund %q says block %d, want %d (0 is none)", a.in.Funds[k].ID, a.plan.Funds[k].Block+1, owner[k]+1)
		}
	}
	for _, i := range a.claims {
		if err := a.atHome(i, owner); err != nil {
			return err
		}
	}
	return nil
}

// ownFunds enters a block as the owner of its money, checks what it says of it, and answers its first node; top is what each node has left off
// the top.
func (a *audit) ownFunds(id int, owner []int, top []int64) (first int, err error) {
	b := &a.plan.Blocks[id]
	nodes, bad := a.nodesOf(b.Funds, b.OneTime)
	if bad != "" || len(nodes) == 0 {
		return 0, fmt.Errorf("block %d lists fund %q, which is unknown, without such money or out of order, or it lists none", b.Number(), bad)
	}
	var supply int64
	exhausted := true
	for _, k := range nodes {
		if owner[k] >= 0 {
			return 0, fmt.Errorf("block %d lists fund %q, which is in another block", b.Number(), a.name(k))
		}
		owner[k] = id
		supply += top[k]
		exhausted = exhausted && a.left[k] < a.unit
	}
	switch {
	case b.Supply != supply || b.Exhausted != exhausted:
		return 0, fmt.Errorf("block %d has supply %d, exhausted %t; want %d, %t", b.Number(), b.Supply, b.Exhausted, supply, exhausted)
	case (b.Cut != nil || b.Short > 0) && !exhausted:
		return 0, fmt.Errorf("block %d stands apart as a bottleneck but its funds are not exhausted", b.Number())
	case b.Cut != nil && (b.Cut.Demand < b.Cut.Supply || b.Cut.Supply < 0):
		return 0, fmt.Errorf("block %d was cut with demand %d and supply %d", b.Number(), b.Cut.Demand, b.Cut.Supply)
	case b.Cut != nil && a.in.Method == model.CutLine:
		return 0, fmt.Errorf("block %d was cut off, but whole programs share no rate", b.Number())
	}
	return nodes[0], nil
}

// atHome checks that a fund of its block may pay the line, that only such funds do, and that the others that may are exhausted.
func (a *audit) atHome(i int, owner []int) error {
	id := int(a.work[i].block)
	home := false
	for _, k := range a.work[i].nodes {
		home = home || owner[k] == id
		if owner[k] != id && a.left[k] >= a.unit {
			return a.at(i, "may draw on fund %q of block %d, which is not exhausted", a.name(k), owner[k]+1)
		}
	}
	if !home {
		return a.at(i, "is in block %d, none of whose funds may pay it", id+1)
	}
	for _, p := range a.work[i].pays {
		if owner[p.node] != id {
			return a.at(i, "is paid by fund %q, which is not in its block", a.name(p.node))
		}
	}
	return nil
}
