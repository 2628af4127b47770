package domain

import (
	"cmp"
	"slices"
)

// goalTree is a plan's goals, each before those below it.
type goalTree struct {
	goals   []PlanGoal // Parent empty at the top
	parents []int      // position of each goal's parent; -1 at the top
	broken  [][]string // what is told of a goal whose parent could not be kept
}

// plant orders goals into a tree, those beside each other by name, whatever order they come in. Pages read one after the
// other may tell of a goal twice, of a goal without its parent, and of goals below themselves.
func plant(goals []PlanGoal) goalTree {
	sorted := slices.SortedFunc(slices.Values(goals), func(a, b PlanGoal) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Parent, b.Parent), cmp.Compare(a.DisplayName, b.DisplayName))
	})
	sorted = slices.CompactFunc(sorted, func(a, b PlanGoal) bool { return a.Name == b.Name })
	byName := make(map[string]PlanGoal, len(sorted))
	below := make(map[string][]PlanGoal, len(sorted))
	for _, g := range sorted {
		byName[g.Name] = g
		below[g.Parent] = append(below[g.Parent], g)
	}
	var t goalTree
	planted := make(map[string]bool, len(sorted))
	grow := func(top PlanGoal, broken ...string) {
		type place struct {
			goal   PlanGoal
			parent int
		}
		top.Parent = ""
		for open := []place{{top, -1}}; len(open) > 0; {
			p := open[len(open)-1]
			open = open[:len(open)-1]
			if planted[p.goal.Name] { // the top of a cycle, met again
				continue
			}
			planted[p.goal.Name] = true
			at := len(t.goals)
			t.goals, t.parents, t.broken = append(t.goals, p.goal), append(t.parents, p.parent), append(t.broken, broken)
			broken = nil
			for _, g := range slices.Backward(below[p.goal.Name]) {
				open = append(open, place{g, at})
			}
		}
	}
	for _, g := range sorted {
		_, known := byName[g.Parent]
		switch {
		case g.Parent == "":
			grow(g)
		case !known:
			grow(g, "Its parent goal "+g.Parent+" is not in the plan, so that it stands at the top.")
		}
	}
	for _, g := range sorted { // what is left lies on cycles and below them
		if !planted[g.Name] {
			grow(firstOfCycle(g, byName), "It lies below itself, so that it stands at the top.")
		}
	}
	return t
}

// firstOfCycle is the first by name of the cycle that lies above a goal, or that it lies on.
func firstOfCycle(g PlanGoal, byName map[string]PlanGoal) PlanGoal {
	seen := map[string]bool{}
	for ; !seen[g.Name]; g = byName[g.Parent] {
		seen[g.Name] = true
	}
	first := g
	for at := byName[g.Parent]; at.Name != g.Name; at = byName[at.Parent] {
		if at.Name < first.Name {
			first = at
		}
	}
	return first
}
