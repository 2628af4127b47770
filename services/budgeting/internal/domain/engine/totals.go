package engine

import (
	"cmp"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// sum is what a program's cost lines come to in one fund and treatment: a line to be.
type sum struct {
	fund           int32
	costLines      int32
	treatment      model.Treatment
	oneTime        bool
	gross, revenue int64
	order          int64 // by fund, treatment and ongoing before one-time
}

// totals nets the cost lines of a program by fund, treatment and kind of cost, and its revenue into the ongoing competing line of the same fund.
// What packages cost in the budget's year has a line too. They come by fund, treatment and ongoing before one-time, and are good until the next
// call. Funds are sorted by id, so that their places are in the order of ids.
func (b *book) totals(program int32) []sum {
	p, sums := &b.in.Programs[program], b.sums[:0]
	for i := range p.CostLines {
		l := &p.CostLines[i]
		if n := len(sums); n > 0 && sums[n-1].treatment == l.Treatment && sums[n-1].oneTime == l.OneTime && b.in.Funds[sums[n-1].fund].ID == l.Fund {
			sums[n-1].costLines++
			sums[n-1].gross += l.Amount
			continue
		}
		s := more(&sums)
		s.fund, s.treatment, s.oneTime, s.costLines, s.gross = b.place(l.Fund), l.Treatment, l.OneTime, 1, l.Amount
	}
	for i := range p.Revenue {
		sums = append(sums, sum{fund: b.place(p.Revenue[i].Fund), treatment: model.Competes, revenue: p.Revenue[i].Amount})
	}
	if len(b.offered) > 0 {
		sums = b.appendOffered(sums, b.offered[program])
	}
	b.sums = sums
	return sums[:merge(sums)]
}

// merge sorts the sums of a program and adds up those of one line; it answers how many are left.
func merge(sums []sum) int {
	ascend, last := true, int64(-1)
	for i := range sums {
		s := &sums[i]
		if s.order = 2 * (int64(s.fund)<<8 | int64(s.treatment.Place())); s.oneTime {
			s.order++
		}
		ascend, last = ascend && last < s.order, s.order
	}
	if ascend {
		return len(sums)
	}
	slices.SortFunc(sums, func(x, y sum) int { return cmp.Compare(x.order, y.order) })
	merged := 0
	for i := range sums[1:] {
		if s := &sums[i+1]; s.order == sums[merged].order {
			sums[merged].costLines += s.costLines
			sums[merged].gross += s.gross
			sums[merged].revenue += s.revenue
		} else {
			merged++
			sums[merged] = *s
		}
	}
	return merged + 1
}

// room makes place for a line and a claim of every cost line and revenue, which are rarely more.
func (b *book) room() {
	n := 0
	for i := range b.in.Programs {
		n += len(b.in.Programs[i].CostLines) + len(b.in.Programs[i].Revenue)
	}
	b.lines = emptied(&b.sheet.lines, n)
	b.lineIn, b.claims = emptied(&b.memory.lineIn, n), emptied(&b.memory.claims, n)
}
