package certify

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// linePayments checks who pays each line. What a credit brings its fund is taken out first: the rest is paid, unit for unit.
func (a *audit) linePayments() error {
	toPay := make([]int64, len(a.once))
	for k := range a.once {
		toPay[k] = a.once[k].paid
	}
	a.shop.spent = make([]int64, len(a.nodes))
	for i := range a.plan.Lines {
		l, w := &a.plan.Lines[i], &a.work[i]
		var top [2]int64 // what the own fund pays off the top: ongoing, one-time
		if !w.competes && !w.project {
			top[0] = l.Base
			if w.oneTime {
				top[1] = min(l.Base, toPay[w.fund])
				toPay[w.fund] -= max(0, top[1])
				top[0] -= top[1]
			}
		}
		if err := a.linePaid(i, top); err != nil {
			return err
		}
	}
	return nil
}

// linePaid takes down what each node pays of a line beside what comes off the top.
func (a *audit) linePaid(i int, top [2]int64) error {
	l, w := &a.plan.Lines[i], &a.work[i]
	var nodes []int
	if w.competes || w.project || a.shop.named[i] {
		nodes = a.lineNodes(i)
	}
	sum := int64(0)
	enter := func(k, node int, amount int64) error {
		switch {
		case amount == 0:
			return nil
		case amount < 0 || !slices.Contains(nodes, node):
			return a.at(i, "is paid %d by fund %q (one-time money: %t), which may not pay it", amount, a.in.Funds[k].ID, node != k)
		}
		a.shop.pays[i] = append(a.shop.pays[i], payment{node, amount})
		a.shop.spent[node] += amount
		sum += amount
		return nil
	}
	want := l.Amount - top[0] - top[1]
	for j, p := range l.Paid {
		k, known := a.fund[p.Fund]
		switch {
		case !known || (j > 0 && l.Paid[j-1].Fund >= p.Fund):
			return a.at(i, "has a payment of fund %q, which is unknown, out of order or repeated", p.Fund)
		case p.Amount == 0 && p.OneTime == 0:
			return a.at(i, "has an empty payment of fund %q", p.Fund)
		}
		ongoing, once := p.Amount-p.OneTime, p.OneTime
		if k == w.fund {
			ongoing, once, top = ongoing-top[0], once-top[1], [2]int64{}
		}
		if err := enter(k, k, ongoing); err != nil {
			return err
		}
		if err := enter(k, a.once[k].node, once); err != nil {
			return err
		}
	}
	// A credit and what it pays may cancel out; then the own fund has no payment.
	if err := enter(w.fund, w.fund, -top[0]); err != nil {
		return err
	}
	if err := enter(w.fund, a.once[w.fund].node, -top[1]); err != nil {
		return err
	}
	if sum != want {
		return a.at(i, "is paid %d of %d", sum, want)
	}
	if len(nodes) > 1 {
		a.shop.moves = append(a.shop.moves, move{payersOf(a.shop.pays[i]), nodes})
	}
	return nil
}

func payersOf(pays []payment) []int {
	out := make([]int, len(pays))
	for i := range pays {
		out[i] = pays[i].node
	}
	return out
}

// packagePayments checks that the money told of each chosen package pays its costs, year by year, and that in the budget's year it is part of what
// the lines of the program are paid.
func (a *audit) packagePayments() error {
	lines := make([]int64, len(a.nodes))
	for i := 0; i < len(a.shop.bids); {
		program := a.shop.bids[i].program
		clear(lines)
		for at := a.shop.first[program]; at < a.shop.first[program+1]; at++ {
			for _, p := range a.shop.pays[at] {
				lines[p.node] += p.units
			}
		}
		for ; i < len(a.shop.bids) && a.shop.bids[i].program == program; i++ {
			if err := a.packagePaid(&a.shop.bids[i], &a.plan.Packages[i], lines); err != nil {
				return fmt.Errorf("package %q of program %q: %w", a.plan.Packages[i].Package, a.plan.Packages[i].Program, err)
			}
		}
	}
	return nil
}

// packagePaid checks one package; lines is what is left of what the program's lines are paid.
func (a *audit) packagePaid(b *bid, r *model.PackageResult, lines []int64) error {
	if b.pick < 0 && len(r.Paid) == 0 {
		return nil
	}
	var byYear [10][]payment
	for j, p := range r.Paid {
		switch {
		case j > 0 && comparePaid(r.Paid[j-1], p) >= 0:
			return fmt.Errorf("payments of fund %q are out of order or repeated", p.Fund)
		case p.Amount <= 0 || p.OneTime < 0 || p.OneTime > p.Amount || p.Carried < 0 || p.Carried > p.Year || p.Year > 9:
			return fmt.Errorf("a payment of fund %q is impossible", p.Fund)
		}
		pays, err := a.nodesPaid(p)
		if err != nil {
			return err
		}
		byYear[p.Year] = append(byYear[p.Year], pays...)
	}
	for year := range int64(len(byYear)) {
		if err := a.yearPaid(b, year, byYear[year], lines); err != nil {
			return fmt.Errorf("year %d: %w", year, err)
		}
	}
	return nil
}

// yearPaid checks one year of a package.
func (a *audit) yearPaid(b *bid, year int64, pays []payment, lines []int64) error {
	costs := a.shop.due[:0]
	if b.pick >= 0 {
		for _, c := range b.options[b.pick].costs {
			if c.Year == year && c.Amount > 0 {
				costs = append(costs, c)
			}
		}
	}
	a.shop.due = costs
	if err := a.covers(pays, costs); err != nil {
		return err
	}
	for _, p := range pays {
		if year > 0 {
			a.shop.spent[p.node] += p.units
			continue
		}
		if lines[p.node] -= p.units; lines[p.node] < 0 {
			return fmt.Errorf("fund %q is said to pay more than it pays the lines of the program", a.name(p.node))
		}
	}
	if year > 0 && len(costs) > 0 && sameNodes(costs) {
		a.shop.moves = append(a.shop.moves, move{payersOf(pays), costs[0].nodes})
	}
	return nil
}

// nodesPaid turns a payment of a package into payments of nodes.
func (a *audit) nodesPaid(p model.PackagePaid) ([]payment, error) {
	k, known := a.fund[p.Fund]
	var out []payment
	enter := func(node int, amount int64) { // nodes are few
		if node >= 0 && amount > 0 {
			out = append(out, payment{node, amount})
		}
	}
	switch from := p.Year - p.Carried; {
	case !known:
		return nil, fmt.Errorf("fund %q is unknown", p.Fund)
	case from == 0:
		enter(k, p.Amount-p.OneTime)
		enter(a.once[k].node, p.OneTime)
		if p.OneTime > 0 && a.once[k].node < 0 {
			return nil, fmt.Errorf("fund %q has no one-time money", p.Fund)
		}
	default:
		enter(slices.IndexFunc(a.nodes, func(n node) bool { return n.fund == k && n.year == from }), p.Amount)
		if len(out) == 0 || p.OneTime > 0 {
			return nil, fmt.Errorf("fund %q has no such money in year %d", p.Fund, from)
		}
	}
	return out, nil
}

func comparePaid(a, b model.PackagePaid) int {
	return cmp.Or(cmp.Compare(a.Fund, b.Fund), cmp.Compare(a.Year, b.Year), cmp.Compare(a.Carried, b.Carried))
}

func sameNodes(costs []cost) bool {
	return !slices.ContainsFunc(costs, func(c cost) bool { return !slices.Equal(c.nodes, costs[0].nodes) })
}

// covers says whether payments pay costs exactly, each by money that may pay it: where the costs differ in that, by augmenting paths.
func (a *audit) covers(pays []payment, costs []cost) error {
	var paid, due int64
	for _, p := range pays {
		paid += p.units
		if !slices.ContainsFunc(costs, func(c cost) bool { return slices.Contains(c.nodes, p.node) }) {
			return fmt.Errorf("fund %q may not pay any of it", a.name(p.node))
		}
	}
	for _, c := range costs {
		due += c.Amount
	}
	if paid != due {
		return fmt.Errorf("%d of %d is paid", paid, due)
	}
	if len(costs) < 2 || sameNodes(costs) {
		return nil
	}
	room := make([]int64, len(a.nodes))
	for _, p := range pays {
		room[p.node] += p.units
	}
	r := newRoute(room)
	for _, c := range costs {
		r.demands[r.add(c.nodes)].open = c.Amount
	}
	if len(r.settle()) > 0 {
		return errors.New("the money told of cannot pay it")
	}
	return nil
}
