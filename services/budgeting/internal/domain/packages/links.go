package packages

import (
	"slices"

	"github.com/throughline/throughline/services/platform/fault"
)

// components says which groups are linked and lists the sets of groups that links tie together, each in an order that keeps neighbours close.
func components(p Problem) (linked []bool, sets [][]int32) {
	next := make(map[int32][]int32)
	for _, l := range p.Links {
		next[l.Group] = append(next[l.Group], l.Other)
		next[l.Other] = append(next[l.Other], l.Group)
	}
	linked = make([]bool, len(p.Groups))
	for g := range int32(len(p.Groups)) { //nolint:gosec // groups are far fewer than 2^31
		if linked[g] || next[g] == nil {
			continue
		}
		set := []int32{g}
		linked[g] = true
		for at := 0; at < len(set); at++ {
			for _, h := range next[set[at]] {
				if !linked[h] {
					linked[h] = true
					set = append(set, h)
				}
			}
		}
		sets = append(sets, set)
	}
	return linked, sets
}

// combo is levels of the first groups of a linked set with what they are worth and cost together.
type combo struct {
	levels []int32
	value  int64
	costs  []Cost // ascending by class
}

// join compiles a linked set into one unit: groups come in one by one, with the combinations that their links allow. Combinations that agree
// on every group which still has links to come are interchangeable, so the ones another dominates go.
func (in *instance) join(p Problem, set []int32, room []int64) error {
	at := map[int32]int{}
	for i, g := range set {
		at[g] = i
	}
	links := make([][]Link, len(set)) // by the later of their groups
	last := make([]int, len(set))     // step after which a group's links are all seen
	for _, l := range p.Links {
		i, ok := at[l.Group]
		if !ok {
			continue
		}
		j := at[l.Other]
		links[max(i, j)] = append(links[max(i, j)], l)
		last[i], last[j] = max(last[i], j), max(last[j], i)
	}
	combos := []combo{{}}
	for step, g := range set {
		combos = extend(combos, p.Groups[g], func(levels []int32) bool {
			for _, l := range links[step] {
				a, b := levels[at[l.Group]] >= l.Level, levels[at[l.Other]] >= l.OtherLevel
				if a && b == (l.Kind == Excludes) {
					return false
				}
			}
			return true
		}, room)
		combos = prune(combos, func(i int) bool { return last[i] > step }, step+1)
		if len(combos) > MaxLinked {
			return fault.New(fault.Invalid, "TOO_MANY_LINKED_PACKAGES", "requires and excludes tie %d packages, the first of them number %d, into one decision with more than %d "+
				"combinations of levels; remove links or levels so that fewer packages hang together", len(set), slices.Min(set), MaxLinked)
		}
	}
	for _, c := range combos {
		in.option(c.value, c.levels, c.costs)
	}
	in.unit(set)
	return nil
}

// extend adds a group to every combination, at each level that is allowed and affordable.
func extend(combos []combo, g Group, allowed func([]int32) bool, room []int64) []combo {
	var out []combo
	for _, c := range combos {
		for l := int32(-1); int(l) < len(g.Levels) && len(out) <= 4*MaxLinked; l++ {
			if l < 0 && g.Required {
				continue
			}
			levels := append(slices.Clip(c.levels), l)
			if !allowed(levels) {
				continue
			}
			more := combo{levels: levels, value: c.value, costs: c.costs}
			if l >= 0 {
				more.value += g.Levels[l].Value
				more.costs = add(c.costs, g.Levels[l].Costs)
			}
			if affordable(more.costs, room) {
				out = append(out, more)
			}
		}
	}
	return out
}

// add sums up costs by class.
func add(a, b []Cost) []Cost {
	out := slices.Clone(a)
	for _, c := range b {
		if i := slices.IndexFunc(out, func(d Cost) bool { return d.Class == c.Class }); i >= 0 {
			out[i].Units += c.Units
		} else {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(x, y Cost) int { return int(x.Class - y.Class) })
	return out
}

// prune drops combinations that another one dominates: at least the value for at most the cost, with the same levels of the open groups.
// Each is compared with the few best before it only, which keeps more than it must and never drops too much.
func prune(combos []combo, open func(int) bool, groups int) []combo {
	var watch []int
	for i := range groups {
		if open(i) {
			watch = append(watch, i)
		}
	}
	slices.SortStableFunc(combos, func(a, b combo) int {
		for _, i := range watch {
			if d := a.levels[i] - b.levels[i]; d != 0 {
				return int(d)
			}
		}
		switch {
		case a.value > b.value:
			return -1
		case a.value < b.value:
			return 1
		default:
			return 0
		}
	})
	const window = 64
	kept := combos[:0]
next:
	for _, c := range combos {
		for i := len(kept) - 1; i >= max(0, len(kept)-window); i-- {
			k := kept[i]
			if slices.ContainsFunc(watch, func(w int) bool { return k.levels[w] != c.levels[w] }) {
				break
			}
			if cheaper(k.costs, c.costs) {
				continue next
			}
		}
		kept = append(kept, c)
	}
	return kept
}
