package packages

import "slices"

// components says which groups are linked and lists the sets of groups that links tie together, each in an order that keeps neighbours close.
func components(groups int, links []Link) (linked []bool, sets [][]int32) {
	next := make(map[int32][]int32)
	for _, l := range links {
		next[l.Group] = append(next[l.Group], l.Other)
		next[l.Other] = append(next[l.Other], l.Group)
	}
	linked = make([]bool, groups)
	for g := range int32(groups) { //nolint:gosec // groups are far fewer than 2^31
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
// on every group which still has links to come are interchangeable, so the ones another dominates go. False if there are too many.
func (in *instance) join(p Problem, s scope, set []int32, room []int64, most int) bool {
	at := map[int32]int{}
	for i, g := range set {
		at[g] = i
	}
	type tie struct {
		Link
		i, j int // positions of Group and Other
	}
	ties := make([][]tie, len(set)) // by the later of their groups
	last := make([]int, len(set))   // step after which a group's links are all seen
	for _, l := range s.links {
		i, ok := at[l.Group]
		if !ok {
			continue
		}
		j := at[l.Other]
		ties[max(i, j)] = append(ties[max(i, j)], tie{l, i, j})
		last[i], last[j] = max(last[i], j), max(last[j], i)
	}
	combos := []combo{{}}
	for step, g := range set {
		combos = extend(combos, p.Groups[g].Levels, s.spans[g], func(levels []int32) bool {
			for _, t := range ties[step] {
				a, b := levels[t.i] >= t.Level, levels[t.j] >= t.OtherLevel
				if a && b == (t.Kind == Excludes) {
					return false
				}
			}
			return true
		}, room)
		if len(combos) > 4*most {
			return false
		}
		combos = prune(combos, func(i int) bool { return last[i] > step }, step+1)
		if len(combos) > most {
			return false
		}
	}
	for _, c := range combos {
		in.option(c.value, c.levels, c.costs)
	}
	in.unit(set)
	return true
}

// extend adds a group to every combination, at each level that is allowed and affordable.
func extend(combos []combo, options []Level, left span, allowed func([]int32) bool, room []int64) []combo {
	var out []combo
	for _, c := range combos {
		for l := left.lo; l <= left.hi; l++ {
			levels := append(slices.Clip(c.levels), l)
			if !allowed(levels) {
				continue
			}
			more := combo{levels: levels, value: c.value, costs: c.costs}
			if l >= 0 {
				more.value += options[l].Value
				more.costs = add(c.costs, options[l].Costs)
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
