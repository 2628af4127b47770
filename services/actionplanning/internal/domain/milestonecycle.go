package domain

import (
	"fmt"
	"slices"
	"strings"
)

// shownOfCycle bounds how many milestones of a cycle are named in words.
const shownOfCycle = 10

// DependencyCycle is a cycle of milestones, each depending on the next and the last on the first, which is told once more; nil when
// there is none. It is looked for only among what the milestones from reach; dependencies are those of a milestone, in the order
// in which they are to be followed. The cycle goes through the first of from that lies on one, by the shortest way.
func DependencyCycle(dependencies map[string][]string, from []string) []string {
	found := anyCycle(dependencies, from)
	if found == nil {
		return nil
	}
	on := make(map[string]bool, len(found))
	for _, m := range found {
		on[m] = true
	}
	start := found[0]
	for _, m := range from {
		if on[m] {
			start = m
			break
		}
	}
	return shortestCycle(dependencies, start)
}

// anyCycle goes depth first, without recursion: chains may be thousands long.
func anyCycle(dependencies map[string][]string, from []string) []string {
	const open, done = 1, 2
	state := map[string]int{}
	type step struct {
		at   string
		next int // which of its dependencies comes next
	}
	for _, root := range from {
		if state[root] != 0 {
			continue
		}
		state[root] = open
		path := []step{{at: root}}
		for len(path) > 0 {
			top := &path[len(path)-1]
			all := dependencies[top.at]
			if top.next == len(all) {
				state[top.at] = done
				path = path[:len(path)-1]
				continue
			}
			d := all[top.next]
			top.next++
			switch state[d] {
			case 0:
				state[d] = open
				path = append(path, step{at: d})
			case open:
				var cycle []string
				for _, step := range slices.Backward(path) {
					cycle = append(cycle, step.at)
					if step.at == d {
						return cycle
					}
				}
			}
		}
	}
	return nil
}

// shortestCycle goes breadth first from a milestone that lies on a cycle, back to it.
func shortestCycle(dependencies map[string][]string, start string) []string {
	came := map[string]string{} // from which milestone each was reached first
	for queue := []string{start}; len(queue) > 0; queue = queue[1:] {
		for _, d := range dependencies[queue[0]] {
			if d == start {
				cycle := []string{start}
				for m := queue[0]; m != start; m = came[m] {
					cycle = append(cycle, m)
				}
				cycle = append(cycle, start)
				slices.Reverse(cycle)
				return cycle
			}
			if _, seen := came[d]; !seen {
				came[d] = queue[0]
				queue = append(queue, d)
			}
		}
	}
	return nil
}

// CycleText is a cycle in words: "a > b > a"; of a long one, its beginning and end.
func CycleText(cycle []string) string {
	if len(cycle) > shownOfCycle+1 {
		hidden := fmt.Sprintf("(%d more)", len(cycle)-shownOfCycle)
		cycle = append(append(append([]string{}, cycle[:shownOfCycle/2]...), hidden), cycle[len(cycle)-shownOfCycle/2:]...)
	}
	return strings.Join(cycle, " > ")
}
