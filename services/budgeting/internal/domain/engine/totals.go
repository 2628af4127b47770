package engine

import (
	"cmp"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// sum is what a program's cost lines come to in one fund and treatment: a line to be.
type sum struct {
	program, fund  int32
	treatment      model.Treatment
	oneTime        bool
	costLines      int
	gross, revenue int64
	order          int64 // by fund, treatment and ongoing before one-time
}

// totals nets cost lines by program, fund, treatment and kind of cost, and program revenue into the ongoing competing line of the same fund.
// What packages cost in the budget's year has a line too. Programs come in their order, the lines of each by fund, treatment and ongoing before
// one-time. Funds are sorted by id, so that their places are in the order of ids.
func totals(in *model.Input, money *purse, offered [][]int32, m *memory) []sum {
	n := 0
	for i := range in.Programs {
		n += len(in.Programs[i].CostLines) + len(in.Programs[i].Revenue)
	}
	sums := emptied(&m.sums, n)
	for i := range in.Programs {
		p, first := &in.Programs[i], len(sums)
		for j := range p.CostLines {
			l := &p.CostLines[j]
			k := int32(money.places.Find(l.Fund)) //nolint:gosec // funds are counted in int32
			sums = append(sums, sum{program: int32(i), fund: k, treatment: l.Treatment, oneTime: l.OneTime, costLines: 1, gross: l.Amount})
		}
		for _, r := range p.Revenue {
			sums = append(sums, sum{program: int32(i), fund: money.funds[r.Fund], treatment: model.Competes, revenue: r.Amount})
		}
		if len(offered) > 0 {
			sums = appendOffered(sums, int32(i), in, offered[i], money.funds)
		}
		sums = sums[:first+merge(sums[first:])]
	}
	return sums
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

// room makes place for a line a sum, and a claim a competing one.
func (b *book) room(sums []sum) {
	claims := 0
	for i := range sums {
		if sums[i].treatment == model.Competes {
			claims++
		}
	}
	b.lines = emptied(&b.sheet.lines, len(sums))
	b.lineIn, b.claims = emptied(&b.memory.lineIn, len(sums)), emptied(&b.memory.claims, claims)
}
