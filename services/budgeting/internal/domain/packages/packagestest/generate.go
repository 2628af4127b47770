// Package packagestest makes packages problems from a seed, the same on every machine.
package packagestest

import (
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/throughline/throughline/services/budgeting/internal/domain/packages"
)

// Random has levels of independent values and costs: each level costs 1 to 10,000 units more than the one before and is worth 1 to 10,000 more.
func Random(seed uint64, groups, levels, nodes int) packages.Problem {
	return generate(seed, groups, levels, nodes, func(r *rand.Rand) func() (int64, int64) {
		return func() (int64, int64) { return 1 + r.Int64N(10_000), 1 + r.Int64N(10_000) }
	})
}

// Tied has one score per group, in steps of 500 from 0 to 10,000, and every level is worth score times cost: whole steps of a group, and many groups, are equally good.
func Tied(seed uint64, groups, levels, nodes int) packages.Problem {
	return generate(seed, groups, levels, nodes, func(r *rand.Rand) func() (int64, int64) {
		score := 500 * r.Int64N(21)
		return func() (int64, int64) {
			cost := 1 + r.Int64N(10_000)
			return score * cost, cost
		}
	})
}

// Correlated is strongly correlated after Pisinger (1995): each step costs 1 to 1,000 units and is worth 100 more than it costs.
func Correlated(seed uint64, groups, levels, nodes int) packages.Problem {
	return generate(seed, groups, levels, nodes, func(r *rand.Rand) func() (int64, int64) {
		return func() (int64, int64) {
			cost := 1 + r.Int64N(1000)
			return cost + 100, cost
		}
	})
}

// generate draws a class of one to three nodes for every group (one node twice as often), its levels as steps on top of each other, and capacities
// that pay about half of all.
func generate(seed uint64, groups, levels, nodes int, kind func(*rand.Rand) func() (value, cost int64)) packages.Problem {
	r := rand.New(rand.NewPCG(seed, uint64(groups*levels*nodes))) //nolint:gosec // test data
	p := packages.Problem{Groups: make([]packages.Group, groups), Capacity: make([]int64, nodes)}
	known := map[string]int32{}
	for g := range p.Groups {
		set := []int32{int32(r.IntN(nodes))} //nolint:gosec // small
		for range max(0, r.IntN(4)-1) {
			if k := int32(r.IntN(nodes)); !slices.Contains(set, k) { //nolint:gosec // small
				set = append(set, k)
			}
		}
		slices.Sort(set)
		name := fmt.Sprint(set)
		class, ok := known[name]
		if !ok {
			class = int32(len(p.Eligible)) //nolint:gosec // small
			known[name] = class
			p.Eligible = append(p.Eligible, set)
		}
		step := kind(r)
		var value, cost int64
		for range levels {
			v, c := step()
			value, cost = value+v, cost+c
			p.Groups[g].Levels = append(p.Groups[g].Levels, packages.Level{Value: value, Costs: []packages.Cost{{Class: class, Units: cost}}})
		}
		p.Capacity[set[r.IntN(len(set))]] += cost
	}
	for k := range p.Capacity {
		p.Capacity[k] = p.Capacity[k] * (30 + r.Int64N(41)) / 100
	}
	return p
}
