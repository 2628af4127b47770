package engine_test

import (
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/model"
)

// solve tries everything from thing i on.
func (o *oracle) solve(i int, value int64) {
	if i == len(o.things) {
		if (!o.feasible || value > o.best) && o.bonds() && o.payable() {
			o.feasible, o.best = true, value
		}
		return
	}
	t := &o.things[i]
	for j := range t.ways {
		if !t.ways[j].barred {
			t.chosen = j
			o.solve(i+1, value+t.ways[j].value)
		}
	}
	t.chosen = -1
	if !t.must {
		o.solve(i+1, value)
	}
}

func (o *oracle) bonds() bool {
	holds := func(r model.PackageRef) bool {
		i := slices.IndexFunc(o.things, func(t thing) bool { return t.of != nil && t.of.ID == r.Package })
		t := &o.things[i]
		from := slices.IndexFunc(t.of.Levels, func(l model.PackageLevel) bool { return l.ID == r.Level })
		return t.chosen >= max(0, from)
	}
	for i := range o.things {
		if t := &o.things[i]; t.of != nil && t.chosen >= 0 {
			for _, r := range t.of.Requires {
				if !holds(r) {
					return false
				}
			}
			if slices.ContainsFunc(t.of.Excludes, holds) {
				return false
			}
		}
	}
	return true
}

// payable pays all bills of the choice.
func (o *oracle) payable() bool {
	room := make([]int64, len(o.pockets))
	for i := range room {
		if room[i] = o.pockets[i].have; room[i] < 0 {
			return false
		}
	}
	bills := slices.Clone(o.base)
	for i := range o.things {
		if t := &o.things[i]; t.chosen >= 0 {
			bills = append(bills, t.ways[t.chosen].bills...)
		}
	}
	paid := make([][]int64, len(bills))
	for b := range bills {
		paid[b] = make([]int64, len(room))
		for open := bills[b].amount; open > 0; {
			got := push(bills, paid, room, b, open, make([]bool, len(room)))
			if got == 0 {
				return false
			}
			open -= got
		}
	}
	return true
}

// push pays at most want of a bill, moving what other bills are paid where that makes room.
func push(bills []bill, paid [][]int64, room []int64, b int, want int64, seen []bool) int64 {
	for _, k := range bills[b].by {
		if room[k] > 0 {
			got := min(want, room[k])
			room[k] -= got
			paid[b][k] += got
			return got
		}
	}
	for _, k := range bills[b].by {
		if seen[k] {
			continue
		}
		seen[k] = true
		for other := range paid {
			if other == b || paid[other] == nil || paid[other][k] == 0 {
				continue
			}
			if got := push(bills, paid, room, other, min(want, paid[other][k]), seen); got > 0 {
				paid[other][k] -= got
				paid[b][k] += got
				return got
			}
		}
	}
	return 0
}
