package domain

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/throughline/throughline/services/performance/internal/domain/analysis"
)

// RollupWeight is a goal's weight among the goals beside it; one that is not declared is 1.
type RollupWeight struct {
	Goal   string // name
	Weight int    // from 1
}

// GoalMeasure is one measure's part in one goal. There is one for each pair at most.
type GoalMeasure struct {
	Goal     string // name
	Evidence Evidence
	Counts   bool // CONTRIBUTES, by Evidence.Weight; else it informs alone
	Live     bool // it has a value in time
}

// StatusShare is how much of a goal's weight a status word holds.
type StatusShare struct {
	Status analysis.Status
	PPM    int
}

// GoalProgress is what the measures say of one goal and of those below it.
type GoalProgress struct {
	Goal         string // name
	DisplayName  string
	Parent       string // name; empty at the top
	Weight       int    // among the goals beside it
	Shares       []StatusShare
	Status       analysis.Status // the middle of what is known, the worse at a tie
	KnownPPM     int             // share of the weight whose status is known
	Measures     []Evidence      // that count for the goal itself, by measure
	Supports     []Evidence      // that inform, by measure
	LiveMeasures int             // of the goal and those below it, that count and have a value in time; each once
	Gaps         []string        // what is missing, in sentences
}

// RollUp rolls measures up along the goal tree, each goal before those below it and goals beside each other by name. The
// measures that count for a goal itself are together one part of weight 1, by their weights among each other; each goal
// below it is a part of its declared weight, unless no measure counts for it or below it. Shares are exact fractions,
// rounded once for each goal.
//
// What is unknown is a share, and says nothing: in the status, each part speaks with its whole weight by what is known of
// it, so that one more measure without values makes no goal look better or worse than before.
//
// The order of the arguments changes nothing; a goal whose parent is not in the plan, or that lies below itself, stands at
// the top.
func RollUp(goals []PlanGoal, weights []RollupWeight, measures []GoalMeasure) []GoalProgress {
	t := plant(goals)
	out := make([]GoalProgress, len(t.goals))
	at := make(map[string]int, len(t.goals))
	for i, g := range t.goals {
		out[i] = GoalProgress{Goal: g.Name, DisplayName: g.DisplayName, Parent: g.Parent, Weight: 1, Gaps: t.broken[i]}
		at[g.Name] = i
	}
	for _, w := range weights {
		if i, ok := at[w.Goal]; ok {
			out[i].Weight = w.Weight
		}
	}
	nodes := make([]node, len(out))
	for _, m := range measures {
		if i, ok := at[m.Goal]; ok {
			nodes[i].take(m, &out[i])
		}
	}
	for i := len(out) - 1; i >= 0; i-- { // those below come before
		nodes[i].finish(&out[i])
		if up := t.parents[i]; up >= 0 {
			nodes[up].join(&nodes[i], out[i])
		}
		nodes[i] = node{}
	}
	return out
}

// node is the work on one goal.
type node struct {
	own      [len(words)]int // weight of its own measures by word
	late     int             // of its own measures that count, without a value in time
	parts    mixture
	known    mixture         // of the parts, by what is known of them
	live     map[string]bool // measures at and below it
	partless []string        // what is told of goals below it that have no part; last first
}

func (n *node) take(m GoalMeasure, to *GoalProgress) {
	if !m.Counts {
		to.Supports = append(to.Supports, m.Evidence)
		return
	}
	to.Measures = append(to.Measures, m.Evidence)
	n.own[wordOf(m.Evidence.StatusWord)] += m.Evidence.Weight
	if !m.Live {
		n.late++
		return
	}
	if n.live == nil {
		n.live = map[string]bool{}
	}
	n.live[m.Evidence.Measure] = true
}

// finish is called once those below have joined.
func (n *node) finish(to *GoalProgress) {
	byMeasure := func(a, b Evidence) int { return cmp.Compare(a.Measure, b.Measure) }
	slices.SortFunc(to.Measures, byMeasure)
	slices.SortFunc(to.Supports, byMeasure)
	if len(to.Measures) > 0 {
		n.parts.add(1, mixOf(n.own))
		n.own[unknownWord] = 0
		n.known.add(1, mixOf(n.own))
	}
	to.LiveMeasures = len(n.live)
	to.Shares, to.Status = n.parts.sum.shares(), n.known.sum.middle()
	for _, s := range to.Shares {
		if s.Status != analysis.StatusUnknown {
			to.KnownPPM += s.PPM
		}
	}
	switch {
	case len(to.Shares) == 0:
		to.Gaps = append(to.Gaps, "No measure counts for this goal or for any below it.")
	case to.LiveMeasures == 0:
		to.Gaps = append(to.Gaps, "No live measure counts: neither here nor below has any a value in time.")
	case n.late > 0:
		to.Gaps = append(to.Gaps, fmt.Sprintf("Without a value in time: %d of the %s that count for the goal itself.",
			n.late, count(len(to.Measures), "measure")))
	}
	slices.Reverse(n.partless)
	to.Gaps = append(to.Gaps, n.partless...)
}

// join makes a finished goal a part of the one above it.
func (n *node) join(below *node, g GoalProgress) {
	if len(g.Shares) == 0 {
		n.partless = append(n.partless, fmt.Sprintf("%q below it has no part, because no measure counts there.", g.DisplayName))
		return
	}
	n.parts.add(g.Weight, below.parts.sum)
	n.known.add(g.Weight, below.known.sum)
	if len(n.live) < len(below.live) {
		n.live, below.live = below.live, n.live
	}
	for m := range below.live {
		if n.live == nil {
			n.live = map[string]bool{}
		}
		n.live[m] = true
	}
}
