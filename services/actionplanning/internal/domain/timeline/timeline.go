// Package timeline works out when dependent work is to be expected, and which of it decides the end.
package timeline

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Day counts calendar days since 1 January 1970; None is no day.
type Day int64

// None is an unset day.
const None Day = math.MinInt64

// Never is the latest end of what nothing waits for and whose own end does not count.
const Never Day = math.MaxInt64

// Milestone is one step. Days are the first and the last of it, both included.
type Milestone struct {
	Name         string
	PlannedStart Day
	PlannedEnd   Day
	ActualStart  Day // None before it started
	ActualEnd    Day // None before it was done
	DependsOn    []string
	Outside      bool // it holds others up, and neither is listed nor counts for the end
}

// Entry is a milestone in its timeline.
type Entry struct {
	Start    Day // first day expected, or the actual one
	End      Day // last day expected, or the actual one
	Latest   Day // last day it may end without moving the finish
	Critical bool
}

// Slack is how many days its end may move without moving the finish.
func (e Entry) Slack() int64 { return int64(e.Latest - e.End) }

// Timeline is all milestones in time.
type Timeline struct {
	Entries []Entry // of the milestones, in the order given
	Finish  Day     // the latest expected end of those that are not outside; None without any
	// Path is the longest chain up to the finish, first to last, as indexes: each starts on the day after the one before it ends,
	// because it waits for it. Of chains that start on the same day it is the one whose last milestone has the first name, then
	// the one before it, and so on.
	Path []int
}

// Compute looks at the milestones from a day. What is done keeps its days. What has started ends after as many days as planned,
// though not before today. What has not started does so neither before today, nor before it is planned, nor before the day after all
// that it depends on is expected to end, and takes as many days as planned. Dependencies on milestones that are not given count as
// done. Errors: milestones that depend on each other in a circle, or two of one name.
//
// Forward and backward pass are those of the critical path method (Kelley and Walker 1959), each linear in milestones and dependencies.
func Compute(milestones []Milestone, today Day) (Timeline, error) {
	n, err := link(milestones)
	if err != nil {
		return Timeline{}, err
	}
	t := Timeline{Entries: make([]Entry, len(milestones)), Finish: None}
	for _, i := range n.order {
		t.Entries[i].Start, t.Entries[i].End = expected(milestones[i], n.before[i], t.Entries, today)
		if !milestones[i].Outside {
			t.Finish = max(t.Finish, t.Entries[i].End)
		}
	}
	t.backward(milestones, n)
	t.Path = t.path(milestones, n)
	return t, nil
}

// network is who waits for whom, by index.
type network struct {
	order  []int   // each after all that it depends on
	before [][]int // what each depends on
}

func link(milestones []Milestone) (network, error) {
	index := make(map[string]int, len(milestones))
	edges := 0
	for i, m := range milestones {
		if _, twice := index[m.Name]; twice {
			return network{}, fmt.Errorf("%s is given twice", m.Name)
		}
		index[m.Name] = i
		edges += len(m.DependsOn)
	}
	n := network{order: make([]int, 0, len(milestones)), before: make([][]int, len(milestones))}
	waits := make([]int, len(milestones)) // for how many each still waits
	after := make([]int, len(milestones)+1)
	store := make([]int, 0, edges)
	for i, m := range milestones {
		from := len(store)
		for _, d := range m.DependsOn {
			if j, given := index[d]; given {
				store = append(store, j)
				after[j+1]++
			}
		}
		n.before[i] = store[from:len(store):len(store)]
		waits[i] = len(store) - from
	}
	for j := range milestones {
		after[j+1] += after[j]
	}
	next := slices.Clone(after)
	dependents := make([]int, len(store)) // of milestone j: after[j] to after[j+1]
	for i := range milestones {
		for _, j := range n.before[i] {
			dependents[next[j]] = i
			next[j]++
		}
		if waits[i] == 0 {
			n.order = append(n.order, i)
		}
	}
	for at := 0; at < len(n.order); at++ {
		j := n.order[at]
		for _, i := range dependents[after[j]:after[j+1]] {
			if waits[i]--; waits[i] == 0 {
				n.order = append(n.order, i)
			}
		}
	}
	if len(n.order) < len(milestones) {
		return network{}, fmt.Errorf("%d milestones wait for each other in a circle", len(milestones)-len(n.order))
	}
	return n, nil
}

// waits says whether what it depends on decides when it starts.
func (m Milestone) waits() bool { return m.ActualStart == None && m.ActualEnd == None }

// duration is how many days are planned.
func (m Milestone) duration() Day { return m.PlannedEnd - m.PlannedStart + 1 }

func expected(m Milestone, before []int, entries []Entry, today Day) (start, end Day) {
	switch {
	case m.ActualEnd != None:
		return m.ActualStart, m.ActualEnd
	case m.ActualStart != None:
		return m.ActualStart, max(today, m.ActualStart+m.duration()-1)
	}
	start = max(today, m.PlannedStart)
	for _, j := range before {
		start = max(start, entries[j].End+1)
	}
	return start, start + m.duration() - 1
}

func (t *Timeline) backward(milestones []Milestone, n network) {
	for i, m := range milestones {
		t.Entries[i].Latest = t.Finish
		if m.Outside {
			t.Entries[i].Latest = Never
		}
	}
	for _, i := range slices.Backward(n.order) {
		e := &t.Entries[i]
		e.Critical = e.Latest == e.End
		if !milestones[i].waits() || e.Latest == Never {
			continue
		}
		for _, j := range n.before[i] {
			t.Entries[j].Latest = min(t.Entries[j].Latest, e.Latest-milestones[i].duration())
		}
	}
}

func (t *Timeline) path(milestones []Milestone, n network) []int {
	if t.Finish == None {
		return nil
	}
	first := make([]Day, len(milestones)) // when the longest chain up to each starts
	came := make([]int, len(milestones))  // the milestone before it in that chain, or -1
	rank := ranks(milestones, n, first, came, t.Entries)
	last := -1
	for i, m := range milestones {
		if m.Outside || t.Entries[i].End != t.Finish {
			continue
		}
		if last < 0 || rank(i, last) < 0 {
			last = i
		}
	}
	var path []int
	for i := last; i >= 0; i = came[i] {
		path = append(path, i)
	}
	slices.Reverse(path)
	return path
}

// ranks fills first and came, and answers the order among milestones as ends of chains.
func ranks(milestones []Milestone, n network, first []Day, came []int, entries []Entry) func(i, j int) int {
	better := func(i, j int) int {
		return cmp.Or(cmp.Compare(first[i], first[j]), cmp.Compare(milestones[i].Name, milestones[j].Name))
	}
	for _, i := range n.order {
		first[i], came[i] = entries[i].Start, -1
		if !milestones[i].waits() {
			continue
		}
		for _, j := range n.before[i] {
			if entries[j].End+1 == entries[i].Start && (came[i] < 0 || better(j, came[i]) < 0) {
				came[i] = j
			}
		}
		if came[i] >= 0 {
			first[i] = first[came[i]]
		}
	}
	return better
}
