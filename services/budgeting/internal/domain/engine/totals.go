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
}

// totals nets cost lines by program, fund, treatment and kind of cost, and program revenue into the ongoing competing line of the same fund.
// What packages cost in the budget's year has a line too. Programs come in their order, the lines of each by fund, treatment and ongoing before
// one-time. Funds are sorted by id, so that their places are in the order of ids.
func totals(in model.Input, funds map[string]int32, offered [][]int32) []sum {
	n := 0
	for i := range in.Programs {
		n += len(in.Programs[i].CostLines) + len(in.Programs[i].Revenue)
	}
	sums := make([]sum, 0, n)
	for i := range in.Programs {
		p, first := &in.Programs[i], len(sums)
		for j := range p.CostLines {
			l := &p.CostLines[j]
			sums = append(sums, sum{program: int32(i), fund: funds[l.Fund], treatment: l.Treatment, oneTime: l.OneTime, costLines: 1, gross: l.Amount})
		}
		for _, r := range p.Revenue {
			sums = append(sums, sum{program: int32(i), fund: funds[r.Fund], treatment: model.Competes, revenue: r.Amount})
		}
		if len(offered) > 0 {
			sums = appendOffered(sums, int32(i), &in, offered[i], funds)
		}
		sums = sums[:first+merge(sums[first:])]
	}
	return sums
}

// merge sorts the sums of a program and adds up those of one line; it answers how many are left.
func merge(sums []sum) int {
	slices.SortFunc(sums, func(x, y sum) int {
		return cmp.Or(cmp.Compare(x.fund, y.fund), cmp.Compare(x.treatment.Place(), y.treatment.Place()), ongoingFirst(x.oneTime, y.oneTime))
	})
	merged := sums[:0]
	for _, s := range sums {
		if n := len(merged); n > 0 && merged[n-1].fund == s.fund && merged[n-1].treatment == s.treatment && merged[n-1].oneTime == s.oneTime {
			merged[n-1].costLines += s.costLines
			merged[n-1].gross += s.gross
			merged[n-1].revenue += s.revenue
			continue
		}
		merged = append(merged, s)
	}
	return len(merged)
}

func ongoingFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// room makes place for a line a sum, and a claim a competing one.
func (b *book) room(sums []sum) {
	claims := 0
	for i := range sums {
		if sums[i].treatment == model.Competes {
			claims++
		}
	}
	b.lines, b.lineIn, b.claims = make([]model.Line, 0, len(sums)), make([]int32, 0, len(sums)), make([]claim, 0, claims)
}
